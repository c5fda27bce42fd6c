#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace hone::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

base::Result<std::variant<CommandLine, Information>> Parse(std::vector<const char*> arguments) {
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

template <typename Verb>
Verb ParseAs(std::vector<const char*> arguments) {
  return std::get<Verb>(std::get<CommandLine>(Parse(std::move(arguments)).value()).command);
}

TEST(CommandLine, CheckTakesEndpointsGateAndRank) {
  const auto check = ParseAs<CheckCommand>(
      {"check", "--endpoint", "GET /a", "--endpoint", "GET /b", "--gate", "new", "--rank", "cpu"});
  EXPECT_THAT(check.endpoints, ElementsAre("GET /a", "GET /b"));
  EXPECT_EQ(check.gate, "new");
  EXPECT_EQ(check.rank, "cpu");
  EXPECT_FALSE(check.quiet_only);
}

TEST(CommandLine, SqlIsCheckWithoutLoadAndProxyIsItsOwn) {
  EXPECT_TRUE(ParseAs<CheckCommand>({"sql"}).quiet_only);
  EXPECT_EQ(ParseAs<SqlProxyCommand>({"sql", "proxy", "--upstream", "postgres://h:1"}).upstream, "postgres://h:1");
  const auto secured = ParseAs<SqlProxyCommand>({"sql", "proxy", "--upstream", "h:1", "--tls", "--ca", "ca.pem"});
  EXPECT_TRUE(secured.tls);
  EXPECT_EQ(secured.ca, "ca.pem");
}

TEST(CommandLine, PoolTakesARateAndATime) {
  const auto pool = ParseAs<PoolCommand>({"pool", "--for", "20s", "--rate", "400", "--endpoint", "GET /a"});
  EXPECT_EQ(pool.duration, "20s");
  EXPECT_EQ(pool.rate, 400);
  EXPECT_THAT(pool.endpoints, ElementsAre("GET /a"));
  EXPECT_FALSE(ParseAs<PoolCommand>({"pool"}).rate.has_value());
  EXPECT_FALSE(Parse({"pool", "--rate", "-1"}));
}

TEST(CommandLine, EvidenceKnowsItsActions) {
  const auto recompute = ParseAs<EvidenceCommand>({"evidence", "recompute", "m12"});
  EXPECT_EQ(recompute.action, EvidenceCommand::Action::kRecompute);
  EXPECT_EQ(recompute.id, "m12");
  EXPECT_EQ(ParseAs<EvidenceCommand>({"evidence", "list", "--run", "3"}).run, 3);
}

TEST(CommandLine, CommonOptionsComeWithEveryVerb) {
  const auto line = std::get<CommandLine>(Parse({"show", "1", "--dir", "perf", "--json"}).value());
  EXPECT_EQ(line.common.dir, "perf");
  EXPECT_TRUE(line.common.json);
}

TEST(CommandLine, AWrongVerbNamesTheNearest) {
  const auto wrong = Parse({"chekc"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, base::Code::kUsage);
  EXPECT_THAT(base::Sentence(wrong.error()), HasSubstr("Did you mean hone check?"));
}

TEST(CommandLine, AWrongOptionPointsToTheVerbsHelp) {
  const auto wrong = Parse({"check", "--gaet", "new"});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(base::Sentence(wrong.error()), HasSubstr("See hone check --help"));
}

TEST(CommandLine, NoVerbIsAnError) { EXPECT_FALSE(Parse({})); }

TEST(CommandLine, HelpAndVersionAreInformation) {
  EXPECT_THAT(std::get<Information>(Parse({"--version"}).value()).text, HasSubstr("hone "));
  EXPECT_THAT(std::get<Information>(Parse({"check", "--help"}).value()).text, HasSubstr("hone check --endpoint"));
}

}  // namespace
}  // namespace hone::cli
