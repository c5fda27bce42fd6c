#include "ops/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/files.h"

namespace hone::ops {
namespace {

TEST(Doctor, JudgesDiskMemoryAndCores) {
  EXPECT_EQ(JudgeDisk(uint64_t{5} << 30, "/tmp/x").health, Health::kOk);
  EXPECT_EQ(JudgeDisk(uint64_t{1} << 30, "/tmp/x").health, Health::kNote);
  const DoctorCheck full = JudgeDisk(1000, "/tmp/x");
  EXPECT_EQ(full.health, Health::kMissing);
  EXPECT_EQ(full.text, "1000 B free in /tmp/x");
  EXPECT_EQ(full.remedy, "Make room for 2.00 GiB, or set $TMPDIR");
  EXPECT_EQ(JudgeMemory(uint64_t{4} << 30).health, Health::kOk);
  EXPECT_EQ(JudgeMemory(uint64_t{512} << 20).health, Health::kNote);
  EXPECT_EQ(JudgeCores(2).health, Health::kOk);
  EXPECT_EQ(JudgeCores(1.5).health, Health::kNote);
}

TEST(Doctor, IsWellUnlessSomethingIsMissing) {
  EXPECT_TRUE((DoctorReport{{{"a", Health::kOk}, {"b", Health::kNote}}}).ok());
  EXPECT_FALSE((DoctorReport{{{"a", Health::kOk}, {"b", Health::kMissing}}}).ok());
}

// What is installed differs; that every line is there and says what to do does not.
TEST(Doctor, HasALineForEverything) {
  const auto folder = base::TemporaryDirectory::Create("doctor");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(base::WriteFile(folder->path() / "hone.toml", "[service]\nrun = 1\n"));
  auto guardian = host::Guardian::Start(folder->path() / "run");
  ASSERT_TRUE(guardian);
  const base::Task task;
  const DoctorReport report = Doctor({folder->path()}, *guardian, task);
  for (const char* name :
       {"Go", "PostgreSQL", "hone-go", "git", "hone.toml", "folder for runs", "lock", "cores", "noise"}) {
    const auto found = std::ranges::find(report.checks, name, &DoctorCheck::name);
    ASSERT_NE(found, report.checks.end()) << name;
    EXPECT_FALSE(found->text.empty()) << name;
  }
  const auto toml = std::ranges::find(report.checks, "hone.toml", &DoctorCheck::name);
  EXPECT_EQ(toml->health, Health::kMissing);
  EXPECT_TRUE(toml->text.starts_with("hone.toml:")) << toml->text;
  EXPECT_FALSE(report.ok());
}

TEST(Doctor, LooksForTheProgramsOfSidecars) {
  const auto folder = base::TemporaryDirectory::Create("doctor");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(base::WriteFile(folder->path() / "hone.toml",
                              "[service]\nrun = 'x'\nurl = 'http://127.0.0.1:${port}'\n[[scenario]]\npath = '/'\n"
                              "[[sidecar]]\nname = 'shell'\nrun = 'sh ${port.a}'\n"
                              "[[sidecar]]\nname = 'none'\nrun = 'redis-server-of-nobody ${port.b}'\n"));
  auto guardian = host::Guardian::Start(folder->path() / "run");
  ASSERT_TRUE(guardian);
  const DoctorReport report = Doctor({folder->path()}, *guardian, base::Task());
  const auto health = [&](const char* name) {
    const auto found = std::ranges::find(report.checks, name, &DoctorCheck::name);
    return found == report.checks.end() ? std::optional<Health>() : found->health;
  };
  EXPECT_EQ(health("sidecar shell"), Health::kOk);
  EXPECT_EQ(health("sidecar none"), Health::kMissing);
}

TEST(Doctor, SuggestsInitWhereThereIsNoFile) {
  const auto folder = base::TemporaryDirectory::Create("doctor");
  ASSERT_TRUE(folder);
  auto guardian = host::Guardian::Start(folder->path() / "run");
  ASSERT_TRUE(guardian);
  const base::Task task;
  const DoctorReport report = Doctor({folder->path()}, *guardian, task);
  const auto toml = std::ranges::find(report.checks, "hone.toml", &DoctorCheck::name);
  ASSERT_NE(toml, report.checks.end());
  EXPECT_EQ(toml->health, Health::kNote);
  EXPECT_EQ(toml->remedy, "Write one with `hone init`");
}

}  // namespace
}  // namespace hone::ops
