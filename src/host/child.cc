#include "host/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "host/output.h"
#include "host/proc_files.h"

namespace hone::host {
namespace {

// Where a forked child failed before it became the program.
enum class Step : int { kGuardian, kCgroup, kOutput, kFolder, kUser, kExec };

struct StartFailure {
  Step step = Step::kExec;
  int error = 0;
};

// Everything that the child needs between fork and exec, made before the fork: there it may only make system calls
// (signal-safety(7)), because other threads may have held any lock.
struct Prepared {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> env;
  int null = -1;
  int output = -1;
  int failure = -1;               // closes at a successful exec
  std::vector<int> cgroups = {};  // cgroup.procs of each folder
};

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

void ResetSignals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void FailChild(const Prepared& prepared, Step step) {
  const StartFailure failure{step, errno};
  // If even this cannot be written, hone sees a child that ended at once.
  if (::write(prepared.failure, &failure, sizeof failure) < 0) ::_exit(126);
  ::_exit(127);
}

[[noreturn]] void BecomeProgram(const ChildSpec& spec, const Prepared& prepared, const Guardian& guardian) {
  ::setsid();  // a group for the guardian to end, and out of reach of the terminal's Ctrl-C
  if (!guardian.RegisterGroup(::getpid(), spec.stop_signal, spec.grace)) FailChild(prepared, Step::kGuardian);
  // "0" is whoever writes it.
  for (const int procs : prepared.cgroups) {
    if (::write(procs, "0", 1) != 1) FailChild(prepared, Step::kCgroup);
  }
  ResetSignals();
  if (::dup2(prepared.null, 0) < 0 || ::dup2(prepared.output, 1) < 0 || ::dup2(prepared.output, 2) < 0) {
    FailChild(prepared, Step::kOutput);
  }
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (!spec.cwd.empty() && ::chdir(spec.cwd.c_str()) != 0) FailChild(prepared, Step::kFolder);
  if (spec.run_as) {
    const bool changed =
        ::setgroups(0, nullptr) == 0 && ::setgid(spec.run_as->gid) == 0 && ::setuid(spec.run_as->uid) == 0;
    if (!changed) FailChild(prepared, Step::kUser);
  }
  ::execve(prepared.program.c_str(), prepared.argv.data(), prepared.env.data());
  FailChild(prepared, Step::kExec);
}

std::unexpected<base::Error> Explain(const StartFailure& failure, const ChildSpec& spec) {
  const std::string what = "Cannot start " + spec.argv.front();
  switch (failure.step) {
    case Step::kGuardian:
      return base::Fail(base::Code::kIo, what + ": the guardian process is gone", "", "Run again");
    case Step::kFolder:
      // Not kNotFound, which speaks of the program.
      return base::Fail(base::Code::kInput, what + " in its folder: " + std::strerror(failure.error),
                        spec.cwd.string());
    case Step::kUser:
      return base::FailErrno(failure.error, what + " as another user");
    case Step::kCgroup:
      return base::FailErrno(failure.error, what + " in its control group", spec.cgroups.front().string());
    case Step::kOutput:
    case Step::kExec:
      break;
  }
  return base::FailErrno(failure.error, what);
}

struct Pipe {
  base::FileDescriptor read;
  base::FileDescriptor write;
};

base::Result<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return base::FailErrno(errno, "Cannot create a pipe");
  return Pipe{base::FileDescriptor(ends[0]), base::FileDescriptor(ends[1])};
}

// Reaps a child that never became the program.
void Reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

base::Result<pid_t> ForkProgram(const ChildSpec& spec, const Prepared& prepared, const Guardian& guardian) {
  // A handler of hone's must not run in the child before it has reset them.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  const int error = errno;
  if (pid == 0) BecomeProgram(spec, prepared, guardian);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return base::FailErrno(error, "Cannot start " + spec.argv.front());
  return pid;
}

}  // namespace

std::string Exit::Text() const {
  if (signal == 0) return fmt::format("exit status {}", status);
  return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
}

struct Child::State {
  ChildSpec spec;
  const Guardian* guardian = nullptr;
  pid_t pid = -1;
  base::FileDescriptor pidfd;
  Output output;
  std::optional<Exit> exit;
};

Child::Child(std::unique_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    Child old(std::move(*this));
    state_ = std::move(other.state_);
  }
  return *this;
}

Child::~Child() {
  if (!state_ || state_->exit) return;
  Signal(SIGKILL);
  Wait(std::numeric_limits<base::Nanos>::max());
}

