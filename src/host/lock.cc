#include "host/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "host/proc_files.h"

namespace hone::host {
namespace {

// Opens a file that every user may lock. It is opened before it is created, because in a sticky folder O_CREAT is
// refused for somebody else's file (fs.protected_regular).
base::Result<base::FileDescriptor> OpenShared(const std::filesystem::path& file) {
  constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  base::FileDescriptor fd(::open(file.c_str(), kFlags));
  if (!fd && errno == ENOENT) {
    fd.Reset(::open(file.c_str(), kFlags | O_CREAT | O_EXCL, 0666));
    if (fd) ::fchmod(fd.get(), 0666);  // the umask may have taken bits away
    if (!fd && errno == EEXIST) fd.Reset(::open(file.c_str(), kFlags));
  }
  if (!fd) return base::FailErrno(errno, "Cannot open the lock of measurements", file.string());
  return fd;
}

// What the holder wrote into the file: "PID VERB SECONDS". Foreign bytes: any user may write there.
std::unexpected<base::Error> Busy(int fd) {
  char text[256];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  const std::vector<std::string_view> fields = Fields({text, static_cast<size_t>(n > 0 ? n : 0)});
  std::string holder = "Another hone measures on this machine";
  if (fields.size() == 3) {
    const auto pid = ParseInteger(fields[0]);
    const auto since = ParseInteger(fields[2]);
    const bool plain = fields[1].find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
    if (pid && since && plain) {
      holder = fmt::format("Another hone measures on this machine (hone {}, process {}, since {})", fields[1], *pid,
                           base::FormatUtc(*since));
    }
  }
  return base::Fail(base::Code::kBusy, holder, "", "Two at a time would disturb each other: wait until it is done");
}

void WriteHolder(int fd, std::string_view verb) {
  const std::string text = fmt::format("{} {} {}\n", ::getpid(), verb, base::WallSeconds());
  // Only for messages: that the lock is held is what counts.
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) < 0) return;
}

bool EverybodyMayWrite(const char* folder) {
  struct stat info;
  return ::stat(folder, &info) == 0 && S_ISDIR(info.st_mode) && (info.st_mode & S_IWOTH) != 0;
}

}  // namespace

std::filesystem::path MachineLock::DefaultFile() {
  // The choice must not depend on who asks: otherwise root and a user would lock different files.
  return EverybodyMayWrite("/run/lock") ? "/run/lock/hone.lock" : "/tmp/hone.lock";
}

base::Result<MachineLock> MachineLock::Take(std::string_view verb, std::chrono::milliseconds wait,
                                            const base::Task& task) {
  return TakeFile(DefaultFile(), verb, wait, task);
}

base::Result<MachineLock> MachineLock::TakeFile(const std::filesystem::path& file, std::string_view verb,
                                                std::chrono::milliseconds wait, const base::Task& task) {
  constexpr base::Nanos kPoll = 50'000'000;
  HONE_TRY(auto fd, OpenShared(file));
  base::Clock& clock = task.clock();
  const base::Nanos deadline = clock.Now() + std::chrono::nanoseconds(wait).count();
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return base::FailErrno(errno, "Cannot lock", file.string());
    HONE_CHECK_OK(task.Check());
    const base::Nanos now = clock.Now();
    if (now >= deadline) return Busy(fd.get());
    task.Report({"Waiting for another hone to finish", static_cast<double>(deadline - now) / 1e9});
    clock.SleepUntil(std::min(deadline, now + kPoll));
  }
  WriteHolder(fd.get(), verb);
  return MachineLock(std::move(fd));
}

}  // namespace hone::host
