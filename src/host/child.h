// Child processes: started without a shell, in a session of their own, under the guardian, with bounded output.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "host/guardian.h"

namespace hone::host {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};

struct ChildSpec {
  std::vector<std::string> argv = {};   // argv[0] is looked up in the PATH of `env` unless it holds a slash
  std::vector<std::string> env = {};    // "NAME=value"; complete: nothing is inherited
  std::filesystem::path cwd = {};       // empty: hone's
  std::optional<Identity> run_as = {};  // needs root
  std::vector<std::filesystem::path> cgroups =
      {};  // the folders of the control group that it is put into before it runs; empty: hone's own
  std::filesystem::path log =
      {};  // stdout and stderr are also written here, up to `log_limit` bytes; empty: only kept in memory
  uint64_t log_limit = uint64_t{8} << 20;
  int stop_signal = SIGTERM;
  std::chrono::milliseconds grace =
      std::chrono::seconds(5);  // between stop_signal and SIGKILL when the guardian stops it
};

// How a process ended.
struct Exit {
  int status = 0;  // exit status where signal is 0
  int signal = 0;
  bool ok() const { return status == 0 && signal == 0; }
  std::string Text() const;  // "exit status 2", "killed by signal 9 (Killed)"
};

// A running or ended child. stdin is /dev/null; stdout and stderr go through one pipe, which a thread of hone's always
// empties, so that a child never blocks on its output. The terminal's Ctrl-C does not reach children. Methods belong to
// one thread.
class Child {
 public:
  // kNotFound "Cannot start X: No such file or directory" and the like if exec fails; kInput if the folder does. The
  // guardian must outlive the child and stay where it is.
  static base::Result<Child> Start(ChildSpec spec, const Guardian& guardian);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();  // kills the group if it still runs

  pid_t pid() const;
  // A descriptor that polls readable when the child has ended; owned by the child.
  int pidfd() const;
  // How it ended; empty while it runs. What is left of its process group is killed before the child is reaped.
  std::optional<Exit> Exited();
  // Waits until it ends, at most until `deadline` (monotonic): empty then.
  std::optional<Exit> Wait(base::Nanos deadline);

  struct Stopped {
    Exit exit = {};
    bool forced = false;  // it ignored the stop signal for the grace and was killed
  };
  // Sends the stop signal to the group; SIGKILL after `grace`. Answers at once for one that has ended.
  Stopped Stop(std::chrono::milliseconds grace);
  void Signal(int number);  // to the group; nothing if it has ended

  // The first 64 KiB of the output, and the last 64 KiB (all of it in both if it is shorter). Complete after the end.
  std::string OutputHead() const;
  std::string OutputTail() const;
  uint64_t output_bytes() const;
  // The last `lines` lines of OutputTail, without the trailing newline.
  std::string LastLines(size_t lines) const;

 private:
  struct State;
  explicit Child(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A child that ran to its end.
struct Finished {
  Exit exit = {};
  std::string head = {};  // of stdout and stderr together
  std::string tail = {};
  base::Nanos wall_ns = 0;
};

// Starts a child and waits for its end. kTimeout after `timeout` ("X did not end within 30 s"), kCancelled when the
// task is; the child is stopped in both cases. A failing exit status is not an error here.
base::Result<Finished> RunToEnd(ChildSpec spec, const Guardian& guardian, std::chrono::milliseconds timeout,
                                const base::Task& task);

// NAME of "NAME=value" in `env`, the last one winning; empty if missing.
std::string EnvValue(const std::vector<std::string>& env, std::string_view name);

// The executable that `name` means with this PATH ("a:b:c"); `name` itself if it holds a slash; empty if there is none.
std::filesystem::path FindExecutable(std::string_view name, std::string_view path);

}  // namespace hone::host
