#include "sql/attribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kTrace = "0123456789abcdef0123456789abcdef";
constexpr const char* kOtherTrace = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

std::string Commented(const std::string& text, const std::string& trace) {
  return text + " /*route='x',traceparent='00-" + trace + "-00f067aa0ba902b7-01'*/";
}

// A script of the service's work, with the requests as they passed.
struct Driver {
  Script script = Script("");
  std::vector<SeenRequest> seen = {};

  Driver() {
    script.BeginIdle();
    script.Step(1'200'000'000);
    script.EndIdle();
  }
  // One request alone; `gap_ns` before it.
  void Ask(const std::string& target, const std::function<void(Script&)>& work, int64_t gap_ns = 100'000) {
    script.Step(gap_ns);
    const size_t at = Begin(target);
    work(script);
    End(at);
  }
  size_t Begin(const std::string& target, const std::string& trace = "") {
    seen.push_back({.endpoint = "GET /things", .target = target, .trace = trace, .start_ns = script.now()});
    script.Step(script.gap_ns);
    return seen.size() - 1;
  }
  void End(size_t at) {
    script.Step(script.own_ns);
    seen[at].status = 200;
    seen[at].answered = true;
    seen[at].first_byte_ns = seen[at].end_ns = script.now();
    script.Step(1000);
  }
  Attribution Attribute() { return AttributeRequests(script.recording(), seen, script.phase().idle); }
  Exchange Build() {
    return BuildEndpoint(script.recording(), seen, Attribute(), "GET /things", evidence::Redactor("key"));
  }
};

void AskAsLoop(Driver& driver, int64_t rows, int64_t gap_ns = 100'000) {
  driver.Ask(
      "?n=" + std::to_string(rows),
      [&](Script& s) {
        ListOrders(s, rows);
        for (int64_t i = 0; i < rows; ++i) s.Run(TextOf(kItems), {Id(i)}, 3);
      },
      gap_ns);
}

TEST(AttributeRequests, ASerialDriversLoopIsFoundAtItsEndpoint) {
  Driver driver;
  for (int repetition = 0; repetition < 3; ++repetition) {
    for (const int64_t rows : {2, 5, 10}) AskAsLoop(driver, rows);
  }
  EXPECT_THAT(driver.Attribute().fates, Each(RequestFate::kAlone));
  const Exchange exchange = driver.Build();
  ASSERT_THAT(exchange.requests, SizeIs(9));
  EXPECT_TRUE(exchange.requests[2].cold);
  EXPECT_FALSE(exchange.requests[3].cold);
  EXPECT_EQ(exchange.requests[2].size, 40) << "ten orders and three items of each";
  EXPECT_EQ(exchange.requests[8].size, 40);
  evidence::Capture capture;
  capture.id = 3;
  const auto judgement = Judge(exchange, capture, {.driven = true});
  ASSERT_THAT(Rules(judgement), ElementsAre("sql.n_plus_one"));
  EXPECT_THAT(judgement.not_judged, IsEmpty());
  EXPECT_EQ(ComputeAll(exchange, judgement.findings[0])[0].value, 10);
  EXPECT_EQ(judgement.findings[0].subject.endpoint, "GET /things");
}

TEST(AttributeRequests, RequestsThatOverlapOwnNothing) {
  Driver driver;
  const size_t first = driver.Begin("?a");
  driver.script.Run("select 1 from a", {}, 1);
  const size_t second = driver.Begin("?b");
  driver.script.Run("select 1 from a", {}, 1);
  driver.End(first);
  driver.End(second);
  AskAsLoop(driver, 2);
  const Attribution known = driver.Attribute();
  EXPECT_THAT(known.fates, ElementsAre(RequestFate::kOverlapped, RequestFate::kOverlapped, RequestFate::kAlone));
  EXPECT_THAT(known.owners, ElementsAre(kNoRequest, kNoRequest, 2, 2, 2));
  EXPECT_THAT(driver.Build().requests, SizeIs(1));
}

TEST(AttributeRequests, ARequestWhoseAnswerDidNotPassOwnsNothing) {
  Driver driver;
  AskAsLoop(driver, 2);
  driver.seen.back().answered = false;
  AskAsLoop(driver, 2);
  AskAsLoop(driver, 2, kSettledNs);
  EXPECT_THAT(driver.Attribute().fates,
              ElementsAre(RequestFate::kUnread, RequestFate::kUnsettled, RequestFate::kAlone));
}

TEST(AttributeRequests, WorkBehindAnAnswerIsNotTheNextOnes) {
  Driver driver;
  AskAsLoop(driver, 2);
  AskAsLoop(driver, 2);
  EXPECT_THAT(driver.Attribute().fates, Each(RequestFate::kAlone));
  driver.script.Run("insert into audit values ($1)", {"a"}, 0);  // behind the second answer
  AskAsLoop(driver, 2);
  AskAsLoop(driver, 2, kSettledNs);
  const Attribution known = driver.Attribute();
  EXPECT_THAT(known.fates,
              ElementsAre(RequestFate::kAlone, RequestFate::kUnsettled, RequestFate::kUnsettled, RequestFate::kAlone))
      << "once it was seen, only rest tells that nothing is left";
  const Exchange exchange = driver.Build();
  for (const RequestAccount& account : Account(exchange)) EXPECT_EQ(account.statements, 3);
}

TEST(AttributeRequests, WorkThatIsUnderWayIsNotTheNextOnes) {
  Driver driver;
  AskAsLoop(driver, 2);
  driver.script.connection = 2;
  driver.script.BeginTrip();
  driver.script.Add("select 1 from slow", {}, 1);
  driver.script.recording().round_trips.back().end_ns = driver.script.now() + 200'000;
  driver.script.connection = 1;
  AskAsLoop(driver, 2, 1000);
  EXPECT_EQ(driver.Attribute().fates[1], RequestFate::kUnsettled);
}

TEST(AttributeRequests, ATransactionThatBeganBeforeIsSomebodyElses) {
  Driver driver;
  for (const bool within : {false, true}) {
    driver.Ask("?a", [&](Script& s) { s.Run("update t set a = 1", {}, 0).in_transaction = within; });
  }
  EXPECT_THAT(driver.Attribute().fates, ElementsAre(RequestFate::kAlone, RequestFate::kUnsettled));
}

TEST(AttributeRequests, TheBackgroundIsNobodys) {
  Driver driver;
  uint32_t connection = 9;
  const auto poll = [&] {
    driver.script.connection = connection++;  // another one each time, which must learn the statement first
    driver.script.BeginTrip(TripKind::kPrepare);
    driver.script.EndTrip();
    driver.script.Run("select * from jobs", {}, 0);
    driver.script.connection = 1;
  };
  driver.script.BeginIdle();
  poll();
  driver.script.EndIdle();
  for (int i = 0; i < 6; ++i) {
    driver.Ask("?a", [&](Script& s) {
      s.Run("select a from t", {}, 3);
      if (i == 3) poll();
    });
    if (i == 4) poll();
  }
  EXPECT_THAT(driver.Attribute().fates, Each(RequestFate::kAlone)) << "it is known from the time before";
  const Exchange exchange = driver.Build();
  for (const RequestAccount& account : Account(exchange)) EXPECT_EQ(account.statements, 1);
}

TEST(AttributeRequests, StatementsThatNameATraceAreItsRequests) {
  Driver driver;
  const size_t first = driver.Begin("?a", kTrace);
  const size_t second = driver.Begin("?b", kOtherTrace);
  driver.script.Run(Commented("select 1 from a where x = $1", kTrace), {"1"}, 1);
  driver.script.connection = 2;
  driver.script.Run(Commented("select 1 from a where x = $1", kOtherTrace), {"1"}, 1);
  driver.script.Run(Commented("select 1 from a where x = $1", kTrace), {"1"}, 1);
  driver.End(first);
  driver.End(second);
  const Attribution known = driver.Attribute();
  EXPECT_THAT(known.fates, Each(RequestFate::kTraced));
  EXPECT_THAT(known.owners, ElementsAre(0, 1, 0));
  const Exchange exchange = driver.Build();
  EXPECT_THAT(exchange.queries, SizeIs(1)) << "the comment is no part of the query";
  EXPECT_EQ(Account(exchange)[0].statements, 2);
  EXPECT_EQ(Account(exchange)[1].statements, 1);
}

TEST(AttributeRequests, WhereAnExecutionNamesNobodyTheCountsAreNotKnown) {
  Driver driver;
  const size_t first = driver.Begin("?a", kTrace);
  const size_t second = driver.Begin("?b");
  driver.script.Run(Commented("select 1 from a where x = $1", kTrace), {"1"}, 1);
  driver.script.Run("select 1 from a where x = $1", {"1"}, 1);
  driver.End(first);
  driver.End(second);
  EXPECT_THAT(driver.Attribute().fates, Each(RequestFate::kOverlapped));
}

TEST(AttributeRequests, ATraceThatSeveralRequestsShareTellsNothing) {
  Driver driver;
  const size_t first = driver.Begin("?a", kTrace);
  const size_t second = driver.Begin("?b", kTrace);
  driver.script.Run(Commented("select 1 from a", kTrace), {}, 1);
  driver.End(first);
  driver.End(second);
  EXPECT_THAT(driver.Attribute().fates, Each(RequestFate::kOverlapped));
}

TEST(AttributeRequests, ALateStatementThatNamesAnotherTraceUnsettles) {
  Driver driver;
  const size_t first = driver.Begin("?a", kTrace);
  driver.script.Run(Commented("select 1 from a", kTrace), {}, 1);
  driver.End(first);
  driver.script.Step(100'000);
  const size_t second = driver.Begin("?b", kOtherTrace);
  driver.script.Run(Commented("select 1 from b", kTrace), {}, 1);
  driver.script.Run("select 1 from c", {}, 1);
  driver.End(second);
  const Attribution known = driver.Attribute();
  EXPECT_THAT(known.fates, ElementsAre(RequestFate::kAlone, RequestFate::kUnsettled));
  EXPECT_THAT(known.owners, ElementsAre(0, 0, kNoRequest));
}

TEST(TraceOf, ReadsSqlcommentersCommentOnly) {
  EXPECT_EQ(TraceOf(Commented("select 1", kTrace)), kTrace);
  EXPECT_EQ(TraceOf("/* traceparent='00-0123456789ABCDEF0123456789abcdef-00f067aa0ba902b7-00' */ select 1"), kTrace);
  EXPECT_EQ(TraceOf("select '/*', traceparent='00-short-x'"), "");
  EXPECT_EQ(TraceOf(std::string("select 1 /* a */ where traceparent='00-") + kTrace + "-1-01'"), "");
  EXPECT_EQ(TraceOf(Commented("select 1", std::string(32, '0'))), "");
  EXPECT_EQ(TraceOf(Commented("select 1", std::string(32, 'g'))), "");
  EXPECT_EQ(TraceOf("select 1"), "");
}

}  // namespace
}  // namespace hone::sql