base::Result<Child> Child::Start(ChildSpec spec, const Guardian& guardian) {
  if (spec.argv.empty()) return base::Fail(base::Code::kInput, "The command is empty");
  const std::filesystem::path program = FindExecutable(spec.argv.front(), EnvValue(spec.env, "PATH"));
  if (program.empty()) return base::FailErrno(ENOENT, "Cannot start " + spec.argv.front());
  HONE_TRY(Pipe output, MakePipe());
  HONE_TRY(Pipe failure, MakePipe());
  const base::FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null) return base::FailErrno(errno, "Cannot open /dev/null");

  auto state = std::make_unique<State>();
  state->spec = std::move(spec);
  state->guardian = &guardian;
  HONE_CHECK_OK(state->output.Start(std::move(output.read), state->spec.log, state->spec.log_limit));
  std::vector<base::FileDescriptor> cgroups;
  for (const std::filesystem::path& folder : state->spec.cgroups) {
    cgroups.emplace_back(::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (!cgroups.back()) return base::FailErrno(errno, "Cannot open a control group", folder.string());
  }
  Prepared prepared{program.string(),
                    Pointers(state->spec.argv),
                    Pointers(state->spec.env),
                    null.get(),
                    output.write.get(),
                    failure.write.get(),
                    {}};
  for (const base::FileDescriptor& procs : cgroups) prepared.cgroups.push_back(procs.get());
  HONE_TRY(state->pid, ForkProgram(state->spec, prepared, guardian));
  output.write.Reset();
  failure.write.Reset();

  StartFailure problem;
  ssize_t n = 0;
  do {
    n = ::read(failure.read.get(), &problem, sizeof problem);
  } while (n < 0 && errno == EINTR);
  if (n == sizeof problem) {
    guardian.ForgetGroup(state->pid);
    Reap(state->pid);
    return Explain(problem, state->spec);
  }
  state->pidfd = OpenPidfd(state->pid);
  if (!state->pidfd) {
    const int error = errno;
    ::kill(-state->pid, SIGKILL);
    guardian.ForgetGroup(state->pid);
    Reap(state->pid);
    return base::FailErrno(error, "Cannot watch " + state->spec.argv.front());
  }
  return Child(std::move(state));
}

pid_t Child::pid() const { return state_->pid; }
int Child::pidfd() const { return state_->pidfd.get(); }

std::optional<Exit> Child::Exited() {
  State& state = *state_;
  if (state.exit) return state.exit;
  siginfo_t info{};
  const auto id = static_cast<id_t>(state.pid);
  if (::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return std::nullopt;
  // Until it is reaped its number is nobody else's: now is the time to end its group and to make the guardian forget
  // it.
  ::kill(-state.pid, SIGKILL);
  state.guardian->ForgetGroup(state.pid);
  ::waitid(P_PID, id, &info, WEXITED);
  state.output.Finish();
  state.exit = info.si_code == CLD_EXITED ? Exit{info.si_status, 0} : Exit{0, info.si_status};
  return state.exit;
}

std::optional<Exit> Child::Wait(base::Nanos deadline) {
  for (;;) {
    if (const auto exit = Exited()) return exit;
    const base::Nanos left = deadline - base::SystemClock().Now();
    if (left <= 0) return std::nullopt;
    // Rounded up: waiting a millisecond too long is better than spinning through the last one.
    const int timeout = static_cast<int>(std::min<base::Nanos>(left / 1'000'000 + 1, 1'000'000));
    pollfd wait{state_->pidfd.get(), POLLIN, 0};
    ::poll(&wait, 1, timeout);
  }
}

Child::Stopped Child::Stop(std::chrono::milliseconds grace) {
  if (const auto exit = Exited()) return {*exit, false};
  Signal(state_->spec.stop_signal);
  if (const auto exit = Wait(base::SystemClock().Now() + std::chrono::nanoseconds(grace).count()))
    return {*exit, false};
  Signal(SIGKILL);
  return {Wait(std::numeric_limits<base::Nanos>::max()).value_or(Exit{0, SIGKILL}), true};
}

void Child::Signal(int number) {
  if (!state_->exit) ::kill(-state_->pid, number);
}

std::string Child::OutputHead() const { return state_->output.Head(); }
std::string Child::OutputTail() const { return state_->output.Tail(); }
uint64_t Child::output_bytes() const { return state_->output.bytes(); }

std::string Child::LastLines(size_t lines) const {
  std::string tail = OutputTail();
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == '\r')) tail.pop_back();
  size_t begin = tail.size();
  for (; lines > 0 && begin != std::string::npos && begin > 0; --lines) begin = tail.rfind('\n', begin - 1);
  return begin == std::string::npos || begin == 0 ? tail : tail.substr(begin + 1);
}

base::Result<Finished> RunToEnd(ChildSpec spec, const Guardian& guardian, std::chrono::milliseconds timeout,
                                const base::Task& task) {
  constexpr base::Nanos kSlice = 50'000'000;  // how late a Ctrl-C may be seen
  constexpr std::chrono::milliseconds kGrace{2000};
  const std::string name = spec.argv.empty() ? "" : spec.argv.front();
  const base::Nanos start = base::SystemClock().Now();
  const base::Nanos deadline = start + std::chrono::nanoseconds(timeout).count();
  HONE_TRY(Child child, Child::Start(std::move(spec), guardian));
  for (;;) {
    const base::Nanos now = base::SystemClock().Now();
    if (const auto exit = child.Wait(std::min(deadline, now + kSlice))) {
      return Finished{*exit, child.OutputHead(), child.OutputTail(), base::SystemClock().Now() - start};
    }
    if (auto go_on = task.Check(); !go_on) {
      child.Stop(kGrace);
      return std::unexpected(go_on.error());
    }
    if (base::SystemClock().Now() >= deadline) {
      child.Stop(kGrace);
      const double seconds = std::chrono::duration<double>(timeout).count();
      return base::Fail(base::Code::kTimeout, fmt::format("{} did not end within {:g} s", name, seconds));
    }
  }
}

std::string EnvValue(const std::vector<std::string>& env, std::string_view name) {
  std::string value;
  for (const std::string& entry : env) {
    if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=')
      value = entry.substr(name.size() + 1);
  }
  return value;
}

std::filesystem::path FindExecutable(std::string_view name, std::string_view path) {
  if (name.find('/') != std::string_view::npos) return name;
  while (!path.empty() && !name.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    const std::filesystem::path candidate = std::filesystem::path(path.substr(0, end)) / name;
    std::error_code error;
    if (end > 0 && std::filesystem::is_regular_file(candidate, error) && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}

}  // namespace hone::host
