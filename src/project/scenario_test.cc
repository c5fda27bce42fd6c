#include "project/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace hone::project {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kHead[] = R"([service]
run = ["go", "run", "."]
url = "http://127.0.0.1:${port}"
)";

Project ParseScenarios(const std::string& scenarios) {
  auto project = ParseProject(kHead + scenarios, "/repo/benchmarks/hone.toml");
  EXPECT_TRUE(project) << (project ? "" : project.error()[0].text);
  return project ? *std::move(project) : Project();
}

net::HttpAnswer Answer(int status, std::string body) {
  net::HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

std::string Failure(const base::Result<void>& result) { return result ? "" : base::Sentence(result.error()); }

TEST(ExtractValues, FollowsPointersAndStars) {
  EXPECT_THAT(*ExtractValues(R"({"items": [{"id": 1}, {"id": 22}]})", "/items/*/id"), ElementsAre("1", "22"));
  EXPECT_THAT(*ExtractValues(R"([{"id": "a"}, {"no": 1}])", "/*/id"), ElementsAre("a"));
  EXPECT_THAT(*ExtractValues(R"({"a/b": {"m~n": [true, 1.5]}})", "/a~1b/m~0n/*"), ElementsAre("true", "1.5"));
  EXPECT_THAT(*ExtractValues(R"({"x": {"p": 1, "q": 2}})", "/x/*"), ElementsAre("1", "2"));
  EXPECT_THAT(*ExtractValues(R"([5, 6])", "/1"), ElementsAre("6"));
  EXPECT_THAT(*ExtractValues(R"("whole")", ""), ElementsAre("whole"));
}

TEST(ExtractValues, LooksIntoAnEnvelope) {
  EXPECT_THAT(*ExtractValues(R"({"data": [{"id": 1}, {"id": 2}], "total": 2})", "/*/id"), ElementsAre("1", "2"));
  EXPECT_THAT(*ExtractValues(R"({"data": {"token": "t"}, "meta": {"at": 1}})", "/token"), ElementsAre("t"));
  EXPECT_FALSE(ExtractValues(R"({"new": {"id": 1}, "old": {"id": 2}})", "/id")) << "one of two";
  EXPECT_FALSE(ExtractValues(R"({"data": {"items": {"id": 1}}})", "/id")) << "no deeper";
  EXPECT_THAT(*ExtractValues(R"({"id": 1, "data": {"id": 2}})", "/id"), ElementsAre("1"));
}

TEST(ExtractValues, SaysWhatIsWrongWithoutValues) {
  EXPECT_EQ(ExtractValues("secret", "/id").error().what, "the answer (6 bytes) is not JSON");
  EXPECT_EQ(ExtractValues(R"({"items": []})", "/items/*/id").error().what, "the answer has nothing at /items/*/id");
  EXPECT_EQ(ExtractValues(R"({"id": ["secret"]})", "/id").error().what,
            "at /id stands a list of length 1, not a text or number");
  EXPECT_EQ(ExtractValues(R"({"id": null})", "/id").error().what, "at /id stands null, not a text or number");
  EXPECT_FALSE(ExtractValues("[1]", "/01x"));
}

TEST(ExtractValues, LeavesOutTheNullsOfAList) {
  EXPECT_THAT(*ExtractValues(R"([{"id": null}, {"id": 2}, {"id": null}])", "/*/id"), ElementsAre("2"));
  EXPECT_FALSE(ExtractValues(R"([{"id": null}, {"id": null}])", "/*/id"));
}

TEST(Learned, KeepsWhatOthersWant) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/orders"
[[scenario]]
path = "/orders/${id}"
vars.id = { from = "GET /orders", pointer = "/*/id" }
)");
  EXPECT_TRUE(IsSource(project, 0));
  EXPECT_FALSE(IsSource(project, 1));
  Learned learned;
  EXPECT_EQ(QuietAssignments(project.scenarios[1], learned, 1).error().code, base::Code::kNotEnough);
  EXPECT_TRUE(learned.Learn(project, 0, {.body = R"([{"id": 1}, {"id": 2}, {"id": 1}])"}));
  EXPECT_TRUE(learned.Learn(project, 0, {.body = R"([{"id": 2}, {"id": 3}])"}));
  EXPECT_TRUE(learned.Learn(project, 1, {.body = "not JSON, not wanted"}));
  EXPECT_THAT(*learned.Find(0, "/*/id"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(learned.Find(1, "/*/id"), nullptr);
  EXPECT_EQ(Failure(learned.Learn(project, 0, {.body = "[]"})),
            "Variable `id` of `GET /orders/{id}` gets no values: the answer has nothing at /*/id: GET /orders");
}

TEST(Learned, TakesHeadersOfAnswers) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/orders/1"
[[scenario]]
method = "PUT"
path = "/orders/1"
headers.If-Match = "${tag}"
vars.tag = { from = "GET /orders/1", pointer = "header:ETag" }
)");
  Learned learned;
  EXPECT_TRUE(learned.Learn(project, 0, {.headers = {{"Etag", "\"7\""}}, .body = "no JSON"}));
  EXPECT_THAT(*learned.Find(project.scenarios[1].vars[0]), ElementsAre("\"7\""));
  EXPECT_EQ(Failure(learned.Learn(project, 0, {.body = "{}"})),
            "Variable `tag` of `PUT /orders/1` gets no values: the answer has no header ETag: GET /orders/1");
}

