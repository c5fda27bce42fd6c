#include "sql/steady_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kBikes = "select id from bikes where owner = $1";
constexpr std::string_view kLastOrder = "select id from orders where bike_id = $1";

std::shared_ptr<const RecordedBind> BindOf(const std::string& value) {
  return std::make_shared<const RecordedBind>(RecordedBind{.oids = {20}, .formats = {}, .values = {value}});
}

RecordedStatement& RunBound(Script& script, std::string_view text, const std::string& value, int64_t rows,
                            const std::vector<std::string>& column = {}) {
  RecordedStatement& statement = script.Run(TextOf(text), {value}, rows, column);
  statement.bind = BindOf(value);
  return statement;
}

std::vector<std::string> IdsFrom(int64_t first, int64_t rows) {
  std::vector<std::string> ids;
  for (int64_t i = 0; i < rows; ++i) ids.push_back(std::to_string(first + i));
  return ids;
}

// Customers with as many bikes each: one query for each bike.
void AskForBikes(Script& script, int64_t owner, int64_t bikes) {
  const std::vector<std::string> ids = IdsFrom(owner * 1000, bikes);
  RunBound(script, "select name from owners where id = $1", std::to_string(owner), 1);
  RunBound(script, kBikes, std::to_string(owner), bikes, ids);
  for (const std::string& id : ids) RunBound(script, kLastOrder, id, 1);
}

Script Owners(int64_t bikes, std::string size_variable = "") {
  Script script(std::move(size_variable));
  for (int64_t owner = 1; owner <= 4; ++owner) {
    for (const bool cold : {true, false, false}) {
      script.BeginRequest(script.phase().size_variable.empty() ? -1 : owner * 10, cold);
      script.phase().requests.back().variant = std::to_string(owner);
      AskForBikes(script, owner, bikes);
      script.EndRequest();
    }
  }
  return script;
}

TEST(SteadyLoops, AreFoundWithTheStatementWhoseRowsTheyRunOver) {
  Script script = Owners(12);
  const auto loops = FindSteadyLoops(script.recording(), script.Build());
  ASSERT_THAT(loops, SizeIs(1));
  EXPECT_FALSE(script.phase().requests[loops[0].request].cold);
  EXPECT_EQ(loops[0].calls, 12);
  EXPECT_TRUE(loops[0].certain);
  ASSERT_THAT(loops[0].sources, SizeIs(1)) << "one row is none to run over";
  EXPECT_EQ(loops[0].sources[0].statement.text, kBikes);
  EXPECT_EQ(loops[0].sources[0].rows, 12);
  EXPECT_THAT(loops[0].sources[0].statement.bind->values, ElementsAre("1"));
}

TEST(SteadyLoops, AreFoundWhereASizeChangesNoRow) {
  Script script = Owners(12, "limit");
  EXPECT_THAT(FindSteadyLoops(script.recording(), script.Build()), SizeIs(1));
}

TEST(SteadyLoops, AreNotWhatIsKnownOrTooShort) {
  Script few = Owners(2);
  EXPECT_THAT(FindSteadyLoops(few.recording(), few.Build()), IsEmpty()) << "two calls are no loop";
  Script varying("n");
  for (const int64_t n : {2, 5, 10, 25}) {
    for (const bool cold : {true, false, false}) {
      varying.BeginRequest(n, cold);
      AskForBikes(varying, 1, n);
      varying.EndRequest();
    }
  }
  EXPECT_THAT(FindSteadyLoops(varying.recording(), varying.Build()), IsEmpty()) << "its growth is told without";
}

TEST(SteadyLoops, HaveNoSourceThatRunsInALoopItself) {
  Script script("");
  for (const bool cold : {true, false, false, false}) {
    script.BeginRequest(-1, cold);
    RunBound(script, kBikes, "1", 3, IdsFrom(1000, 3));
    for (int64_t bike = 0; bike < 3; ++bike) {
      RunBound(script, "select id from visits where bike_id = $1", std::to_string(1000 + bike), 4,
               IdsFrom(5000 + 10 * bike, 4));
      for (const std::string& id : IdsFrom(5000 + 10 * bike, 4))
        RunBound(script, "select * from parts where visit_id = $1", id, 1);
    }
    script.EndRequest();
  }
  const auto loops = FindSteadyLoops(script.recording(), script.Build());
  ASSERT_THAT(loops, SizeIs(2));
  for (const SteadyLoop& loop : loops) {
    ASSERT_THAT(loop.sources, SizeIs(1));
    EXPECT_EQ(loop.sources[0].statement.text, kBikes);
  }
  EXPECT_EQ(loops[0].calls, 12) << "the inner one";
}

