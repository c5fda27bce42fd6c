#include "evidence/rule_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace hone::evidence {
namespace {

TEST(Rules, AreFoundByName) {
  for (const Rule& rule : Rules()) EXPECT_EQ(FindRule(rule.name), &rule) << rule.name;
  EXPECT_EQ(FindRule("sql.n_plus_two"), nullptr);
  EXPECT_EQ(FindRule(""), nullptr);
  EXPECT_EQ(RulePage(*FindRule("sql.n_plus_one")), "docs/rules/sql.n_plus_one.md");
}

TEST(Rules, MeanSomethingInOneLine) {
  for (const Rule& rule : Rules()) {
    EXPECT_THAT(std::string(rule.meaning), testing::MatchesRegex("[A-Z][^\n.]{20,110}")) << rule.name;
  }
}

TEST(Rules, HaveAPageOnceTheyAreImplemented) {
  const std::filesystem::path source = std::getenv("HONE_SOURCE_DIR");
  for (const Rule& rule : Rules()) {
    EXPECT_TRUE(!rule.implemented || std::filesystem::exists(source / RulePage(rule))) << RulePage(rule);
  }
}

}  // namespace
}  // namespace hone::evidence
