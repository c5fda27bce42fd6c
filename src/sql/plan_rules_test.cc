#include "sql/plan_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/clock.h"
#include "sql/exchange_for_test.h"
#include "sql/plan_candidates.h"
#include "sql/plan_conditions.h"
#include "sql/plan_methods.h"
#include "sql/plan_sample.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PlanNode Scan(const std::string& filter, double rows, double removed) {
  return {.type = "Seq Scan",
          .schema = "public",
          .table = "orders",
          .alias = "o",
          .filter = filter,
          .estimated_rows = rows,
          .rows = rows,
          .loops = 1,
          .removed_by_filter = removed};
}

PlanStudy Study(std::vector<PlanNode> nodes, int64_t rows = 50'000) {
  PlanStudy study{.endpoint = "GET /things", .query = "ab", .text = "select $1"};
  for (size_t i = 0; i < nodes.size(); ++i) nodes[i].parent = static_cast<int32_t>(i) - 1;
  study.plan = {.nodes = std::move(nodes), .planning_ms = 1, .execution_ms = 10};
  study.tables.push_back({.schema = "public",
                          .name = "orders",
                          .rows = rows,
                          .columns = {"id", "status", "kind", "user", "placed_at", "name"}});
  return study;
}

PlanNode Node(const std::string& type, double rows, std::vector<std::string> sort_keys = {}) {
  return {.type = type, .sort_keys = std::move(sort_keys), .rows = rows, .loops = 1};
}

std::vector<std::string> Statements(const std::vector<Proposal>& proposals) {
  std::vector<std::string> statements;
  for (const Proposal& proposal : proposals) statements.push_back(proposal.statement);
  return statements;
}

TEST(PlanConditions, ColumnsOfEqualityAndOrder) {
  EXPECT_THAT(
      ColumnsOfCondition("((o.status = $1::text) AND (o.placed_at >= $2) AND ((o.name)::text = ANY ($3::text[])) "
                         "AND (o.kind IS NULL) AND (lower(o.name) = $4) AND (o.id <> $5))"),
      ElementsAre(ColumnUse{"o", "status", true}, ColumnUse{"o", "placed_at", false}, ColumnUse{"o", "name", true},
                  ColumnUse{"o", "kind", true}, ColumnUse{"o", "name", true, "lower"}));
  EXPECT_THAT(ColumnsOfCondition("(l.order_id = o.id)"),
              ElementsAre(ColumnUse{"l", "order_id", true}, ColumnUse{"o", "id", true}));
  EXPECT_THAT(ColumnsOfCondition("((a.x = $1) OR (a.y = $2))"), IsEmpty()) << "either may hold";
  EXPECT_THAT(ColumnsOfCondition("(a.x = a.y)"), IsEmpty()) << "no value to look up";
  EXPECT_THAT(ColumnsOfCondition("(hashed SubPlan $1)"), IsEmpty());
  EXPECT_THAT(ColumnsOfCondition("((NOT o.done) AND (o.at IS NOT NULL))"),
              ElementsAre(ColumnUse{"o", "done", true}, ColumnUse{"o", "at", false}));
  EXPECT_THAT(ColumnsOfCondition("((NOT o.done) AND (o.kind = $1))"), ElementsAre(ColumnUse{"o", "kind", true}));
  EXPECT_THAT(ColumnsOfCondition("(lower((g.email)::text) = lower($1))"),
              ElementsAre(ColumnUse{"g", "email", true, "lower"}));
  EXPECT_THAT(ColumnsOfCondition("(length(g.email) = $1)"), IsEmpty());
}

