#include "evidence/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace hone::evidence {
namespace {

using testing::ElementsAre;

Finding Of(std::string title, std::string endpoint, std::optional<double> time_ms, std::optional<double> cpu,
           std::optional<double> bytes) {
  return {.title = std::move(title),
          .subject = {.endpoint = std::move(endpoint)},
          .time_ms = time_ms,
          .cpu_s_per_1000 = cpu,
          .bytes = bytes};
}

std::vector<std::string> Titles(const std::vector<Finding>& findings) {
  std::vector<std::string> titles;
  for (const Finding& finding : findings) titles.push_back(finding.title);
  return titles;
}

std::vector<std::string> Ranked(std::vector<Finding> findings, RankBy by,
                                const std::map<std::string, double>& shares = {}) {
  Rank(findings, by, shares);
  return Titles(findings);
}

TEST(Rank, WeighsTimeByTheShareOfRequests) {
  const std::vector<Finding> findings = {Of("rare", "GET /rare", 100, {}, {}), Of("common", "GET /common", 20, {}, {})};
  EXPECT_THAT(Ranked(findings, RankBy::kTime), ElementsAre("rare", "common"));
  EXPECT_THAT(Ranked(findings, RankBy::kTime, {{"GET /rare", 0.1}, {"GET /common", 0.9}}),
              ElementsAre("common", "rare"));
}

TEST(Rank, GoesByTheOtherColumnsWhereOneIsMissing) {
  const std::vector<Finding> findings = {Of("memory", "", {}, {}, 1e9), Of("cpu", "", {}, 0.1, {}),
                                         Of("time", "", 0.1, {}, {}), Of("nothing", "", {}, {}, {})};
  EXPECT_THAT(Ranked(findings, RankBy::kTime), ElementsAre("time", "cpu", "memory", "nothing"));
  EXPECT_THAT(Ranked(findings, RankBy::kCpu), ElementsAre("cpu", "time", "memory", "nothing"));
  EXPECT_THAT(Ranked(findings, RankBy::kMemory), ElementsAre("memory", "time", "cpu", "nothing"));
}

TEST(Rank, NumbersFromOne) {
  std::vector<Finding> findings = {Of("b", "", 1, {}, {}), Of("a", "", 2, {}, {})};
  Rank(findings, RankBy::kTime, {});
  EXPECT_EQ(findings[0].title, "a");
  EXPECT_EQ(findings[0].id, 1);
  EXPECT_EQ(findings[1].id, 2);
}

TEST(Rank, DoesNotDependOnTheOrderOfTheInput) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<Finding> findings = {Of("a", "x", 1, 1, 1),   Of("b", "x", 1, 1, 1),  Of("c", "w", 1, 1, 1),
                                   Of("d", "x", nan, 1, 1), Of("e", "x", -1, 1, 1), Of("f", "x", {}, 1, 1)};
  findings[1].severity = Severity::kHigh;
  std::ranges::sort(findings, {}, &Finding::title);
  do {
    EXPECT_THAT(Ranked(findings, RankBy::kTime), ElementsAre("b", "c", "a", "d", "e", "f"));
  } while (std::ranges::next_permutation(findings, {}, &Finding::title).found);
}

TEST(RankBy, HasNames) {
  EXPECT_EQ(RankByNamed("time"), RankBy::kTime);
  EXPECT_EQ(RankByNamed("cpu"), RankBy::kCpu);
  EXPECT_EQ(RankByNamed("memory"), RankBy::kMemory);
  EXPECT_EQ(RankByNamed("worth"), std::nullopt);
}

}  // namespace
}  // namespace hone::evidence
