#include "ops/init_scenarios.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace hone::ops {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

ScenarioDraft DraftOf(const std::string& routes) {
  const auto inspection = golang::ParseInspection(R"({"schema": "hone.go/1", "routes": [)" + routes + "]}");
  EXPECT_TRUE(inspection) << base::Sentence(inspection.error());
  return inspection ? DraftScenarios(*inspection, "", {}, "") : ScenarioDraft();
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

}  // namespace
}  // namespace hone::ops
