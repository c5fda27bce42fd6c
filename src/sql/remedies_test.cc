#include "sql/remedies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evidence/claim.h"

namespace hone::sql {
namespace {

using testing::HasSubstr;

TEST(Remedies, SpeakTheLibraryUsed) {
  EXPECT_THAT(BatchRemedy("gorm", QueryClass::kRead), HasSubstr("Preload"));
  EXPECT_THAT(BatchRemedy("gorm", QueryClass::kWrite), HasSubstr("CreateInBatches"));
  EXPECT_THAT(BatchRemedy("sqlx", QueryClass::kRead), HasSubstr("sqlx.In"));
  EXPECT_THAT(BatchRemedy("bun", QueryClass::kRead), HasSubstr(".Relation"));
  EXPECT_THAT(BatchRemedy("ent", QueryClass::kRead), HasSubstr("With..."));
  EXPECT_THAT(BatchRemedy("sqlc", QueryClass::kRead), HasSubstr("sqlc query"));
  EXPECT_THAT(BatchRemedy("database/sql", QueryClass::kRead), HasSubstr("pq.Array"));
  EXPECT_THAT(BatchRemedy("pgx", QueryClass::kRead), HasSubstr("pgx.Batch"));
  EXPECT_EQ(BatchRemedy("go-pg", QueryClass::kRead), BatchRemedy("", QueryClass::kRead));
  EXPECT_THAT(ParameterRemedy("gorm"), HasSubstr("PreferSimpleProtocol"));
  EXPECT_THAT(ParameterRemedy("pgx"), HasSubstr("QueryExecModeCacheStatement"));
}

// A report refuses digits that are no measurement, outside of back quotes.
TEST(Remedies, AreTextsOfAReport) {
  for (const char* library : {"", "pgx", "database/sql", "sqlx", "sqlc", "gorm", "ent", "bun"}) {
    for (const QueryClass query_class : {QueryClass::kRead, QueryClass::kWrite})
      EXPECT_TRUE(evidence::RenderClaim(BatchRemedy(library, query_class), {})) << library;
    EXPECT_TRUE(evidence::RenderClaim(ParameterRemedy(library), {})) << library;
  }
}

}  // namespace
}  // namespace hone::sql
