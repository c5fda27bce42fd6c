#include "host/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "base/clock.h"
#include "base/files.h"
#include "host/child.h"
#include "host/proc_files.h"
#include "host/registered.h"

namespace hone::host {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A folder that looks as the kernel's files do. A real group has its files as soon as it is made, and they need not be
// removed: here a limit cannot be written, and what is not empty stays.
class CgroupTest : public ::testing::Test {
 protected:
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("cgroup").value();
  Guardian guardian_ = Guardian::Start(folder_.path() / "run").value();
  fs::path mount_ = folder_.path() / "sys/fs/cgroup";

  void Write(const std::string& name, const std::string& text) {
    const fs::path file = folder_.path() / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::string Read(const fs::path& file) { return base::ReadFile(file).value_or("missing"); }
  void SetUp() override {
    fs::create_directories(folder_.path() / "run");
    Write("proc/self/cgroup", "12:cpu:/old\n0::/user/app\n");
    Write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    Write("sys/fs/cgroup/cgroup.subtree_control", "cpu memory\n");
    Write("sys/fs/cgroup/user/cgroup.subtree_control", "memory\n");
  }
};

TEST_F(CgroupTest, IsMadeUnderTheNearestGroupThatAllowsIt) {
  // The group that hone is in has no such file, as one with processes in it refuses to be written to.
  const auto made = Cgroup::Create({}, guardian_, folder_.path());
  EXPECT_FALSE(fs::exists(mount_ / "user/app"));
  ASSERT_TRUE(made) << base::Sentence(made.error());
  EXPECT_EQ(made->folders().front().parent_path(), mount_ / "user");
  EXPECT_THAT(made->folders().front().filename().string(), HasSubstr("hone-"));
  EXPECT_TRUE(fs::is_directory(made->folders().front()));
}

TEST_F(CgroupTest, AsksForTheControllersThatItNeeds) {
  EXPECT_FALSE(Cgroup::Create({.cpus = 0.5}, guardian_, folder_.path()));
  EXPECT_EQ(Read(mount_ / "user/cgroup.subtree_control"), "+cpury\n");  // written over by a kernel's file
  // What could not be limited is gone again.
  for (const auto& entry : fs::directory_iterator(mount_ / "user")) EXPECT_FALSE(entry.is_directory()) << entry.path();
}

TEST_F(CgroupTest, IsRemovedWithTheObject) {
  fs::path folder;
  {
    const auto made = Cgroup::Create({}, guardian_, folder_.path());
    folder = made->folders().front();
    EXPECT_TRUE(fs::exists(folder));
  }
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(CgroupTest, SaysWhereThereIsNoController) {
  fs::remove(mount_ / "cgroup.controllers");
  const auto made = Cgroup::Create({.cpus = 1}, guardian_, folder_.path());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, "no cgroup controller `cpu` is mounted here");
}

TEST_F(CgroupTest, SaysWhyVersion1Refuses) {
  fs::remove(mount_ / "cgroup.controllers");
  Write("proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
  const auto missing = Cgroup::Create({.cpus = 1}, guardian_, folder_.path());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().what, "no control group may be made here: No such file or directory");
  fs::create_directories(mount_ / "cpu/old");
  const auto unset = Cgroup::Create({.cpus = 1}, guardian_, folder_.path());
  ASSERT_FALSE(unset);
  EXPECT_EQ(unset.error().what, "its limits cannot be set: cpu.cfs_period_us: No such file or directory");
  EXPECT_TRUE(fs::is_empty(mount_ / "cpu/old"));
}

TEST_F(CgroupTest, SaysWhereNoneMayBeMade) {
  fs::remove(mount_ / "cgroup.subtree_control");
  fs::remove(mount_ / "user/cgroup.subtree_control");
  const auto made = Cgroup::Create({.memory_bytes = 1 << 30}, guardian_, folder_.path());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, "no control group with limits may be made here");
}

TEST_F(CgroupTest, ReadsTheTextsThatAreThere) {
  Write("cpu/cpu.cfs_quota_us", "50000\n");
  Write("cpu/cpu.stat", "nr_periods 3\n");
  Write("memory/memory.max", "max");
  Write("memory/pids.max", "7\n");
  const std::vector<fs::path> folders = {folder_.path() / "cpu", folder_.path() / "memory"};
  EXPECT_EQ(ReadCgroup(folders), "# cpu.cfs_quota_us\n50000\n# cpu.stat\nnr_periods 3\n# memory.max\nmax\n");
}

TEST_F(CgroupTest, TheGuardianRemovesWhatHoneLeft) {
  const fs::path group = mount_ / "hone-1-0";
  fs::create_directories(group);
  {
    Guardian guardian = Guardian::Start(folder_.path() / "run").value();
    ASSERT_TRUE(guardian.RegisterCgroup(group));
  }
  EXPECT_FALSE(fs::exists(group));
}

// A group of the kernel's, where this machine lets one be made; elsewhere the reason is one of those that are known.
class RealCgroupTest : public ::testing::Test {
 protected:
  base::TemporaryDirectory root_ = *base::TemporaryDirectory::Create("cgroup");
  Guardian guardian_ = *Guardian::Start(root_.path());
  std::optional<Cgroup> group_;

