#include "host/guardian.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/clock.h"
#include "base/hash.h"
#include "host/cgroup.h"
#include "host/registered.h"

namespace hone::host {
namespace {

// What goes through the pipe; `path_size` bytes of a path follow. One write is at most PIPE_BUF, so that records of
// several writers never mix (pipe(7)).
struct Record {
  char kind = 0;
  uint16_t path_size = 0;
  int32_t pgid = 0;
  int32_t signal = 0;
  int32_t grace_ms = 0;
};
constexpr char kAddGroup = 'G';
constexpr char kForgetGroup = 'g';
constexpr char kAddFolder = 'F';
constexpr char kForgetFolder = 'f';
constexpr char kAddCgroup = 'C';
constexpr char kForgetCgroup = 'c';
constexpr size_t kLongestPath = PIPE_BUF - sizeof(Record);

// The guardian's own side; runs in the forked process only.
class GuardianProcess {
 public:
  GuardianProcess(int pipe, std::filesystem::path root, pid_t owner) : pipe_(pipe), root_(std::move(root)) {
    registered_.boot_id = BootId();
    registered_.owner = NameProcess(owner);
    registered_.guardian = NameProcess(::getpid());
    state_file_ =
        root_ / fmt::format("guardian-{}-{}.state", registered_.guardian.pid, registered_.guardian.start_ticks);
    Write();
  }

  // Follows the pipe to its end, then ends everything.
  void Run() {
    Record record;
    while (ReadAll(&record, sizeof record)) {
      std::string path(record.path_size, '\0');
      if (!ReadAll(path.data(), path.size())) break;
      Apply(record, path);
      Write();
    }
    EndGroups(registered_.groups, Leaderless::kEnd);
    for (const auto& cgroup : registered_.cgroups) RemoveCgroup(cgroup);
    // What escaped its session (a PostgreSQL's backends) ends a moment after its parent, and may write until then.
    base::Clock& clock = base::SystemClock();
    const base::Nanos deadline = clock.Now() + base::Nanos{5'000'000'000};
    while (!RemoveFolders() && clock.Now() < deadline) clock.SleepUntil(clock.Now() + 20'000'000);
    if (registered_.folders.empty()) ::unlink(state_file_.c_str());
  }

 private:
  bool ReadAll(void* to, size_t size) const {
    for (char* at = static_cast<char*>(to); size > 0;) {
      const ssize_t n = ::read(pipe_, at, size);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += n;
      size -= static_cast<size_t>(n);
    }
    return true;
  }

  void Apply(const Record& record, const std::string& path) {
    auto& groups = registered_.groups;
    switch (record.kind) {
      case kAddGroup:
        groups.push_back({NameProcess(record.pgid), record.signal, std::chrono::milliseconds(record.grace_ms)});
        break;
      case kForgetGroup:
        std::erase_if(groups, [&](const RegisteredGroup& group) { return group.leader.pid == record.pgid; });
        break;
      case kAddFolder:
        registered_.folders.insert(path);
        break;
      case kForgetFolder:
        registered_.folders.erase(path);
        break;
      case kAddCgroup:
        registered_.cgroups.insert(path);
        break;
      case kForgetCgroup:
        registered_.cgroups.erase(path);
        break;
      default:
        break;
    }
  }

  // Not synced: what it tells of does not survive a crash of the machine anyway. On a full disk the old one stays.
  void Write() const {
    const std::string text = ToText(registered_);
    const std::string part = state_file_.string() + ".part";
    base::FileDescriptor fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return;
    const bool written = ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!written || ::rename(part.c_str(), state_file_.c_str()) != 0) ::unlink(part.c_str());
  }

  bool RemoveFolders() {
    std::erase_if(registered_.folders, [](const auto& folder) { return RemoveTree(folder); });
    return registered_.folders.empty();
  }