TEST(StandsInPath, NotInTheQuery) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/a/${x}?y=${y}"
vars.x = { range = [1, 2] }
vars.y = { range = [1, 2] }
)");
  EXPECT_TRUE(StandsInPath(project.scenarios[0], "x"));
  EXPECT_FALSE(StandsInPath(project.scenarios[0], "y"));
  EXPECT_FALSE(StandsInPath(project.scenarios[0], "z"));
}

TEST(Learned, KeepsValuesOfTheDatabase) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/orders"
[[scenario]]
path = "/orders/${id}"
vars.id = { column = "shop.orders.id" }
[[scenario]]
path = "/bikes/${id}"
vars.id = { from = "GET /orders", pointer = "/*/id" }
)");
  const Variable& of_column = project.scenarios[1].vars[0];
  const auto& of = std::get<OfColumn>(of_column.values);
  EXPECT_EQ(of.table, "shop.orders");
  EXPECT_EQ(of.column, "id");
  Learned learned;
  EXPECT_EQ(QuietAssignments(project.scenarios[1], learned, 1).error().what,
            "Variable `id` has no values: the database has none");
  learned.Keep(of_column, {});
  EXPECT_EQ(learned.Find(of_column), nullptr) << "no values are none";
  learned.Keep(of_column, {"7", "8"});
  EXPECT_THAT(*learned.Find(of_column), ElementsAre("7", "8"));
  EXPECT_EQ(QuietAssignments(project.scenarios[1], learned, 1)->size(), 2U);
  learned.Keep(project.scenarios[2].vars[0], {"9"});
  EXPECT_THAT(*learned.Find(0, "/*/id"), ElementsAre("9")) << "instead of what no answer had";
}

TEST(Learned, ColumnsOfATableComeFromTheSameRow) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/huts?country=${country}&region=${region}&guide=${guide}&other=${other}"
vars.country = { column = "huts.country" }
vars.region = { column = "huts.region" }
vars.guide = { column = "guides.id" }
vars.other = { column = "huts.region" }
)");
  const Scenario& scenario = project.scenarios[0];
  const auto together = ColumnsTogether(scenario);
  ASSERT_EQ(together.size(), 1U) << "guides have one, and two regions are of two huts";
  ASSERT_EQ(together[0].size(), 2U);
  Learned learned;
  for (const Variable& variable : scenario.vars) learned.Keep(variable, {"a", "b", "c", "d"});
  EXPECT_EQ(learned.FindOfRows(together[0], 0), nullptr);
  learned.KeepRows(together[0], {{"at", "it", "no"}, {"tirol", "trentino", "innlandet"}});
  const auto assignments = QuietAssignments(scenario, learned, 1);
  ASSERT_TRUE(assignments);
  const std::map<std::string, std::string> regions = {{"at", "tirol"}, {"it", "trentino"}, {"no", "innlandet"}};
  std::set<std::string> seen;
  for (const Assignment& assignment : *assignments) {
    EXPECT_EQ(assignment.at("region"), regions.at(assignment.at("country")));
    EXPECT_EQ(assignment.at("other").size(), 1U);
    seen.insert(assignment.at("country"));
  }
  EXPECT_EQ(seen.size(), 3U);
}

