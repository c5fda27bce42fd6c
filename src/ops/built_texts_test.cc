#include "ops/built_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using ::testing::UnorderedElementsAre;

TEST(BuiltTexts, ValuesOfARequest) {
  net::HttpRequest request;
  request.target = "/api/fees/F%207?from=2025-01-01&cents=12.5&sort=";
  request.body = R"({"ids": [4, "x"], "deep": {"n": 1.5, "no": null}})";
  EXPECT_THAT(ValuesOf(request), UnorderedElementsAre("api", "fees", "F 7", "2025-01-01", "12.5", "4", "x", "1.5"));
}

TEST(BuiltTexts, HoldValuesWhereTheSourcesPutThem) {
  const std::vector<golang::Query> written = {
      {.partial = true, .parts = {"SELECT * FROM fees WHERE code = '", "' AND cents > ", " ORDER BY ", " LIMIT "}}};
  const auto holds = [&](const std::string& text, const std::set<std::string>& values) {
    return HoldsValues(written, {.text = text, .values = values});
  };
  const std::string text = "SELECT * FROM fees WHERE code = 'F-7' AND cents > 12.50 ORDER BY a1 LIMIT 20";
  EXPECT_TRUE(holds(text, {"F-7"}));
  EXPECT_TRUE(holds(text, {"12.5"}));
  EXPECT_FALSE(holds(text, {"a1"})) << "a column";
  EXPECT_FALSE(holds(text, {"20"})) << "a page's length";
  EXPECT_FALSE(holds(text, {"F-8", "13"}));
  EXPECT_FALSE(holds("SELECT * FROM fees WHERE code = 'open' AND cents > 1 ORDER BY a LIMIT 9", {"open"}))
      << "one of a few words";
  EXPECT_FALSE(holds("SELECT * FROM fees WHERE code = 'F-7' AND cents > 1 ORDER BY a LIMIT 9", {"1"})) << "by chance";
  EXPECT_FALSE(holds("SELECT * FROM fees WHERE code = 'F-7' AND cents > x AND id = 712 ORDER BY a LIMIT 9", {"712"}))
      << "a condition, whose value may be the driver's";
  EXPECT_FALSE(HoldsValues({{.text = text}}, {.text = text, .values = {"F-7"}})) << "a constant of the code";
}

TEST(BuiltTexts, AreThoseWhoseOpenLiteralsChange) {
  const std::vector<golang::Query> written = {
      {.partial = true, .parts = {"SELECT * FROM fees WHERE code = '", "' AND cents > ", " LIMIT "}}};
  const auto text = [](const std::string& query, const std::string& behind) {
    return LiteralText{.query = query, .text = "SELECT * FROM fees WHERE code = " + behind};
  };
  EXPECT_THAT(
      QueriesWithOpenLiterals(
          written, {text("words", "'open' AND cents > 1 LIMIT 9"), text("words", "'paid' AND cents > 1 LIMIT 9"),
                    text("pages", "'open' AND cents > 1 LIMIT 9"), text("pages", "'open' AND cents > 1 LIMIT 8"),
                    text("columns", "'open' AND cents > a LIMIT 9"), text("columns", "'open' AND cents > b LIMIT 9")}),
      UnorderedElementsAre("words"));
  const std::vector<golang::Query> lists = {{.partial = true, .parts = {"SELECT * FROM fees WHERE id IN (", ")"}}};
  const auto list = [](const std::string& one) {
    return LiteralText{.query = "lists", .text = "SELECT * FROM fees WHERE id IN (" + one + ")"};
  };
  EXPECT_THAT(QueriesWithOpenLiterals(lists, {list("'a'"), list("'b'")}), ::testing::IsEmpty()) << "placeholders";
}

TEST(BuiltTexts, AreKeptOnceEachWithTheValuesOfAllTheirRequests) {
  sql::Recording recording;
  recording.texts = {"select 1 where a = 'x'", "select a from b where c = $1", "select 7"};
  recording.statements = {{.text = 0, .start_ns = 11},
                          {.text = 0, .start_ns = 25},
                          {.text = 1, .start_ns = 26},
                          {.text = 2, .start_ns = 99}};
  const auto texts = LiteralTextsOf(recording, {{10, 20, {"x", "17", "20"}}, {21, 30, {"x", "18", "20"}}});
  ASSERT_EQ(texts.size(), 1U) << "one without literals, and one of no request";
  EXPECT_EQ(texts[0].text, recording.texts[0]);
  EXPECT_EQ(texts[0].query, "select $1 where a = $2");
  EXPECT_THAT(texts[0].values, UnorderedElementsAre("x", "20"));
}

}  // namespace
}  // namespace hone::ops