TEST(SteadyLoops, OfWhichNothingIsKnownMayRunOverWhatCameBefore) {
  Script script("");
  for (const bool cold : {true, false, false, false}) {
    script.BeginRequest(-1, cold);
    RunBound(script, "select kind from kinds", "0", 4, {"a", "b", "c", "d"});
    RunBound(script, kBikes, "1", 20, IdsFrom(1000, 20));
    // Chunks of five, as one array each: where they come from does not show.
    for (int64_t chunk = 0; chunk < 4; ++chunk)
      RunBound(script, "select id from orders where bike_id = any($1)", "{" + std::to_string(chunk) + "}", 5);
    script.EndRequest();
  }
  const auto loops = FindSteadyLoops(script.recording(), script.Build());
  ASSERT_THAT(loops, SizeIs(1));
  EXPECT_FALSE(loops[0].certain);
  ASSERT_THAT(loops[0].sources, SizeIs(2));
  EXPECT_EQ(loops[0].sources[0].rows, 4) << "the nearest first";
  EXPECT_EQ(loops[0].sources[1].rows, 20);
}

TEST(SteadyLoops, MayRunOverListsInWhatCameBefore) {
  Script script("");
  for (const bool cold : {true, false, false, false}) {
    script.BeginRequest(-1, cold);
    RunBound(script, "select id from sessions where token = $1", "t", 1);
    RunBound(script, "select layout from catalogues where code = $1", "c", 1);
    for (int64_t plate = 0; plate < 20; ++plate)
      RunBound(script, "select path from images where id = $1", std::to_string(900 + plate), 1);
    script.EndRequest();
  }
  const auto loops = FindSteadyLoops(script.recording(), script.Build());
  ASSERT_THAT(loops, SizeIs(1));
  EXPECT_THAT(loops[0].sources, IsEmpty()) << "there are no three rows to take away";
  ASSERT_THAT(loops[0].holders, SizeIs(2));
  EXPECT_EQ(loops[0].holders[0].statement.text, "select layout from catalogues where code = $1")
      << "the last one first";
}

TEST(SteadyLoops, KeepFewerAndFewerRows) {
  EXPECT_THAT(RowsToKeep(2), IsEmpty());
  EXPECT_THAT(RowsToKeep(3), ElementsAre(3, 2, 1));
  EXPECT_THAT(RowsToKeep(4), ElementsAre(4, 2, 1));
  EXPECT_THAT(RowsToKeep(7), ElementsAre(7, 4, 1));
  EXPECT_THAT(RowsToKeep(8), ElementsAre(8, 4, 2));
  EXPECT_THAT(RowsToKeep(50), ElementsAre(50, 25, 13));
}

// The same endpoint with fewer and fewer of the owner's bikes in the database.
Exchange Thinned(const std::function<void(Script&, int64_t)>& work, std::string_view variable = kRowsLeft) {
  Script script{std::string(variable)};
  for (const int64_t left : RowsToKeep(12)) {
    for (int i = 0; i <= 8; ++i) {
      script.BeginRequest(left, i == 0);
      work(script, left);
      script.EndRequest();
    }
  }
  script.phase().default_size = 12;
  return script.Build();
}

TEST(AddLoops, TellsTheLoopThatFewerRowsShow) {
  const Exchange steady = Owners(12).Build();
  auto judgement = JudgeExchange(steady);
  ASSERT_THAT(judgement.not_judged, SizeIs(1));
  const Exchange thinned = Thinned([](Script& script, int64_t left) { AskForBikes(script, 1, left); });
  AddLoops(judgement, JudgeExchange(thinned));
  EXPECT_THAT(judgement.not_judged, IsEmpty());
  ASSERT_THAT(Rules(judgement), ElementsAre("sql.n_plus_one"));
  EXPECT_THAT(
      TitleOf(thinned, judgement.findings[0]),
      ::testing::HasSubstr("12 round trips at the largest size, growing by 1 per row (told by taking rows out of "
                           "the database)"));
  AddLoops(judgement, JudgeExchange(thinned));
  EXPECT_THAT(judgement.findings, SizeIs(1)) << "told once";
}