TEST(Learned, GroupsStandInsteadOfEachValueByItself) {
  const Project project = ParseScenarios(R"(
[[scenario]]
method = "PUT"
path = "/shifts/${shift}/workers/${worker}"
body = '{"tasks": [${n.items}], "note": ${note}}'
vars.shift = { column = "shifts.id" }
vars.worker = { column = "workers.id" }
vars.task = { column = "tasks.id" }
vars.note = { range = [1, 3] }
vars.n = { sizes = [2, 4], default = 4, items = "${task}" }
)");
  const Scenario& scenario = project.scenarios[0];
  Learned learned;
  for (const std::string name : {"shift", "worker", "task"}) {
    const auto variable = std::ranges::find(scenario.vars, name, &Variable::name);
    learned.Keep(*variable, {name + "1", name + "2", name + "3", name + "4", name + "5"});
  }
  learned.KeepGroup(scenario, {{"shift", "worker"}, {{"a", "b"}, {"of a", "of b"}}});
  learned.KeepGroup(scenario, {{"task"}, {{"t1", "t2", "t3", "t4"}}});
  const auto assignments = QuietAssignments(scenario, learned, 1);
  ASSERT_TRUE(assignments);
  std::set<std::string> shifts;
  for (const Assignment& assignment : *assignments) {
    EXPECT_EQ(assignment.at("worker"), "of " + assignment.at("shift"));
    for (const auto& [name, value] : assignment) {
      if (!name.starts_with("task")) continue;
      EXPECT_THAT(value, ::testing::AnyOf("t1", "t2", "t3", "t4")) << name;
    }
    shifts.insert(assignment.at("shift"));
  }
  EXPECT_THAT(shifts, ElementsAre("a", "b"));
  learned.ForgetGroups(scenario);
  EXPECT_THAT(QuietAssignments(scenario, learned, 1)->front().at("shift"), ::testing::StartsWith("shift"));
}

TEST(Learned, SizesWithTooFewValuesAreLeftOutWhereItemsMustBeOthers) {
  const Project project = ParseScenarios(R"(
[[scenario]]
method = "POST"
path = "/jobs/complete"
body = '{"jobs": [${n.items}]}'
vars.job = { column = "jobs.no" }
vars.n = { sizes = [1, 2, 3, 5], default = 5, items = "${job}" }
)");
  const Scenario& scenario = project.scenarios[0];
  Learned learned;
  learned.Keep(scenario.vars[0].name == "job" ? scenario.vars[0] : scenario.vars[1], {"a", "b", "c"});
  const auto sizes = [&] {
    std::set<std::string> all;
    const auto assignments = QuietAssignments(scenario, learned, 1);
    for (const Assignment& assignment : *assignments) all.insert(assignment.at("n"));
    return all;
  };
  EXPECT_THAT(sizes(), ElementsAre("1", "2", "3", "5"));
  learned.KeepItemsApart(scenario, true);
  EXPECT_THAT(sizes(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(LoadAssignments(scenario, learned, 1, 1)->front().at("n"), "3");
  learned.KeepItemsApart(scenario, false);
  EXPECT_THAT(sizes(), ElementsAre("1", "2", "3", "5"));
}

TEST(Learned, KeepsTheSizesThatAreBorne) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/teams/compare?ids=${n.items}"
vars.n = { sizes = [1, 2, 5, 10, 25], default = 5, items = "x" }
)");
  const Scenario& scenario = project.scenarios[0];
  Learned learned;
  EXPECT_THAT(learned.SizesOf(scenario), ElementsAre(1, 2, 5, 10, 25));
  EXPECT_EQ(UsualSize(scenario, learned.SizesOf(scenario)), 5);
  learned.KeepSizes(scenario, 2, 10);
  EXPECT_THAT(learned.SizesOf(scenario), ElementsAre(2, 5, 10));
  EXPECT_EQ(QuietAssignments(scenario, learned, 1)->front().at("n"), "2");
  EXPECT_EQ(QuietAssignments(scenario, learned, 1)->back().at("n"), "10");
  EXPECT_EQ(LoadAssignments(scenario, learned, 1, 1)->front().at("n"), "5");
  EXPECT_EQ(UsualSize(scenario, {10, 25}), 10);
  EXPECT_EQ(UsualSize(scenario, {1, 2}), 2);
}

