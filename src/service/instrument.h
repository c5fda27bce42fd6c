// Instrumenting a Go service without an edit: `go build -overlay` adds one generated file to package main, which serves
// pprof on a loopback listener of its own (instrument_source.h). Nothing is written to the user's folder.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "host/guardian.h"
#include "service/service.h"

namespace hone::service {

struct Instrumentation {
  std::optional<Command> build = {};  // the instrumented build; empty: it cannot be
  std::string why_not = {};           // as the rest of a sentence: "its build is no `go build`"
};

// The `go build` of `build` with the generated file added, which is written to `folder` with its overlay. Asks `go`
// which package is built. Fails only where hone cannot write, or the task is cancelled.
base::Result<Instrumentation> Instrument(const Command& build, const std::filesystem::path& folder,
                                         const host::Guardian& guardian, const base::Task& task);

// Where an instrumented service serves pprof.
struct PprofListener {
  pid_t pid = 0;
  uint16_t port = 0;
  std::string url = {};  // "http://127.0.0.1:41234/debug/pprof"
};

// What the service wrote to its address file; empty where it is missing or holds something else.
std::optional<PprofListener> ReadPprofListener(const std::filesystem::path& file);

}  // namespace hone::service