  bool Make(const CgroupLimits& limits) {
    auto made = Cgroup::Create(limits, guardian_);
    if (made) {
      group_.emplace(*std::move(made));
      return true;
    }
    EXPECT_EQ(made.error().code, base::Code::kEnvironment);
    EXPECT_THAT(made.error().what, AnyOf(HasSubstr("is mounted here"), HasSubstr("may be made here"),
                                         HasSubstr("its limits cannot be set")));
    return false;
  }
  base::Result<Child> Start(const std::string& script) {
    ChildSpec spec = {.argv = {"/bin/sh", "-c", script}, .env = {"PATH=/usr/bin:/bin"}};
    if (group_) spec.cgroups = group_->folders();
    return Child::Start(std::move(spec), guardian_);
  }
};

bool HasEnded(const base::FileDescriptor& pidfd) {
  pollfd wait{pidfd.get(), POLLIN, 0};
  return ::poll(&wait, 1, 20'000) == 1;
}

// The number that a script prints once.
pid_t PidFrom(const Child& child) {
  while (child.OutputTail().find('\n') == std::string::npos) ::sched_yield();
  return static_cast<pid_t>(std::atoi(child.OutputTail().c_str()));
}

// Beyond the reach of a group of processes or a session.
constexpr const char* kEscaping = "setsid sh -c 'echo $$; exec sleep 1000' & exec sleep 1000";

TEST_F(RealCgroupTest, HoldsAChildFromItsFirstInstruction) {
  if (!Make({.cpus = 0.5, .memory_bytes = 64 << 20})) return;
  auto child = Start("cat /proc/self/cgroup; exec sleep 1000");
  ASSERT_TRUE(child) << base::Sentence(child.error());
  // The shell, and `cat` while it runs.
  for (const fs::path& folder : group_->folders())
    EXPECT_THAT(base::ReadFile(folder / "cgroup.procs").value_or("missing"),
                StartsWith(std::to_string(child->pid()) + "\n"));
  const std::string texts = ReadCgroup(group_->folders());
  EXPECT_THAT(texts, AnyOf(HasSubstr("# cpu.max\n50000 100000\n"),
                           HasSubstr("# cpu.cfs_quota_us\n50000\n# cpu.cfs_period_us\n100000\n")));
  EXPECT_THAT(texts, AnyOf(HasSubstr("# memory.max\n67108864\n"), HasSubstr("# memory.limit_in_bytes\n67108864\n")));
  EXPECT_THAT(texts, HasSubstr("\noom_kill 0\n"));
  EXPECT_THAT(texts, HasSubstr("\nnr_throttled "));
  const std::string name = "/" + group_->folders().front().filename().string() + "\n";
  const base::Nanos deadline = base::SystemClock().Now() + base::Nanos{20'000'000'000};
  while (child->OutputTail().find(name) == std::string::npos && base::SystemClock().Now() < deadline) ::sched_yield();
  size_t lines = 0;
  const std::string said = child->OutputTail();
  for (size_t at = said.find(name); at != std::string::npos; at = said.find(name, at + 1)) ++lines;
  EXPECT_EQ(lines, group_->folders().size()) << said;
}

TEST_F(RealCgroupTest, EndsWhatLeftItsSession) {
  if (!Make({.cpus = 0.5, .memory_bytes = 64 << 20})) return;
  auto child = Start(kEscaping);
  ASSERT_TRUE(child);
  const base::FileDescriptor escaped = OpenPidfd(PidFrom(*child));
  ASSERT_TRUE(escaped);
  child->Stop(std::chrono::milliseconds(0));
  const std::vector<fs::path> folders = group_->folders();
  group_.reset();
  EXPECT_TRUE(HasEnded(escaped));
  for (const fs::path& folder : folders) EXPECT_FALSE(fs::exists(folder)) << folder;
}

// The same state file as one of a hone that was killed together with its guardian.
TEST_F(RealCgroupTest, ASweepEndsWhatIsInIt) {
  if (!Make({.memory_bytes = 64 << 20})) return;
  auto child = Start(kEscaping);
  ASSERT_TRUE(child);
  const base::FileDescriptor escaped = OpenPidfd(PidFrom(*child));
  ASSERT_TRUE(escaped);
  const base::TemporaryDirectory other = *base::TemporaryDirectory::Create("sweep");
  Registered left;
  left.boot_id = BootId();
  left.owner = left.guardian = {::getpid(), 1};  // another process had this number
  left.cgroups.insert(group_->folders().begin(), group_->folders().end());
  ASSERT_TRUE(base::WriteFile(other.path() / "guardian-9-9.state", ToText(left)));
  Sweep(other.path());
  EXPECT_TRUE(HasEnded(escaped));
  for (const fs::path& folder : group_->folders()) EXPECT_FALSE(fs::exists(folder)) << folder;
}

}  // namespace
}  // namespace hone::host
