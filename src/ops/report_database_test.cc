#include "ops/report_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

sql::IndexEntry NeverUsed(const std::string& name, bool alone) {
  sql::IndexEntry entry{.schema = "public", .table = "orders", .name = name, .identity = name, .table_rows = 5000};
  entry.use = sql::IndexUse{.column = name, .table_reads = 3, .plain = true, .alone = alone};
  return entry;
}

// Two indexes that nothing used, of which one may be by a text of the sources; and a route that no scenario asks.
CheckFacts Facts() {
  CheckFacts facts;
  facts.unused_indexes.capture.id = 7;
  facts.unused_indexes.entries = {NeverUsed("city", false), NeverUsed("placed_at", true)};
  facts.unasked = {"GET /orders/export"};
  return facts;
}

project::Project WithDatabase() {
  project::Project project;
  project.database.emplace().pooler = project::Pooler::kNone;
  return project;
}

TEST(DatabaseCaveats, NameIndexesThatWhatWasNotAskedMayUse) {
  CheckFacts facts = Facts();
  EXPECT_THAT(DatabaseCaveats(WithDatabase(), facts),
              ElementsAre("no statement of this run used placed_at; what was not asked may: GET /orders/export"));
  facts.mapped = true;
  EXPECT_THAT(DatabaseCaveats(WithDatabase(), facts),
              ElementsAre("no statement of this run used city, placed_at; what was not asked may: GET /orders/export"));
}

TEST(DatabaseCaveats, AskAnEndpointByOneOfItsScenarios) {
  CheckFacts facts = Facts();
  facts.unasked.clear();
  project::Project project = WithDatabase();
  for (const char* path : {"/calendar", "/calendar?from=2025-01-01"}) {
    project.scenarios.emplace_back();
    project.scenarios.back().path = *project::Template::Parse(path);
  }
  EXPECT_THAT(DatabaseCaveats(project, facts),
              ElementsAre("no statement of this run used placed_at; what was not asked may: GET /calendar"));
  facts.quiet.endpoints.emplace_back().scenario = 1;
  EXPECT_THAT(DatabaseCaveats(project, facts), IsEmpty());
}

TEST(DatabaseCaveats, AreNotForIndexesWhereAllWasAsked) {
  CheckFacts facts = Facts();
  facts.mapped = true;
  facts.unasked.clear();
  EXPECT_THAT(DatabaseCaveats(WithDatabase(), facts), IsEmpty());
}

}  // namespace
}  // namespace hone::ops
