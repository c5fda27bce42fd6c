#include "host/lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace hone::host {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class LockTest : public ::testing::Test {
 protected:
  base::Result<MachineLock> Take(std::string_view verb, milliseconds wait = milliseconds(0)) const {
    return MachineLock::TakeFile(file_, verb, wait, task_);
  }
  base::TemporaryDirectory folder_ = *base::TemporaryDirectory::Create("lock");
  std::filesystem::path file_ = folder_.path() / "lock";
  base::Task task_;
};

TEST_F(LockTest, TellsWhoHoldsIt) {
  {
    const auto first = Take("check");
    ASSERT_TRUE(first);
    const auto second = Take("load");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, base::Code::kBusy);
    EXPECT_THAT(second.error().what, HasSubstr("hone check, process " + std::to_string(::getpid()) + ", since 2"));
    EXPECT_EQ(Take("load", milliseconds(1)).error().code, base::Code::kBusy);
  }
  EXPECT_TRUE(Take("load"));
}

TEST_F(LockTest, IsOpenToEveryUser) {
  const mode_t before = ::umask(0077);
  const auto lock = Take("check");
  ::umask(before);
  ASSERT_TRUE(lock);
  struct stat info;
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0666u);
}

TEST_F(LockTest, EndsWithItsHolder) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto lock = Take("check");
    if (!lock || ::write(ends[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char ready = 0;
  ASSERT_EQ(::read(ends[0], &ready, 1), 1);
  EXPECT_THAT(Take("load").error().what, HasSubstr("process " + std::to_string(holder)));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  EXPECT_TRUE(Take("load"));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(LockTest, WaitingCanBeCancelled) {
  const auto first = Take("check");
  ASSERT_TRUE(first);
  task_.Cancel();
  EXPECT_EQ(Take("load", std::chrono::hours(1)).error().code, base::Code::kCancelled);
}

TEST_F(LockTest, DoesNotFollowLinksOrTrustWhatIsWritten) {
  const auto link = folder_.path() / "link";
  ASSERT_EQ(::symlink("/etc/passwd", link.c_str()), 0);
  EXPECT_FALSE(MachineLock::TakeFile(link, "check", milliseconds(0), task_));
  const auto lock = Take("check");
  const std::string foreign = "12 \x1b[31mred 99\n";
  const base::FileDescriptor fd(::open(file_.c_str(), O_WRONLY | O_TRUNC));
  ASSERT_EQ(::write(fd.get(), foreign.data(), foreign.size()), static_cast<ssize_t>(foreign.size()));
  EXPECT_EQ(Take("load").error().what, "Another hone measures on this machine");
}

TEST(DefaultLock, IsWhereEverybodyMayWrite) {
  const auto file = MachineLock::DefaultFile();
  EXPECT_TRUE(file == "/run/lock/hone.lock" || file == "/tmp/hone.lock");
}

}  // namespace
}  // namespace hone::host
