#include "ops/same_thing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

project::Project Parsed(const std::string& scenarios) {
  auto project =
      project::ParseProject("[service]\nrun = \"x\"\nurl = \"http://127.0.0.1:1\"\n" + scenarios, "/tmp/benchmarks");
  EXPECT_TRUE(project.has_value());
  return project ? *std::move(project) : project::Project();
}

TEST(SharedThings, AreCalledAlikeOrComeFromTheSamePlace) {
  const project::Project project = Parsed(R"(
[[scenario]]
path = "/users/${id}/follows/${other}?page=${page}"
vars.id = { list = ["1"] }
vars.other = { list = ["2"] }
vars.page = { range = [1, 2] }
[[scenario]]
method = "PUT"
path = "/users/${id}/follows/${other}"
vars.other = { list = ["2"] }
vars.id = { list = ["1"] }
[[scenario]]
method = "PUT"
path = "/buses/${bus}"
vars.bus = { list = ["1"] }
)");
  const auto& scenarios = project.scenarios;
  EXPECT_THAT(SharedThings(scenarios[1], scenarios[0]), UnorderedElementsAre(Pair("id", "id"), Pair("other", "other")));
  EXPECT_THAT(SharedThings(scenarios[2], scenarios[0]), IsEmpty());
}

TEST(IsOfThing, NeedsAnAnswerAboutTheThingOfThePath) {
  const project::Project project = Parsed(R"(
[database]
mode = "embedded"
[[scenario]]
path = "/buses"
[[scenario]]
path = "/buses/${busID}"
vars.busID = { from = "GET /buses", pointer = "/*/id" }
[[scenario]]
method = "PUT"
path = "/buses/${id}"
body = '{"seats": [${n.items}], "depot": ${depot}, "version": ${version}, "row": ${row}, "name": "${name}"}'
headers.If-Match = "${tag}"
vars.id = { from = "GET /buses", pointer = "/*/id" }
vars.tag = { from = "GET /buses/{busID}", pointer = "header:ETag" }
vars.version = { from = "GET /buses/{busID}", pointer = "/version" }
vars.row = { column = "buses.row_version" }
vars.name = { column = "buses.name" }
vars.depot = { from = "GET /buses", pointer = "/0/depot" }
vars.seat = { from = "GET /buses/{busID}", pointer = "/seat" }
vars.n = { sizes = [1, 2, 3], items = "${seat}" }
[[scenario]]
path = "/buses/${id}/quote?at=${version}"
vars.id = { from = "GET /buses", pointer = "/*/id" }
vars.version = { from = "GET /buses/{busID}", pointer = "/version" }
)");
  std::vector<std::string> of_thing;
  for (const project::Variable& variable : project.scenarios[2].vars) {
    if (IsOfThing(project, project.scenarios[2], variable)) of_thing.push_back(variable.name);
  }
  EXPECT_THAT(of_thing, UnorderedElementsAre("tag", "version", "row"));
  EXPECT_FALSE(IsOfThing(project, project.scenarios[3], project.scenarios[3].vars[1])) << "it reads";
}

}  // namespace
}  // namespace hone::ops