TEST(Learned, CountsWhatIsFewest) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/orders"
[[scenario]]
path = "/orders/${id}?no=${no}"
vars.id = { from = "GET /orders", pointer = "/*/id" }
vars.no = { from = "GET /orders", pointer = "/*/no" }
)");
  Learned learned;
  EXPECT_EQ(FewestLearned(project, 0, learned), 0U);
  EXPECT_TRUE(learned.Learn(project, 0, {.body = R"([{"id": 1, "no": 7}, {"id": 2}])"}));
  EXPECT_EQ(FewestLearned(project, 0, learned), 1U);
  EXPECT_EQ(FewestLearned(project, 1, learned), Learned::kMostValues) << "nobody wants any";
}

TEST(QuietAssignments, OnlyTheSizeVaries) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/a?n=${n}&page=${page}&kind=${kind}"
vars.n = { sizes = [50, 1, 5] }
vars.page = { range = [1, 1000] }
vars.kind = { list = ["x", "y"] }
)");
  const auto assignments = QuietAssignments(project.scenarios[0], Learned(), 7);
  ASSERT_TRUE(assignments);
  ASSERT_EQ(assignments->size(), 9u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*assignments)[i].at("n"), "1");
    EXPECT_EQ((*assignments)[i + 3].at("n"), "5");
    EXPECT_EQ((*assignments)[i + 6].at("n"), "50");
    EXPECT_EQ((*assignments)[i].at("page"), (*assignments)[i + 3].at("page"));
    EXPECT_EQ((*assignments)[i].at("kind"), (*assignments)[i + 6].at("kind"));
  }
  EXPECT_EQ(*assignments, *QuietAssignments(project.scenarios[0], Learned(), 7));
  EXPECT_NE(*assignments, *QuietAssignments(project.scenarios[0], Learned(), 8));
}

TEST(QuietAssignments, SpreadsOverTheWholeWidthWithoutASize) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/a/${id}"
vars.id = { range = [1, 1200] }
)");
  const auto assignments = QuietAssignments(project.scenarios[0], Learned(), 3);
  ASSERT_TRUE(assignments);
  ASSERT_EQ(assignments->size(), 12u);
  std::set<int> hundreds;
  for (const Assignment& assignment : *assignments) hundreds.insert((std::stoi(assignment.at("id")) - 1) / 100);
  EXPECT_EQ(hundreds.size(), 12u);
}

TEST(QuietAssignments, TakesAllOfFewAndOneOfNone) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/a/${x}/${y}"
vars.x = { list = ["p", "q"] }
vars.y = { range = [-1, 1] }
[[scenario]]
path = "/b"
)");
  EXPECT_EQ(QuietAssignments(project.scenarios[0], Learned(), 1)->size(), 6u);
  EXPECT_EQ((*QuietAssignments(project.scenarios[0], Learned(), 1))[0].at("y"), "-1");
  EXPECT_THAT(*QuietAssignments(project.scenarios[1], Learned(), 1), ElementsAre(Assignment()));
}

