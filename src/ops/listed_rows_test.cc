#include "ops/listed_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const pg::Rows kBookings = {.columns = {"id", "guest", "reference", "note"},
                            .rows = {{"1", "7", "B-100", std::nullopt},
                                     {"2", "7", "B-101", "late"},
                                     {"3", "8", "B-102", "early"},
                                     {"4", "9", "B-103", "x"}}};

TEST(ListedRows, AreFoundByTheColumnThatTellsThemApart) {
  EXPECT_THAT(ListedRows(kBookings, {"2", "4", "late"}), ElementsAre(1U, 3U));
  EXPECT_THAT(ListedRows(kBookings, {"B-100", "B-102", "B-103", "1"}), ElementsAre(0U, 2U, 3U)) << "a count is 1";
}

TEST(ListedRows, ValuesThatSeveralRowsHaveTellNothing) {
  EXPECT_THAT(ListedRows(kBookings, {"7", "8"}), IsEmpty());
  EXPECT_THAT(ListedRows(kBookings, {"late"}), IsEmpty()) << "not all rows have one";
  EXPECT_THAT(ListedRows({}, {"1"}), IsEmpty());
}

TEST(ListedRows, KnowATimeByAnyWayToWriteIt) {
  const pg::Rows readings = {
      .columns = {"observed_at"},
      .rows = {{"2026-01-01 00:10:00+00"}, {"2026-01-01 00:10:00.25+00"}, {"2026-01-01 00:20:00+02"}}};
  EXPECT_THAT(ListedRows(readings, {"2026-01-01T00:10:00Z"}), ElementsAre(0U));
  EXPECT_THAT(ListedRows(readings, {"2026-01-01T00:10:00.250Z"}), ElementsAre(1U));
  EXPECT_THAT(ListedRows(readings, {"2026-01-01T00:10:00.000+00:00"}), ElementsAre(0U));
  EXPECT_THAT(ListedRows(readings, {"2026-01-01T00:20:00Z"}), IsEmpty()) << "of another zone";
}

TEST(AskedRows, HaveWhatIsAskedForInAColumn) {
  EXPECT_THAT(AskedRows(kBookings, {"7"}), ElementsAre(ElementsAre(0U, 1U)));
  EXPECT_THAT(AskedRows(kBookings, {"1", "7"}), ElementsAre(ElementsAre(0U), ElementsAre(0U, 1U)));
  EXPECT_THAT(AskedRows(kBookings, {"nobody"}), IsEmpty());
  const pg::Rows same = {.columns = {"port"}, .rows = {{"7"}, {"7"}}};
  EXPECT_THAT(AskedRows(same, {"7"}), IsEmpty()) << "all of them have it";
}

}  // namespace
}  // namespace hone::ops
