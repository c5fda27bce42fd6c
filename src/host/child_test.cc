#include "host/child.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/files.h"
#include "host/proc_files.h"

namespace hone::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr seconds kLong{20};

base::Nanos In(seconds time) { return base::SystemClock().Now() + std::chrono::nanoseconds(time).count(); }

class ChildTest : public ::testing::Test {
 protected:
  ChildSpec Shell(const std::string& script) const {
    return {.argv = {"sh", "-c", script}, .env = {"PATH=/usr/bin:/bin", "GREETING=hello"}, .cwd = root_.path()};
  }
  Child Start(const std::string& script) const { return *Child::Start(Shell(script), guardian_); }

  base::TemporaryDirectory root_ = *base::TemporaryDirectory::Create("child");
  Guardian guardian_ = *Guardian::Start(root_.path());
  base::Task task_;
};

void WaitForOutput(const Child& child, std::string_view text) {
  const base::Nanos deadline = In(kLong);
  while (child.OutputTail().find(text) == std::string::npos && base::SystemClock().Now() < deadline) ::sched_yield();
}

TEST_F(ChildTest, RunsWithExactlyTheGivenEnvironmentFolderAndNoInput) {
  const auto done =
      RunToEnd(Shell("echo $GREETING; pwd; env | sort; cat; echo to stderr >&2; exit 3"), guardian_, kLong, task_);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->exit.status, 3);
  EXPECT_EQ(done->exit.Text(), "exit status 3");
  EXPECT_THAT(done->head, HasSubstr("hello\n" + root_.path().string() + "\nGREETING=hello\n"));
  EXPECT_THAT(done->head, HasSubstr("to stderr\n"));
  EXPECT_THAT(done->head, ::testing::Not(HasSubstr("HOME=")));
}

TEST_F(ChildTest, SaysWhyItCannotStart) {
  const auto missing = Child::Start({.argv = {"/no/such/program"}}, guardian_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, base::Code::kNotFound);
  EXPECT_EQ(missing.error().what, "Cannot start /no/such/program: No such file or directory");
  EXPECT_EQ(Child::Start({.argv = {"no-such-program"}, .env = {"PATH=/bin"}}, guardian_).error().what,
            "Cannot start no-such-program: No such file or directory");
  const auto plain = root_.path() / "plain";
  ASSERT_TRUE(base::WriteFile(plain, "text", 0644));
  EXPECT_EQ(Child::Start({.argv = {plain.string()}}, guardian_).error().code, base::Code::kPermission);
  auto spec = Shell("exit 0");
  spec.cwd = "/no/such/folder";
  EXPECT_EQ(base::Sentence(Child::Start(spec, guardian_).error()),
            "Cannot start sh in its folder: No such file or directory: /no/such/folder");
  EXPECT_EQ(Child::Start({}, guardian_).error().code, base::Code::kInput);
}

TEST_F(ChildTest, NeverBlocksOnLargeOutputAndKeepsItBounded) {
  auto spec = Shell("echo first; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last");
  spec.log = root_.path() / "log";
  spec.log_limit = 1000;
  auto child = Child::Start(spec, guardian_);
  ASSERT_TRUE(child);
  const auto exit = child->Wait(In(kLong));
  ASSERT_TRUE(exit);
  EXPECT_TRUE(exit->ok());
  EXPECT_EQ(child->output_bytes(), 20000000u + 12);
  EXPECT_TRUE(child->OutputHead().starts_with("first\nxxx"));
  EXPECT_EQ(child->OutputHead().size(), 65536u);
  EXPECT_EQ(child->OutputTail().size(), 65536u);
  EXPECT_EQ(child->LastLines(1), "last");
  EXPECT_EQ(base::ReadFile(spec.log)->size(), 1000u);
}

TEST_F(ChildTest, GoesOnWhenItsLogCannotBeWritten) {
  auto spec = Shell("echo one; echo two");
  spec.log = "/dev/full";
  const auto done = RunToEnd(spec, guardian_, kLong, task_);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->tail, "one\ntwo\n");
}

TEST_F(ChildTest, StopsAtItsSignal) {
  Child child = Start("trap 'echo stopping; exit 7' TERM; echo ready; while :; do sleep 0.01; done");
  WaitForOutput(child, "ready");
  EXPECT_FALSE(child.Exited());
  const auto stopped = child.Stop(kLong);
  EXPECT_EQ(stopped.exit.status, 7);
  EXPECT_FALSE(stopped.forced);
  EXPECT_EQ(child.LastLines(1), "stopping");
  EXPECT_FALSE(child.Stop(kLong).forced);  // once more is harmless
}

TEST_F(ChildTest, IsKilledWhenItIgnoresItsSignal) {
  Child child = Start("trap '' TERM; echo ready; while :; do sleep 0.01; done");
  WaitForOutput(child, "ready");
  const auto stopped = child.Stop(milliseconds(50));
  EXPECT_TRUE(stopped.forced);
  EXPECT_EQ(stopped.exit.signal, SIGKILL);
  EXPECT_THAT(stopped.exit.Text(), HasSubstr("signal 9"));
}

TEST_F(ChildTest, TakesItsGroupWithIt) {
  // The grandchild keeps the output open and would live on.
  Child child = Start("sleep 1000 & echo $!; exit 0");
  ASSERT_TRUE(child.Wait(In(kLong)));
  const auto grandchild = ParseInteger(child.LastLines(1));
  ASSERT_TRUE(grandchild);
  const base::FileDescriptor end = OpenPidfd(static_cast<pid_t>(*grandchild));
  pollfd wait{end.get(), POLLIN, 0};
  EXPECT_TRUE(!end || ::poll(&wait, 1, 20'000) == 1);
}

TEST_F(ChildTest, LeavesTheTerminalsGroup) {
  Child child = Start("echo ready; exec sleep 1000");
  WaitForOutput(child, "ready");
  EXPECT_EQ(::getpgid(child.pid()), child.pid());
  EXPECT_EQ(::getsid(child.pid()), child.pid());
}

TEST_F(ChildTest, RunToEndEndsInTime) {
  const auto late = RunToEnd(Shell("exec sleep 1000"), guardian_, milliseconds(50), task_);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, base::Code::kTimeout);
  EXPECT_EQ(late.error().what, "sh did not end within 0.05 s");
  task_.Cancel();
  EXPECT_EQ(RunToEnd(Shell("exec sleep 1000"), guardian_, kLong, task_).error().code, base::Code::kCancelled);
}

TEST_F(ChildTest, DescriptorsOfHoneStayInHone) {
  const base::FileDescriptor leaky(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, as a library may open one
  const auto done = RunToEnd(Shell("ls /proc/self/fd | tr '\\n' ' '"), guardian_, kLong, task_);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->head, "0 1 2 3 ");  // 3 is ls's own
}

TEST(FindExecutable, LooksThroughThePath) {
  EXPECT_EQ(FindExecutable("sh", "/nonexistent::/bin"), "/bin/sh");
  EXPECT_EQ(FindExecutable("./x", "/bin"), "./x");
  EXPECT_TRUE(FindExecutable("no-such-program", "/bin:/usr/bin").empty());
  EXPECT_TRUE(FindExecutable("", "/bin").empty());
  EXPECT_TRUE(FindExecutable("tmp", "/").empty());  // a folder is no program
}

TEST(EnvValueTest, TakesTheLast) {
  EXPECT_EQ(EnvValue({"A=1", "AB=2", "A=3"}, "A"), "3");
  EXPECT_EQ(EnvValue({"AB=2"}, "A"), "");
}

}  // namespace
}  // namespace hone::host
