// Runs a parsed command: calls its operation, prints the answer, and says the exit status.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/task.h"
#include "cli/command_line.h"
#include "cli/progress.h"

namespace hone::cli {

// The exit status: 0 passed, 1 failed the gate, 2 error, 3 not enough evidence.
int RunCommand(const CommandLine& line, base::Task& task, ProgressLine& progress);

// Prints the error's sentence on standard error; its exit status.
int PrintError(const base::Error& error);

// Writes to standard output and flushes; 2 if that fails (a full disk, a closed pipe).
int PrintOutput(std::string_view text);

}  // namespace hone::cli
