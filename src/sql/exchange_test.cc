#include "sql/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/analysis.h"
#include "sql/exchange_for_test.h"
#include "sql/methods.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Script Example() {
  Script script;
  for (int i = 0; i < 3; ++i) {
    script.BeginRequest(5, i == 0);
    script.Run("select id from kanari_table where name = 'kanari' and k = $1", {"kanari-value"}, 2, {"kanari-row", "kanari-next"});
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

TEST(Account, ParallelTimeCountsOnce) {
  Script script;
  script.BeginRequest(-1);
  const int64_t start = script.now();
  for (uint32_t i = 0; i < 3; ++i) {
    script.connection = i;
    script.set_now(start + i * 10);
    script.Run("select * from t where a = $1", {std::to_string(i)});
  }
  script.EndRequest();
  const Exchange exchange = script.Build();
  EXPECT_EQ(Account(exchange).at(0).db_ns, 100'020);
  EXPECT_EQ(Account(exchange).at(0).round_trips, 3);
  EXPECT_EQ(AccountQuery(exchange, 0).at(0).db_ns, 100'020);
}

TEST(Account, WorkBehindTheAnswerIsCountedButNotTimed) {
  Script script;
  script.BeginRequest(-1);
  script.Run("select 1 from a");
  script.EndRequest();
  const int64_t before = Account(script.Build()).at(0).db_ns;
  script.Run("insert into log values ($1)", {"x"}, 0);
  script.phase().requests.back().drained_ns = script.now();
  const Exchange exchange = script.Build();
  EXPECT_EQ(Account(exchange).at(0).statements, 2);
  EXPECT_EQ(Account(exchange).at(0).db_ns, before);
}

TEST(Account, FetchesAndFailuresAreNoStatements) {
  Script script;
  script.BeginRequest(-1);
  script.Run("select * from t");
  script.Run("select * from t").fetch = true;
  RecordedStatement& failed = script.Run("select broken");
  failed.executed = false;
  failed.sqlstate = "42703";
  script.EndRequest();
  const RequestAccount account = Account(script.Build()).at(0);
  EXPECT_EQ(account.statements, 1);
  EXPECT_EQ(account.errors, 1);
}

TEST(Analysis, TypicalSize) {
  Exchange exchange;
  for (const int64_t size : {1, 2, 5, 10}) exchange.requests.push_back({.size = size});
  EXPECT_EQ(TypicalSize(exchange), 2);
  exchange.default_size = 10;
  EXPECT_EQ(TypicalSize(exchange), 10);
  exchange.default_size = 7;
  EXPECT_EQ(TypicalSize(exchange), 2);
}

TEST(Methods, RefuseWhatTheyCannotRead) {
  const evidence::Capture capture;
  const std::string bytes = Encode(Example().Build());
  const evidence::CaptureBytes good{&capture, bytes};
  const evidence::CaptureBytes bad{&capture, "nonsense"};
  for (const evidence::Method& method : Methods()) {
    EXPECT_FALSE(method.compute({&bad, 1}, {}, 0).has_value()) << method.name;
    EXPECT_FALSE(method.compute({}, {}, 0).has_value()) << method.name;
    EXPECT_FALSE(method.compute({&good, 1}, {{"query", "nosuch"}}, 0).has_value()) << method.name;
    EXPECT_FALSE(method.compute({&good, 1}, {{"size", "many"}}, 0).has_value()) << method.name;
    EXPECT_FALSE(method.source.empty());
  }
}

}  // namespace
}  // namespace hone::sql
