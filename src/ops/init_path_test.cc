#include "ops/init_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> VariablesOf(const std::string& path, std::vector<RequestExample> requests,
                                     std::vector<golang::Parameter> query = {}) {
  golang::Route route;
  route.query = std::move(query);
  route.method = "GET";
  route.path_template = path;
  const std::vector<const golang::Route*> routes = {&route};
  const Lists lists(routes);
  const std::vector<SchemaTable> tables = {{"wards", {"id", "name"}},
                                           {"beds", {"id", "ward_id"}},
                                           {"terminals", {"code", "city"}, {"code"}},
                                           {"gates", {"id", "code"}, {"id"}}};
  RouteContext context{.route = route, .routes = routes, .lists = lists, .tables = tables};
  context.requests = std::move(requests);
  Making making;
  MakePath(context, making);
  return making.vars;
}

TEST(MakePath, AsksForWhatDocumentsShowAsWell) {
  EXPECT_THAT(VariablesOf("/wards/{id}/tree", {}),
              ElementsAre("id = { column = \"wards.id\" }  # no answer lists them"));
  EXPECT_THAT(
      VariablesOf(
          "/wards/{id}/tree",
          {{.path = {{"id", "7"}}}, {.path = {{"id", "7"}}}, {.path = {{"id", "9"}}}, {.path = {{"id", "11"}}}}),
      ElementsAre("id = { column = \"wards.id\", also = [\"7\", \"9\"] }  # no answer lists them"));
  // Of two values those of one request.
  EXPECT_THAT(VariablesOf("/wards/{ward_id}/beds/{id}",
                          {{.path = {{"ward_id", "7"}}}, {.path = {{"ward_id", "8"}, {"id", "3"}}}}),
              ElementsAre("ward_id = { column = \"wards.id\", also = [\"8\"] }  # no answer lists them",
                          "id = { column = \"beds.id\", also = [\"3\"] }  # no answer lists them"));
}

// A table of endpoints may list parameters where others show values.
TEST(MakePath, WhatIsLookedUpByAWordIsThatOfTheThing) {
  EXPECT_THAT(VariablesOf("/wards/by-name/{name}", {}),
              ElementsAre("name = { column = \"wards.name\" }  # no answer lists them"));
}

TEST(MakePath, AThingIsNamedByItsKey) {
  EXPECT_THAT(VariablesOf("/terminals/{terminal}/moves", {}),
              ElementsAre("terminal = { column = \"terminals.code\" }  # no answer lists them"));
  EXPECT_THAT(VariablesOf("/gates/{gate}/moves", {}), IsEmpty()) << "no index begins with its code";
}

TEST(MakePath, NamesOfTheQueryAreNoValues) {
  EXPECT_THAT(
      VariablesOf("/wards/{id}/tree", {{.path = {{"id", "depth"}}}, {.path = {{"id", "7"}}}}, {{.name = "depth"}}),
      ElementsAre("id = { column = \"wards.id\", also = [\"7\"] }  # no answer lists them"));
}

golang::Parameter Compared(const std::string& name, const std::string& table, const std::string& column) {
  golang::Parameter parameter;
  parameter.name = name;
  parameter.compared = golang::Compared{{table}, column};
  return parameter;
}

class PathOfComparedTest : public ::testing::Test {
 protected:
  std::vector<std::string> Variables(const std::string& path, std::vector<golang::Parameter> parameters) {
    golang::Route route;
    route.method = "GET";
    route.path_template = path;
    route.path_parameters = std::move(parameters);
    const std::vector<const golang::Route*> routes = {&route};
    const Lists lists(routes);
    RouteContext context{.route = route, .routes = routes, .lists = lists, .tables = tables_};
    context.scopes = scopes_;
    Making making;
    MakePath(context, making);
    return making.vars;
  }

  const std::vector<SchemaTable> tables_ = {{"organizations", {"id", "slug"}, {"slug"}},
                                            {"castings", {"id", "serial_no", "poured_at"}, {}, {}, {"poured_at"}}};
  std::map<std::string, ShownValues> scopes_ = {{"/orgs/{org}", {{"northgate"}, "README.md:4"}}};
};

TEST_F(PathOfComparedTest, TakesTheColumnThatStatementsCompareItWith) {
  EXPECT_THAT(Variables("/x/{no}", {Compared("no", "castings", "serial_no")}),
              ElementsAre("no = { column = \"castings.serial_no\" }  # no answer lists them"));
  EXPECT_THAT(Variables("/x/{no}", {Compared("no", "castings", "weight")}), IsEmpty());
  golang::Parameter poured = Compared("day", "castings", "poured_at");
  poured.compared->day = true;
  poured.rules = "datetime=2006-01-02";
  EXPECT_THAT(
      Variables("/castings/on/{day}", {poured}),
      ElementsAre("day = { column = \"castings.poured_at\", as = \"YYYY-MM-DD\" }  # a guess: days that have rows"));
  golang::Parameter day = Compared("no", "castings", "serial_no");
  day.compared->day = true;
  EXPECT_THAT(Variables("/x/{no}", {day}), IsEmpty());
}

TEST_F(PathOfComparedTest, StaysWithinTheTenantThatDocumentsShow) {
  golang::Parameter org = Compared("org", "organizations", "slug");
  const golang::Parameter no = Compared("no", "castings", "serial_no");
  EXPECT_THAT(Variables("/orgs/{org}/serials/{no}", {org, no}),
              ElementsAre("org = { column = \"organizations.slug\" }  # no answer lists them",
                          "no = { column = \"castings.serial_no\" }  # no answer lists them"))
      << "its handlers read it";
  org.scope = true;
  EXPECT_THAT(Variables("/orgs/{org}/serials/{no}", {org, no}),
              ElementsAre("org = { list = [\"northgate\"] }  # README.md:4",
                          "no = { column = \"castings.serial_no\", within = { column = \"organizations.slug\", is = "
                          "\"northgate\" } }  # no answer lists them"));
  org.compared.reset();
  org.name = "organization";
  scopes_["/orgs/{organization}"] = scopes_["/orgs/{org}"];
  EXPECT_THAT(Variables("/orgs/{organization}/serials/{no}", {org, no}),
              ElementsAre("organization = { list = [\"northgate\"] }  # README.md:4",
                          "no = { column = \"castings.serial_no\", within = { column = \"organizations.slug\", is = "
                          "\"northgate\" } }  # no answer lists them"))
      << "kept in memory";
  org = Compared("org", "organizations", "slug");
  org.scope = true;
  scopes_["/orgs/{org}"].values.emplace_back("southgate");
  EXPECT_THAT(Variables("/orgs/{org}/serials/{no}", {org, no}),
              ElementsAre("org = { column = \"organizations.slug\" }  # no answer lists them",
                          "no = { column = \"castings.serial_no\" }  # no answer lists them"));
}

}  // namespace
}  // namespace hone::ops