TEST(QuietAssignments, HaveTheSetsThatWereKept) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/a/${id}"
vars.id = { range = [1, 1200] }
[[scenario]]
path = "/b/${id}?n=${n}"
vars.id = { range = [1, 1200] }
vars.n = { sizes = [1, 5] }
)");
  Learned learned;
  const auto drawn = QuietAssignments(project.scenarios[0], learned, 3);
  learned.KeepSet(project.scenarios[0], {{"id", "5000"}});
  learned.KeepSet(project.scenarios[0], drawn->front());
  learned.KeepSet(project.scenarios[1], {{"id", "6000"}});
  auto with = QuietAssignments(project.scenarios[0], learned, 3);
  ASSERT_EQ(with->size(), 13u) << "one was drawn already";
  EXPECT_EQ(with->back().at("id"), "5000");
  with->pop_back();
  EXPECT_EQ(*with, *drawn);
  const auto sizes = QuietAssignments(project.scenarios[1], learned, 3, {.per_size = 1});
  ASSERT_EQ(sizes->size(), 4u);
  EXPECT_EQ((*sizes)[1], (Assignment{{"id", "6000"}, {"n", "1"}}));
  EXPECT_EQ((*sizes)[3], (Assignment{{"id", "6000"}, {"n", "5"}}));
}

TEST(QuietAssignments, ASpanEndsAsManyDaysLaterAsTheSizeSays) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/a?from=${from}&to=${to}"
vars.from = { list = ["2024-02-27", "2024-12-31T08:00:00Z"] }
vars.days = { sizes = [1, 3] }
vars.to = { after = "from" }
)");
  const project::Scenario& scenario = project.scenarios[0];
  const auto assignments = QuietAssignments(scenario, Learned(), 1);
  ASSERT_EQ(assignments->size(), 4u);
  EXPECT_EQ((*assignments)[0], (Assignment{{"from", "2024-02-27"}, {"days", "1"}, {"to", "2024-02-28"}}));
  EXPECT_EQ((*assignments)[2].at("to"), "2024-03-01");
  EXPECT_EQ((*assignments)[3].at("to"), "2025-01-03T08:00:00Z");
  EXPECT_EQ(WithoutSize(scenario, (*assignments)[3]), (Assignment{{"from", "2024-12-31T08:00:00Z"}}));
  EXPECT_EQ(LoadAssignments(scenario, Learned(), 1, 1)->front().at("days"), "3");
}

TEST(LoadAssignments, AreDifferentAndKeepTheSize) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/a?n=${n}&page=${page}"
vars.n = { sizes = [1, 2, 5], default = 5 }
vars.page = { range = [-9223372036854775808, 9223372036854775807] }
[[scenario]]
path = "/b?n=${n}"
vars.n = { sizes = [1, 2, 5] }
)");
  const auto wide = LoadAssignments(project.scenarios[0], Learned(), 1, 64);
  ASSERT_TRUE(wide);
  EXPECT_EQ(wide->size(), 64u);
  for (const Assignment& assignment : *wide) EXPECT_EQ(assignment.at("n"), "5");
  EXPECT_THAT(*LoadAssignments(project.scenarios[1], Learned(), 1, 64), ElementsAre(Assignment{{"n", "2"}}));
}

TEST(BuildRequest, RepeatsTheItemsOfASize) {
  const Project project = ParseScenarios(R"(
[[scenario]]
method = "POST"
path = "/a?ids=${n.items}"
body = '{"lines": [${n.items}]}'
vars.n = { sizes = [0, 1, 3], items = '{"sku": "${i}-${seq}"}' }
)");
  const Scenario& scenario = project.scenarios[0];
  EXPECT_TRUE(IsUnique(scenario));
  const auto three = BuildRequest(scenario, {{"n", "3"}}, {}, 7);
  ASSERT_TRUE(three) << three.error().what;
  EXPECT_EQ(three->body, R"({"lines": [{"sku": "1-7"},{"sku": "2-7"},{"sku": "3-7"}]})");
  EXPECT_EQ(BuildRequest(scenario, {{"n", "0"}}, {}, 7)->body, R"({"lines": []})");
}

