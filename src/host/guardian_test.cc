#include "host/guardian.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/files.h"
#include "host/child.h"
#include "host/proc_files.h"
#include "host/registered.h"

namespace hone::host {
namespace {

constexpr int kLongMs = 20'000;  // far beyond what anything here takes; only a failure waits for it

bool EndsSoon(int pidfd) {
  pollfd wait{pidfd, POLLIN, 0};
  return ::poll(&wait, 1, kLongMs) == 1;
}

bool IsRunning(pid_t pid) {
  const auto stat = ReadProcStat(pid);
  return stat && stat->state != 'Z';
}

ChildSpec Shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}, .env = {"PATH=/usr/bin:/bin"}};
}

// What the program below tells of itself before it is killed.
struct Report {
  pid_t guardian = 0;
  pid_t child = 0;
  char folder[256] = {};
};

// A process that uses a guardian as hone does, and then waits to be killed.
class Program {
 public:
  Program(const std::filesystem::path& root, const std::string& script) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      auto guardian = Guardian::Start(root);
      auto folder = guardian->MakeFolder("run");
      auto spec = Shell(script);
      spec.cwd = *folder;
      spec.grace = std::chrono::milliseconds(200);
      auto child = Child::Start(spec, *guardian);
      // The script says a line when its traps are set.
      while (child->output_bytes() == 0) ::sched_yield();
      Report report{guardian->pid(), child->pid(), {}};
      folder->native().copy(report.folder, sizeof report.folder - 1);
      if (::write(ends[1], &report, sizeof report) != sizeof report) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(ends[1]);
    EXPECT_EQ(::read(ends[0], &report_, sizeof report_), static_cast<ssize_t>(sizeof report_));
    ::close(ends[0]);
    guardian_ = OpenPidfd(report_.guardian);
    child_ = OpenPidfd(report_.child);
  }
  void Kill() const {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  const Report& report() const { return report_; }
  int guardian() const { return guardian_.get(); }
  int child() const { return child_.get(); }

 private:
  pid_t pid_ = -1;
  Report report_;
  base::FileDescriptor guardian_;
  base::FileDescriptor child_;
};

// The guardian reads its pipe in its own time: until it has noted the group, a sweep cannot know of it.
bool IsNoted(const std::filesystem::path& root, pid_t group) {
  const std::string line = "\ngroup " + std::to_string(group) + " ";
  const base::Nanos deadline = base::SystemClock().Now() + base::Nanos{kLongMs} * 1'000'000;
  while (base::SystemClock().Now() < deadline) {
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
      const auto text = base::ReadFile(entry.path());
      if (text && text->find(line) != std::string::npos) return true;
    }
    ::sched_yield();
  }
  return false;
}

class GuardianTest : public ::testing::Test {
 protected:
  base::TemporaryDirectory root_ = *base::TemporaryDirectory::Create("guardian");
};

TEST_F(GuardianTest, EndsEverythingWhenItsOwnerIsKilled) {
  const Program program(root_.path(), "touch file; echo ready; exec sleep 1000");
  program.Kill();
  EXPECT_TRUE(EndsSoon(program.child()));
  EXPECT_TRUE(EndsSoon(program.guardian()));
  EXPECT_TRUE(std::filesystem::is_empty(root_.path()));
}

TEST_F(GuardianTest, KillsWhatIgnoresItsStopSignal) {
  const Program program(root_.path(), "trap '' TERM; sleep 1000 & echo ready; while :; do wait; done");
  program.Kill();
  EXPECT_TRUE(EndsSoon(program.child()));
  EXPECT_TRUE(EndsSoon(program.guardian()));
  EXPECT_TRUE(std::filesystem::is_empty(root_.path()));
}

TEST_F(GuardianTest, IsOutOfReachOfSignals) {
  const Program program(root_.path(), "echo ready; exec sleep 1000");
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::kill(program.report().guardian, number);
  program.Kill();
  EXPECT_TRUE(EndsSoon(program.child()));
  EXPECT_TRUE(EndsSoon(program.guardian()));
  EXPECT_FALSE(std::filesystem::exists(program.report().folder));
}

TEST_F(GuardianTest, SweepEndsWhatAKilledGuardianLeft) {
  const Program program(root_.path(), "echo ready; exec sleep 1000");
  ASSERT_TRUE(IsNoted(root_.path(), program.report().child));
  ::kill(program.report().guardian, SIGKILL);
  ASSERT_TRUE(EndsSoon(program.guardian()));
  EXPECT_EQ(Sweep(root_.path()).groups, 0);  // its owner lives and answers for it
  EXPECT_TRUE(IsRunning(program.report().child));
  program.Kill();
  const Swept swept = Sweep(root_.path());
  EXPECT_EQ(swept.groups, 1);
  EXPECT_EQ(swept.folders, 1);
  EXPECT_TRUE(EndsSoon(program.child()));
  EXPECT_TRUE(std::filesystem::is_empty(root_.path()));
}

