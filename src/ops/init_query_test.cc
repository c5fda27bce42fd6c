#include "ops/init_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

golang::Parameter QueryParameter(std::string name, std::string type = "", std::optional<std::string> preset = {}) {
  golang::Parameter parameter;
  parameter.name = std::move(name);
  parameter.type = std::move(type);
  parameter.preset = std::move(preset);
  return parameter;
}

class MakeQueryTest : public ::testing::Test {
 protected:
  Making Make(std::string path, std::vector<golang::Parameter> query, std::vector<RequestExample> shown = {}) {
    route_.method = "GET";
    route_.path_template = std::move(path);
    route_.query = std::move(query);
    const std::vector<const golang::Route*> routes = {&route_};
    const Lists lists(routes);
    Making making;
    RouteContext context{.route = route_, .routes = routes, .lists = lists, .tables = tables_};
    for (const RequestExample& request : shown) context.queries.push_back({request.query, request.origin});
    context.requests = std::move(shown);
    MakeQuery(context, making);
    return making;
  }

  std::vector<std::string> Filters(std::vector<golang::Parameter> query, std::string path = "/guests") {
    route_.method = "GET";
    route_.path_template = std::move(path);
    route_.query = std::move(query);
    const std::vector<const golang::Route*> routes = {&route_};
    const Lists lists(routes);
    std::vector<std::string> names;
    for (const Filter& filter : FindFilters({.route = route_, .routes = routes, .lists = lists, .tables = tables_}))
      names.push_back(filter.name + (filter.of ? " of " + filter.of->table + "." + filter.of->column : "") +
                      (filter.until.empty() ? "" : " until " + filter.until));
    return names;
  }

  golang::Route route_ = {};
  std::vector<SchemaTable> tables_ = {{"huts", {"id", "name", "region"}},
                                      {"bookings", {"id", "reference", "guest_id"}}};
};

TEST_F(MakeQueryTest, ListsOfIdsGrow) {
  const Making making = Make("/huts/compare", {QueryParameter("ids", "[]int64")});
  EXPECT_EQ(making.query, "?ids=${n.items}");
  EXPECT_THAT(making.vars, ElementsAre("n = { sizes = [1, 2, 5, 10, 25, 50, 100], default = 5, items = \"${hut_id}\" }",
                                       "hut_id = { column = \"huts.id\" }  # no answer lists them"));
  EXPECT_EQ(Make("/reports/bookings", {QueryParameter("ids", "[]int64")}).vars.size(), 2U) << "the last element";
  golang::Parameter id = QueryParameter("id", "[]string");
  id.rules = "required,min=1,max=50,dive,uuid";
  id.repeated = true;
  const Making repeated = Make("/huts/compare", {id});
  EXPECT_EQ(repeated.query, "?id=${n.items}");
  EXPECT_THAT(repeated.vars,
              ElementsAre("n = { sizes = [1, 2, 5, 10, 25, 50], default = 5, items = \"${hut_id}\", join "
                          "= \"&id=\" }",
                          "hut_id = { column = \"huts.id\" }  # no answer lists them"));
  golang::Parameter joined = QueryParameter("ids", "[]int64");
  joined.repeated = joined.joined = true;
  EXPECT_THAT(Make("/huts/compare", {joined}).vars.front(), ::testing::Not(::testing::HasSubstr("join")));
  EXPECT_THAT(Make("/reports", {QueryParameter("ids", "[]int64")}).query, IsEmpty()) << "of what is not known";
  EXPECT_THAT(Make("/huts", {QueryParameter("tags", "[]string")}).query, IsEmpty()) << "words, of which there are few";
  golang::Parameter needed = QueryParameter("ids", "[]int64");
  needed.rules = "required";
  EXPECT_EQ(Make("/prices", {needed}).query, "?ids=${ids}") << "refused without any";
  EXPECT_EQ(Make("/huts", {QueryParameter("ids", "[]int64"), QueryParameter("limit", "int")}).query, "?limit=${limit}")
      << "one thing grows";
}

