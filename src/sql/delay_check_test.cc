#include "sql/delay_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kItemsOfRequest = 5;
constexpr int64_t kInjectedDelay = 500'000;
constexpr int64_t kWaited = 600'000;  // a timer comes late

// A loop over the orders, one query each, on `width` connections side by side.
Exchange LoopOver(int64_t width = 1) {
  return Drive([width](Script& s, int64_t n, int) {
    ListOrders(s, n);
    const int64_t start = s.now();
    for (int64_t i = 0; i < n; ++i) {
      if (width > 1) s.connection = static_cast<uint32_t>(2 + i % width);
      if (width > 1) s.set_now(start + i / width * (s.query_ns + s.gap_ns));
      s.Run(TextOf(kItems), {Id(i)}, 3);
    }
    s.connection = 1;
  });
}

const Query& Items(const Exchange& exchange) {
  return *std::ranges::find(exchange.queries, TextOf(kItems), &Query::text);
}

// What a delay of five replies does where the answer waits for `in_a_row` of them.
DelayCheck Check(const Exchange& exchange, int64_t in_a_row, int64_t scatter = 1000) {
  DelayCheck check{
      .endpoint = exchange.endpoint, .query = Items(exchange).id, .size = kItemsOfRequest, .delay_ns = kInjectedDelay};
  for (int64_t i = 0; i < 9; ++i)
    check.pairs.push_back(
        {3'000'000, 3'000'000 + in_a_row * kWaited + i * scatter, kItemsOfRequest, kItemsOfRequest * kWaited});
  return check;
}

evidence::Computed Compute(const DelayCheck& check, const Exchange* exchange, std::string_view name,
                           const evidence::Parameters& parameters = {}) {
  const evidence::Capture capture;
  const std::string bytes = EncodeCheck(check);
  const std::string behind = exchange != nullptr ? Encode(*exchange) : "";
  const std::vector<evidence::CaptureBytes> inputs = {{&capture, bytes}, {&capture, behind}};
  const std::span all(inputs);
  for (const evidence::Method& method : DelayMethods()) {
    if (method.name != name) continue;
    const auto computed = method.compute(all.first(exchange != nullptr ? 2 : 1), parameters, 0);
    EXPECT_TRUE(computed) << computed.error().what;
    return computed.value_or(evidence::Computed{});
  }
  ADD_FAILURE() << name;
  return {};
}

