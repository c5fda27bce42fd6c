#include "sql/unused_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/rules_for_test.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ColumnProof Proof(int64_t used, int64_t unused, double with_ms, double without_ms) {
  ColumnProof proof{.endpoint = "GET /tours",
                    .query = "0123456789abcdef",
                    .text = "select * from tours",
                    .rows = 500,
                    .columns = {{"id", used / 2}, {"terms", unused, true}, {"title", used - used / 2}},
                    .answers = 2};
  for (size_t i = 0; i < kTrialPairs; ++i) {
    proof.with_ns.push_back(1e6 * with_ms + static_cast<double>(i));
    proof.without_ns.push_back(1e6 * without_ms + static_cast<double>(i % 3));
  }
  return proof;
}

evidence::Judgement JudgeProof(const ColumnProof& proof) {
  evidence::Capture capture;
  capture.id = 3;
  return JudgeColumns(proof, capture);
}

TEST(UnusedColumns, AreToldWithTheirNamesAndWhatTheyCost) {
  const ColumnProof proof = Proof(20'000, 1'000'000, 4, 1);
  const auto judgement = JudgeProof(proof);
  ASSERT_THAT(judgement.findings, SizeIs(1));
  const evidence::FindingDraft& draft = judgement.findings[0];
  EXPECT_EQ(draft.rule, "sql.columns_unused");
  EXPECT_EQ(draft.severity, evidence::Severity::kMedium);
  EXPECT_THAT(draft.remedy, HasSubstr("`id`, `title`"));
  ASSERT_TRUE(draft.time_ns);
  evidence::Capture capture;
  capture.id = 3;
  const std::string bytes = EncodeColumns(proof);
  const evidence::CaptureBytes input{&capture, bytes};
  std::vector<evidence::Measurement> measurements;
  for (const auto& spec : draft.support) {
    const auto method = std::ranges::find(ColumnMethods(), spec.method, &evidence::Method::name);
    ASSERT_NE(method, ColumnMethods().end()) << spec.method;
    const auto computed = method->compute({&input, 1}, spec.parameters, 1);
    ASSERT_TRUE(computed) << computed.error().what;
    EXPECT_EQ(computed->validity, evidence::Validity::kValid) << spec.method;
    measurements.push_back({.metric = spec.metric, .unit = spec.unit, .value = computed->value});
  }
  EXPECT_DOUBLE_EQ(measurements[0].value, 1'000'000);
  EXPECT_DOUBLE_EQ(measurements[1].value, 1'020'000);
  EXPECT_DOUBLE_EQ(measurements[2].value, 500);
  EXPECT_DOUBLE_EQ(measurements[3].value, 2);
  EXPECT_NEAR(measurements[*draft.time_ns].value, 3e6, 100);
  const auto title = evidence::RenderClaim(draft.title, measurements);
  ASSERT_TRUE(title) << title.error().what;
  EXPECT_THAT(*title, HasSubstr("(`terms`)"));
}

TEST(UnusedColumns, ThatCostNoTimeAreOfLowSeverityAndHaveNoWorth) {
  const auto judgement = JudgeProof(Proof(20'000, 1'000'000, 1, 1));
  ASSERT_THAT(judgement.findings, SizeIs(1));
  EXPECT_EQ(judgement.findings[0].severity, evidence::Severity::kLow);
  EXPECT_FALSE(judgement.findings[0].time_ns);
  EXPECT_TRUE(judgement.findings[0].ceiling);
}

TEST(UnusedColumns, AreNotToldWhereTheyAreFewBytesOrTheLesserPart) {
  EXPECT_THAT(JudgeProof(Proof(1'000, kLeastUnusedBytes - 1, 4, 1)).findings, IsEmpty());
  EXPECT_THAT(JudgeProof(Proof(1'000'000, 900'000, 4, 1)).findings, IsEmpty());
  EXPECT_THAT(JudgeProof(Proof(1'000, kLeastUnusedBytes, 4, 1)).findings, SizeIs(1));
}

TEST(UnusedColumns, AreNotToldWithoutTheirProof) {
  ColumnProof unasked = Proof(1'000, 1'000'000, 4, 1);
  unasked.answers = 0;
  EXPECT_THAT(JudgeProof(unasked).findings, IsEmpty());
  ColumnProof untimed = Proof(1'000, 1'000'000, 4, 1);
  untimed.with_ns.clear();
  EXPECT_THAT(JudgeProof(untimed).findings, IsEmpty());
}

TEST(UnusedColumns, ComeBackFromTheirBytes) {
  const ColumnProof proof = Proof(20'000, 1'000'000, 4, 1);
  const std::string bytes = EncodeColumns(proof);
  const auto decoded = DecodeColumns(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(EncodeColumns(*decoded), bytes);
  for (size_t length = 0; length + 2 < bytes.size(); length += 7)
    EXPECT_FALSE(DecodeColumns(bytes.substr(0, length))) << length;
}

TEST(UnusedColumns, AStatementKeepsTheOthersInItsOrder) {
  EXPECT_EQ(KeepColumns("select a, b, c from t order by b limit $1;", 3, {0, 2}),
            "SELECT c0, c2 FROM (select a, b, c from t order by b limit $1\n) AS kept (c0, c1, c2)");
  EXPECT_EQ(KeepColumns("select a, b from t -- all", 2, {1}), "SELECT c1 FROM (select a, b from t\n) AS kept (c0, c1)");
}

}  // namespace
}  // namespace hone::sql
