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
    return HoldsValues(written, text, values);
  };
  const std::string text = "SELECT * FROM fees WHERE code = 'F-7' AND cents > 12.50 ORDER BY a1 LIMIT 20";
  EXPECT_TRUE(holds(text, {"F-7"}));
  EXPECT_TRUE(holds(text, {"12.5"}));
  EXPECT_FALSE(holds(text, {"a1"})) << "a column";
  EXPECT_FALSE(holds(text, {"20"})) << "a page's length";
  EXPECT_FALSE(holds(text, {"F-8", "13"}));
  EXPECT_FALSE(holds("SELECT * FROM fees WHERE code = 'open' AND cents > 1 ORDER BY a LIMIT 9", {"open"}))
      << "one of a few words";
  EXPECT_FALSE(HoldsValues({{.text = text}}, text, {"F-7"})) << "a constant of the code";
}

TEST(BuiltTexts, AreKeptOnceEach) {
  sql::Recording recording;
  recording.texts = {"select 1 where a = 'x'", "select a from b where c = $1"};
  recording.statements = {{.text = 0}, {.text = 0}, {.text = 1}};
  const auto texts = LiteralTextsOf(recording);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].text, recording.texts[0]);
  EXPECT_EQ(texts[0].query, "select $1 where a = $2");
}

}  // namespace
}  // namespace hone::ops
