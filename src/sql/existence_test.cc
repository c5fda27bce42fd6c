#include "sql/existence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "evidence/claim.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CountedRows, AreTheStatementWithoutItsCount) {
  EXPECT_EQ(CountedRows("select count(*) from notes where wine = $1"), "select 1 from notes where wine = $1");
  EXPECT_EQ(CountedRows("SELECT COUNT(1) AS n FROM \"notes\" n JOIN wines w ON w.id = n.wine WHERE w.kind = 'red'"),
            "SELECT 1 FROM \"notes\" n JOIN wines w ON w.id = n.wine WHERE w.kind = 'red'");
  EXPECT_EQ(CountedRows("-- how many\nselect /* all */ pg_catalog.count(*)\nfrom notes"), std::nullopt);
  EXPECT_EQ(CountedRows("-- how many\nselect /* all */ count(*)\nfrom notes -- there are\n;"), "select 1\nfrom notes");
  EXPECT_EQ(CountedRows("select count($1) from notes"), "select 1 from notes") << "normalised";
  EXPECT_EQ(CountedRows("SELECT COUNT(\"notes\".\"id\") FROM \"notes\" WHERE wine = $1"),
            "SELECT 1 FROM \"notes\" WHERE wine = $1");
  EXPECT_EQ(CountedRows("select count(n.id) from wines w join notes n on n.wine = w.id"),
            "select 1 from wines w join notes n on n.wine = w.id");
  EXPECT_EQ(CountedRows("SELECT COUNT(*) FROM \"notes\" WHERE wine = $1 LIMIT 1;"),
            "SELECT 1 FROM \"notes\" WHERE wine = $1 ");
}

TEST(CountedRows, AreNoneOfWhatDoesMoreThanToCountThem) {
  for (const char* statement : {
           "select count(wine) from notes",
           "select count(n.id) from wines w left join notes n on n.wine = w.id",
           "select count(n.id) from (select null as id) n",
           "select count(distinct wine) from notes",
           "select count(null) from notes",
           "select count(*) filter (where wine = 1) from notes",
           "select count(*) over () from notes",
           "select count(*), max(id) from notes",
           "select count(*) + 1 from notes",
           "select sum(1) from notes",
           "select wine, count(*) from notes group by wine",
           "select count(*) from notes group by wine",
           "select count(*) from notes having count(*) > 2",
           "select distinct count(*) from notes",
           "select count(*) from notes limit 0",
           "select count(*) from notes limit 1 offset 1",
           "select count(*) from notes limit 1 for update",
           "select count(*) from (select 1 from notes limit 100) few",
           "with few as (select 1) select count(*) from notes",
           "select count(*) from notes union select 2",
           "select count(*)",
           "select count(*) from notes; select 1",
           "delete from notes",
           "select count(* from notes",
       })
    EXPECT_EQ(CountedRows(statement), std::nullopt) << statement;
}

TEST(CountedRows, AreAskedForByExists) {
  EXPECT_EQ(ExistsForm("select 1 from notes"), "SELECT EXISTS (select 1 from notes)");
}

ExistenceProof Proof(int64_t counted, double count_ms, double exists_ms) {
  ExistenceProof proof{.endpoint = "GET /wines/{id}/tasted",
                       .query = "0123456789abcdef",
                       .text = "select count(*) from notes where wine = $1",
                       .counted = counted,
                       .answers = 3};
  for (size_t i = 0; i < kTrialPairs; ++i) {
    proof.count_ns.push_back(1e6 * count_ms + static_cast<double>(i));
    proof.exists_ns.push_back(1e6 * exists_ms + static_cast<double>(i % 3));
  }
  return proof;
}

evidence::Judgement Judge(const ExistenceProof& proof) {
  evidence::Capture capture;
  capture.id = 3;
  return JudgeExistence(proof, capture);
}

TEST(CountForExistence, IsToldWithItsExistsForm) {
  const ExistenceProof proof = Proof(900, 4, 1);
  const auto judgement = Judge(proof);
  ASSERT_THAT(judgement.findings, SizeIs(1));
  const evidence::FindingDraft& draft = judgement.findings[0];
  EXPECT_EQ(draft.rule, "sql.count_for_existence");
  EXPECT_THAT(draft.remedy, HasSubstr("`SELECT EXISTS (select 1 from notes where wine = $1)`"));
  evidence::Capture capture;
  capture.id = 3;
  const std::string bytes = EncodeExistence(proof);
  const evidence::CaptureBytes input{&capture, bytes};
  std::vector<evidence::Measurement> measurements;
  for (const auto& spec : draft.support) {
    const auto method = std::ranges::find(ExistenceMethods(), spec.method, &evidence::Method::name);
    ASSERT_NE(method, ExistenceMethods().end()) << spec.method;
    const auto computed = method->compute({&input, 1}, spec.parameters, 1);
    ASSERT_TRUE(computed) << computed.error().what;
    EXPECT_EQ(computed->validity, evidence::Validity::kValid) << spec.method;
    measurements.push_back({.metric = spec.metric, .unit = spec.unit, .value = computed->value});
  }
  ASSERT_THAT(measurements, SizeIs(5));
  EXPECT_DOUBLE_EQ(measurements[0].value, 900);
  EXPECT_DOUBLE_EQ(measurements[1].value, 3);
  ASSERT_TRUE(draft.time_ns);
  EXPECT_NEAR(measurements[*draft.time_ns].value, 3e6, 100);
  EXPECT_TRUE(evidence::RenderClaim(draft.title, measurements));
  EXPECT_TRUE(evidence::RenderClaim(draft.remedy, measurements));
}

TEST(CountForExistence, IsNotToldWhereFewAreCountedOrExistsIsNoFaster) {
  EXPECT_THAT(Judge(Proof(99, 4, 1)).findings, IsEmpty());
  EXPECT_THAT(Judge(Proof(100, 4, 1)).findings, SizeIs(1));
  EXPECT_THAT(Judge(Proof(900, 4, 3.7)).findings, IsEmpty());
}

TEST(CountForExistence, IsNotToldWithoutItsProof) {
  ExistenceProof proof = Proof(900, 4, 1);
  proof.answers = 0;
  EXPECT_THAT(Judge(proof).findings, IsEmpty());
  proof = Proof(900, 4, 1);
  proof.count_ns.clear();
  proof.exists_ns.clear();
  EXPECT_THAT(Judge(proof).findings, IsEmpty());
}

TEST(CountForExistence, IsTimedInOneOfItsForms) {
  evidence::Capture capture;
  const std::string bytes = EncodeExistence(Proof(900, 4, 1));
  const evidence::CaptureBytes input{&capture, bytes};
  const auto method = std::ranges::find(ExistenceMethods(), "sql.existence.time@1", &evidence::Method::name);
  const auto wrong = method->compute({&input, 1}, {{"form", "sum"}}, 1);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().what, "This measurement needs form: count or exists");
  EXPECT_LT(method->compute({&input, 1}, {{"form", "exists"}}, 1)->value,
            method->compute({&input, 1}, {{"form", "count"}}, 1)->value);
}

TEST(CountForExistence, ComesBackFromItsBytes) {
  const std::string bytes = EncodeExistence(Proof(900, 4, 1));
  const auto proof = DecodeExistence(bytes);
  ASSERT_TRUE(proof);
  EXPECT_EQ(EncodeExistence(*proof), bytes);
  EXPECT_FALSE(DecodeExistence("{}"));
  EXPECT_FALSE(DecodeExistence(bytes.substr(0, bytes.size() / 2)));
}

}  // namespace
}  // namespace hone::sql
