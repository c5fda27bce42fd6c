// Runs a parsed command: calls its operation, prints the answer, and says the exit status.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/task.h"
#include "cli/command_line.h"
#include "cli/progress.h"

namespace hone::cli {

// Exit statuses; an error's is base::ExitStatus.
inline constexpr int kPassed = 0;
inline constexpr int kGateFailed = 1;
inline constexpr int kNotEnough = 3;

// The exit status: 0 passed, 1 failed the gate, 2 error, 3 not enough evidence.
int RunCommand(const CommandLine& line, base::Task& task, ProgressLine& progress);

// Prints the error's sentence on standard error; its exit status.
int PrintError(const base::Error& error);

// Writes to standard output and flushes; 2 if that fails (a full disk, a closed pipe).
int PrintOutput(std::string_view text);

}  // namespace hone::cli