TEST_F(MakeQueryTest, WhatOnlyDocumentsAskWithGrowsToo) {
  RequestExample shown;
  shown.query = {{"ids", "4,8,15"}};
  EXPECT_EQ(Make("/huts/batch", {}, {shown}).query, "?ids=${n.items}");
  shown.query = {{"limit", "20"}};
  EXPECT_EQ(Make("/huts", {}, {shown}).query, "?limit=${limit}");
  shown.query = {{"sort", "name"}};
  EXPECT_EQ(Make("/huts", {}, {shown}).query, "?sort=name") << "as it is";
}

TEST_F(MakeQueryTest, WhatALookUpIsShownWithIsOneOfMany) {
  RequestExample shown;
  shown.query = {{"reference", "B-1007"}};
  EXPECT_THAT(
      Make("/bookings/lookup", {}, {shown}).vars,
      ElementsAre("reference = { column = \"bookings.reference\", also = [\"B-1007\"] }  # no answer lists them"));
  shown.query = {{"reference", "B-1007"}, {"lang", "de"}};
  EXPECT_EQ(Make("/bookings/lookup", {}, {shown}).query, "?reference=B-1007&lang=de") << "they may belong together";
  shown.query = {{"reference", "open"}};
  EXPECT_EQ(Make("/bookings/lookup", {}, {shown}).query, "?reference=open") << "a word, one of few";
}

TEST_F(MakeQueryTest, FiltersThatAreHandedOnAreGiven) {
  golang::Parameter filter = QueryParameter("region");
  EXPECT_THAT(Make("/huts", {filter}).query, IsEmpty()) << "without it there is more";
  filter.handed_on = true;
  EXPECT_EQ(Make("/huts", {filter}).query, "?region=${region}");
  EXPECT_THAT(Make("/huts", {filter}).vars, Contains("region = { column = \"huts.region\" }  # no answer lists them"));
  EXPECT_THAT(Make("/trails", {filter}).query, IsEmpty()) << "no such table";
  EXPECT_THAT(Make("/huts/by-code", {filter}).vars,
              Contains("region = { column = \"huts.region\" }  # no answer lists them"))
      << "not the code";
  tables_.push_back({"valleys", {"id", "code"}, {"id", "code"}});
  filter.name = "valley";
  EXPECT_THAT(Make("/reports", {filter}).vars,
              Contains("valley = { column = \"valleys.code\" }  # no answer lists them"));
  filter.name = "ref";
  EXPECT_THAT(Make("/bookings/lookup", {filter}).vars,
              Contains("ref = { column = \"bookings.reference\" }  # no answer lists them"));
}

TEST_F(MakeQueryTest, ALookUpNeedsItsText) {
  tables_.push_back({"contacts", {"id", "hut_id", "email"}, {"id"}});
  EXPECT_THAT(Make("/huts/lookup", {QueryParameter("email")}).vars,
              ElementsAre("email = { column = \"contacts.email\" }  # no answer lists them"))
      << "their rows belong to huts";
  EXPECT_THAT(Make("/huts/list", {QueryParameter("email")}).query, IsEmpty());
  EXPECT_THAT(Make("/huts/lookup", {QueryParameter("email"), QueryParameter("phone")}).query, IsEmpty()) << "either";
}

TEST_F(MakeQueryTest, ThePathSaysWhatAListOfTextsIsOf) {
  tables_.push_back({"invoices", {"id", "number"}, {"id", "number"}});
  EXPECT_EQ(Make("/invoices/by-numbers", {QueryParameter("numbers", "[]string")}).query, "?numbers=${n.items}");
  EXPECT_THAT(Make("/invoices/by-numbers", {QueryParameter("numbers", "[]string")}).vars,
              Contains("number = { column = \"invoices.number\" }  # no answer lists them"));
  EXPECT_THAT(Make("/invoices", {QueryParameter("states", "[]string")}).query, IsEmpty()) << "a filter";
}

