#include "sql/set_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

SetProof Proof() {
  SetProof proof{.endpoint = "GET /things",
                 .query = "q",
                 .text = "select 1 from t where id = $1",
                 .kind = "any",
                 .statement = "select 1, id from t where id = ANY($1)",
                 .calls = 3,
                 .single_rows = {"a", "b", "b"},
                 .set_rows = {"b", "a", "b"}};
  for (int i = 0; i < 6; ++i) {
    proof.single_ns.push_back(3000 + i);
    proof.set_ns.push_back(1000 + i);
  }
  return proof;
}

evidence::Computed Compute(const SetProof& proof, std::string_view name, const evidence::Parameters& parameters = {}) {
  const evidence::Capture capture;
  const std::string bytes = EncodeProof(proof);
  const evidence::CaptureBytes input{&capture, bytes};
  for (const evidence::Method& method : SetFormMethods()) {
    if (method.name == name) return method.compute({&input, 1}, parameters, 0).value();
  }
  ADD_FAILURE() << name;
  return {};
}

TEST(SetProof, IsReadAsItWasWritten) {
  const std::string bytes = EncodeProof(Proof());
  const auto again = DecodeProof(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(EncodeProof(*again), bytes);
  EXPECT_FALSE(DecodeProof("{}"));
  EXPECT_FALSE(DecodeProof("nonsense"));
}

TEST(SetProof, NeedsTheSameRowsAsOftenAndLessTime) {
  EXPECT_TRUE(IsSetProven(Proof()));
  SetProof other = Proof();
  other.set_rows = {"a", "b"};
  EXPECT_FALSE(IsSetProven(other)) << "one row twice is not the row once";
  other.single_rows = other.set_rows = {};
  EXPECT_FALSE(IsSetProven(other)) << "no rows prove nothing";
  other = Proof();
  other.calls = 1;
  EXPECT_FALSE(IsSetProven(other));
  other = Proof();
  other.set_ns = other.single_ns;
  EXPECT_FALSE(IsSetProven(other)) << "it is no faster";
  other = Proof();
  other.single_ns.resize(5);
  other.set_ns.resize(5);
  EXPECT_FALSE(IsSetProven(other)) << "there are too few pairs";
}

TEST(SetFormMethods, ComputeWhatIsCited) {
  EXPECT_EQ(Compute(Proof(), "sql.set_form.rows@1").value, 3);
  EXPECT_EQ(Compute(Proof(), "sql.set_form.calls@1").value, 3);
  EXPECT_EQ(Compute(Proof(), "sql.set_form.time@1", {{"arm", "set"}}).value, 1002.5);
  EXPECT_EQ(Compute(Proof(), "sql.set_form.time@1", {{"arm", "single"}}).value, 3002.5);
  EXPECT_NEAR(Compute(Proof(), "sql.set_form.speedup@1").value, 3, 0.01);
  SetProof other = Proof();
  other.set_rows = {"a", "c", "b"};
  EXPECT_NE(Compute(other, "sql.set_form.rows@1").validity, evidence::Validity::kValid);
  const evidence::Capture capture;
  const evidence::CaptureBytes bad{&capture, "nonsense"};
  for (const evidence::Method& method : SetFormMethods()) {
    EXPECT_FALSE(method.compute({&bad, 1}, {}, 0)) << method.name;
    EXPECT_FALSE(method.compute({}, {}, 0)) << method.name;
  }
}

TEST(SetForm, IsPrintedWhereItIsProven) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    for (int64_t i = 0; i < n; ++i) s.Run(TextOf(kItems), {Id(i)}, 3);
  });
  const auto general = JudgeExchange(exchange);
  ASSERT_EQ(Rules(general), std::vector<std::string>{"sql.n_plus_one"});
  EXPECT_THAT(general.findings[0].remedy, Not(HasSubstr("proven")));

  const auto query = std::ranges::find(exchange.queries, TextOf(kItems), &Query::text);
  RuleOptions options;
  options.set_forms[query->id] = {.capture = 9, .statement = "select *, order_id from items where order_id = ANY($1)"};
  const auto judgement = JudgeExchange(exchange, options);
  const evidence::FindingDraft& draft = judgement.findings.at(0);
  EXPECT_THAT(draft.remedy, HasSubstr(". As a set, `select *, order_id from items where order_id = ANY($1)` returns"));
  std::vector<evidence::Measurement> measured;
  std::vector<std::string> of_proof;
  for (const auto& spec : draft.support) {
    measured.push_back({.metric = spec.metric, .unit = spec.unit, .value = 7e6});
    if (spec.metric.starts_with("sql.set_form.")) {
      of_proof.push_back(spec.metric);
      EXPECT_THAT(spec.captures, ElementsAre(9));
    }
  }
  EXPECT_THAT(of_proof,
              ElementsAre("sql.set_form.rows", "sql.set_form.calls", "sql.set_form.time", "sql.set_form.time"));
  EXPECT_TRUE(evidence::RenderClaim(draft.remedy, measured)) << draft.remedy;
}

}  // namespace
}  // namespace hone::sql
