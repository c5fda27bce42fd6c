#include "ops/plan_lab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "ops/cluster_for_test.h"
#include "ops/index_reading.h"
#include "sql/indexes.h"
#include "sql/plan_rules.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSchema = R"(
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text NOT NULL, b text NOT NULL, c text NOT NULL,
                     twice int GENERATED ALWAYS AS (length(a) * 2) STORED, body text NOT NULL);
INSERT INTO orders (a, b, c, body) SELECT 'a' || n % 20, 'b' || n % 20, 'c' || n, repeat(md5(n::text), 4)
  FROM generate_series(1, 20000) n;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE INDEX orders_a ON orders (a);
CREATE INDEX orders_a_again ON orders (a);
CREATE INDEX orders_a_some ON orders (a) WHERE b = 'b1';
CREATE UNIQUE INDEX orders_id_again ON orders (id);
CREATE TABLE lines (n int, order_id bigint REFERENCES orders, again bigint REFERENCES orders);
INSERT INTO lines SELECT n, n % 15000 + 1, n % 15000 + 1 FROM generate_series(1, 30000) n;
CREATE INDEX lines_again ON lines (again);
CREATE TABLE trips (id bigint PRIMARY KEY, hut int, day date, note text);
INSERT INTO trips SELECT n, n % 50, date '2025-01-01' + n % 300, 'n' FROM generate_series(1, 4000) n;
CREATE INDEX trips_hut ON trips (hut);
CREATE INDEX trips_hut_day ON trips (hut, day);
CREATE INDEX trips_day ON trips (day);
CREATE INDEX trips_day_hut ON trips (day DESC, hut);
CREATE INDEX trips_day_noted ON trips (day) WHERE note IS NOT NULL;
CREATE INDEX trips_day_hut_noted ON trips (day, hut) WHERE note IS NOT NULL;
CREATE INDEX trips_day_note ON trips (day) INCLUDE (note);
CREATE INDEX trips_lower ON trips (lower(note));
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.hidden AS SELECT 1 AS n;
)";

class PlanLabTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() {
    MakeServer("shop", kSchema);
    ASSERT_TRUE(cluster_ && cluster_->MakeTemplate("shop"));
  }
  static void TearDownTestSuite() { DropServer(); }

  static sql::StatementSample Sample(const std::string& text, std::vector<std::optional<std::string>> values = {}) {
    auto bind = std::make_shared<sql::RecordedBind>();
    bind->oids.assign(values.size(), 0);
    bind->values = std::move(values);
    return {.text = text, .bind = std::move(bind)};
  }

  // The study of a statement, and the first of `proposals` for it tried out.
  struct Tried {
    sql::PlanStudy study;
    sql::Trial trial;
  };
  static Tried Try(PlanLab& lab, const sql::StatementSample& sample,
                   std::vector<sql::Proposal> (*proposals)(const sql::PlanStudy&)) {
    Tried tried;
    auto explained = lab.Explain(sample);
    EXPECT_TRUE(explained) << base::Sentence(explained.error());
    if (!explained) return tried;
    tried.study.plan = std::move(explained->plan);
    tried.study.tables = *lab.Tables(tried.study.plan);
    const auto proposed = proposals(tried.study);
    EXPECT_FALSE(proposed.empty());
    if (proposed.empty()) return tried;
    auto trial = lab.Try(sample, proposed[0]);
    EXPECT_TRUE(trial) << base::Sentence(trial.error());
    if (trial) tried.trial = *std::move(trial);
    return tried;
  }
};

TEST_F(PlanLabTest, AnIndexIsBuiltTimedAndTakenBack) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab) << base::Sentence(lab.error());
  const auto sample = Sample("SELECT id FROM orders WHERE c = $1", {"c777"});
  Tried tried = Try(*lab, sample, sql::ProposeIndexes);
  ASSERT_EQ(tried.study.tables.size(), 1U);
  EXPECT_EQ(tried.study.tables[0].rows, 20'000);
  EXPECT_THAT(tried.study.tables[0].columns, ElementsAre("id", "a", "b", "c", "twice", "body"));
  EXPECT_EQ(tried.trial.statement, "CREATE INDEX ON orders (c)");
  EXPECT_GE(tried.trial.with_ns.size(), 6U);
  EXPECT_EQ(tried.trial.with_ns.size(), tried.trial.without_ns.size());
  EXPECT_GT(tried.trial.bytes, 100'000);
  EXPECT_NE(tried.trial.plan.nodes.at(0).type, "Seq Scan");
  EXPECT_GE(tried.trial.write_with_ns.size(), 6U)
      << "identity, generated columns and triggers are no obstacle: " << tried.trial.write_reason;
  EXPECT_GT(tried.trial.written_rows, 500);
  const auto again = lab->Explain(sample);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->plan.nodes.at(0).type, "Seq Scan") << "the index is gone";
  EXPECT_EQ((*lab->Tables(again->plan)).at(0).rows, 20'000) << "and so are the rows that were inserted";
  tried.study.trials = {tried.trial};
  EXPECT_THAT(sql::EncodeStudy(tried.study), Not(HasSubstr("c777")));
}

TEST_F(PlanLabTest, TrigramsFindWhatAPatternBeginsAnywhere) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  const auto tried =
      Try(*lab, Sample("SELECT id FROM orders WHERE body ILIKE $1 OR c LIKE $2", {"%C4CA4238A0B9%", "%99923%"}),
          sql::ProposeIndexes);
  EXPECT_EQ(tried.trial.statement,
            "CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE INDEX ON orders USING gin (body gin_trgm_ops, c "
            "gin_trgm_ops)");
  EXPECT_TRUE(sql::IsProven(tried.trial));
  EXPECT_GE(tried.trial.write_with_ns.size(), sql::kLeastTrialPairs);
}