TEST_F(MakeQueryTest, DaysAreThoseThatHaveRows) {
  tables_.push_back({"visits", {"id", "hut_id", "created_at", "seen_on"}, {"id"}, {}, {"created_at", "seen_on"}});
  golang::Parameter from = QueryParameter("from");
  golang::Parameter until = QueryParameter("until");
  from.rules = until.rules = "required,datetime=2006-01-02";
  EXPECT_THAT(Make("/huts/busy", {from, until}).vars,
              ElementsAre("from = { column = \"visits.seen_on\", as = \"YYYY-MM-DD\" }  # a guess: days that have rows",
                          "days = { sizes = [1, 7, 14, 28], default = 28 }", "until = { after = \"from\" }"));
  golang::Parameter limit = QueryParameter("limit", "int");
  EXPECT_THAT(Make("/huts/busy", {from, until, limit}).vars,
              Contains("until = { column = \"visits.seen_on\", as = \"YYYY-MM-DD\", plus = \"28 days\" }  # a guess: "
                       "days that have rows"))
      << "something else is the size";
  from.rules = "required";
  from.type = "time.Time";
  EXPECT_THAT(
      Make("/visits", {from}).vars,
      ElementsAre("from = { column = \"visits.seen_on\", as = 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"' }  # a guess: days "
                  "that have rows"));
  tables_.clear();
  EXPECT_EQ(Make("/visits", {from}).query, "?from=2025-01-13T12:00:00Z") << "no column of days";
}

TEST_F(MakeQueryTest, ADayThatBeginsASpanIsAFilterWithItsEnd) {
  tables_.push_back({"visits", {"id", "seen_on"}, {}, {}, {"seen_on"}});
  golang::Parameter from = QueryParameter("from");
  golang::Parameter until = QueryParameter("until");
  from.rules = until.rules = "datetime=2006-01-02";
  EXPECT_THAT(Filters({from, until}, "/visits"), ElementsAre("from of visits.seen_on until until"));
  EXPECT_THAT(Filters({from}, "/visits"), ElementsAre("from of visits.seen_on"));
  EXPECT_THAT(Filters({until}, "/visits"), ElementsAre("until of visits.seen_on"));
  until.rules = "required,datetime=2006-01-02";
  EXPECT_THAT(Filters({from, until}, "/visits"), ElementsAre("from of visits.seen_on")) << "it is asked with it anyway";
  until.rules = "datetime=2006-01";
  EXPECT_THAT(Filters({from, until}, "/visits"), ElementsAre("from of visits.seen_on")) << "it ends a month";
}

TEST_F(MakeQueryTest, TextsThatOneTableHasTogetherAreItsColumns) {
  tables_.push_back({"works", {"id", "medium", "support"}, {"id"}});
  tables_.push_back({"frames", {"id", "medium"}, {"id"}});
  golang::Parameter medium = QueryParameter("medium");
  golang::Parameter support = QueryParameter("support");
  medium.rules = support.rules = "required";
  EXPECT_THAT(Make("/reports/techniques", {medium, support}).vars,
              ElementsAre("medium = { column = \"works.medium\" }  # no answer lists them",
                          "support = { column = \"works.support\" }  # no answer lists them"));
}

TEST_F(MakeQueryTest, WhereTheCodeHasNoDefaultTheSizeIsWhatDocumentsShow) {
  const golang::Parameter limit = QueryParameter("limit", "int");
  const auto at_load = [](int64_t n) {
    return ElementsAre("limit = { sizes = [1, 2, 5, 10, 25, 50], default = " + std::to_string(n) + " }");
  };
  const RequestExample many{.query = {{"city", "Bern"}, {"limit", "30"}}};
  const RequestExample few{.query = {{"limit", "2"}}};
  EXPECT_THAT(Make("/huts", {limit}).vars, at_load(10));
  EXPECT_THAT(Make("/huts", {limit}, {few, many}).vars, at_load(25));
  EXPECT_THAT(Make("/huts", {limit}, {few}).vars, at_load(10));
  EXPECT_THAT(Make("/huts", {QueryParameter("limit", "int", "5")}, {many}).vars, at_load(5));
}

