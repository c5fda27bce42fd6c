#include "host/cgroup_place.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"

namespace hone::host {
namespace {

namespace fs = std::filesystem;

class CgroupPlaceTest : public ::testing::Test {
 protected:
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("place").value();
  fs::path mounts_ = folder_.path() / "sys/fs/cgroup";

  void Write(const std::string& name, const std::string& text) {
    const fs::path file = folder_.path() / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void WriteProc(const std::string& groups, const std::string& mounts) {
    Write("proc/self/cgroup", groups);
    Write("proc/self/mountinfo", mounts);
  }
  std::optional<OwnCgroup> V1(std::string_view controller) { return OwnCgroupV1(folder_.path(), controller); }
};

constexpr const char* kMounts =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 /docker/ab /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "36 31 0:33 / /mnt/pids rw - cgroup cgroup rw,pids\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

TEST_F(CgroupPlaceTest, FindsTheGroupOfEachControllerOfVersion1) {
  WriteProc("5:memory:/jobs/one\n4:cpu,cpuacct:/docker/ab\n0::/\n", kMounts);
  ASSERT_TRUE(V1("memory"));
  EXPECT_EQ(V1("memory")->mount, mounts_ / "memory");
  EXPECT_EQ(V1("memory")->folder, mounts_ / "memory/jobs/one");
  ASSERT_TRUE(V1("cpu"));
  EXPECT_EQ(V1("cpu")->folder, mounts_ / "cpu,cpuacct");  // the container's own part is all that is mounted
  EXPECT_FALSE(OwnCgroupV2(folder_.path()));
}

TEST_F(CgroupPlaceTest, FindsNoneWhereNoneCanBeReached) {
  WriteProc("6:pids:/\n5:memory:/../elsewhere\n4:cpu,cpuacct:/docker/other\n", kMounts);
  EXPECT_FALSE(V1("memory"));  // above this namespace
  EXPECT_FALSE(V1("cpu"));     // beside what is mounted
  EXPECT_FALSE(V1("pids"));    // mounted where no sweep would look
  EXPECT_FALSE(V1("blkio"));
}

TEST_F(CgroupPlaceTest, FindsTheGroupOfVersion2) {
  WriteProc("0::/user/app\n", "");
  EXPECT_FALSE(OwnCgroupV2(folder_.path()));
  Write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  EXPECT_EQ(OwnCgroupV2(folder_.path())->folder, mounts_ / "user/app");
  WriteProc("0::/\n", "");
  EXPECT_EQ(OwnCgroupV2(folder_.path())->folder, mounts_);
  WriteProc("0::/../other\n", "");
  EXPECT_FALSE(OwnCgroupV2(folder_.path()));
}

}  // namespace
}  // namespace hone::host
