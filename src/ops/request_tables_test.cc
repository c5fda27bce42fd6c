#include "ops/request_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::vector<SourceText> kTexts = {
    {"README.md",
     "| method | path | sample |\n|---|---|---|\n"
     "| GET | `/classes/{code}/ratings` | `ILCA7`, `470`, not `two words` |\n"
     "| GET | `/sailors/by-locality?country=&city=&season=` | `country=DEN&city=DEN Havn 1` |\n"
     "| GET | `/rankings/{season}/{class}?page=` | `2025`, `ILCA7` |\n"
     "| POST | `/regattas/:slug/entries` | `fjell-cup`: `{\"class\": \"a | b\"}`, see `examples/x.json` |\n"
     "| `PUT /boats/{id}` | rename | `17`: `{\"name\": \"Tern\"}` |\n"
     "| GET | `/customers/{id}/orders` | `5` |\n"
     "| GET | `/audit` | anything |\n"
     "| GET | `/alerts` | `level=info\\|warning`, `since=2025-07-01` |\n"
     "| GET | `/compare` | `id=...&id=...` |\n"
     "| `GET /api/v1/growers`, `GET` `PATCH /api/v1/growers/{id}` | `{\"phone\": \"1\"}` |\n"
     "| `PATCH` `DELETE /halls/{id}`, `GET /halls` | `{\"name\": \"x\"}`, `city=B` |\n"
     "| `GET /docks/{id}/state`, `POST /faults` | `{\"kind\": \"a\"}` |\n"
     "| `DELETE /seats` | `{\"ids\": [1]}` |\n"
     "| `GET /rooms/occupancy`, `/rooms/{id}/status`, `/readings` and `/blocks` | `since=2024-01-01` |\n"}};

std::vector<RequestExample> Of(std::string_view method, std::string_view path_template) {
  return FindTableRequests(kTexts, method, path_template);
}

TEST(FindTableRequests, ReadsValuesOfThePath) {
  const auto ratings = Of("GET", "/api/v1/classes/{code}/ratings");
  ASSERT_THAT(ratings, SizeIs(2));
  EXPECT_THAT(ratings[0].path, UnorderedElementsAre(Pair("code", "ILCA7")));
  EXPECT_EQ(ratings[1].path.at("code"), "470");
  EXPECT_EQ(ratings[0].origin, "README.md:3");
  const auto rankings = Of("GET", "/rankings/{year}/{class}");
  ASSERT_THAT(rankings, SizeIs(1));
  EXPECT_THAT(rankings[0].path, UnorderedElementsAre(Pair("year", "2025"), Pair("class", "ILCA7")));
}

TEST(FindTableRequests, ReadsQueriesAndBodies) {
  const auto sailors = Of("GET", "/v2/sailors/by-locality");
  ASSERT_THAT(sailors, SizeIs(1));
  EXPECT_THAT(sailors[0].query, ElementsAre(Pair("country", "DEN"), Pair("city", "DEN%20Havn%201")));
  const auto entries = Of("POST", "/regattas/{slug}/entries");
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].body, R"({"class": "a | b"})");
  EXPECT_EQ(entries[0].path.at("slug"), "fjell-cup");
  const auto boats = Of("PUT", "/boats/{id}");
  ASSERT_THAT(boats, SizeIs(1));
  EXPECT_EQ(boats[0].body, R"({"name": "Tern"})");
}

TEST(FindTableRequests, TakesNoChoicesAndNothingLeftOut) {
  const auto alerts = Of("GET", "/alerts");
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_THAT(alerts[0].query, ElementsAre(Pair("since", "2025-07-01")));
  EXPECT_THAT(Of("GET", "/compare"), IsEmpty());
}

TEST(FindTableRequests, ReadsRowsAboutSeveral) {
  const auto change = Of("PATCH", "/api/v1/growers/{id}");
  ASSERT_THAT(change, SizeIs(1));
  EXPECT_EQ(change[0].body, R"({"phone": "1"})");
  EXPECT_THAT(Of("GET", "/api/v1/growers"), IsEmpty()) << "it has no body";
  EXPECT_THAT(Of("GET", "/api/v1/growers/{id}"), IsEmpty());
  EXPECT_THAT(Of("PATCH", "/api/v1/growers"), IsEmpty());
  EXPECT_THAT(Of("POST", "/faults"), SizeIs(1));
  EXPECT_THAT(Of("POST", "/docks/{id}/faults"), IsEmpty()) << "another method, another beginning";
  EXPECT_THAT(Of("DELETE", "/halls/{id}"), IsEmpty());
  ASSERT_THAT(Of("PATCH", "/halls/{id}"), SizeIs(1));
  EXPECT_THAT(Of("PATCH", "/halls/{id}")[0].query, IsEmpty());
  ASSERT_THAT(Of("GET", "/halls"), SizeIs(1));
  EXPECT_THAT(Of("GET", "/halls")[0].query, ElementsAre(Pair("city", "B")));
  ASSERT_THAT(Of("DELETE", "/seats"), SizeIs(1));
  EXPECT_EQ(Of("DELETE", "/seats")[0].body, R"({"ids": [1]})") << "nothing else has one";
  for (const char* path : {"/rooms/occupancy", "/rooms/{room}/status", "/rooms/{id}/readings", "/api/blocks"})
    EXPECT_THAT(Of("GET", path), SizeIs(1)) << path;
  EXPECT_THAT(Of("GET", "/rooms/status"), IsEmpty());
  EXPECT_THAT(Of("POST", "/rooms/{id}/readings"), IsEmpty());
}

TEST(FindTableRequests, LeavesRowsOfOtherRequests) {
  EXPECT_THAT(Of("GET", "/boats/{id}"), IsEmpty());
  EXPECT_THAT(Of("GET", "/orders"), IsEmpty());
  EXPECT_THAT(Of("GET", "/tenants/{id}/classes/{code}/ratings"), IsEmpty());
  EXPECT_THAT(Of("GET", "/shop/audit"), IsEmpty());
  EXPECT_THAT(Of("GET", "/audit"), IsEmpty());
  EXPECT_THAT(FindTableRequests({{"a.md", "|\n||\n|`\n| GET | `/a"}}, "GET", "/a"), IsEmpty());
}

}  // namespace
}  // namespace hone::ops