TEST(BuildRequest, JoinsItemsByWhatTheScenarioSays) {
  const Project project = ParseScenarios(R"(
[[scenario]]
path = "/a?id=${n.items}&all=1"
vars.n = { sizes = [1, 2, 3], items = "${id}", join = "&id=" }
vars.id = { list = ["7", "a&b", "c d"] }
)");
  const auto three =
      BuildRequest(project.scenarios[0], {{"n", "3"}, {"id", "7"}, {"id#2", "a&b"}, {"id#3", "c d"}}, {}, 7);
  ASSERT_TRUE(three) << three.error().what;
  EXPECT_EQ(three->target, "/a?id=7&id=a%26b&id=c%20d&all=1") << "values are encoded, what is between them is not";
  const Project other = ParseScenarios(R"(
[[scenario]]
method = "POST"
path = "/a?sep=%1F&n=${n}"
body = "%1F"
vars.n = { sizes = [1, 2] }
)");
  const auto plain = BuildRequest(other.scenarios[0], {{"n", "2"}}, {}, 7);
  ASSERT_TRUE(plain) << plain.error().what;
  EXPECT_EQ(plain->target, "/a?sep=%1F&n=2");
  EXPECT_EQ(plain->body, "%1F");
}

TEST(BuildRequest, EachItemHasAnotherValueOfAVariable) {
  const Project project = ParseScenarios(R"(
[[scenario]]
method = "POST"
path = "/a/${shelf}"
body = '{"lines": [${n.items}]}'
vars.n = { sizes = [1, 4], items = '{"sku": "${sku}", "shelf": ${shelf}}' }
vars.sku = { list = ["a", "b\"", "c"] }
vars.shelf = { range = [7, 8] }
)");
  const Scenario& scenario = project.scenarios[0];
  const auto assignments = QuietAssignments(scenario, Learned(), 1, {.per_size = 1});
  ASSERT_TRUE(assignments);
  ASSERT_EQ(assignments->size(), 2U);
  Assignment four = assignments->back();
  EXPECT_EQ(four.at("n"), "4");
  std::set<std::string> skus;
  for (const auto& [name, value] : four) {
    if (name.starts_with("sku")) skus.insert(value);
  }
  EXPECT_EQ(skus.size(), 3U) << "all of them, and then from the beginning";
  four["sku"] = "b\"";
  four["sku#2"] = "c";
  four["shelf"] = "8";
  const auto built = BuildRequest(scenario, four, {}, 7);
  ASSERT_TRUE(built) << built.error().what;
  EXPECT_TRUE(built->body.starts_with(R"({"lines": [{"sku": "b\"", "shelf": 8},{"sku": "c", "shelf": )"))
      << built->body;
  EXPECT_EQ(built->target, "/a/8");
  const auto load = LoadAssignments(scenario, Learned(), 1, 8);
  ASSERT_TRUE(load);
  for (const Assignment& assignment : *load) EXPECT_TRUE(BuildRequest(scenario, assignment, {}, 1));
}

TEST(BuildRequest, EncodesValuesWhereTheyStand) {
  const Project project = ParseScenarios(R"(
[[scenario]]
method = "POST"
path = "/a/${x}?q=${x}"
body = '{"text": "${x}", "number": ${n}, "literal": "$${x} \" ${x}"}'
vars.x = { list = ["a/b c\"d\\é"] }
vars.n = { list = [5] }
[scenario.headers]
X-Value = "${x}"
)");
  const auto request = BuildRequest(project.scenarios[0], {{"x", "a/b c\"d\\é"}, {"n", "5"}}, {{}, "/api"}, 1);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->target, "/api/a/a%2Fb%20c%22d%5C%C3%A9?q=a%2Fb%20c%22d%5C%C3%A9");
  EXPECT_EQ(request->body, R"({"text": "a/b c\"d\\é", "number": 5, "literal": "${x} \" a/b c\"d\\é"})");
  ASSERT_EQ(request->headers.size(), 2u);
  EXPECT_EQ(request->headers[0].second, "a/b c\"d\\é");
  EXPECT_EQ(request->headers[1], std::pair(std::string("Content-Type"), std::string("application/json")));
}

TEST(BuildRequest, EncodesFormsAndLeavesOtherBodiesAlone) {
  const Project project = ParseScenarios(R"(
[[scenario]]
method = "POST"
path = "/form"
body = "a=${x}&b=1"
vars.x = { list = ["p&q"] }
headers = { content-type = "application/x-www-form-urlencoded" }
[[scenario]]
method = "POST"
path = "/plain"
body = "${x}"
vars.x = { list = ["p&q"] }
)");
  const auto form = BuildRequest(project.scenarios[0], {{"x", "p&q"}}, {}, 1);
  ASSERT_TRUE(form);
  EXPECT_EQ(form->body, "a=p%26q&b=1");
  EXPECT_EQ(form->headers.size(), 1u);
  const auto plain = BuildRequest(project.scenarios[1], {{"x", "p&q"}}, {}, 1);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->body, "p&q");
  EXPECT_TRUE(plain->headers.empty());
}

