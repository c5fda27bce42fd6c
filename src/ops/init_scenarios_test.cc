#include "ops/init_scenarios.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace hone::ops {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

ScenarioDraft DraftOf(const std::string& routes, const std::vector<SourceText>& texts = {}) {
  const auto inspection = golang::ParseInspection(R"({"schema": "hone.go/1", "routes": [)" + routes + "]}");
  EXPECT_TRUE(inspection) << base::Sentence(inspection.error());
  return inspection ? DraftScenarios(*inspection, "", texts, "") : ScenarioDraft();
}

TEST(DraftScenarios, TakesNoValuesFromWhatIsNotDriven) {
  const std::string reader =
      R"({"method": "GET", "template": "/blobs/{key}", "origin": {"file": "r.go", "line": 1}, "etag": true})";
  const std::string writer = R"({"method": "PUT", "template": "/blobs/{id}", "origin": {"file": "r.go", "line": 2},
    "request": {"bodyless": true, "path": [{"name": "id", "type": "int64"}], "header": [{"name": "If-Match"}]}})";
  const ScenarioDraft draft = DraftOf(reader + "," + writer);
  EXPECT_EQ(draft.driven, 0);
  EXPECT_THAT(draft.missing, Contains(HasSubstr("GET /blobs/{key} (r.go:1) is not driven")));
  EXPECT_THAT(
      draft.missing,
      Contains("PUT /blobs/{id} (r.go:2) is not driven: GET /blobs/{key}, which it takes values from, is not driven"));
  EXPECT_THAT(draft.text, Not(HasSubstr("\n[[scenario]]")));
}

TEST(DraftScenarios, AChangeNamesTheTagOfWhatIsDriven) {
  const std::string reader =
      R"({"method": "GET", "template": "/buses/{id}", "origin": {"file": "r.go", "line": 1}, "etag": true,
    "request": {"path": [{"name": "id", "type": "int64"}]}})";
  const std::string writer = R"({"method": "PUT", "template": "/buses/{id}", "origin": {"file": "r.go", "line": 2},
    "request": {"bodyless": true, "path": [{"name": "id", "type": "int64"}], "header": [{"name": "If-Match"}]}})";
  const ScenarioDraft draft = DraftOf(reader + "," + writer);
  EXPECT_EQ(draft.driven, 2);
  EXPECT_THAT(draft.text, HasSubstr("[scenario.headers]\nIf-Match = \"${etag}\"\n[scenario.vars]\n"));
  EXPECT_THAT(draft.text, HasSubstr("etag = { from = \"GET /buses/{id}\", pointer = \"header:ETag\" }\n"));
}

std::string PostOf(const std::string& path, const std::string& of_path) {
  return R"({"method": "POST", "template": ")" + path +
         R"(", "origin": {"file": "r.go", "line": 1}, "request": {"path": [)" + of_path +
         R"(], "body": {"type": "Scale", "fields": [{"name": "gross", "type": "int", "kind": "integer"}]}}})";
}

// Documents say once below what all paths are.
TEST(DraftScenarios, TheEndOfAPathIsEnoughBehindATenantOrAPrefix) {
  const std::string tenant = R"({"name": "coop", "scope": true})";
  const std::string silo = R"({"method": "GET", "template": "/coops/{coop}/silos/{id}", "origin": {"file": "r.go",
    "line": 2}, "request": {"path": [{"name": "coop", "scope": true}, {"name": "id", "type": "int64"}]}},)";
  const std::vector<SourceText> texts = {{"README.md",
                                          "curl localhost:8080/coops/green-valley/silos/1\n"
                                          "curl -X POST \"$D/deliveries\" -d '{\"gross\": 21000}'\n"
                                          "| POST | `/silos` | `{\"gross\": 7}` |\n"
                                          "| `POST P/bins` | all | `{\"gross\": 8}` |\n"}};
  EXPECT_THAT(DraftOf(silo + PostOf("/coops/{coop}/deliveries", tenant), texts).text, HasSubstr(R"({"gross": 21000})"));
  EXPECT_THAT(DraftOf(silo + PostOf("/coops/{coop}/silos", tenant), texts).text, HasSubstr(R"({"gross": 7})"));
  EXPECT_THAT(DraftOf(silo + PostOf("/coops/{coop}/bins", tenant), texts).text, HasSubstr(R"({"gross": 8})"));
  EXPECT_THAT(DraftOf(PostOf("/api/v1/deliveries", ""), texts).text, HasSubstr(R"({"gross": 21000})"));
  EXPECT_THAT(DraftOf(silo + PostOf("/coops/{coop}/deliveries", R"({"name": "coop"})"), texts).text,
              HasSubstr(R"({"gross": 1})"))
      << "its handler reads it";
  EXPECT_THAT(DraftOf(silo + PostOf("/coops/{coop}/deliveries", tenant) + "," + PostOf("/deliveries", ""), texts).text,
              HasSubstr(R"({"gross": 1})"))
      << "another route's";
}

}  // namespace
}  // namespace hone::ops
