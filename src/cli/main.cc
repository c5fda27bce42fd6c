// hone: parses the command line, runs the verb, prints its report.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/task.h"
#include "cli/command_line.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "cli/terminal.h"

namespace {

// What Ctrl-C and SIGTERM cancel; set before the handlers are, never unset.
hone::base::Task* g_task = nullptr;

void CancelTask(int /*signal*/) { g_task->Cancel(); }

void HandleSignals(hone::base::Task& task) {
  g_task = &task;
  struct sigaction action{};
  action.sa_handler = CancelTask;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = hone::cli::ParseCommandLine(argc - 1, argv + 1);
  if (!parsed) return hone::cli::PrintError(parsed.error());
  if (const auto* information = std::get_if<hone::cli::Information>(&*parsed)) {
    return hone::cli::PrintOutput(information->text);
  }
  hone::cli::ProgressLine progress(isatty(STDERR_FILENO) != 0, hone::cli::TerminalWidth(STDERR_FILENO));
  hone::base::Task task([&progress](const hone::base::Progress& step) { progress.Show(step); });
  HandleSignals(task);
  return hone::cli::RunCommand(std::get<hone::cli::CommandLine>(*parsed), task, progress);
}
