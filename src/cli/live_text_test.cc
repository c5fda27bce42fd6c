#include "cli/live_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace hone::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

sql::LiveView Sample() {
  sql::LiveView view{.statements = 1060, .round_trips = 1061, .rows = 2000, .statements_per_second = 106};
  view.by_time.push_back({.text = "SELECT *\nFROM items WHERE order_id = $1 AND a_long_column_name = $2 AND c = $3",
                          .executions = 1000,
                          .rows = 2000,
                          .time = 500'000'000,
                          .most_in_a_row = 50,
                          .per_second = 100,
                          .suspect = true});
  view.by_time.push_back({.text = "UPDATE t SET a = $1", .executions = 60, .time = 6'000'000, .per_second = 6});
  return view;
}

TEST(LiveText, IsATableWithinItsWidth) {
  const std::string text = LiveText(Sample(), 80, 10);
  EXPECT_THAT(text, HasSubstr("106 statements a second; so far 1,060 in 1,061 round trips, 2,000 rows"));
  EXPECT_THAT(text, HasSubstr("!     100    1,000    500 ms    500 us    2,000  SELECT *"));
  EXPECT_THAT(text, HasSubstr("        6       60   6.00 ms    100 us        0  UPDATE t SET a = $1"));
  EXPECT_THAT(text, HasSubstr("`!`: ran 5 times or more in a row"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(LiveText, ShowsTheFirstOnes) {
  const std::string text = LiveText(Sample(), 80, 1);
  EXPECT_THAT(text, Not(HasSubstr("UPDATE")));
  EXPECT_THAT(text, HasSubstr("and 1 more"));
  EXPECT_THAT(LiveText({}, 80, 1), Not(HasSubstr("`!`")));
}

}  // namespace
}  // namespace hone::cli
