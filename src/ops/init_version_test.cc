#include "ops/init_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

golang::Field Scalar(std::string name, std::string kind = "integer") {
  golang::Field field;
  field.name = std::move(name);
  field.kind = std::move(kind);
  return field;
}

golang::Route RouteOf(std::string method, std::string path) {
  golang::Route route;
  route.method = std::move(method);
  route.path_template = std::move(path);
  return route;
}

class VersionTest : public ::testing::Test {
 protected:
  VersionTest() {
    reader_.responses.emplace_back().fields = {Scalar("id"), Scalar("rowVersion"), Scalar("version")};
    writer_.headers = {{.name = "If-Match"}};
  }

  Making Make(const std::string& wanted) {
    Making making;
    if (const auto value = VersionOfThing(Context(), wanted, making)) making.query = *value;
    return making;
  }

  Making MakeHeader() {
    Making making;
    MakeIfMatch(Context(), making);
    return making;
  }

  RouteContext Context() { return {.route = writer_, .routes = routes_, .lists = lists_, .tables = tables_}; }

  golang::Route reader_ = RouteOf("GET", "/v1/buses/{busID}");
  golang::Route writer_ = RouteOf("POST", "/v1/buses/{id}/parts");
  std::vector<const golang::Route*> routes_ = {&reader_, &writer_};
  Lists lists_ = Lists(routes_);
  std::vector<SchemaTable> tables_ = {{"buses", {"id", "lock_version"}}, {"parts", {"id", "revision"}}};
};

TEST(IsVersion, KnowsWhatRowsCallIt) {
  for (const char* name : {"version", "expectedVersion", "lock_version", "row_version", "Revision", "etag"})
    EXPECT_TRUE(IsVersion(name)) << name;
  for (const char* name : {"versions", "api_version", "schemaVersion", "conversion", "latest_version", "id"})
    EXPECT_FALSE(IsVersion(name)) << name;
}

TEST_F(VersionTest, IsThatOfTheThingsOwnAnswer) {
  EXPECT_THAT(Make("version").vars,
              ElementsAre("version = { from = \"GET /v1/buses/{busID}\", pointer = \"/version\" }"));
  EXPECT_EQ(Make("row_version").vars.at(0),
            "row_version = { from = \"GET /v1/buses/{busID}\", pointer = \"/rowVersion\" }");
  EXPECT_EQ(Make("version").query, "${version}");
  golang::Field data;
  data.name = "data";
  data.kind = "object";
  data.fields = reader_.responses[0].fields;
  reader_.responses[0].fields = {data};
  EXPECT_EQ(Make("version").vars.at(0), "version = { from = \"GET /v1/buses/{busID}\", pointer = \"/data/version\" }");
}

TEST_F(VersionTest, IsThatOfItsTableWhereNoAnswerHasIt) {
  reader_.responses[0].fields = {Scalar("id")};
  EXPECT_EQ(Make("version").vars.at(0), "version = { column = \"buses.lock_version\" }  # no answer lists them");
  tables_.erase(tables_.begin());
  EXPECT_THAT(Make("version").vars, IsEmpty()) << "that of a new part is not known";
  writer_.path_template = "/v1/parts";
  EXPECT_THAT(Make("version").vars, IsEmpty()) << "a new thing has none";
}

TEST_F(VersionTest, NeedsNothingElseToBeAsked) {
  reader_.query = {{.name = "depot", .rules = "required"}};
  EXPECT_EQ(Make("version").vars.at(0), "version = { column = \"buses.lock_version\" }  # no answer lists them");
}

TEST_F(VersionTest, IfMatchIsTheTagOrElseTheVersion) {
  EXPECT_THAT(MakeHeader().headers, ElementsAre("If-Match = \"${version}\""));
  reader_.etag = true;
  const Making tagged = MakeHeader();
  EXPECT_THAT(tagged.headers, ElementsAre("If-Match = \"${etag}\""));
  EXPECT_THAT(tagged.vars, ElementsAre("etag = { from = \"GET /v1/buses/{busID}\", pointer = \"header:ETag\" }"));
  reader_.path_template = "/v1/buses/{busID}/seats";
  EXPECT_EQ(MakeHeader().vars.at(0), "etag = { from = \"GET /v1/buses/{busID}/seats\", pointer = \"header:ETag\" }");
  reader_.path_template = "/v1/buses/{busID}/seats/{no}";
  EXPECT_THAT(MakeHeader().headers, ElementsAre("If-Match = \"${version}\"")) << "that of one seat";
  writer_.headers.clear();
  EXPECT_THAT(MakeHeader().headers, IsEmpty());
}

}  // namespace
}  // namespace hone::ops
