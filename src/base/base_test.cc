#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/nearest.h"
#include "base/task.h"
#include "base/units.h"

namespace hone::base {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Fail(Code::kInput, "Not even", std::to_string(value));
  return value / 2;
}

Result<int> Quarter(int value) {
  HONE_TRY(const int half, Half(value));
  HONE_TRY(const int quarter, Half(half));
  return quarter;
}

TEST(Error, TryReturnsTheFirstFailure) {
  EXPECT_EQ(Quarter(12).value(), 3);
  EXPECT_EQ(Quarter(6).error().subject, "3");
}

TEST(Error, SentenceJoinsWhatSubjectAndRemedy) {
  EXPECT_EQ(Sentence({Code::kInput, "Not a duration", "5 apples", "Write 5ms"}), "Not a duration: 5 apples. Write 5ms");
  EXPECT_EQ(Sentence({Code::kIo, "It broke"}), "It broke");
}

TEST(Error, ErrnoBecomesACode) {
  EXPECT_EQ(FailErrno(ENOSPC, "x").error().code, Code::kNoSpace);
  EXPECT_EQ(FailErrno(ENOENT, "x").error().code, Code::kNotFound);
  EXPECT_EQ(ExitStatus(Code::kNotEnough), 3);
  EXPECT_EQ(ExitStatus(Code::kUsage), 2);
}

TEST(Files, WriteThenReadGivesTheSameBytesAndLeavesNothingElse) {
  auto directory = TemporaryDirectory::Create("files").value();
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(WriteFile(directory.path() / "f", bytes));
  EXPECT_EQ(ReadFile(directory.path() / "f").value(), bytes);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(Files, MissingIsAbsentOrNotFound) {
  EXPECT_FALSE(ReadFileIfPresent("/nonexistent/file").value().has_value());
  EXPECT_EQ(ReadFile("/nonexistent/file").error().code, Code::kNotFound);
}

TEST(Files, ReadsNoMoreThanItsLimit) { EXPECT_EQ(ReadFile("/proc/self/status", 3).error().code, Code::kInput); }

TEST(Files, TemporaryDirectoryDisappearsWithItsObject) {
  std::filesystem::path path;
  {
    auto directory = TemporaryDirectory::Create("gone").value();
    path = directory.path();
    std::ofstream(path / "x") << "x";
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Hash, Sha256OfTheStandardsExample) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, KeyedHashDependsOnTheKey) {
  EXPECT_EQ(KeyedHashHex("k", "v"), KeyedHashHex("k", "v"));
  EXPECT_NE(KeyedHashHex("k", "v"), KeyedHashHex("l", "v"));
  EXPECT_EQ(KeyedHashHex("k", "v", 8).size(), 8U);
}

TEST(Nearest, FindsTheTypo) {
  constexpr std::array<std::string_view, 3> kNames = {"build", "run", "database"};
  EXPECT_EQ(NearestName("databse", kNames), "database");
  EXPECT_EQ(NearestName("biuld", kNames), "build");
  EXPECT_EQ(NearestName("zebra", kNames), std::nullopt);
}

TEST(Units, DurationsReadWell) {
  EXPECT_EQ(FormatDuration(340e3), "340 us");
  EXPECT_EQ(FormatDuration(12.4e6), "12.4 ms");
  EXPECT_EQ(FormatDuration(1.5e9), "1.50 s");
  EXPECT_EQ(FormatDuration(999.96e3), "1.00 ms");
}

TEST(Units, CountsAndBytes) {
  EXPECT_EQ(FormatCount(48200), "48,200");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(51), "51");
  EXPECT_EQ(FormatCount(0.125), "0.125");
  EXPECT_EQ(FormatBytes(65536), "64.0 KiB");
  EXPECT_EQ(FormatBytes(12), "12 B");
}

TEST(Units, ExactReadsBackEqual) {
  for (const double value : {0.1, 1.0 / 3, 1e300, 123456789.123456789}) EXPECT_EQ(std::stod(FormatExact(value)), value);
}

TEST(Units, ParsesWhatPeopleWrite) {
  EXPECT_EQ(ParseDuration("5ms").value(), 5'000'000);
  EXPECT_EQ(ParseDuration("1.5s").value(), 1'500'000'000);
  for (const auto* wrong : {"", "5", "ms", "5 ms", "-1s", "5xs", "1e300h"}) EXPECT_FALSE(ParseDuration(wrong)) << wrong;
}

class StoppedClock final : public Clock {
 public:
  Nanos Now() const override { return now; }
  void SleepUntil(Nanos deadline) override { now = deadline; }
  Nanos now = 0;
};

TEST(Task, EndsByCancelOrDeadline) {
  StoppedClock clock;
  Task task([](const Progress&) {}, clock);
  task.set_deadline(10);
  EXPECT_TRUE(task.Check());
  clock.SleepUntil(10);
  EXPECT_EQ(task.Check().error().code, Code::kTimeout);
  task.Cancel();
  EXPECT_EQ(task.Check().error().code, Code::kCancelled);
}

TEST(Clock, UtcIsFormattedAsIso) { EXPECT_EQ(FormatUtc(0), "1970-01-01T00:00:00Z"); }

}  // namespace
}  // namespace hone::base