TEST(AddLoops, TellsTheLoopThatFewerElementsShow) {
  const auto plates = [](Script& script, int64_t left) {
    RunBound(script, "select layout from catalogues where code = $1", "c", 1);
    for (const std::string& id : IdsFrom(900, left)) RunBound(script, "select path from images where id = $1", id, 1);
  };
  Script script("");
  for (int i = 0; i < 9; ++i) {
    script.BeginRequest(-1, i == 0);
    plates(script, 12);
    script.EndRequest();
  }
  auto judgement = JudgeExchange(script.Build());
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(ClassesOf(judgement.findings[0]), "fixed") << "as many in each request";
  const Exchange thinned = Thinned(plates, kElementsLeft);
  EXPECT_EQ(AddLoops(judgement, JudgeExchange(thinned)), 1U);
  ASSERT_THAT(Rules(judgement), ElementsAre("sql.n_plus_one"));
  EXPECT_THAT(TitleOf(thinned, judgement.findings[0]),
              ::testing::HasSubstr("12 round trips at the largest size, growing by 1 per row (told by taking elements "
                                   "out of a list in a row, which count as rows here)"));
}

TEST(AddLoops, TellsNothingOfWhatStaysAsOftenWithFewerRows) {
  auto judgement = JudgeExchange(Owners(12).Build());
  const Exchange thinned = Thinned([](Script& script, int64_t left) {
    RunBound(script, kBikes, "1", left, IdsFrom(1000, left));
    for (const std::string& id : IdsFrom(1000, 12)) RunBound(script, kLastOrder, id, 1);
  });
  AddLoops(judgement, JudgeExchange(thinned));
  EXPECT_THAT(judgement.not_judged, IsEmpty()) << "it is judged: it is no loop over those rows";
  EXPECT_THAT(judgement.findings, IsEmpty());
}

TEST(AddLoops, LeavesALoopOverRowsThatWereNotTakenAwayUnjudged) {
  const auto two_loops = [](Script& script, int64_t bikes) {
    AskForBikes(script, 1, bikes);
    const std::vector<std::string> parts = IdsFrom(70'000, 5);
    RunBound(script, "select id from parts where kind = $1", "k", 5, parts);
    for (const std::string& id : parts) RunBound(script, "select price from prices where part_id = $1", id, 1);
  };
  Script script("");
  for (int i = 0; i < 9; ++i) {
    script.BeginRequest(-1, i == 0);
    two_loops(script, 12);
    script.EndRequest();
  }
  auto judgement = JudgeExchange(script.Build());
  ASSERT_THAT(judgement.not_judged, SizeIs(2));
  AddLoops(judgement, JudgeExchange(Thinned(two_loops)));
  EXPECT_THAT(Rules(judgement), ElementsAre("sql.n_plus_one"));
  EXPECT_THAT(judgement.not_judged, SizeIs(1)) << "the loop over parts";
  // Now the rows of the other one.
  const auto parts_left = [](Script& asked, int64_t left) {
    AskForBikes(asked, 1, 12);
    const std::vector<std::string> parts = IdsFrom(70'000, left);
    RunBound(asked, "select id from parts where kind = $1", "k", left, parts);
    for (const std::string& id : parts) RunBound(asked, "select price from prices where part_id = $1", id, 1);
  };
  const Exchange other = Thinned(parts_left);
  RuleOptions options;
  options.told_loops = LoopsIn(judgement);
  AddLoops(judgement, JudgeExchange(other, options));
  EXPECT_THAT(Rules(judgement), ElementsAre("sql.n_plus_one", "sql.n_plus_one"));
  EXPECT_THAT(judgement.not_judged, IsEmpty());
}

TEST(AddLoops, LeavesWhatWasJudgedWhereTheAnswersFail) {
  auto judgement = JudgeExchange(Owners(12).Build());
  Exchange thinned = Thinned([](Script& script, int64_t left) { AskForBikes(script, 1, left); });
  thinned.requests.back().ok = false;
  AddLoops(judgement, JudgeExchange(thinned));
  EXPECT_THAT(judgement.findings, IsEmpty());
  EXPECT_THAT(judgement.not_judged, SizeIs(1));
}

}  // namespace
}  // namespace hone::sql