TEST_F(PlanLabTest, TheKeyOfWhatRefersToADeletedRow) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  Tried tried = Try(*lab, Sample("DELETE FROM orders WHERE id = $1", {"16000"}), sql::ProposeIndexes);
  EXPECT_EQ(tried.trial.statement, "CREATE INDEX ON lines (order_id)") << "the other key has an index";
  EXPECT_EQ(tried.study.plan.key_checks.size(), 2U);
  EXPECT_EQ(tried.study.plan.key_checks.at(0).calls, 1);
  EXPECT_TRUE(sql::IsProven(tried.trial));
  EXPECT_EQ(tried.trial.written_rows > 500, tried.trial.write_reason.empty());
  tried.study.trials = {tried.trial};
  const auto decoded = sql::DecodeStudy(sql::EncodeStudy(tried.study));
  ASSERT_TRUE(decoded);
  const auto judgement = sql::JudgePlan(*decoded, {}, {}, 1);
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_THAT(judgement.findings[0].title,
              AllOf(HasSubstr("Checks the foreign key `lines_order_id_fkey`"), HasSubstr("`lines`, which has {m")));
}

TEST_F(PlanLabTest, WhatTheRequestDeletedBeforeIsNotMissed) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  auto sample = Sample("DELETE FROM orders WHERE id = $1", {"7"});
  auto explained = lab->Explain(sample);
  ASSERT_TRUE(explained) << "rows refer to it: " << base::Sentence(explained.error());
  EXPECT_EQ(explained->plan.nodes.at(0).table, "orders");
  EXPECT_THAT(explained->plan.key_checks, ::testing::IsEmpty());
  EXPECT_TRUE(explained->unchecked);
  sample.before = {Sample("DELETE FROM lines WHERE order_id = $1 OR again = $1", {"7"})};
  explained = lab->Explain(sample);
  ASSERT_TRUE(explained);
  EXPECT_FALSE(explained->unchecked);
  EXPECT_EQ(explained->plan.key_checks.size(), 2U) << "the keys are checked where it runs behind what deletes them";
}

TEST_F(PlanLabTest, StatisticsMendAnEstimate) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  const auto tried =
      Try(*lab, Sample("SELECT body FROM orders WHERE a = $1 AND b = $2", {"a3", "b3"}), sql::ProposeStatistics);
  EXPECT_EQ(tried.trial.kind, "statistics");
  const auto scan = std::ranges::find_if(tried.trial.plan.nodes, [](const auto& node) { return !node.table.empty(); });
  ASSERT_NE(scan, tried.trial.plan.nodes.end());
  EXPECT_LT(sql::EstimateError(*scan), 2);
}

TEST_F(PlanLabTest, WithMemoryNothingIsSpilled) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  const auto tried =
      Try(*lab,
          Sample("SELECT sum(p) FROM (SELECT body, row_number() OVER (ORDER BY repeat(body, 3) || $1, c) AS p FROM "
                 "orders) ranked",
                 {"x"}),
          sql::ProposeMemory);
  EXPECT_GT(sql::SpilledBytes(tried.study.plan), 0);
  EXPECT_EQ(tried.trial.kind, "memory");
  EXPECT_FALSE(tried.trial.plan.nodes.empty());
  EXPECT_EQ(sql::SpilledBytes(tried.trial.plan), 0);
  EXPECT_GE(tried.trial.with_ns.size(), sql::kLeastTrialPairs) << "timed, be it faster or not";
}

TEST_F(PlanLabTest, TheFirstPageSkipsNothing) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  const auto sample = Sample("SELECT id, body FROM orders ORDER BY id LIMIT $1 OFFSET $2", {"5", "15000"});
  auto explained = lab->Explain(sample);
  ASSERT_TRUE(explained);
  const auto proposals = sql::ProposeFirstPage({.plan = explained->plan}, sample);
  ASSERT_EQ(proposals.size(), 1U);
  const auto trial = lab->Try(sample, proposals[0]);
  ASSERT_TRUE(trial) << base::Sentence(trial.error());
  EXPECT_EQ(sql::SkippedRows(explained->plan, 0), 15'000);
  EXPECT_EQ(sql::SkippedRows(trial->plan, 0), 0);
}