TEST_F(MakeQueryTest, WhatIsListedWhereNobodySaysHowMuchIsAskedFor) {
  const auto sizes = [&](std::string preset, std::string rules) {
    golang::Parameter limit = QueryParameter("limit", "int", std::move(preset));
    limit.rules = std::move(rules);
    return Make("/huts", {limit}).vars.at(0);
  };
  golang::Parameter few = QueryParameter("limit", "int", "500");
  few.rules = "min=250";
  EXPECT_EQ(sizes("80", "min=1,max=500"), "limit = { sizes = [1, 2, 5, 10, 25, 50, 80], default = 80 }");
  EXPECT_EQ(sizes("5000", ""), "limit = { sizes = [1, 2, 5, 10, 25, 50, 200], default = 200 }");
  EXPECT_THAT(Make("/huts", {few}).vars, IsEmpty()) << "the service's own default";
  EXPECT_EQ(sizes("80", "max=60"), "limit = { sizes = [1, 2, 5, 10, 25, 50, 60], default = 60 }");
}

TEST_F(MakeQueryTest, WhatIsNeededMayBeOneOfSeveralInAColumn) {
  tables_.push_back({"guides", {"id", "skills"}});
  golang::Parameter skill = QueryParameter("skill");
  EXPECT_THAT(Make("/guides/available", {skill}).query, IsEmpty()) << "without it there is more";
  skill.rules = "required";
  EXPECT_THAT(Make("/guides/available", {skill}).vars,
              Contains("skill = { column = \"guides.skills\" }  # no answer lists them"));
}

TEST_F(MakeQueryTest, WhatTheCodeHasInMindVaries) {
  EXPECT_EQ(Make("/bookings/export", {QueryParameter("hut", "int", "1")}).query, "?hut=${hut}");
  EXPECT_THAT(Make("/bookings/export", {QueryParameter("hut_id", "int64", "1")}).vars,
              ElementsAre("hut_id = { column = \"huts.id\" }  # no answer lists them"));
  EXPECT_THAT(Make("/bookings/export", {QueryParameter("hut_id", "int64", "0")}).query, IsEmpty()) << "of all huts";
  EXPECT_THAT(Make("/bookings/export", {QueryParameter("days", "int", "30")}).vars,
              ElementsAre("days = { sizes = [1, 3, 7, 15, 30], default = 30 }"));
  EXPECT_EQ(Make("/bookings/export", {QueryParameter("days", "int", "30"), QueryParameter("limit", "int")}).query,
            "?limit=${limit}")
      << "one thing grows";
  EXPECT_THAT(Make("/rooms/available", {QueryParameter("bookings", "int", "2")}).query, IsEmpty()) << "how many";
  tables_.push_back({"document_versions", {"id"}});
  EXPECT_THAT(Make("/documents", {QueryParameter("version", "int", "1")}).query, IsEmpty()) << "a number of its own";
}

TEST_F(MakeQueryTest, FiltersWithoutAnIndexAreScenariosOfTheirOwn) {
  tables_.push_back(
      {"guests", {"id", "email", "country", "phone", "status"}, {"id", "country"}, {{"status", {"new"}}}});
  EXPECT_THAT(Filters({QueryParameter("email"), QueryParameter("country"), QueryParameter("status"),
                       QueryParameter("limit", "int", "50"), QueryParameter("q")}),
              ElementsAre("email of guests.email"));
  golang::Parameter given = QueryParameter("email");
  given.handed_on = true;
  EXPECT_THAT(Filters({given}), IsEmpty()) << "it is always given";
  golang::Parameter mail = QueryParameter("mail");
  mail.compared = golang::Compared{{"guests"}, "email"};
  EXPECT_THAT(Filters({mail, QueryParameter("min_age", "int"), QueryParameter("max_age", "int")}),
              ElementsAre("mail of guests.email", "min_age"))
      << "one bound shows what the others do";
}

}  // namespace
}  // namespace hone::ops