TEST(UnservedScan, ComparesWhatIsComputedAndNoColumnThatAnIndexIsWantedOn) {
  const auto told = [](const std::string& filter, std::vector<IndexFacts> indexes) {
    PlanStudy study = Study({Scan(filter, 30, 12'000)});
    study.plan.nodes[0].time_ms = 9;
    study.tables[0].indexes = std::move(indexes);
    return UnservedScan(study).has_value();
  };
  const std::string day = "(date(o.placed_at) = $1)";
  EXPECT_TRUE(told(day, {}));
  EXPECT_FALSE(told("(o.placed_at = $1)", {}));
  EXPECT_FALSE(told("((o.\"user\" = $2) AND " + day + ")", {})) << "one on the user is to be tried";
  EXPECT_TRUE(told("((o.\"user\" = $2) AND " + day + ")", {{"own", {"user", "placed_at"}}}));
  EXPECT_FALSE(told("((o.\"user\" = $2) AND (o.kind = $3) AND " + day + ")", {{"own", {"user", "placed_at"}}}));
  EXPECT_TRUE(told("((o.\"user\" = $2) AND (o.kind = $3) AND " + day + ")", {{"own", {"kind", "user"}}}));
  PlanStudy parallel = Study({Node("Gather Merge", 60), Node("Sort", 30), Scan(day, 30, 12'000)});
  parallel.plan.nodes[0].time_ms = 9;
  parallel.plan.nodes[1].time_ms = 3;
  parallel.plan.nodes[2].time_ms = 2.8;
  EXPECT_TRUE(UnservedScan(parallel)) << "the workers were started for it";
  parallel.plan.nodes[2].role = "InitPlan";
  EXPECT_FALSE(UnservedScan(parallel)) << "it is done before the workers are started";
  parallel.plan.nodes[2].role = "Outer";
  parallel.plan.nodes[2].time_ms = 1;
  EXPECT_FALSE(UnservedScan(parallel));
  PlanStudy tried = Study({Scan("((o.\"user\" = $2) AND " + day + ")", 30, 12'000)});
  tried.plan.nodes[0].time_ms = 9;
  tried.trials = {
      {.kind = "statistics", .statement = "CREATE STATISTICS s ON a, b FROM " + tried.tables[0].name + " "}};
  EXPECT_FALSE(UnservedScan(tried)) << "no index was tried";
  tried.trials = {{.kind = "index", .statement = ProposeIndexes(tried).at(0).statement}};
  EXPECT_TRUE(UnservedScan(tried)) << "in vain, or it would be told instead";
}

TEST(PlanConditions, ColumnsThatArePatterns) {
  const auto pattern = [](const char* column, const char* function = "") {
    return ColumnUse{.alias = "a", .column = column, .equality = false, .function = function, .pattern = true};
  };
  EXPECT_THAT(ColumnsOfCondition("(((a.x)::text ~~* $1::text) AND (lower(a.y) ~~ $2))"),
              ElementsAre(pattern("x"), pattern("y", "lower")));
  EXPECT_THAT(ColumnsOfCondition("((a.x ~ $1::text) OR (a.y ~* $2) OR (a.x ~ $3))"),
              ElementsAre(pattern("x"), pattern("y")));
  EXPECT_THAT(ColumnsOfCondition("((a.x ~~ $1) OR (a.n = $2))"), IsEmpty()) << "either may hold";
  EXPECT_THAT(ColumnsOfCondition("((a.x ~~ $1) OR (strpos(a.y, $2) > $3))"), IsEmpty()) << "all would be needed";
  EXPECT_THAT(ColumnsOfCondition("(a.x !~~ $1::text)"), IsEmpty());
  EXPECT_THAT(ColumnsOfCondition("($1::text ~~ a.x)"), IsEmpty()) << "the column holds the pattern";
}

TEST(PlanConditions, WhatIsComputedFromColumns) {
  for (const char* computed :
       {"(to_char(o.at, $1::text) = $2::text)", "(strpos(((a.x || $1) || a.y), $2) > $3)", "((a.x / a.y) < $1)",
        "((o.at)::date = $1)", "(a.x <> $1::text)", "((a.b IS NULL) AND (date_part($1, o.at) = $2))"}) {
    EXPECT_TRUE(ComparesComputed(computed)) << computed;
  }
  for (const char* served :
       {"(a.x = $1)", "((a.x)::text = $1)", "((a.x = $1) OR (a.y = $2))", "(a.tags @> $1)", "((a.data ->> $1) = $2)",
        "(a.tsv @@ $1)", "(ROW(a.x, a.y) < ROW($1, $2))", "(hashed SubPlan 1)", "(a.x = a.y)", "((NOT a.x) = $1)",
        "((a.id = (SubPlan 1)) AND (length(a.x) > $1))", "(a.x ~~ $1)", ""}) {
    EXPECT_FALSE(ComparesComputed(served)) << served;
  }
}

TEST(PlanConditions, NamesAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(Identifier("orders"), "orders");
  EXPECT_EQ(Identifier("user"), "\"user\"");
  EXPECT_EQ(Identifier("Mixed"), "\"Mixed\"");
  EXPECT_EQ(Identifier("a\"b"), "\"a\"\"b\"");
}

TEST(PlanCandidates, EqualityThenTheOrderOfALimit) {
  const PlanStudy study = Study({Node("Limit", 20), Node("Sort", 20, {"o.placed_at DESC", "o.id DESC"}),
                                 Scan("((o.placed_at > $1) AND (o.\"user\" = $2))", 100, 49'900)});
  EXPECT_THAT(Statements(ProposeIndexes(study)), ElementsAre("CREATE INDEX ON orders (\"user\", placed_at, id)",
                                                             "CREATE INDEX ON orders (\"user\", placed_at)"));
  EXPECT_EQ(DiscardedRows(study.plan, 2), 49'980);
}

TEST(PlanCandidates, TheOrderOfALimitAboveALookup) {
  PlanStudy study = Study(
      {Node("Limit", 20), Node("Sort", 20, {"o.placed_at DESC"}), Node("Hash Join", 50'000), Scan("", 50'000, 0)});
  study.plan.nodes[2].join_condition = "(o.\"user\" = u.id)";
  const auto proposals = ProposeIndexes(study);
  EXPECT_THAT(Statements(proposals), ElementsAre("CREATE INDEX ON orders (placed_at)"));
  EXPECT_EQ(proposals.at(0).limit, 0U);
  study.plan.nodes[2].rows = 30'000;
  EXPECT_THAT(ProposeIndexes(study), IsEmpty()) << "the join throws many away";
  study.plan.nodes[2].rows = 90'000;
  EXPECT_THAT(ProposeIndexes(study), IsEmpty()) << "it makes several of one";
  study.plan.nodes[2].rows = 50'000;
  study.plan.nodes[0].rows = 40'000;
  EXPECT_THAT(ProposeIndexes(study), IsEmpty()) << "most are returned";
}

TEST(PlanCandidates, TheOrderOfALimitWhoseConditionKeepsHalf) {
  PlanStudy study = Study({Node("Limit", 50), Node("Sort", 50, {"o.placed_at DESC", "o.id DESC"}),
                           Node("Hash Join", 25'000), Scan("(o.placed_at >= $1)", 25'000, 25'000)});
  const auto proposals = ProposeIndexes(study);
  EXPECT_THAT(Statements(proposals),
              ElementsAre("CREATE INDEX ON orders (placed_at, id)", "CREATE INDEX ON orders (placed_at)"));
  EXPECT_EQ(proposals.at(0).limit, 0U);
  study.plan.nodes[0].rows = 20'000;
  EXPECT_THAT(ProposeIndexes(study), IsEmpty()) << "much of it is returned";
}

TEST(PlanCandidates, DirectionsThatDifferAreSaid) {
  const PlanStudy study =
      Study({Node("Limit", 20), Node("Sort", 20, {"o.placed_at DESC", "o.id"}), Scan("", 50'000, 0)});
  EXPECT_THAT(Statements(ProposeIndexes(study)), ElementsAre("CREATE INDEX ON orders (placed_at, id DESC)"));
}

TEST(PlanCandidates, WhatAFunctionMakesOfAColumn) {
  const PlanStudy study = Study({Scan("((lower(o.\"user\") = $1) AND (o.placed_at > $2))", 2, 49'998)});
  EXPECT_THAT(Statements(ProposeIndexes(study)), ElementsAre("CREATE INDEX ON orders (lower(\"user\"), placed_at)"));
}

TEST(PlanCandidates, TrigramsForPatterns) {
  const PlanStudy study = Study({Node("Limit", 50), Node("Sort", 50, {"o.placed_at DESC"}),
                                 Scan("(((o.name)::text ~~* $1::text) OR ((o.kind)::text ~~* $1::text))", 90, 49'910)});
  EXPECT_THAT(Statements(ProposeIndexes(study)),
              ElementsAre("CREATE INDEX ON orders (placed_at)",
                          "CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE INDEX ON orders USING gin (name "
                          "gin_trgm_ops, kind gin_trgm_ops)"));
}

TEST(PlanCandidates, TheColumnOfAJoin) {
  PlanStudy study = Study({Node("Hash Join", 20), Node("Hash", 50'000), Scan("", 50'000, 0)});
  study.plan.nodes[0].join_condition = "(u.id = o.\"user\")";
  EXPECT_THAT(Statements(ProposeIndexes(study)), ElementsAre("CREATE INDEX ON orders (\"user\")"));
}

TEST(PlanCandidates, TheKeyWhoseChecksTakeTheTime) {
  PlanStudy study = Study({Node("ModifyTable", 1)});
  study.plan.key_checks = {{.constraint = "orders_user_fkey", .time_ms = 9, .calls = 1}};
  study.tables[0].foreign_keys = {{.constraint = "orders_user_fkey", .columns = {"user", "kind"}}};
  EXPECT_THAT(Statements(ProposeIndexes(study)), ElementsAre("CREATE INDEX ON orders (\"user\", kind)"));
  study.plan.key_checks[0].time_ms = 2;
  EXPECT_THAT(ProposeIndexes(study), IsEmpty()) << "of ten";
  study.plan.key_checks[0].time_ms = 9;
  study.tables[0].indexes = {{.name = "i", .columns = {"kind", "user", "id"}}};
  EXPECT_THAT(ProposeIndexes(study), IsEmpty()) << "it has one";
}

TEST(PlanCandidates, NoneWhereRowsAreNeededOrFewOrAnIndexIsThere) {
  const std::string filter = "(o.status = $1::text)";
  EXPECT_THAT(ProposeIndexes(Study({Scan(filter, 30'000, 20'000)})), IsEmpty()) << "most rows are kept";
  EXPECT_THAT(ProposeIndexes(Study({Scan(filter, 1, 900)}, 901)), IsEmpty()) << "a small table";
  EXPECT_THAT(ProposeIndexes(Study({Node("Aggregate", 5), Scan("", 50'000, 0)})), IsEmpty()) << "all rows are wanted";
  PlanStudy study = Study({Scan(filter, 10, 49'990)});
  EXPECT_EQ(ProposeIndexes(study).size(), 1U);
  study.tables[0].indexes.push_back({.name = "i", .columns = {"status", "id"}});
  EXPECT_THAT(ProposeIndexes(study), IsEmpty()) << "the planner has it and does not want it";
  study.tables[0].indexes[0].partial = true;
  EXPECT_EQ(ProposeIndexes(study).size(), 1U);
  study.tables[0].ordinary = false;
  EXPECT_THAT(ProposeIndexes(study), IsEmpty()) << "a partition";
}

TEST(PlanCandidates, StatisticsForColumnsThatDependOnEachOther) {
  PlanNode scan = Scan("((o.status = $1::text) AND (o.kind = $2::text))", 20'000, 30'000);
  scan.estimated_rows = 400;
  EXPECT_THAT(Statements(ProposeStatistics(Study({scan}))),
              ElementsAre("CREATE STATISTICS orders_status_kind_stats (dependencies, mcv) ON status, kind FROM orders; "
                          "ANALYZE orders"));
  scan.estimated_rows = 4000;
  EXPECT_THAT(ProposeStatistics(Study({scan})), IsEmpty()) << "not far enough off";
  scan.rows = 99;
  scan.estimated_rows = 1;
  EXPECT_THAT(ProposeStatistics(Study({scan})), IsEmpty()) << "few rows";
  scan.rows = 20'000;
  scan.estimated_rows = 400;
  scan.filter = "(o.status = $1::text)";
  EXPECT_THAT(ProposeStatistics(Study({scan})), IsEmpty()) << "one column";
}

TEST(PlanCandidates, StatisticsForColumnsWhoseIndexesAreAnded) {
  PlanNode scan = Scan("(o.kind = $1::text)", 474, 0);
  scan.type = "Bitmap Heap Scan";
  scan.estimated_rows = 1;
  const auto by = [](const std::string& condition) {
    return PlanNode{.type = "Bitmap Index Scan", .index_condition = condition, .rows = 474, .loops = 1};
  };
  PlanStudy study = Study({scan, Node("BitmapAnd", 0), by("(o.status = $1::text)"), by("(o.name = $1::text)")});
  study.plan.nodes[3].parent = 1;
  EXPECT_THAT(Statements(ProposeStatistics(study)),
              ElementsAre("CREATE STATISTICS orders_status_name_kind_stats (dependencies, mcv) ON status, name, kind "
                          "FROM orders; ANALYZE orders"));
  study.plan.nodes[1].type = "BitmapOr";
  EXPECT_THAT(ProposeStatistics(study), IsEmpty()) << "each is one of two ways";
}

TEST(PlanCandidates, MemoryForWhatWasSpilled) {
  PlanStudy study = Study({Node("Sort", 50'000, {"o.name"}), Scan("", 50'000, 0)});
  EXPECT_THAT(ProposeMemory(study), IsEmpty());
  study.plan.nodes[0].temp_written_blocks = 1000;
  study.plan.nodes[0].sort_on_disk = true;
  EXPECT_THAT(Statements(ProposeMemory(study)), ElementsAre("SET LOCAL work_mem = '32MB'"));
  study.plan.nodes[0].temp_written_blocks = 1'000'000;
  EXPECT_THAT(ProposeMemory(study), IsEmpty()) << "no server has that for every sort";
}

TEST(PlanCandidates, TheFirstPageInsteadOfADeepOne) {
  auto bind = std::make_shared<RecordedBind>();
  bind->oids = {0, 0};
  bind->values = {"20", "5000"};
  const StatementSample sample{.text = "select id from orders order by id limit $1 offset $2", .bind = bind};
  const PlanStudy study = Study({Node("Limit", 20), Scan("", 5020, 0)});
  EXPECT_EQ(SkippedRows(study.plan, 0), 5000);
  const auto proposals = ProposeFirstPage(study, sample);
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_THAT(proposals[0].instead->bind->values, ElementsAre("20", "0"));
  EXPECT_EQ(ProposeFirstPage(study, {.text = "select id from orders limit 20 offset 5000"}).at(0).instead->text,
            "select id from orders limit 20 offset 0");
  EXPECT_THAT(ProposeFirstPage(study, {.text = "select id from orders order by id limit 5"}), IsEmpty());
  EXPECT_THAT(ProposeFirstPage(Study({Node("Limit", 20), Scan("", 120, 0)}), sample), IsEmpty()) << "few rows";
  EXPECT_THAT(ProposeFirstPage(Study({Scan("", 5020, 0)}), sample), IsEmpty());
}

Trial Tried(const PlanStudy& study, double with_ms) {
  const Proposal proposal = ProposeIndexes(study).at(0);
  Trial trial{.kind = proposal.kind, .statement = proposal.statement, .bytes = 81'920};
  for (int i = 0; i < 8; ++i) {
    trial.without_ns.push_back(static_cast<double>((10 * base::kMillisecond) + i));
    trial.with_ns.push_back(with_ms * base::kMillisecond + i);
    trial.write_without_ns.push_back(1'000'000);
    trial.write_with_ns.push_back(3'000'000 + i);
  }
  trial.written_rows = 1000;
  trial.plan = study.plan;
  return trial;
}

// What `spec` measures of the study and an exchange in which each request runs its statement twice.
base::Result<evidence::Computed> Measure(const evidence::MeasurementSpec& spec, const PlanStudy& study,
                                         const Exchange& exchange) {
  const evidence::Capture capture;
  const std::string plan = EncodeStudy(study);
  const std::string bytes = Encode(exchange);
  std::vector<evidence::CaptureBytes> captures = {{&capture, plan}};
  if (spec.captures.size() == 2) captures.push_back({&capture, bytes});
  for (const evidence::Method& method : PlanMethods()) {
    if (method.name == spec.method) return method.compute(captures, spec.parameters, 0);
  }
  return base::Fail(base::Code::kNotFound, "no method", spec.method);
}

TEST(PlanRules, AProvenIndexIsAFindingWithItsMeasurements) {
  Script script;
  script.BeginRequest(1);
  script.Run("select 1 from orders where status = $1", {"x"}, 1);
  script.Run("select 1 from orders where status = $1", {"y"}, 1);
  script.EndRequest();
  const Exchange exchange = script.Build();
  PlanStudy study = Study({Scan("(o.status = $1::text)", 10, 49'990)});
  study.query = exchange.queries.at(0).id;
  study.trials = {Tried(study, 1)};
  const evidence::Judgement judgement = JudgePlan(study, {.id = 7}, {.id = 8});
  ASSERT_EQ(judgement.findings.size(), 1U);
  const evidence::FindingDraft& draft = judgement.findings[0];
  EXPECT_EQ(draft.rule, "sql.missing_index");
  EXPECT_THAT(draft.remedy, HasSubstr("`CREATE INDEX ON orders (status)`"));
  std::map<std::string, double> values;
  for (const evidence::MeasurementSpec& spec : draft.support) {
    const auto computed = Measure(spec, study, exchange);
    ASSERT_TRUE(computed) << spec.method << ": " << base::Sentence(computed.error());
    EXPECT_EQ(computed->validity, evidence::Validity::kValid) << spec.method;
    values[spec.metric] = computed->value;
  }
  EXPECT_EQ(values["plan.rows_read"], 50'000);
  EXPECT_EQ(values["plan.rows_removed"], 49'990);
  EXPECT_EQ(values["plan.table_rows"], 50'000);
  EXPECT_EQ(values["plan.index_bytes"], 81'920);
  EXPECT_NEAR(values["plan.speedup"], 10, 0.001);
  EXPECT_NEAR(values["plan.write_cost"], 2000, 1) << "a row";
  EXPECT_NEAR(values["plan.saved_time"], 18 * base::kMillisecond, 1000) << "two executions";
  EXPECT_THAT(RemedyOfSlow(study), HasSubstr("sql.missing_index"));
}

TEST(PlanRules, WhatDidNotHelpIsNotPrinted) {
  PlanStudy study = Study({Scan("(o.status = $1::text)", 10, 49'990)});
  EXPECT_THAT(JudgePlan(study, {.id = 7}, {.id = 8}).findings, IsEmpty()) << "nothing was tried";
  study.trials = {Tried(study, 9.5)};
  EXPECT_THAT(JudgePlan(study, {.id = 7}, {.id = 8}).findings, IsEmpty()) << "five percent are no proof";
  study.trials = {Tried(study, 1)};
  study.trials[0].with_ns.resize(3);
  study.trials[0].without_ns.resize(3);
  EXPECT_THAT(JudgePlan(study, {.id = 7}, {.id = 8}).findings, IsEmpty()) << "three pairs have no interval";
  EXPECT_THAT(RemedyOfSlow(study), HasSubstr("No index that was tried"));
}

TEST(PlanRules, RowsSkippedAreAFindingOfTheirOwn) {
  PlanStudy study = Study({Node("Limit", 20), Scan("", 5020, 0)});
  Trial trial{.kind = "first_page", .statement = "OFFSET 0", .plan = study.plan};
  trial.without_ns.assign(8, 10 * base::kMillisecond);
  trial.with_ns.assign(8, base::kMillisecond);
  study.trials = {trial};
  const auto findings = JudgePlan(study, {.id = 7}, {.id = 8}).findings;
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "sql.rows_discarded");
  const auto skipped = Measure(findings[0].support.at(0), study, {});
  ASSERT_TRUE(skipped) << base::Sentence(skipped.error());
  EXPECT_EQ(skipped->value, 5000);
  EXPECT_THAT(RemedyOfSlow(study), HasSubstr("sql.rows_discarded"));
  study.trials[0].with_ns.assign(8, 9.9 * base::kMillisecond);
  EXPECT_THAT(JudgePlan(study, {.id = 7}, {.id = 8}).findings, IsEmpty());
}

TEST(PlanRules, ALastPageThatKeepsTheBudgetMustBeManyTimesAsSlow) {
  PlanStudy study = Study({Node("Limit", 20), Scan("", 5020, 0)});
  study.last_page = true;
  study.trials = {{.kind = "first_page", .statement = "OFFSET 0", .plan = study.plan}};
  study.trials[0].without_ns.assign(8, 10 * base::kMillisecond);
  const auto told = [&](double with_ms, bool over_budget) {
    study.over_budget = over_budget;
    study.trials[0].with_ns.assign(8, with_ms * base::kMillisecond);
    return JudgePlan(study, {.id = 7}, {.id = 8}).findings.size() == 1;
  };
  EXPECT_TRUE(told(1, false));
  EXPECT_FALSE(told(3, false));
  EXPECT_TRUE(told(3, true));
  EXPECT_FALSE(told(9.9, true));
  study.trials[0].without_ns.assign(8, 1.9 * base::kMillisecond);
  EXPECT_FALSE(told(0.1, false)) << "both are fast";
}

TEST(PlanRules, AConditionThatNoIndexServesIsTold) {
  PlanStudy study = Study({Scan("(to_char(o.placed_at, $1::text) = $2::text)", 75, 39'925)});
  study.plan.nodes[0].time_ms = 9;
  const auto judged = [&] { return JudgePlan(study, {.id = 7}, {.id = 8}).findings; };
  ASSERT_EQ(judged().size(), 1U);
  const evidence::FindingDraft finding = judged()[0];
  EXPECT_EQ(finding.rule, "sql.rows_discarded");
  EXPECT_FALSE(finding.time_ns);
  for (const evidence::MeasurementSpec& spec : finding.support) EXPECT_TRUE(Measure(spec, study, {})) << spec.method;
  EXPECT_THAT(RemedyOfSlow(study), HasSubstr("sql.rows_discarded"));
  const PlanStudy told = study;
  study.plan.nodes[0].rows = 3000;
  EXPECT_THAT(judged(), IsEmpty()) << "it keeps many";
  study = told;
  study.plan.nodes[0].removed_by_filter = 4000;
  EXPECT_THAT(judged(), IsEmpty()) << "it throws few away";
  study = told;
  study.plan.nodes[0].time_ms = 4;
  EXPECT_THAT(judged(), IsEmpty()) << "the time is elsewhere";
  study = told;
  study.plan.execution_ms = 1.9;
  EXPECT_THAT(judged(), IsEmpty()) << "it is fast";
  study = told;
  study.last_page = true;
  EXPECT_THAT(judged(), IsEmpty()) << "nobody asks for it";
  study = told;
  study.tables[0].rows = 900;
  EXPECT_THAT(judged(), IsEmpty()) << "a small table, often";
  study = told;
  study.plan.nodes[0].filter = "((to_char(o.placed_at, $1::text) = $2::text) AND (o.status = $3::text))";
  EXPECT_THAT(judged(), IsEmpty()) << "an index was to be tried";
}

TEST(PlanRules, OnASmallTableAnIndexMustSaveWhatARequestFeels) {
  const auto findings = [](int64_t rows, double with_ms, double executions) {
    PlanStudy study = Study({Scan("(o.status = $1::text)", 10, 3990)}, rows);
    study.trials = {Tried(study, with_ms)};
    for (double& ns : study.trials[0].without_ns) ns /= 10;  // about a millisecond
    return JudgePlan(study, {.id = 7}, {.id = 8}, executions).findings.size();
  };
  EXPECT_EQ(findings(4000, 0.1, 1), 0U) << "it saves 0.9 ms";
  EXPECT_EQ(findings(4000, 0.1, 2), 1U) << "twice in a request";
  EXPECT_EQ(findings(10'000, 0.1, 1), 1U) << "a larger table";
}

TEST(PlanRules, ASpillThatCostsNoTimeIsAFindingOfLowSeverity) {
  PlanNode sort = Node("Sort", 77'000);
  sort.sort_on_disk = true;
  sort.temp_written_blocks = 800;
  PlanStudy study = Study({sort, Scan("", 77'000, 0)});
  Trial trial{.kind = "memory", .statement = "SET LOCAL work_mem = '32MB'", .plan = Study({Node("Sort", 77'000)}).plan};
  trial.without_ns.assign(8, 10 * base::kMillisecond);
  trial.with_ns.assign(8, 9.9 * base::kMillisecond);
  study.trials = {trial};
  const auto findings = JudgePlan(study, {.id = 7}, {.id = 8}).findings;
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "sql.spill");
  EXPECT_EQ(findings[0].severity, evidence::Severity::kLow);
  EXPECT_FALSE(findings[0].time_ns);
  EXPECT_THAT(findings[0].title, HasSubstr("there are none"));
  Trial statistics{.kind = "statistics", .statement = "CREATE STATISTICS", .plan = study.plan};
  statistics.without_ns.assign(8, 10 * base::kMillisecond);
  statistics.with_ns.assign(8, 5 * base::kMillisecond);
  study.trials.push_back(statistics);
  EXPECT_EQ(JudgePlan(study, {.id = 7}, {.id = 8}).findings.size(), 2U) << "faster, but it spills";
  study.trials[1].plan = study.trials[0].plan;
  EXPECT_EQ(JudgePlan(study, {.id = 7}, {.id = 8}).findings.size(), 1U) << "nor does it spill";
  study.trials.pop_back();
  study.trials[0].plan = study.plan;
  EXPECT_THAT(JudgePlan(study, {.id = 7}, {.id = 8}).findings, IsEmpty()) << "it spills all the same";
  study.trials[0] = trial;
  study.plan.nodes[0].temp_written_blocks = 100;
  EXPECT_THAT(JudgePlan(study, {.id = 7}, {.id = 8}).findings, IsEmpty()) << "less than a MiB";
}

// A scan of 400 rows where 4 were expected, and statistics with which 380 are; each execution takes so many ms.
PlanStudy GrosslyMisestimated(double without_ms, double with_ms) {
  PlanNode scan = Scan("((o.status = $1::text) AND (o.kind = $2::text))", 400, 0);
  scan.estimated_rows = 4;
  PlanStudy study = Study({scan});
  const std::string statement = ProposeStatistics(study).at(0).statement;
  scan.estimated_rows = 380;
  Trial trial{.kind = "statistics", .statement = statement, .plan = Study({scan}).plan};
  trial.without_ns.assign(8, without_ms * base::kMillisecond);
  trial.with_ns.assign(8, with_ms * base::kMillisecond);
  study.trials = {trial};
  return study;
}

TEST(PlanRules, AGrossMisestimateWhoseMendingIsSlowerIsToldWithoutAProposal) {
  const PlanStudy study = GrosslyMisestimated(1, 2);
  const auto findings = JudgePlan(study, {.id = 7}, {.id = 8}).findings;
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, evidence::Severity::kLow);
  EXPECT_TRUE(findings[0].remedy.starts_with("None now")) << findings[0].remedy;
}

TEST(PlanRules, OfABriefStatementOnlyTheEstimateIsTold) {
  PlanStudy study = GrosslyMisestimated(1, 0.5);
  EXPECT_EQ(JudgePlan(study, {.id = 7}, {.id = 8}).findings.at(0).severity, evidence::Severity::kHigh);
  study.brief = true;
  const auto decoded = DecodeStudy(EncodeStudy(study));
  ASSERT_TRUE(decoded);
  const auto findings = JudgePlan(*decoded, {.id = 7}, {.id = 8}).findings;
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "sql.row_estimate");
  EXPECT_EQ(findings[0].severity, evidence::Severity::kLow);
}

TEST(PlanRules, AGrossMisestimateThatCostsNoTimeIsAFindingOfLowSeverity) {
  PlanStudy study = GrosslyMisestimated(1, 1);
  const std::string statement = study.trials.at(0).statement;
  const auto findings = JudgePlan(study, {.id = 7}, {.id = 8}).findings;
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "sql.row_estimate");
  EXPECT_EQ(findings[0].severity, evidence::Severity::kLow);
  EXPECT_FALSE(findings[0].time_ns);
  EXPECT_THAT(findings[0].remedy, HasSubstr(statement));
  EXPECT_EQ(Measure(findings[0].support.at(2), study, {})->value, 100);
  study.plan.nodes[0].estimated_rows = 9;
  EXPECT_THAT(JudgePlan(study, {.id = 7}, {.id = 8}).findings, IsEmpty()) << "not that far off";
  study.plan.nodes[0].estimated_rows = 4;
  study.trials[0].plan.nodes[0].estimated_rows = 100;
  EXPECT_THAT(JudgePlan(study, {.id = 7}, {.id = 8}).findings, IsEmpty()) << "nor do the statistics mend it";
}

TEST(PlanRules, AWriteCostThatIsNotKnownIsSaid) {
  PlanStudy study = Study({Scan("(o.status = $1::text)", 10, 49'990)});
  study.trials = {Tried(study, 1)};
  study.trials[0].write_with_ns.clear();
  study.trials[0].write_reason = "the server refused";
  EXPECT_THAT(JudgePlan(study, {.id = 7}, {.id = 8}).findings.at(0).remedy,
              HasSubstr("not measured: the server refused"));
}

TEST(PlanMethods, RefuseWhatTheyCannotRead) {
  const evidence::Capture capture;
  const evidence::CaptureBytes bad{&capture, "nonsense"};
  const std::string bytes = EncodeStudy(Study({Scan("", 1, 1)}));
  const evidence::CaptureBytes good{&capture, bytes};
  for (const evidence::Method& method : PlanMethods()) {
    EXPECT_FALSE(method.compute({&bad, 1}, {}, 0)) << method.name;
    EXPECT_FALSE(method.compute({}, {}, 0)) << method.name;
    // It takes no parameter that could be wrong.
    if (method.name.starts_with("plan.spilled")) continue;
    EXPECT_FALSE(method.compute({&good, 1}, {{"node", "9"}, {"trial", "0"}, {"table", "x"}}, 0)) << method.name;
  }
}

TEST(PlanMethods, ChecksOfAKeyAreCountedAndTimed) {
  PlanStudy study = Study({Node("ModifyTable", 1)});
  study.plan.key_checks = {{.constraint = "a_fkey", .time_ms = 1, .calls = 2},
                           {.constraint = "b_fkey", .time_ms = 0.25, .calls = 7}};
  evidence::Capture capture;
  capture.kind = kPlanKind;
  const std::string bytes = EncodeStudy(study);
  const evidence::CaptureBytes stored{&capture, bytes};
  const auto value = [&](std::string_view name, const char* constraint) {
    const auto method = std::ranges::find(PlanMethods(), name, &evidence::Method::name);
    const auto computed = method->compute({&stored, 1}, {{"constraint", constraint}}, 0);
    return computed ? computed->value : -1;
  };
  EXPECT_EQ(value("plan.key_checks@1", "b_fkey"), 7);
  EXPECT_EQ(value("plan.key_time@1", "b_fkey"), 0.25 * base::kNsPerMs);
  EXPECT_EQ(value("plan.key_time@1", "c_fkey"), -1) << "no such key";
}

TEST(PlanSample, SlowStatementsWithTheParametersOfTheMiddleExecution) {
  Script script;
  script.gap_ns = 10;
  const auto bind = [](const char* value) {
    return std::make_shared<const RecordedBind>(RecordedBind{.oids = {25}, .formats = {}, .values = {value}});
  };
  for (int i = 0; i < 6; ++i) {
    script.BeginRequest(1, i == 0);
    script.query_ns = 3 * base::kMillisecond + i;
    script.Run("select id from orders where status = $1", {"x"}, 1).bind = bind(i == 3 ? "middle" : "other");
    script.query_ns = base::kMillisecond / 10;
    script.Run("select 1 from quick where id = $1", {"x"}, 1).bind = bind("quick");
    script.query_ns = 4 * base::kMillisecond;
    script.Run("update orders set status = $1", {"x"}, 0).bind = bind("write");
    script.Run("insert into orders (status) values ($1)", {"x"}, 0).bind = bind("new");
    script.EndRequest();
  }
  const Recording recording = script.recording();
  const Exchange exchange = script.Build();
  const std::vector<StatementSample> slow = SlowStatements(recording, exchange);
  ASSERT_EQ(slow.size(), 2U);
  EXPECT_EQ(slow[0].text, "update orders set status = $1") << "it looks for rows too";
  EXPECT_EQ(exchange.queries[slow[1].query].text, "select id from orders where status = $1");
  EXPECT_EQ(slow[1].text, "select id from orders where status = $1");
  ASSERT_TRUE(slow[1].bind);
  EXPECT_EQ(slow[1].bind->values[0], "middle");
  EXPECT_EQ(EncodeStudy({}).find("middle"), std::string::npos);
}

TEST(PlanSample, AWriteComesWithWhatItsTransactionWroteBefore) {
  Script script;
  script.query_ns = base::kMillisecond / 10;
  const auto run = [&](const char* text, bool within) { script.Run(text, {}, 0).in_transaction = within; };
  for (int i = 0; i < 6; ++i) {
    script.BeginRequest(1, i == 0);
    run("delete from drafts", false);
    run("begin", false);
    run("delete from lines where n = 1", true);
    run("select id from lines", true);
    run("update logs set n = 1", true);
    script.query_ns = 4 * base::kMillisecond;
    run("delete from orders where id = 1", true);
    script.query_ns = base::kMillisecond / 10;
    run("delete from later", true);
    run("commit", true);
    script.EndRequest();
  }
  const Recording recording = script.recording();
  const std::vector<StatementSample> slow = SlowStatements(recording, script.Build());
  ASSERT_EQ(slow.size(), 1U);
  std::vector<std::string> before;
  for (const StatementSample& each : slow[0].before) before.push_back(each.text);
  EXPECT_THAT(before, ElementsAre("delete from lines where n = 1", "update logs set n = 1"));
}

}  // namespace
}  // namespace hone::sql