TEST_F(PlanLabTest, WhatIsRefusedNamesNoValue) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  const auto failed = lab->Explain(Sample("SELECT 1 FROM orders WHERE id = $1::bigint", {"secret"}));
  ASSERT_FALSE(failed);
  EXPECT_THAT(base::Sentence(failed.error()), Not(HasSubstr("secret")));
  EXPECT_TRUE(lab->Explain(Sample("SELECT n FROM hidden"))) << "in a schema that only the service names";
  EXPECT_TRUE(lab->Explain(Sample("SELECT 1")));
}

TEST_F(PlanLabTest, WhatCannotBeMadeNamesNoValue) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  const sql::Proposal made{.kind = "statistics", .apply = "SELECT 'secret'::int"};
  const auto refused = lab->Try(Sample("SELECT 1"), made);
  ASSERT_FALSE(refused);
  EXPECT_THAT(base::Sentence(refused.error()), AllOf(Not(HasSubstr("secret")), HasSubstr("22P02")));
  const auto before = lab->Try(Sample("SELECT 1"), {.kind = "statistics", .revert = "SELECT 'secret'::int"});
  ASSERT_FALSE(before);
  EXPECT_THAT(base::Sentence(before.error()), Not(HasSubstr("secret")));
  EXPECT_TRUE(lab->Explain(Sample("SELECT 1")));
}

// Else a LIMIT finds at once what the scan before has just come to.
TEST_F(PlanLabTest, ScansBeginAtTheStart) {
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  const auto explained = lab->Explain(Sample("SELECT 1 WHERE current_setting('synchronize_seqscans') = 'off'"));
  ASSERT_TRUE(explained);
  EXPECT_EQ(explained->plan.nodes.at(0).rows, 1);
}

TEST_F(PlanLabTest, TheCloneIsDropped) {
  {
    ASSERT_TRUE(PlanLab::Open(*cluster_, "shop", task_));
  }
  EXPECT_FALSE(*cluster_->DatabaseExists("shop__hone_plans"));
}

TEST_F(PlanLabTest, DuplicateIndexesAreReadFromTheCatalogue) {
  const auto entries = ReadIndexes(*cluster_, "shop", evidence::Redactor("one key"));
  ASSERT_TRUE(entries) << base::Sentence(entries.error());
  EXPECT_EQ(entries->size(), 15U);
  std::vector<std::string> names;
  for (const sql::Duplicate& duplicate : sql::FindDuplicates(*entries))
    names.push_back((*entries)[duplicate.index].name);
  EXPECT_THAT(names, ElementsAre("orders_a_again", "orders_id_again"));
}

TEST_F(PlanLabTest, IndexesThatOthersBeginWithAreReadAndTimed) {
  const auto entries = ReadIndexes(*cluster_, "shop", evidence::Redactor("one key"));
  ASSERT_TRUE(entries);
  std::vector<std::string> names;
  for (const size_t beginning : sql::FindBeginnings(*entries)) {
    names.push_back((*entries)[beginning].name + " of " + (*entries)[beginning].longer);
    EXPECT_THAT((*entries)[beginning].key, ElementsAre("hut"));
  }
  EXPECT_THAT(names, ElementsAre("trips_hut of trips_hut_day")) << "a predicate is not looked up by";
  auto lab = PlanLab::Open(*cluster_, "shop", task_);
  ASSERT_TRUE(lab);
  const auto lookups = lab->TimeLookups("public", "trips", {"hut"}, "trips_hut", {"trips_hut_day"});
  ASSERT_TRUE(lookups) << base::Sentence(lookups.error());
  EXPECT_GE(lookups->with_ns.size(), 6U);
  EXPECT_EQ(lookups->with_ns.size(), lookups->without_ns.size());
  EXPECT_FALSE(lab->TimeLookups("public", "trips", {"hut"}, "trips_hut", {"trips_day"})) << "nobody looks there";
  EXPECT_TRUE(lab->session().Run("SELECT 'trips_hut'::regclass")) << "it is still there";
}

// A condition may hold a value, which nobody must find by trying values out.
TEST_F(PlanLabTest, WhatAnIndexIsCannotBeGuessed) {
  const auto entries = ReadIndexes(*cluster_, "shop", evidence::Redactor("one key"));
  const auto others = ReadIndexes(*cluster_, "shop", evidence::Redactor("another"));
  ASSERT_TRUE(entries && others);
  for (size_t i = 0; i < entries->size(); ++i) EXPECT_NE((*entries)[i].identity, (*others)[i].identity);
}

}  // namespace
}  // namespace hone::ops
