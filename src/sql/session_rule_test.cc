#include "sql/session_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const RuleOptions kPooled = {
    .db_budget_ns = 1'000'000'000, .logic_budget_ns = 1'000'000'000, .transaction_pooler = true};

// A tenant for the session; or for the transaction only.
void AsTenant(Script& s, int64_t n, bool local) {
  s.RunSimple("begin", 0);
  s.RunSimple(local ? "set local app.tenant = '7'" : "set app.tenant = '7'", 0).in_transaction = true;
  s.Run(TextOf(kList), {std::to_string(n)}, n, Ids(n)).in_transaction = true;
  s.RunSimple("commit", 0).in_transaction = true;
}

TEST(SessionState, IsAFindingBehindAPoolerInTransactionMode) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) { AsTenant(s, n, false); }, {1, 2, 5});
  const auto judgement = JudgeExchange(exchange, kPooled);
  ASSERT_THAT(Rules(judgement), ElementsAre("sql.session_state"));
  ExpectRenders(exchange, judgement);
  const auto& finding = judgement.findings[0];
  EXPECT_EQ(finding.subject.endpoint, "GET /things");
  EXPECT_THAT(TitleOf(exchange, finding), HasSubstr("Leaves a setting in its session: behind"));
  EXPECT_THAT(TitleOf(exchange, finding), HasSubstr("do so: 15")) << "three sizes, five requests each";
  EXPECT_FALSE(finding.time_ns);
}

TEST(SessionState, NeedsNoRows) {
  const Exchange exchange = Drive(
      [](Script& s, int64_t n, int) {
        s.RunSimple("set search_path to archive", 0);
        s.Run(TextOf(kList), {std::to_string(n)}, 0);
      },
      {1, 2, 5});
  const auto judgement = JudgeExchange(exchange, kPooled);
  EXPECT_THAT(Rules(judgement), ElementsAre("sql.session_state"));
  ASSERT_EQ(judgement.not_judged.size(), 1U) << "loops and budgets are not";
  EXPECT_EQ(judgement.not_judged[0].reason, "its queries returned no row");
}

TEST(SessionState, IsAFindingWithoutOneWhereOtherRequestsGetTheSession) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) { AsTenant(s, n, false); }, {1, 2, 5});
  RuleOptions options = kPooled;
  options.transaction_pooler = false;
  const auto judgement = JudgeExchange(exchange, options);
  ASSERT_THAT(Rules(judgement), ElementsAre("sql.session_state"));
  ExpectRenders(exchange, judgement);
  EXPECT_THAT(TitleOf(exchange, judgement.findings[0]),
              HasSubstr("Leaves a setting in its session: nothing took it back before the pool gave the session to"));
  options.left_by_all = {exchange.queries[exchange.statements[1].query].text};
  EXPECT_THAT(Rules(JudgeExchange(exchange, options)), IsEmpty()) << "every request sets its own";
}

TEST(SessionState, IsNoneWithoutOneWhereItIsTakenBack) {
  RuleOptions options = kPooled;
  options.transaction_pooler = false;
  const auto rules_of = [&](const std::vector<std::string>& behind) {
    const Exchange exchange = Drive(
        [&](Script& s, int64_t n, int) {
          s.RunSimple("set statement_timeout = '30s'", 0);
          s.Run(TextOf(kList), {std::to_string(n)}, n, Ids(n));
          for (const std::string& text : behind) s.RunSimple(text, 0);
        },
        {1, 2, 5});
    return Rules(JudgeExchange(exchange, options));
  };
  EXPECT_THAT(rules_of({}), ElementsAre("sql.session_state"));
  EXPECT_THAT(rules_of({"reset statement_timeout"}), IsEmpty());
  EXPECT_THAT(rules_of({"set statement_timeout = '5s'"}), IsEmpty()) << "what it was before, perhaps";
  EXPECT_THAT(rules_of({"discard all"}), IsEmpty());
  EXPECT_THAT(rules_of({"unlisten *"}), ElementsAre("sql.session_state"));
}

TEST(SessionState, AnAdvisoryLockIsOneThoughItIsTakenBack) {
  RuleOptions options = kPooled;
  options.transaction_pooler = false;
  const auto judged = [&](const std::string& lock) {
    const Exchange exchange = Drive(
        [&](Script& s, int64_t n, int) {
          s.RunSimple(lock, 0);
          s.Run(TextOf(kList), {std::to_string(n)}, n, Ids(n));
          s.RunSimple("select pg_advisory_unlock(1)", 0);
        },
        {1, 2, 5});
    const auto judgement = JudgeExchange(exchange, options);
    ExpectRenders(exchange, judgement);
    return judgement;
  };
  const auto judgement = judged("select pg_advisory_lock(1)");
  ASSERT_THAT(Rules(judgement), ElementsAre("sql.session_state"));
  EXPECT_THAT(judgement.findings[0].title, HasSubstr("an advisory lock in its session: an error"));
  EXPECT_THAT(Rules(judged("select pg_advisory_xact_lock(1)")), IsEmpty());
}

TEST(SessionState, OfTheTransactionAloneIsNone) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) { AsTenant(s, n, true); }, {1, 2, 5});
  EXPECT_THAT(Rules(JudgeExchange(exchange, kPooled)), IsEmpty());
}

TEST(SessionState, OfTheServiceIsWhatNoRequestLeaves) {
  Script script;
  script.BeginTrip(TripKind::kStartup);
  script.EndTrip();
  script.RunSimple("set search_path = app", 0);
  script.BeginIdle();
  script.connection = 2;
  script.RunSimple("select a from jobs", 0);
  script.RunSimple("listen jobs", 0);
  script.EndIdle();
  const Exchange exchange = Drive([](Script& s, int64_t n, int) { AsTenant(s, n, false); }, {1}, script);
  const auto judgement = JudgeSessionsOfService(exchange, {.id = 3, .scope = {.service = "shop"}}, kPooled);
  ASSERT_THAT(Rules(judgement), ElementsAre("sql.session_state", "sql.session_state"));
  ExpectRenders(exchange, judgement);
  EXPECT_EQ(judgement.findings[0].subject.name, "set search_path = app");
  EXPECT_EQ(judgement.findings[0].subject.endpoint, "");
  EXPECT_THAT(judgement.findings[0].title, HasSubstr("when a connection begins"));
  EXPECT_EQ(judgement.findings[1].subject.name, "listen jobs");
  EXPECT_THAT(judgement.findings[1].title, HasSubstr("outside of requests"));
  EXPECT_THAT(judgement.findings[1].remedy, HasSubstr("past any pooler"));
  EXPECT_THAT(JudgeSessionsOfService(exchange, {.id = 3}, {}).findings, IsEmpty());
}

TEST(SessionState, EveryKindHasItsRemedy) {
  for (const char* statement : {"set app.tenant = '7'", "listen jobs", "prepare p as select 1",
                                "declare c cursor with hold for select a from t", "create temp table w (a int)",
                                "select pg_advisory_lock(1)"}) {
    const Exchange exchange = Drive(
        [&](Script& s, int64_t n, int) {
          ListOrders(s, n);
          s.RunSimple(statement, 0);
        },
        {1, 2, 5});
    const auto judgement = JudgeExchange(exchange, kPooled);
    ASSERT_THAT(Rules(judgement), ElementsAre("sql.session_state")) << statement;
    ExpectRenders(exchange, judgement);
  }
}

}  // namespace
}  // namespace hone::sql
