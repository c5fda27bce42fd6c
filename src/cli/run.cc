#include "cli/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "cli/live_text.h"
#include "cli/run_evidence.h"
#include "cli/screen.h"
#include "cli/setup_text.h"
#include "cli/terminal.h"
#include "cli/text_layout.h"
#include "ops/check.h"
#include "ops/doctor.h"
#include "ops/driven.h"
#include "ops/init.h"
#include "ops/init_check.h"
#include "ops/load_run.h"
#include "ops/pool.h"
#include "ops/profile_files.h"
#include "ops/scratch_keeper.h"
#include "ops/sql_proxy.h"

namespace hone::cli {
namespace {

ScreenOptions Screen() { return {.width = TerminalWidth(STDOUT_FILENO), .color = TerminalTakesColor(STDOUT_FILENO)}; }

// What the verbs' functions need beside their own options.
struct Context {
  const CommonOptions& common;
  base::Task& task;
  ProgressLine& progress;

  // Clears the progress line, prints the report as a screen or as JSON.
  int Print(const evidence::Report& report) const {
    progress.Clear();
    return PrintOutput(common.json ? evidence::ToJson(report) : RenderReport(report, Screen()));
  }
  int Fail(const base::Error& error) const {
    progress.Clear();
    return PrintError(error);
  }
};

int Run(const CheckCommand& command, const Context& context) {
  ops::CheckRequest request;
  request.dir = context.common.dir;
  request.endpoints = command.endpoints;
  request.rank = command.rank;
  request.quiet_only = command.quiet_only;
  request.yes_write = command.yes_write;
  // A wrong gate is said before anything runs for minutes.
  if (const auto known = ops::CountGated({}, command.gate); !known) return context.Fail(known.error());
  const auto report =
      command.driver.empty()
          ? ops::Check(request, context.task)
          : ops::CheckDriven(
                {.dir = request.dir, .driver = command.driver, .rank = command.rank, .yes_write = command.yes_write},
                context.task);
  if (!report) return context.Fail(report.error());
  if (const int failed = context.Print(*report); failed != kPassed) return failed;
  const auto gated = ops::CountGated(*report, command.gate);
  if (gated.value_or(0) > 0) return kGateFailed;
  return report->verdict == "inconclusive" && command.inconclusive != "pass" ? kNotEnough : kPassed;
}

int Run(const LoadRunCommand& command, const Context& context) {
  ops::LoadRunRequest request;
  request.dir = context.common.dir;
  request.url = command.url;
  request.rate = command.rate;
  request.duration = command.duration;
  request.poisson = command.arrivals == "poisson";
  request.connections = command.connections;
  request.method = command.method;
  request.headers = command.headers;
  request.body = command.body;
  request.statuses = command.statuses;
  request.seed = command.seed;
  request.yes_remote = command.yes_remote;
  const auto report = ops::LoadRun(request, context.task);
  if (!report) return context.Fail(report.error());
  if (const int failed = context.Print(*report); failed != kPassed) return failed;
  return report->verdict == "valid" ? kPassed : kNotEnough;
}

int Run(const PoolCommand& command, const Context& context) {
  ops::PoolRequest request;
  request.dir = context.common.dir;
  request.endpoints = command.endpoints;
  request.duration = command.duration;
  request.rate = command.rate;
  request.yes_write = command.yes_write;
  if (const auto known = ops::CountGated({}, command.gate); !known) return context.Fail(known.error());
  const auto report = ops::Pool(request, context.task);
  if (!report) return context.Fail(report.error());
  if (const int failed = context.Print(*report); failed != kPassed) return failed;
  if (ops::CountGated(*report, command.gate).value_or(0) > 0) return kGateFailed;
  return report->verdict == "inconclusive" && command.inconclusive != "pass" ? kNotEnough : kPassed;
}

int Run(const ProfileCommand& command, const Context& context) {
  const auto report = ops::ProfileFiles({.dir = context.common.dir, .files = command.files}, context.task);
  if (!report) return context.Fail(report.error());
  if (const int failed = context.Print(*report); failed != kPassed) return failed;
  return report->verdict == "inconclusive" ? kNotEnough : kPassed;
}

// Shows what passes through a proxy: on a terminal in place, elsewhere every ten seconds and at the end.
class LiveScreen {
 public:
  void Begin(const std::string& address) { address_ = address; }
  void Show(const sql::LiveView& view, bool last) {
    constexpr size_t kStatements = 15;
    constexpr int kViews = 10;
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    if (!terminal && !last && views_++ % kViews != 0) return;
    const std::string text = LiveText(view, TerminalWidth(STDOUT_FILENO), kStatements);
    PrintOutput(terminal ? "\x1b[H\x1b[2J" + address_ + "\n" + text : text + "\n");
  }

