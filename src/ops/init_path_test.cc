#include "ops/init_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> VariablesOf(const std::string& path, std::vector<RequestExample> requests,
                                     std::vector<golang::Parameter> query = {}) {
  golang::Route route;
  route.query = std::move(query);
  route.method = "GET";
  route.path_template = path;
  const std::vector<const golang::Route*> routes = {&route};
  const Lists lists(routes);
  const std::vector<SchemaTable> tables = {{"wards", {"id", "name"}}, {"beds", {"id", "ward_id"}}};
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
TEST(MakePath, NamesOfTheQueryAreNoValues) {
  EXPECT_THAT(
      VariablesOf("/wards/{id}/tree", {{.path = {{"id", "depth"}}}, {.path = {{"id", "7"}}}}, {{.name = "depth"}}),
      ElementsAre("id = { column = \"wards.id\", also = [\"7\"] }  # no answer lists them"));
}

}  // namespace
}  // namespace hone::ops