TEST(BuildRequest, GivesEachRequestItsOwnNumbers) {
  const Project project = ParseScenarios(R"(
[[scenario]]
method = "POST"
path = "/a/${seq}/${rand}"
[[scenario]]
path = "/b"
)");
  EXPECT_TRUE(IsUnique(project.scenarios[0]));
  EXPECT_FALSE(IsUnique(project.scenarios[1]));
  const RequestContext context;
  std::set<std::string> targets;
  for (uint64_t i = 0; i < 100; ++i) targets.insert(BuildRequest(project.scenarios[0], {}, context, i)->target);
  EXPECT_EQ(targets.size(), 100u);
  EXPECT_TRUE(targets.begin()->starts_with("/a/0/"));
  EXPECT_EQ(BuildRequest(project.scenarios[0], {}, context, 5)->target,
            BuildRequest(project.scenarios[0], {}, context, 5)->target);
}

TEST(BuildRequest, NamesWhatHasNoValue) {
  const Project project = ParseScenarios("[headers]\nX = '${env.HONE_NOT_SET_ANYWHERE}'\n[[scenario]]\npath = '/'\n");
  const auto request = BuildRequest(project.scenarios[0], {}, {}, 1);
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error().what, HasSubstr("`${env.HONE_NOT_SET_ANYWHERE}` has no value"));
}

class CheckAnswerTest : public testing::Test {
 protected:
  // The failure of a check on a body, for a scenario with the variable n = 2.
  std::string Check(const std::string& check, const std::string& body) {
    const Project project =
        ParseScenarios("[[scenario]]\npath = '/?n=${n}'\nvars.n = { sizes = [2] }\n[[scenario.check]]\n" + check);
    return Failure(CheckAnswer(project.scenarios[0], {{"n", "2"}}, {}, Answer(200, body)));
  }
  static std::string Failed(const std::string& what) {
    return "The check in line 7 of hone.toml failed: " + what + ": GET /";
  }
};

TEST_F(CheckAnswerTest, LooksAtTheStatus) {
  const Project project = ParseScenarios("[[scenario]]\npath = '/'\nstatus = [200, 201]\n");
  EXPECT_EQ(Failure(CheckAnswer(project.scenarios[0], {}, {}, Answer(201, "x"))), "");
  EXPECT_EQ(Failure(CheckAnswer(project.scenarios[0], {}, {}, Answer(404, "secret"))),
            "Answered 404, not 200 or 201: GET /");
}

TEST_F(CheckAnswerTest, LooksAtLengths) {
  EXPECT_EQ(Check("pointer = '/a'\nlength = '${n}'", R"({"a": ["secret", 2]})"), "");
  EXPECT_EQ(Check("pointer = '/a'\nlength = '${n}'", R"({"a": "\u00e9x"})"), "");
  EXPECT_EQ(Check("pointer = '/a'\nlength = '${n}'", R"({"a": ["secret"]})"),
            Failed("/a is a list of length 1, not of length 2"));
  EXPECT_EQ(Check("pointer = '/a'\nat_least = 3", R"({"a": {"b": "secret"}})"),
            Failed("/a is an object of length 1, not of length 3 or more"));
  EXPECT_EQ(Check("pointer = '/a'\nat_least = 1", R"({"a": 17})"), Failed("/a is a number, not of length 1 or more"));
  EXPECT_EQ(Check("pointer = '/a'\nat_least = 1", R"({"b": 17})"), Failed("/a is missing"));
  EXPECT_EQ(Check("pointer = '/a'\nlength = 'x'", R"({"a": []})"),
            Failed("the wanted length of /a is not a whole number"));
}