 private:
  std::string address_ = {};
  int views_ = 0;
};

int Run(const SqlProxyCommand& command, const Context& context) {
  LiveScreen screen;
  ops::SqlProxyRequest request{.listen = command.listen,
                               .upstream = command.upstream,
                               .tls = command.tls,
                               .ca = command.ca,
                               .threads = command.threads,
                               .control = command.control ? STDIN_FILENO : -1};
  if (command.live) request.live = [&screen](const sql::LiveView& view, bool last) { screen.Show(view, last); };
  const auto say = [&screen](const std::string& line) {
    screen.Begin(line);
    PrintOutput(line);
  };
  const auto counters = ops::SqlProxy(request, say, context.task);
  if (!counters) return context.Fail(counters.error());
  if (command.control) return kPassed;
  const std::string text =
      context.common.json
          ? fmt::format(
                "{{\"connections\": {}, \"statements\": {}, \"round_trips\": {}, \"rows\": {}, \"unparsed_bytes\": "
                "{}}}\n",
                counters->connections, counters->statements, counters->round_trips, counters->rows,
                counters->unparsed_bytes)
          : fmt::format("{} connections, {} statements in {} round trips, {} rows, {} bytes not understood\n",
                        counters->connections, counters->statements, counters->round_trips, counters->rows,
                        counters->unparsed_bytes);
  return PrintOutput(text);
}

int Run(const ScratchKeeperCommand& command, const Context& context) {
  const auto dropped = ops::KeepScratch(command.name, context.task);
  return dropped ? kPassed : context.Fail(dropped.error());
}

int Run(const InitCommand& command, const Context& context) {
  if (command.check) {
    const auto explained = ops::InitCheck(std::filesystem::path(command.repository) / context.common.dir);
    if (!explained) return context.Fail(explained.error());
    context.progress.Clear();
    return PrintOutput(context.common.json ? InitCheckJson(*explained) : InitCheckText(*explained, Screen()));
  }
  const auto written =
      ops::Init({.repository = command.repository, .dir = context.common.dir, .force = command.force}, context.task);
  if (!written) return context.Fail(written.error());
  context.progress.Clear();
  return PrintOutput(context.common.json ? InitJson(*written) : InitText(*written, Screen()));
}

int Run(const DoctorCommand&, const Context& context) {
  const auto report = ops::Doctor({.dir = context.common.dir}, context.task);
  if (!report) return context.Fail(report.error());
  context.progress.Clear();
  const int printed = PrintOutput(context.common.json ? DoctorJson(*report) : DoctorText(*report, Screen()));
  if (printed != kPassed) return printed;
  return report->ok() ? kPassed : base::ExitStatus(base::Code::kEnvironment);
}

int Run(const ShowCommand& command, const Context& context) { return RunShow(command, context.common, Screen()); }
int Run(const AcceptCommand& command, const Context& context) { return RunAccept(command, context.common); }
int Run(const EvidenceCommand& command, const Context& context) {
  return RunEvidence(command, context.common, Screen(), context.task);
}

}  // namespace

int RunCommand(const CommandLine& line, base::Task& task, ProgressLine& progress) {
  const Context context{line.common, task, progress};
  return std::visit([&](const auto& command) { return Run(command, context); }, line.command);
}

int PrintError(const base::Error& error) {
  // What a compiler or a service said keeps its lines; what to do about it then begins a line of its own.
  base::Error said = error;
  const std::string remedy = said.what.find('\n') == std::string::npos ? "" : std::exchange(said.remedy, {});
  fmt::print(stderr, "hone: {}\n", PrintableLines(base::Sentence(said) + "\n" + remedy));
  return base::ExitStatus(error.code);
}

int PrintOutput(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return kPassed;
  return PrintError(
      {base::Code::kIo, "Standard output could not be written", "", "Is its disk full, or its reader gone?"});
}

}  // namespace hone::cli
