#include "host/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"

namespace hone::host {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

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
  EXPECT_EQ(made->folder().parent_path(), mount_ / "user");
  EXPECT_THAT(made->folder().filename().string(), HasSubstr("hone-"));
  EXPECT_TRUE(fs::is_directory(made->folder()));
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
    folder = made->folder();
    EXPECT_TRUE(fs::exists(folder));
  }
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(CgroupTest, SaysWhereThereIsNoVersion2) {
  fs::remove(mount_ / "cgroup.controllers");
  const auto made = Cgroup::Create({.cpus = 1}, guardian_, folder_.path());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, "cgroup version 2 does not rule here");
}

TEST_F(CgroupTest, SaysWhereNoneMayBeMade) {
  fs::remove(mount_ / "cgroup.subtree_control");
  fs::remove(mount_ / "user/cgroup.subtree_control");
  const auto made = Cgroup::Create({.memory_bytes = 1 << 30}, guardian_, folder_.path());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, "no control group with limits may be made here");
}

TEST_F(CgroupTest, ReadsTheTextsThatAreThere) {
  Write("group/cpu.max", "50000 100000\n");
  Write("group/cpu.stat", "nr_periods 3\n");
  Write("group/memory.max", "max");
  Write("group/pids.max", "7\n");
  EXPECT_EQ(ReadCgroup(folder_.path() / "group"),
            "# cpu.max\n50000 100000\n# cpu.stat\nnr_periods 3\n# memory.max\nmax\n");
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

}  // namespace
}  // namespace hone::host