  int pipe_;
  std::filesystem::path root_;
  std::filesystem::path state_file_;
  Registered registered_;
};

// Gives up everything that the guardian got from hone but the pipe and `ready`: whoever waits for the end of hone's
// output must not wait for the guardian's.
void Detach(int pipe, int ready) {
  ::setsid();
  ::prctl(PR_SET_NAME, "hone-guardian");
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(number, SIG_IGN);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  const unsigned low = static_cast<unsigned>(std::min(pipe, ready));
  const unsigned high = static_cast<unsigned>(std::max(pipe, ready));
  if (low > 3) ::close_range(3, low - 1, 0);
  if (high > low + 1) ::close_range(low + 1, high - 1, 0);
  ::close_range(high + 1, ~0U, 0);
  if (::chdir("/") != 0) ::_exit(1);
}

// Both ends at 3 or above, so that they never stand where stdin, stdout and stderr belong.
base::Result<std::pair<base::FileDescriptor, base::FileDescriptor>> MakeHighPipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return base::FailErrno(errno, "Cannot create a pipe");
  std::pair<base::FileDescriptor, base::FileDescriptor> pipe;
  pipe.first.Reset(ends[0] > 2 ? ends[0] : ::fcntl(ends[0], F_DUPFD_CLOEXEC, 3));
  pipe.second.Reset(ends[1] > 2 ? ends[1] : ::fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
  for (const int end : ends) {
    if (end <= 2) ::close(end);
  }
  if (!pipe.first || !pipe.second) return base::FailErrno(errno, "Cannot create a pipe");
  return pipe;
}

bool IsStateFile(const std::filesystem::path& path) {
  return path.filename().string().starts_with("guardian-") && path.extension() == ".state";
}

// Ends what one state file tells of, unless somebody still answers for it.
void SweepState(const std::filesystem::path& file, const std::filesystem::path& root, Swept& swept) {
  const auto text = base::ReadFile(file, 1 << 20);
  const auto registered = text ? ParseRegistered(*text) : std::nullopt;
  if (!registered) {
    ::unlink(file.c_str());
    return;
  }
  const bool same_boot = !registered->boot_id.empty() && registered->boot_id == BootId();
  if (same_boot) {
    if (IsAlive(registered->owner) || IsAlive(registered->guardian)) return;
    swept.groups += EndGroups(registered->groups, Leaderless::kSpare);
  }
  // Nor anything but groups of its own: their names are nobody else's, so that what is in one was started for it.
  for (const auto& cgroup : registered->cgroups) {
    const bool own = cgroup.filename().string().starts_with("hone-") && cgroup.lexically_normal() == cgroup &&
                     cgroup.string().starts_with("/sys/fs/cgroup/");
    if (own && same_boot) RemoveCgroup(cgroup);
  }
  bool all = true;
  for (const auto& folder : registered->folders) {
    // A state file cannot make Hone remove anything but run folders.
    if (folder.parent_path() != root || folder.lexically_normal() != folder) continue;
    const bool present = std::filesystem::exists(std::filesystem::symlink_status(folder));
    const bool removed = RemoveTree(folder);
    swept.folders += present && removed ? 1 : 0;
    all = all && removed;
  }
  if (!all) return;
  ::unlink((file.string() + ".part").c_str());
  ::unlink(file.c_str());
}

}  // namespace

base::Result<Guardian> Guardian::Start(const std::filesystem::path& root) {
  Sweep(root);
  HONE_TRY(auto pipe, MakeHighPipe());
  HONE_TRY(auto ready, MakeHighPipe());
  const pid_t owner = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return base::FailErrno(errno, "Cannot start the guardian process");
  if (pid == 0) {
    Detach(pipe.first.get(), ready.second.get());
    GuardianProcess process(pipe.first.get(), root, owner);
    const char yes = 1;
    if (::write(ready.second.get(), &yes, 1) != 1) ::_exit(1);
    ::close(ready.second.Release());
    process.Run();
    ::_exit(0);
  }
  Guardian guardian(root, pid, std::move(pipe.second));
  ready.second.Reset();
  char answer = 0;
  ssize_t n = 0;
  do {
    n = ::read(ready.first.get(), &answer, 1);
  } while (n < 0 && errno == EINTR);
  if (n != 1) return base::Fail(base::Code::kIo, "The guardian process ended at once");
  return guardian;
}

Guardian::Guardian(Guardian&& other) noexcept
    : root_(std::move(other.root_)), pid_(std::exchange(other.pid_, -1)), pipe_(std::move(other.pipe_)) {}

Guardian::~Guardian() {
  pipe_.Reset();
  if (pid_ < 0) return;
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Guardian::Send(char kind, int32_t pgid, int32_t signal, int32_t grace_ms, std::string_view path) const {
  if (path.size() > kLongestPath) return false;
  const Record record{kind, static_cast<uint16_t>(path.size()), pgid, signal, grace_ms};
  char bytes[PIPE_BUF];
  std::memcpy(bytes, &record, sizeof record);
  if (!path.empty()) std::memcpy(bytes + sizeof record, path.data(), path.size());
  const size_t size = sizeof record + path.size();
  // Without a guardian the write would raise SIGPIPE; hone must live on to say so.
  sigset_t pipe_signal;
  sigset_t before;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  ssize_t n = 0;
  do {
    n = ::write(pipe_.get(), bytes, size);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EPIPE && ::sigismember(&before, SIGPIPE) == 0) {
    const timespec now{};
    ::sigtimedwait(&pipe_signal, nullptr, &now);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return n == static_cast<ssize_t>(size);
}

base::Result<std::filesystem::path> Guardian::MakeFolder(std::string_view label) {
  for (;;) {
    const std::filesystem::path folder =
        root_ / fmt::format("{}-{}", label, base::Sha256Hex(base::RandomBytes(16)).substr(0, 12));
    if (!Send(kAddFolder, 0, 0, 0, folder.native())) {
      return base::Fail(base::Code::kIo, "The guardian process is gone", folder.string(), "Run again");
    }
    if (::mkdir(folder.c_str(), 0711) == 0) {
      if (::chmod(folder.c_str(), 0711) == 0) return folder;  // the umask may have taken bits away
      return base::FailErrno(errno, "Cannot open a run folder", folder.string());
    }
    const int error = errno;
    Send(kForgetFolder, 0, 0, 0, folder.native());
    if (error != EEXIST) return base::FailErrno(error, "Cannot create a run folder", folder.string());
  }
}

void Guardian::RemoveFolder(const std::filesystem::path& folder) {
  if (RemoveTree(folder)) Send(kForgetFolder, 0, 0, 0, folder.native());
}

bool Guardian::RegisterGroup(pid_t pgid, int stop_signal, std::chrono::milliseconds grace) const {
  return Send(kAddGroup, pgid, stop_signal, static_cast<int32_t>(grace.count()), {});
}

void Guardian::ForgetGroup(pid_t pgid) const { Send(kForgetGroup, pgid, 0, 0, {}); }

bool Guardian::RegisterCgroup(const std::filesystem::path& folder) const {
  return Send(kAddCgroup, 0, 0, 0, folder.native());
}

void Guardian::ForgetCgroup(const std::filesystem::path& folder) const {
  Send(kForgetCgroup, 0, 0, 0, folder.native());
}

Swept Sweep(const std::filesystem::path& root) {
  Swept swept;
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    if (IsStateFile(entry.path())) files.push_back(entry.path());
  }
  for (const auto& file : files) SweepState(file, root, swept);
  return swept;
}

}  // namespace hone::host