TEST_F(GuardianTest, SweepNeverTouchesAReusedNumber) {
  const pid_t other = ::fork();
  if (other == 0) {
    ::setsid();
    for (;;) ::pause();
  }
  Registered left;
  left.boot_id = BootId();
  left.owner = {other, 1};  // alive, but started at another time: somebody else
  left.guardian = {other, 2};
  left.groups = {{{other, 3}, SIGKILL, std::chrono::milliseconds(0)}};
  left.folders = {root_.path().parent_path() / "not-a-run-folder", "/"};
  ASSERT_TRUE(base::WriteFile(root_.path() / "guardian-9-9.state", ToText(left)));
  const Swept swept = Sweep(root_.path());
  EXPECT_EQ(swept.groups, 0);
  EXPECT_EQ(swept.folders, 0);
  EXPECT_TRUE(IsRunning(other));
  EXPECT_TRUE(std::filesystem::is_empty(root_.path()));
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
}

TEST_F(GuardianTest, SweepDropsADamagedStateFile) {
  ASSERT_TRUE(base::WriteFile(root_.path() / "guardian-1-1.state", "hone-guardian 1\ngroup x y"));
  EXPECT_EQ(Sweep(root_.path()).groups, 0);
  EXPECT_TRUE(std::filesystem::is_empty(root_.path()));
}

TEST_F(GuardianTest, DestructionEndsWhatIsStillRegistered) {
  base::FileDescriptor child_end;
  {
    auto guardian = Guardian::Start(root_.path());
    ASSERT_TRUE(guardian);
    ASSERT_TRUE(guardian->MakeFolder("kept"));
    const auto removed = guardian->MakeFolder("removed");
    ASSERT_TRUE(removed);
    guardian->RemoveFolder(*removed);
    EXPECT_FALSE(std::filesystem::exists(*removed));
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::setsid();
      guardian->RegisterGroup(::getpid(), SIGTERM, std::chrono::seconds(1));
      ::execl("/bin/sleep", "sleep", "1000", nullptr);  // closes the pipe, which a mere fork would keep open
      ::_exit(127);
    }
    child_end = OpenPidfd(pid);
    while (::getpgid(pid) != pid) ::sched_yield();
    guardian->RegisterGroup(pid, SIGTERM, std::chrono::seconds(1));
  }
  EXPECT_TRUE(EndsSoon(child_end.get()));
  EXPECT_TRUE(std::filesystem::is_empty(root_.path()));
  ::waitid(P_PIDFD, static_cast<id_t>(child_end.get()), nullptr, WEXITED);
}

TEST_F(GuardianTest, SaysThatItIsGone) {
  auto guardian = Guardian::Start(root_.path());
  ASSERT_TRUE(guardian);
  const base::FileDescriptor end = OpenPidfd(guardian->pid());
  ::kill(guardian->pid(), SIGKILL);
  ASSERT_TRUE(EndsSoon(end.get()));
  EXPECT_FALSE(guardian->MakeFolder("run"));
  const auto child = Child::Start(Shell("exit 0"), *guardian);
  ASSERT_FALSE(child);
  EXPECT_THAT(base::Sentence(child.error()), ::testing::HasSubstr("guardian"));
}

TEST_F(GuardianTest, RemovesReadOnlyTreesAndNotWhatLinksPointTo) {
  const auto tree = root_.path() / "tree";
  const auto outside = root_.path() / "outside";
  ASSERT_TRUE(base::MakeDirectories(tree / "a/b", 0755));
  ASSERT_TRUE(base::MakeDirectories(outside, 0755));
  ASSERT_TRUE(base::WriteFile(tree / "a/b/file", "x", 0444));
  ASSERT_TRUE(base::WriteFile(outside / "file", "x"));
  ASSERT_EQ(::symlink(outside.c_str(), (tree / "a/link").c_str()), 0);
  ::chmod((tree / "a/b").c_str(), 0555);
  ::chmod((tree / "a").c_str(), 0111);
  EXPECT_TRUE(RemoveTree(tree));
  EXPECT_FALSE(std::filesystem::exists(tree));
  EXPECT_TRUE(std::filesystem::exists(outside / "file"));
  EXPECT_TRUE(RemoveTree(tree));
}

TEST(RegisteredText, ReadsBack) {
  Registered registered;
  registered.boot_id = "b-1";
  registered.owner = {10, 20};
  registered.guardian = {11, 21};
  registered.groups = {{{12, 22}, SIGQUIT, std::chrono::milliseconds(5000)}};
  registered.folders = {"/tmp/hone-0/run with blanks"};
  const auto read = ParseRegistered(ToText(registered));
  ASSERT_TRUE(read);
  EXPECT_EQ(ToText(*read), ToText(registered));
}

TEST(RegisteredText, RefusesAnythingElse) {
  for (const char* text :
       {"", "hone-guardian 2\n", "hone-guardian 1\ngroup 1 2 9 0\n", "hone-guardian 1\ngroup 12 2 99 0\n",
        "hone-guardian 1\ngroup -5 2 9 0\n", "hone-guardian 1\nother\n"}) {
    EXPECT_FALSE(ParseRegistered(text)) << text;
  }
}

TEST(RunRootTest, IsOursAndWalkable) {
  const auto root = RunRoot();
  ASSERT_TRUE(root);
  struct stat info;
  ASSERT_EQ(::stat(root->c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, ::geteuid());
  EXPECT_EQ(info.st_mode & 0777u, 0711u);
}

}  // namespace
}  // namespace hone::host
