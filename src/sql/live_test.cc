#include "sql/live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace hone::sql {
namespace {

using testing::HasSubstr;
using testing::Not;

// Statements of one millisecond each, one behind the other.
class Traffic {
 public:
  Traffic& Run(const std::string& text, uint32_t connection = 1, int64_t rows = 1) {
    recording_.texts.push_back(text);
    RecordedStatement statement;
    statement.connection = connection;
    statement.text = static_cast<uint32_t>(recording_.texts.size() - 1);
    statement.start_ns = now_;
    statement.end_ns = now_ += base::kMillisecond;
    statement.rows = rows;
    recording_.statements.push_back(statement);
    recording_.round_trips.emplace_back();
    return *this;
  }
  Traffic& Pause(base::Nanos pause) {
    now_ += pause;
    return *this;
  }
  base::Nanos now() const { return now_; }
  const Recording& recording() {
    recording_.start_ns = base::kSecond;
    return recording_;
  }

 private:
  base::Nanos now_ = base::kSecond;
  Recording recording_ = {};
};

LiveView Seen(Traffic& traffic) {
  LiveTable table;
  table.Add(traffic.recording(), traffic.now());
  return table.View(traffic.now());
}

TEST(LiveTable, CountsByStatementWithoutValues) {
  Traffic traffic;
  traffic.Run("select * from users where name = 'canary'").Run("select * from users where name = 'other'", 1, 3);
  traffic.Run("begin").Run("select 1").Run("update users set name = 'x'", 2, 0);
  const LiveView view = Seen(traffic);
  ASSERT_EQ(view.by_time.size(), 2U);
  EXPECT_EQ(view.by_time[0].executions, 2);
  EXPECT_EQ(view.by_time[0].rows, 4);
  EXPECT_EQ(view.by_time[0].time, 2 * base::kMillisecond);
  EXPECT_THAT(view.by_time[0].text, HasSubstr("name = $1"));
  EXPECT_THAT(view.by_time[0].text, Not(HasSubstr("canary")));
  EXPECT_EQ(view.statements, 3);
  EXPECT_EQ(view.round_trips, 5);
}

TEST(LiveTable, SuspectsWhatRunsAgainAndAgain) {
  Traffic loop;
  for (int i = 0; i < 5; ++i) loop.Run("select * from items where order_id = " + std::to_string(i));
  EXPECT_TRUE(Seen(loop).by_time[0].suspect);
  Traffic others;
  for (uint32_t i = 0; i < 5; ++i) others.Run("select * from items where order_id = 1", i);
  EXPECT_FALSE(Seen(others).by_time[0].suspect) << "of five connections";
  Traffic pauses;
  for (int i = 0; i < 5; ++i) pauses.Run("select * from items where order_id = 1").Pause(base::kSecond);
  EXPECT_FALSE(Seen(pauses).by_time[0].suspect) << "of five requests";
  Traffic between;
  for (int i = 0; i < 5; ++i) between.Run("select * from items where id = 1").Run("select * from tags where id = 2");
  EXPECT_FALSE(Seen(between).by_time[0].suspect);
}

TEST(LiveTable, RatesAreThoseOfTheLastSeconds) {
  LiveTable table;
  Traffic traffic;
  for (int i = 0; i < 100; ++i) traffic.Run("select * from items where id = 1");
  table.Add(traffic.recording(), 2 * base::kSecond);
  EXPECT_DOUBLE_EQ(table.View(2 * base::kSecond).statements_per_second, 100);
  EXPECT_DOUBLE_EQ(table.View(6 * base::kSecond).statements_per_second, 20);
  table.Add({}, 12 * base::kSecond);
  const LiveView later = table.View(12 * base::kSecond);
  EXPECT_DOUBLE_EQ(later.statements_per_second, 0);
  EXPECT_EQ(later.statements, 100) << "what was seen stays";
}

}  // namespace
}  // namespace hone::sql
