// The guardian: a small process that outlives hone for a moment, stops what hone started and removes what hone wrote.
//
// It holds the reading end of a pipe. When hone ends for any reason, SIGKILL too, the pipe ends; the guardian then
// sends each registered process group its stop signal, waits a bounded time, kills what is left, and removes the
// registered folders. What is registered also stands in a state file under the run root, so that Sweep() of the next
// start removes what even a killed guardian left.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "base/files.h"

namespace hone::host {

// Where run folders and state files of this user stand: $TMPDIR/hone-UID or /tmp/hone-UID, mode 0711 (an unprivileged
// PostgreSQL under root must be able to walk through it; its content is named unpredictably and each part is closed by
// itself). Under root, a $TMPDIR that other users cannot walk through is passed over for /tmp. Created if missing;
// kPermission if it belongs to somebody else.
base::Result<std::filesystem::path> RunRoot();

class Guardian {
 public:
  // Sweeps `root` and forks the guardian. Call early: the process must still have one thread. One guardian is enough
  // for a process.
  static base::Result<Guardian> Start(const std::filesystem::path& root);

  Guardian(Guardian&& other) noexcept;
  Guardian& operator=(Guardian&& other) = delete;
  // Ends the guardian, which stops and removes everything that is still registered; returns when that is done.
  ~Guardian();

  // A new folder `root`/LABEL-RANDOM (mode 0711), registered for removal before it is made.
  base::Result<std::filesystem::path> MakeFolder(std::string_view label);
  // Removes a folder now and forgets it.
  void RemoveFolder(const std::filesystem::path& folder);

  // Registers the calling process's group: for a forked child before exec. Async-signal-safe. `pgid` is the group; at
  // the end it gets `stop_signal`, and SIGKILL `grace` later. False if the guardian is gone.
  bool RegisterGroup(pid_t pgid, int stop_signal, std::chrono::milliseconds grace) const;
  // Forgets a group; call before its leader is reaped, so that its number cannot be somebody else's yet.
  void ForgetGroup(pid_t pgid) const;

  // Registers a control group for removal, after what is in it has ended; call before it is made. False if the guardian
  // is gone.
  bool RegisterCgroup(const std::filesystem::path& folder) const;
  void ForgetCgroup(const std::filesystem::path& folder) const;

  const std::filesystem::path& root() const { return root_; }
  pid_t pid() const { return pid_; }

 private:
  Guardian(std::filesystem::path root, pid_t pid, base::FileDescriptor pipe)
      : root_(std::move(root)), pid_(pid), pipe_(std::move(pipe)) {}
  bool Send(char kind, int32_t pgid, int32_t signal, int32_t grace_ms, std::string_view path) const;

  std::filesystem::path root_;
  pid_t pid_ = -1;
  base::FileDescriptor pipe_;
};

// What a sweep did.
struct Swept {
  int groups = 0;
  int folders = 0;
};

// Ends what hones that died together with their guardians left under `root`: process groups whose leader is still the
// registered process (same number, same start time, same boot: a reused number is never killed; a group whose leader is
// gone is left alone) and folders inside `root`. Whatever a living hone or guardian still owns is not touched.
Swept Sweep(const std::filesystem::path& root);

// Removes a tree with all that is in it, also folders that are read-only (a Go module cache). False if something is
// left.
bool RemoveTree(const std::filesystem::path& path);

}  // namespace hone::host
