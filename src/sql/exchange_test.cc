#include "sql/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/exchange_for_test.h"

namespace hone::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Script Example() {
  Script script;
  for (int i = 0; i < 3; ++i) {
    script.BeginRequest(5, i == 0);
    script.Run("select id from kanari_table where name = 'kanari' and k = $1", {"kanari-value"}, 2,
               {"kanari-row", "kanari-next"});
    script.Run("select * from other where id = $1", {"kanari-next"}, 1);
    script.EndRequest();
  }
  return script;
}

TEST(Exchange, HoldsNoValue) {
  const std::string bytes = Encode(Example().Build());
  EXPECT_THAT(bytes, Not(HasSubstr("kanari-")));
  EXPECT_THAT(bytes, Not(HasSubstr("'kanari'")));
  EXPECT_THAT(bytes, HasSubstr("kanari_table")) << "names of tables are no data";
}

TEST(Exchange, KeepsOnlyTheRowValuesThatAreParameters) {
  const Exchange exchange = Example().Build();
  ASSERT_EQ(exchange.statements[0].row_values.size(), 1U);
  EXPECT_EQ(exchange.statements[0].row_values[0].token, exchange.statements[1].parameters.at(0));
}

TEST(Exchange, EncodingReadsBackEqual) {
  const Exchange exchange = Example().Build();
  const std::string bytes = Encode(exchange);
  const auto decoded = Decode(bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().what;
  EXPECT_EQ(Encode(*decoded), bytes);
  EXPECT_EQ(decoded->statements.size(), exchange.statements.size());
  EXPECT_EQ(Encode(Example().Build()), bytes) << "one key, one result";
}

TEST(Exchange, CountsTheElementsOfArraysInTexts) {
  Script script = Example();
  script.BeginRequest(5);
  script.Run("update t set a = 'x' where code = any('{\"a b\",c,d}') and b <> '{'", {}, 3);
  script.EndRequest();
  const auto decoded = Decode(Encode(script.Build()));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->statements.back().array_items, 3);
  EXPECT_EQ(decoded->statements.back().list_items, 0);
}

TEST(Exchange, KeepsWhatIsPreparedAgainAndClosedAndHowLongListsAre) {
  Script script = Example();
  script.BeginRequest(5);
  script.Run("select * from other where id in ($1, $2, $3)", {"a", "b", "c"}, 1);
  script.recording().round_trips.back().prepared_again = {script.recording().statements.back().text};
  script.recording().round_trips.back().closed = {script.recording().statements.front().text};
  script.EndRequest();
  const auto decoded = Decode(Encode(script.Build()));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->statements.front().list_items, 0);
  EXPECT_EQ(decoded->statements.back().list_items, 3);
  EXPECT_EQ(decoded->queries.at(decoded->round_trips.back().prepared_again.at(0)).text,
            "select * from other where id in (...)");
  EXPECT_EQ(decoded->round_trips.back().closed, std::vector<uint32_t>{decoded->statements.front().query});
  EXPECT_TRUE(decoded->round_trips.front().closed.empty());
  Exchange wrong = *decoded;
  wrong.round_trips.back().closed = {99};
  EXPECT_FALSE(Decode(Encode(wrong)).has_value());
}

TEST(Exchange, DamagedBytesAreRefused) {
  const std::string bytes = Encode(Example().Build());
  EXPECT_FALSE(Decode("").has_value());
  EXPECT_FALSE(Decode("{}").has_value());
  EXPECT_FALSE(Decode("hello").has_value());
  for (size_t cut = 1; cut < bytes.size() - 1; cut += 37) {
    const auto decoded = Decode(std::string_view(bytes).substr(0, cut));
    if (!decoded) {
      EXPECT_EQ(decoded.error().code, base::Code::kInput);
    }
  }
  std::string wrong_index = bytes;
  const size_t at = wrong_index.rfind("[\"statement\",2,");
  ASSERT_NE(at, std::string::npos);
  wrong_index.replace(at, 15, "[\"statement\",9,");
  EXPECT_FALSE(Decode(wrong_index).has_value());
}

TEST(Exchange, MultiStatementTextsAreSplit) {
  Script script;
  script.BeginRequest(-1);
  script.RunSimple("begin; select * from t where a = 5; commit", 0);
  script.recording().statements.back().part = 1;
  script.EndRequest();
  const Exchange exchange = script.Build();
  EXPECT_EQ(exchange.queries.at(0).text, "select * from t where a = $1");
}

}  // namespace
}  // namespace hone::sql
