#include "ops/held_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace hone::ops {
namespace {

using testing::Optional;

std::optional<base::Nanos> Of(std::vector<std::string> texts) {
  sql::Recording recording;
  recording.texts = std::move(texts);
  return ShortestTimeout(recording);
}

TEST(ShortestTimeout, IsReadOfWhatStatementsSet) {
  EXPECT_THAT(Of({"SET statement_timeout = 100"}), Optional(100 * base::kMillisecond));
  EXPECT_THAT(Of({"set local statement_timeout to '2s'"}), Optional(2000 * base::kMillisecond));
  EXPECT_THAT(Of({"SET SESSION statement_timeout='1min'; select 1"}), Optional(60'000 * base::kMillisecond));
  EXPECT_THAT(Of({"set statement_timeout = '250 ms'", "select 1", "SET statement_timeout = 30000"}),
              Optional(250 * base::kMillisecond));
  EXPECT_THAT(Of({"set statement_timeout = '500us'"}), Optional(500'000));
  EXPECT_THAT(Of({"select set_config('statement_timeout', '300', true)"}), Optional(300 * base::kMillisecond));
}

TEST(ShortestTimeout, IsNoneWhereNoneIsSet) {
  for (const char* text : {"select 1", "SET statement_timeout = 0", "RESET statement_timeout", "show statement_timeout",
                           "select 'statement_timeout' as name, 5", "SET statement_timeout TO DEFAULT"})
    EXPECT_EQ(Of({text}), std::nullopt) << text;
}

}  // namespace
}  // namespace hone::ops