TEST_F(CheckAnswerTest, LooksAtValuesWithoutShowingThem) {
  EXPECT_EQ(Check("pointer = '/a'\nequals = '${n}'", R"({"a": 2})"), "");
  EXPECT_EQ(Check("pointer = '/a'\nequals = '${n}'", R"({"a": "2"})"), "");
  EXPECT_EQ(Check("pointer = '/a'\nequals = '{\"x\": [1, null]}'", R"({"a": {"x": [1.0, null]}})"), "");
  EXPECT_EQ(Check("pointer = '/a'\nequals = 'text'", R"({"a": "text"})"), "");
  EXPECT_EQ(Check("pointer = ''\nequals = 'true'", "true"), "");
  EXPECT_EQ(Check("pointer = '/a'\nequals = 'text'", R"({"a": "secret"})"),
            Failed("/a is a text of length 6, not the wanted value"));
  EXPECT_EQ(Check("pointer = '/a'\nequals = false", R"({"a": true})"),
            Failed("/a is a truth value, not the wanted value"));
  EXPECT_EQ(Check("pointer = '/a'\nequals = 1", "secret"), Failed("the body (6 bytes) is not JSON"));
}

TEST_F(CheckAnswerTest, LooksAtPresenceAndText) {
  EXPECT_EQ(Check("pointer = '/a/0'\nexists = true", R"({"a": [null]})"), "");
  EXPECT_EQ(Check("pointer = '/a/1'\nexists = true", R"({"a": [null]})"), Failed("/a/1 is missing"));
  EXPECT_EQ(Check("pointer = '/error'\nexists = false", R"({"a": 1})"), "");
  EXPECT_EQ(Check("pointer = '/error'\nexists = false", R"({"error": "secret"})"),
            Failed("/error is there (a text of length 6)"));
  EXPECT_EQ(Check("contains = 'n=${n}'", "xxn=2"), "");
  EXPECT_EQ(Check("contains = 'n=${n}'", "secret"), Failed("the body (6 bytes) does not hold the wanted text"));
}

class LoginTest : public testing::Test {
 protected:
  const Project project_ = ParseScenarios(R"(
[[scenario]]
path = "/"
[[login]]
name = "user"
path = "/login"
body = '{"password": "${env.HONE_TEST_PASSWORD}"}'
[login.capture]
token = "/auth/token"
session = "cookie:sid"
trace = "header:X-Trace"
)");
};

TEST_F(LoginTest, BuildsTheRequest) {
  ASSERT_EQ(setenv("HONE_TEST_PASSWORD", "a\"b", 1), 0);
  const auto request = BuildLogin(project_.logins[0], {});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->target, "/login");
  EXPECT_EQ(request->body, R"({"password": "a\"b"})");
}

TEST_F(LoginTest, CapturesFromBodyCookieAndHeader) {
  net::HttpAnswer answer = Answer(200, R"({"auth": {"token": "t0"}})");
  answer.headers = {{"set-cookie", "other=1"}, {"Set-Cookie", "sid=s0=; Path=/; HttpOnly"}, {"x-trace", "r0"}};
  const auto values = CaptureLogin(project_.logins[0], answer);
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (Values{{"login.user.token", "t0"}, {"login.user.session", "s0="}, {"login.user.trace", "r0"}}));
  answer.body = R"({"data": {"auth": {"token": "t1"}}})";
  EXPECT_EQ(CaptureLogin(project_.logins[0], answer).value().at("login.user.token"), "t1") << "in an envelope";
}

TEST_F(LoginTest, SaysWhatIsMissing) {
  const auto refused = CaptureLogin(project_.logins[0], Answer(401, "secret"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(base::Sentence(refused.error()),
            "Answered 401, not 200: login user (POST /login). Correct its path, body or status in hone.toml");
  const auto empty = CaptureLogin(project_.logins[0], Answer(200, R"({"auth": "secret"})"));
  ASSERT_FALSE(empty);
  EXPECT_EQ(base::Sentence(empty.error()),
            "The answer has no text or number at /auth/token: login user (POST /login). Correct [login.capture] in "
            "hone.toml");
}

}  // namespace
}  // namespace hone::project