TEST(DelayCheck, IsReadAsItWasWritten) {
  const std::string bytes = EncodeCheck(Check(LoopOver(), 5));
  const auto again = DecodeCheck(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(EncodeCheck(*again), bytes);
  EXPECT_FALSE(DecodeCheck("{}"));
  EXPECT_FALSE(DecodeCheck("nonsense"));
}

TEST(DelayCheck, IsUsableWhereTheGrowthStandsOut) {
  const Exchange exchange = LoopOver();
  EXPECT_TRUE(IsUsable(Check(exchange, 5)));
  EXPECT_FALSE(IsUsable(Check(exchange, 5, 1'000'000))) << "it scatters too much";
  EXPECT_FALSE(IsUsable(Check(exchange, 0, 0))) << "nothing grew";
  DelayCheck few = Check(exchange, 5);
  few.pairs.resize(5);
  EXPECT_FALSE(IsUsable(few));
  DelayCheck none = Check(exchange, 5);
  for (DelayPair& pair : none.pairs) pair.replies = 0;
  EXPECT_FALSE(IsUsable(none));
}

TEST(DelayMethods, ALoopWaitsForEachOfItsRoundTrips) {
  const Exchange exchange = LoopOver();
  const DelayCheck check = Check(exchange, 5, 0);
  EXPECT_EQ(Compute(check, nullptr, "delay.injected@1").value, kWaited);
  EXPECT_EQ(Compute(check, nullptr, "delay.growth@1").value, 5 * kWaited);
  EXPECT_EQ(Compute(check, nullptr, "delay.trips@1").value, 5);
  EXPECT_EQ(Compute(check, &exchange, "delay.predicted@1").value, 5 * kWaited);
  // All but one disappear, and each costs what is configured, whatever was injected.
  EXPECT_NEAR(Compute(check, &exchange, "delay.saved_time@1", {{"round_trip_ns", "1000000"}}).value, 4e6, 1);
}

// Five round trips of which the answer waits for two: what is saved is less than their number says.
TEST(DelayMethods, AFanOutWaitsForFewer) {
  const Exchange exchange = LoopOver(4);
  const DelayCheck check = Check(exchange, 2, 0);
  EXPECT_EQ(Compute(check, nullptr, "delay.trips@1").value, 2);
  EXPECT_NEAR(Compute(check, &exchange, "delay.saved_time@1", {{"round_trip_ns", "1000000"}}).value, 2e6 * 4 / 5, 1);
}

TEST(DelayMethods, RefuseWhatTheyCannotRead) {
  const evidence::Capture capture;
  const evidence::CaptureBytes bad{&capture, "nonsense"};
  for (const evidence::Method& method : DelayMethods()) {
    EXPECT_FALSE(method.compute({&bad, 1}, {}, 0)) << method.name;
    EXPECT_FALSE(method.compute({}, {}, 0)) << method.name;
  }
}

TEST(DelayCheck, WhereNothingWouldBeSavedTheLoopIsToldWithoutIt) {
  // Chunks of five rows, and five is the size that was delayed.
  const Exchange exchange = Drive(
      [](Script& s, int64_t n, int) {
        ListOrders(s, n);
        for (int64_t at = 0; at < n; at += 5)
          s.Run("select * from items where order_id = any($1)", {"ids from " + std::to_string(at)}, 5);
      },
      {1, 5, 10, 25});
  RuleOptions options;
  for (const Query& query : exchange.queries) options.delay_checks[query.id] = 9;
  const auto judgement = JudgeExchange(exchange, options);
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_THAT(judgement.findings[0].title, Not(HasSubstr("injected")));
}

TEST(DelayCheck, WhereMostRequestsHaveOneCallTheLoopIsToldWithoutIt) {
  Script script("");
  for (const int64_t orders : {1, 1, 1, 1, 12, 20}) {
    for (int repetition = 0; repetition <= 4; ++repetition) {
      script.BeginRequest(-1, repetition == 0);
      ListOrders(script, orders);
      for (int64_t i = 0; i < orders; ++i) script.Run(TextOf(kItems), {Id(i)}, 3);
      script.EndRequest();
    }
  }
  const Exchange exchange = script.Build();
  RuleOptions options;
  options.delay_checks[Items(exchange).id] = 9;
  const auto judgement = JudgeExchange(exchange, options);
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(judgement.findings[0].rule, "sql.n_plus_one");
  EXPECT_THAT(judgement.findings[0].title, Not(HasSubstr("injected")));
}

TEST(DelayCheck, IsToldAndTheWorthFollowsIt) {
  const Exchange exchange = LoopOver();
  RuleOptions options;
  options.delay_checks[Items(exchange).id] = 9;
  const auto judgement = JudgeExchange(exchange, options);
  const evidence::FindingDraft& draft = judgement.findings.at(0);
  EXPECT_THAT(draft.title, HasSubstr("a round trip injected: the answer takes"));
  ASSERT_TRUE(draft.time_ns);
  EXPECT_EQ(draft.support[*draft.time_ns].metric, "delay.saved_time");
  EXPECT_THAT(draft.support[*draft.time_ns].captures, ElementsAre(9, 3));
  EXPECT_EQ(draft.support[*draft.time_loopback_ns].metric, "sql.saved_time");
  std::vector<evidence::Measurement> measured;
  for (const auto& spec : draft.support) {
    measured.push_back({.metric = spec.metric, .unit = spec.unit, .value = 7e6});
    if (spec.metric != "delay.growth") continue;
    EXPECT_THAT(spec.captures, ElementsAre(9));
  }
  EXPECT_TRUE(evidence::RenderClaim(draft.title, measured)) << draft.title;
}

}  // namespace
}  // namespace hone::sql
