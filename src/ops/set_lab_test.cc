// Set forms on a real PostgreSQL.
#include "ops/set_lab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ops/cluster_for_test.h"

namespace hone::ops {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSetLabSchema = R"(
CREATE TABLE tickets (id int PRIMARY KEY, agent bigint, status text, code char(6));
INSERT INTO tickets SELECT n, n % 20, CASE WHEN n % 3 = 0 THEN 'open' ELSE 'it''s done' END, 'c' || n % 20
  FROM generate_series(1, 400) n;
CREATE SEQUENCE counter;
)";

class SetLabTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() { MakeServer("desk", kSetLabSchema); }
  static void TearDownTestSuite() { DropServer(); }

  void SetUp() override {
    auto session = pg::Session::Open(cluster_->dsn("desk"));
    ASSERT_TRUE(session);
    session_.emplace(*std::move(session));
  }

  using Call = std::vector<std::optional<std::string>>;

  // Calls with texts as parameters.
  static sql::LoopSample Sample(const std::string& text, const std::vector<Call>& calls, std::vector<uint32_t> varying,
                                int16_t format = 0) {
    sql::LoopSample sample{.text = text, .varying = std::move(varying)};
    for (const Call& call : calls) {
      auto bind = std::make_shared<sql::RecordedBind>();
      bind->oids.assign(call.size(), 0);
      bind->formats = {format};
      bind->values = call;
      sample.calls.push_back(std::move(bind));
    }
    return sample;
  }

  static std::vector<Call> Numbers(int first, int last) {
    std::vector<Call> calls;
    for (int i = first; i <= last; ++i) calls.push_back({std::to_string(i)});
    return calls;
  }

  std::optional<sql::SetProof> Prove(const sql::LoopSample& sample) {
    auto proof = ProveSetForm(*session_, sample, redactor_, task_);
    EXPECT_TRUE(proof) << base::Sentence(proof.error());
    EXPECT_TRUE(session_->Run("SELECT 1")) << "the session is not left as it was";
    return proof ? *std::move(proof) : std::nullopt;
  }

  static constexpr int kTries = 10;

  // The text of the set form that is proven, a form that holds `wanted`: on a busy machine one that is as good may win,
  // or the single calls do, so it is tried again.
  std::string Statement(const sql::LoopSample& sample, int64_t calls, size_t rows, std::string_view wanted) {
    std::string statement = "not proven";
    for (int i = 0; i < kTries && statement.find(wanted) == std::string::npos; ++i) {
      const auto proof = Prove(sample);
      if (!proof) continue;
      EXPECT_EQ(proof->calls, calls);
      EXPECT_EQ(proof->set_rows.size(), rows);
      EXPECT_TRUE(sql::IsSetProven(*proof));
      statement = proof->statement;
    }
    return statement;
  }

  evidence::Redactor redactor_{"key"};
  std::optional<pg::Session> session_;
};

TEST_F(SetLabTest, AnArrayOfKeysReturnsTheSameRows) {
  EXPECT_EQ(Statement(Sample("select id, code from tickets where id = $1", Numbers(1, 60), {1}), 60, 60, "= ANY("),
            "select id, code from tickets where id = ANY($1)");
  EXPECT_EQ(
      Statement(Sample("select id from tickets where agent = $1 order by id", Numbers(0, 19), {1}), 20, 400, "= ANY("),
      "select id, agent from tickets where agent = ANY($1) order by id");
}

TEST_F(SetLabTest, BinaryKeysAreJoinedAsTheyAre) {
  std::vector<Call> calls;
  for (char i = 1; i <= 40; ++i) calls.push_back({std::string{0, 0, 0, i}});
  EXPECT_EQ(Statement(Sample("select code from tickets where id = $1", calls, {1}, 1), 40, 40, "= ANY("),
            "select code, id from tickets where id = ANY($1)");
}

TEST_F(SetLabTest, AggregatesAreJoinedWithTheKeys) {
  EXPECT_THAT(
      Statement(Sample("select count(*) from tickets where agent = $1 and status = 'it''s done'", Numbers(0, 29), {1}),
                30, 30, "LATERAL"),
      HasSubstr("CROSS JOIN LATERAL (select count(*) from tickets where agent = keys.key and status = $2)"));
}

TEST_F(SetLabTest, SeveralParametersVary) {
  std::vector<Call> calls;
  for (int i = 0; i < 20; ++i) {
    for (const char* status : {"open", "it's done"}) calls.push_back({std::to_string(i), status});
  }
  EXPECT_THAT(
      Statement(Sample("select id from tickets where agent = $1 and status = $2", calls, {1, 2}), 40, 400, "unnest"),
      HasSubstr("unnest($1::bigint[], $2::text[]) AS keys (key1, key2)"));
}

TEST_F(SetLabTest, OtherParametersStayAsTheyAre) {
  std::vector<Call> calls;
  for (int i = 0; i < 20; ++i) calls.push_back({"open", std::to_string(i)});
  EXPECT_EQ(Statement(Sample("select id from tickets where status = $1 and agent = $2", calls, {2}), 20, 133, "= ANY("),
            "select id, agent from tickets where status = $1 and agent = ANY($2)");
}

TEST_F(SetLabTest, NothingIsProvenWhereTheRowsDiffer) {
  // Blanks at the end are no part of the column's values but of its keys.
  EXPECT_FALSE(Prove(Sample("select id from tickets where code = $1 and random() >= 0 and id < random() * 500",
                            {{"c1"}, {"c2"}, {"c3"}}, {1})));
  EXPECT_FALSE(Prove(Sample("select id from tickets where agent = $1", Numbers(500, 540), {1}))) << "there are no rows";
}

TEST_F(SetLabTest, NothingIsWrittenAndNothingSaid) {
  EXPECT_FALSE(Prove(Sample("select nextval('counter') from tickets where id = $1", Numbers(1, 9), {1})));
  EXPECT_FALSE(Prove(Sample("select id from tickets where id = $1 for update", Numbers(1, 9), {1})));
  EXPECT_FALSE(Prove(Sample("select missing from tickets where id = $1", Numbers(1, 9), {1})));
  EXPECT_FALSE(Prove(Sample("select id from tickets where id = $1", {{"1"}}, {1}))) << "there is one call only";
}

TEST_F(SetLabTest, TheProofHoldsNoValue) {
  std::optional<sql::SetProof> proof;
  for (int i = 0; i < kTries && !proof; ++i)
    proof = Prove(Sample("select id, status from tickets where status = 'open' and agent = $1", Numbers(0, 19), {1}));
  ASSERT_TRUE(proof);
  const std::string bytes = sql::EncodeProof(*proof);
  EXPECT_THAT(bytes, Not(HasSubstr("open")));
  const auto again = sql::DecodeProof(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(sql::EncodeProof(*again), bytes);
}

}  // namespace
}  // namespace hone::ops
