// The service under test and its sidecars: built, started with the environment that it was given, waited for, watched
// and stopped.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/redaction.h"
#include "host/child.h"
#include "host/guardian.h"

namespace hone::service {

// A command of the project, templates filled in.
struct Command {
  std::vector<std::string> argv = {};
  std::filesystem::path dir = {};
  std::map<std::string, std::string> env = {};  // on top of BaseEnvironment
  std::chrono::milliseconds timeout = std::chrono::minutes(10);
};

// Paths (relative ones below a run's folder) and contents of files that the service reads.
using Files = std::vector<std::pair<std::filesystem::path, std::string>>;

// Everything that starting the service takes; templates filled in, words split.
struct ServiceSpec {
  std::string name = {};
  bool sidecar = false;                // it is not the service but another process that this one needs
  std::filesystem::path run_dir = {};  // its log goes here, and relative `files`
  std::vector<std::string> argv = {};
  std::filesystem::path dir = {};
  std::map<std::string, std::string> env = {};
  std::vector<std::filesystem::path> cgroups = {};  // folders of its control group; empty: hone's own
  Files files = {};
  std::vector<uint16_t> ports = {};  // that it will listen on: must be free before the start
  std::string ready_url = {};        // with ready_command empty too: ready when it listens on all of `ports`
  std::vector<int> ready_status = {200};
  std::vector<std::string> ready_command = {};  // ready when it ends with status 0; runs in `dir` with `env`
  std::chrono::milliseconds ready_timeout = std::chrono::seconds(30);
};

// The environment that every command gets: what builds need of hone's own (PATH, HOME, LANG, TMPDIR, certificates,
// proxies, Go's variables for building such as GOCACHE and GOPROXY, but not GOGC and the like, which would change what
// is measured), nothing else; then `extra`. Each as "NAME=value", sorted by name.
std::vector<std::string> MakeEnvironment(const std::map<std::string, std::string>& extra);

// Builds the service. kInput with the compiler's first lines, scrubbed; kEnvironment where the program is missing (Go:
// says how to get it); kTimeout, kCancelled.
base::Result<void> Build(const Command& command, const evidence::Redactor& redactor, const host::Guardian& guardian,
                         const base::Task& task);

// Runs a set-up command (migrate, seed) to its end; `what` names it in messages. The same errors, with the last lines
// of the output.
base::Result<void> RunCommand(std::string_view what, const Command& command, const evidence::Redactor& redactor,
                              const host::Guardian& guardian, const base::Task& task);

// With mode 0600, for hone's user alone.
base::Result<void> WriteFiles(const std::filesystem::path& run_dir, const Files& files);

class Service {
 public:
  // Writes the files and starts the process. kBusy if a port is taken (names the process that has it where it may be
  // known); kNotFound and others if it cannot be executed. Does not wait: see WaitReady.
  static base::Result<Service> Start(const ServiceSpec& spec, const evidence::Redactor& redactor,
                                     const host::Guardian& guardian);

  // Polls until it is ready as the specification says. kService as soon as the process exits, with its last
  // lines; kTimeout with what was seen last; kEnvironment where the ready command is missing; kCancelled.
  base::Result<void> WaitReady(const base::Task& task);

  // kService with how it ended and its last lines, scrubbed, once the process is gone; success while it runs.
  base::Result<void> Alive();

  pid_t pid() const;
  // The process that listens on `port`: the service may be started through a wrapper (go run). pid() if it cannot be
  // told.
  pid_t ServingPid(uint16_t port) const;

  struct Stopped {
    host::Exit exit = {};
    bool forced = false;      // ignored SIGTERM for 5 s and was killed
    std::string caveat = {};  // the same as a sentence for the report; empty if it ended by itself
  };
  Stopped Stop();

  // Output so far, scrubbed.
  std::string LastLines(size_t lines) const;
  std::string OutputTail() const;

 private:
  Service(ServiceSpec spec, const evidence::Redactor& redactor, const host::Guardian& guardian, host::Child child);
  // What is still missing; empty once it is ready.
  base::Result<std::string> NotReady(base::Nanos deadline, const base::Task& task) const;
  std::string Ending(const host::Exit& exit) const;

  ServiceSpec spec_;
  evidence::Redactor redactor_;
  const host::Guardian* guardian_;
  host::Child child_;
};

}  // namespace hone::service
