#include "sql/nested.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/exchange_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kHeader = "SELECT id FROM orders WHERE id = $1 FOR UPDATE";
constexpr const char* kDetail = "SELECT name FROM customers WHERE id = $1";

void Begin(Script& script) { script.RunSimple("BEGIN", 0); }
void InTransaction(Script& script, const std::string& text) { script.Run(text, {"1"}).in_transaction = true; }
void Commit(Script& script) { script.RunSimple("COMMIT", 0).in_transaction = true; }

// Holds connection 1 in a transaction while connection 2 is asked.
void Nested(Script& script) {
  script.connection = 1;
  Begin(script);
  InTransaction(script, kHeader);
  script.connection = 2;
  script.Run(kDetail, {"1"});
  script.connection = 1;
  Commit(script);
}

// One thing after the other on one connection.
void Passed(Script& script) {
  script.connection = 1;
  Begin(script);
  InTransaction(script, kHeader);
  InTransaction(script, kDetail);
  Commit(script);
}

// Two statements at the same time on two connections.
void FanOut(Script& script) {
  const int64_t begun = script.now();
  script.connection = 1;
  script.Run(kHeader, {"1"});
  const int64_t ended = script.now();
  script.set_now(begun + 10'000);
  script.connection = 2;
  script.Run(kDetail, {"1"});
  script.set_now(std::max(script.now(), ended));
}

// Rows of connection 1 are open while connection 2 is asked: the wire shows them one after the other.
void RowsOpen(Script& script) {
  script.connection = 1;
  script.Run(kHeader, {"1"}, 5);
  script.connection = 2;
  script.Run(kDetail, {"1"});
}

Exchange Of(void (*request)(Script&), int requests = 8) {
  Script script("");
  for (int i = 0; i < requests; ++i) {
    script.BeginRequest(-1, i == 0);
    request(script);
    script.EndRequest();
  }
  return script.Build();
}

const std::vector<Probe> kStopped(3, {true, 1'000'000'000, 1, 1});
const std::vector<Probe> kWentOn(3);

evidence::Judgement Judged(const Exchange& exchange, const std::vector<Probe>& probes) {
  evidence::Capture capture;
  capture.id = 4;
  return JudgeNesting(exchange, capture, probes, 5, 32);
}

TEST(Nested, AnotherConnectionWithinATransactionIsFound) {
  const Exchange exchange = Of(Nested);
  const Nesting nesting = FindNesting(exchange);
  EXPECT_EQ(nesting.connections, 2);
  EXPECT_EQ(nesting.share, 1);
  EXPECT_TRUE(IsSuspect(nesting));
  const auto judgement = Judged(exchange, kStopped);
  ASSERT_THAT(judgement.findings, SizeIs(1));
  EXPECT_EQ(judgement.findings[0].rule, "pool.nested_acquire");
  EXPECT_THAT(judgement.findings[0].subject.name, ::testing::HasSubstr("customers"));
  EXPECT_THAT(judgement.findings[0].support[1].parameters,
              ElementsAre(std::pair("at_least", "1"), std::pair("requests_at_once", "32")));
}

TEST(Nested, TheTransactionPassedOnIsNone) {
  const Exchange exchange = Of(Passed);
  EXPECT_EQ(FindNesting(exchange).connections, 1);
  EXPECT_FALSE(IsSuspect(FindNesting(exchange)));
  EXPECT_THAT(Judged(exchange, kStopped).findings, IsEmpty());
}

TEST(Nested, AFanOutHoldsNothingAcross) {
  const Exchange exchange = Of(FanOut);
  EXPECT_EQ(FindNesting(exchange).connections, 1);
  EXPECT_FALSE(IsSuspect(FindNesting(exchange)));
}

TEST(Nested, AFanOutThatLooksNestedIsClearedByTheProbe) {
  const Exchange exchange = Of(Nested);
  EXPECT_THAT(Judged(exchange, kWentOn).findings, IsEmpty());
  EXPECT_THAT(Judged(exchange, kWentOn).not_judged, IsEmpty());
  EXPECT_THAT(Judged(exchange, {kStopped[0], kStopped[0], kWentOn[0]}).findings, IsEmpty());
  EXPECT_THAT(Judged(exchange, {kStopped[0], kStopped[0]}).findings, IsEmpty());
}

TEST(Nested, RowsThatStayOpenNeedASmallPoolToShow) {
  const Exchange exchange = Of(RowsOpen);
  const Nesting nesting = FindNesting(exchange);
  EXPECT_EQ(nesting.share, 0);
  EXPECT_EQ(nesting.switching, 1);
  EXPECT_TRUE(IsSuspect(nesting));
  EXPECT_THAT(Judged(exchange, {}).not_judged, SizeIs(1));
  const auto judgement = Judged(exchange, kStopped);
  ASSERT_THAT(judgement.findings, SizeIs(1));
  EXPECT_EQ(judgement.findings[0].support[0].parameters.at("at_least"), "2");
}

TEST(Nested, ThreeDeepAreThree) {
  Script script("");
  for (int i = 0; i < 6; ++i) {
    script.BeginRequest(-1, i == 0);
    for (const uint32_t connection : {1U, 2U}) {
      script.connection = connection;
      Begin(script);
    }
    script.connection = 3;
    script.Run(kDetail, {"1"});
    for (const uint32_t connection : {2U, 1U}) {
      script.connection = connection;
      Commit(script);
    }
    script.EndRequest();
  }
  EXPECT_EQ(FindNesting(script.Build()).connections, 3);
}

TEST(Nested, OnceInAWhileIsChance) {
  Script script("");
  for (int i = 0; i < 10; ++i) {
    script.BeginRequest(-1, i == 0);
    i % 2 == 0 ? Nested(script) : Passed(script);
    script.EndRequest();
  }
  EXPECT_FALSE(IsSuspect(FindNesting(script.Build())));
}

TEST(Nested, ProbesSurviveTheirBytes) {
  std::vector<Probe> probes = kStopped;
  probes.push_back({});
  EXPECT_EQ(*DecodeProbes(Encode(probes)), probes);
  for (const std::string bad : {"", "hone probe 2\n", "hone probe 1\n1 2 3\n", "hone probe 1\n2 0 0 0\n",
                                "hone probe 1\n1 0 0 0", "hone probe 1\n1 0 0 0 0\n"}) {
    EXPECT_FALSE(DecodeProbes(bad)) << bad;
  }
}

}  // namespace
}  // namespace hone::sql
