#include "sql/mapped_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Statements of a mapper on so many tables, each with a value in its text, and one that a person wrote.
Exchange Mapped(int tables) {
  return Drive([tables](Script& s, int64_t n, int repeat) {
    for (int table = 0; table < tables; ++table) {
      for (int i = 0; i <= table; ++i) {
        s.Run("SELECT \"t\".\"id\" FROM \"things_" + std::string(1, static_cast<char>('a' + table)) +
                  "\" AS \"t\" WHERE (id = " + std::to_string(1000 * n + 100 * repeat + i) + ")",
              {}, 1);
      }
    }
    s.Run("select id from orders where id = " + std::to_string(1000 * n + repeat), {}, 1);
  });
}

TEST(MappedTexts, ManyAreOneFinding) {
  const Exchange exchange = Mapped(6);
  evidence::Judgement judgement = JudgeExchange(exchange);
  MappedTexts mapped;
  mapped.TakeFrom(judgement, exchange, {});
  RuleOptions options;
  options.library = "bun";
  const auto told = std::move(mapped).Told(options);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].subject.name, HasSubstr("things_f")) << "the one with the most texts";
  EXPECT_THAT(TitleOf(exchange, told[0]), HasSubstr("of its statements, 6 of them, each text"));
  EXPECT_THAT(told[0].remedy, HasSubstr("default_query_exec_mode=exec"));
  ASSERT_FALSE(judgement.findings.empty());
  for (const auto& finding : judgement.findings)
    EXPECT_FALSE(finding.support[0].metric == "sql.literal_texts" && IsWrittenByMapper(finding.subject.name));
  EXPECT_THAT(judgement.findings.back().subject.name, HasSubstr("from orders")) << "that is a person's own";
}

TEST(MappedTexts, WhateverBunIsHandedButWhatTheSourcesBuilt) {
  const Exchange exchange = Mapped(6);
  const auto own =
      std::ranges::find_if(exchange.queries, [](const Query& each) { return each.text.contains("orders"); });
  RuleOptions options;
  options.library_of[own->text] = "bun";
  const auto left = [&] {
    evidence::Judgement judgement = JudgeExchange(exchange);
    MappedTexts().TakeFrom(judgement, exchange, options);
    return std::ranges::count_if(judgement.findings, [&](const auto& each) { return each.subject.name == own->text; });
  };
  EXPECT_EQ(left(), 0);
  options.built = {own->text};
  EXPECT_EQ(left(), 1);
  options.built.clear();
  options.library_of[own->text] = "pgx";
  EXPECT_EQ(left(), 1);
}

TEST(MappedTexts, FewAreToldOneByOne) {
  const Exchange exchange = Mapped(3);
  evidence::Judgement judgement = JudgeExchange(exchange);
  MappedTexts mapped;
  mapped.TakeFrom(judgement, exchange, {});
  EXPECT_THAT(std::move(mapped).Told({}), SizeIs(3));
  EXPECT_THAT(MappedTexts().Told({}), IsEmpty());
}

TEST(MappedTexts, AStatementOfSeveralEndpointsIsOne) {
  const Exchange exchange = Mapped(4);
  evidence::Judgement judgement = JudgeExchange(exchange);
  evidence::Judgement again = JudgeExchange(exchange);
  MappedTexts mapped;
  mapped.TakeFrom(judgement, exchange, {});
  mapped.TakeFrom(again, exchange, {});
  EXPECT_THAT(std::move(mapped).Told({}), SizeIs(8)) << "four statements are few";
  std::set<std::string, std::less<>> ids;
  for (const Query& query : exchange.queries) {
    if (IsWrittenByMapper(query.text)) ids.insert(query.id);
  }
  EXPECT_EQ(MappedStatements({exchange, exchange}, ids), 4);
  EXPECT_EQ(MappedStatements({exchange}, {*ids.begin()}), 1);
}

}  // namespace
}  // namespace hone::sql
