#include "ops/init_route_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

golang::Field BodyField(std::string name, std::string kind, std::string type, std::vector<golang::Field> fields = {}) {
  golang::Field field;
  field.name = std::move(name);
  field.kind = std::move(kind);
  field.type = std::move(type);
  field.fields = std::move(fields);
  return field;
}

class MakeBodyTest : public ::testing::Test {
 protected:
  Making Make(std::string path, std::vector<golang::Field> fields, const std::string& example = {},
              std::string method = "POST") {
    route_.method = std::move(method);
    route_.path_template = std::move(path);
    route_.body.emplace().fields = std::move(fields);
    route_.body->type = type_;
    const std::vector<const golang::Route*> routes = {&route_};
    const Lists lists(routes);
    Making making;
    RouteContext context{.route = route_, .routes = routes, .lists = lists, .tables = tables_};
    if (!example.empty()) context.requests.push_back({.body = example});
    context.answered = {"Photo"};
    context.password = "pear tree";
    MakeBody(context, making);
    return making;
  }

  golang::Route route_ = {};
  std::string type_ = {};
  std::vector<SchemaTable> tables_ = {
      {"loans", {"id", "status", "kind"}, {}, {{"status", {"draft", "it's \"so\""}}}},
      {"photos", {"id", "loan_id", "kind"}},
      {"beds", {"id"}},
      {"marks", {"id"}},
      {"bookings", {"id", "bed_id"}},
      {"venues", {"id", "slug"}, {"slug"}},
      {"skills", {"id", "code"}, {"code"}},
      {"variants", {"id", "product_id", "sku"}, {"sku"}},
      {"items", {"id", "serial_code", "label"}, {"serial_code"}},
  };
};

TEST_F(MakeBodyTest, ChangesTheShortCodesThatAreShown) {
  const std::string shown = R"({"gate": "G4", "code": "C-7"})";
  const std::vector<golang::Field> fields = {BodyField("gate", "string", "string"),
                                             BodyField("code", "string", "string")};
  EXPECT_EQ(Make("/sailings/{id}", fields, shown, "PATCH").body, R"({"gate": "G4", "code": "hone ${seq}"})");
  EXPECT_EQ(Make("/sailings", fields, shown).body, R"({"gate": "hone ${seq}", "code": "hone ${seq}"})");
}

TEST_F(MakeBodyTest, VariesHowManyOfATablesThingsItIsAbout) {
  golang::Field beds = BodyField("beds", "integer", "int");
  beds.tags["binding"] = "required,min=1,max=30";
  const Making making = Make("/bookings", {beds});
  EXPECT_EQ(making.body, R"({"beds": ${beds}})");
  EXPECT_THAT(making.vars, ElementsAre("beds = { sizes = [1, 2, 5, 10, 25], default = 5 }"));
  EXPECT_EQ(Make("/bookings", {BodyField("beds", "integer", "int")}).body, R"({"beds": 1})") << "of no bounds";
  beds.name = "bed";
  EXPECT_THAT(Make("/bookings", {beds}).body, testing::Not(HasSubstr("${bed}"))) << "the number of one";
  beds.name = "nights";
  EXPECT_EQ(Make("/bookings", {beds}).body, R"({"nights": 1})") << "no table";
}

TEST_F(MakeBodyTest, LeavesThePasswordOfTheAccount) {
  const golang::Field present = BodyField("currentPassword", "string", "string");
  const golang::Field fresh = BodyField("newPassword", "string", "string");
  EXPECT_EQ(Make("/me/password", {present, fresh}).body,
            R"({"currentPassword": "pear tree", "newPassword": "pear tree"})");
  EXPECT_THAT(Make("/guests", {fresh}).body, testing::Not(HasSubstr("pear tree"))) << "somebody else's";
  const std::vector<golang::Field> others = {BodyField("old_passport_no", "string", "string"),
                                             BodyField("passholder_name", "string", "string")};
  EXPECT_THAT(Make("/gates/admit", others).body, testing::Not(HasSubstr("pear tree")));
}

TEST_F(MakeBodyTest, AsksForWhatTheSchemaAllows) {
  EXPECT_EQ(Make("/loans", {BodyField("status", "string", "string")}).body, R"({"status": "draft"})");
  EXPECT_EQ(Make("/loans/{id}/photos", {BodyField("status", "string", "string")}).body, R"({"status": "draft"})");
  EXPECT_EQ(Make("/loans", {BodyField("kind", "string", "string")}).body, R"({"kind": "hone ${seq}"})");
  const std::string shown = R"({"status": "it's \"so\""})";
  EXPECT_EQ(Make("/loans", {BodyField("status", "string", "string")}, shown).body, shown) << "as the example has it";
}

TEST_F(MakeBodyTest, TakesWhatAStatementLooksUp) {
  golang::Field bed = BodyField("place", "string", "string");
  bed.compared = golang::Compared{.tables = {"beds"}, .column = "id"};
  EXPECT_THAT(Make("/bookings", {bed}).vars, ElementsAre("place = { column = \"beds.id\" }  # no answer lists them"));
  golang::Field number = BodyField("no", "integer", "int64");
  number.compared = bed.compared;
  EXPECT_EQ(Make("/bookings", {number}).body, "{\"no\": ${no}}");
  golang::Field own = BodyField("label", "string", "string");
  own.compared = golang::Compared{.tables = {"items"}, .column = "label"};
  EXPECT_EQ(Make("/items", {own}).body, R"({"label": "hone ${seq}"})") << "a new one may have to be another";
  golang::Field later = BodyField("place", "string", "string");
  later.compared = golang::Compared{.tables = {"beds"}, .column = "id", .day = true};
  EXPECT_THAT(Make("/bookings", {later}).vars, IsEmpty()) << "by its order only";
}

TEST_F(MakeBodyTest, AJobNamesWhatIsThere) {
  golang::Field code = BodyField("code", "string", "string");
  code.compared = golang::Compared{.tables = {"skills"}, .column = "code"};
  const golang::Field skills = BodyField("skills", "array", "[]Skill", {code});
  const std::string of_column = "code = { column = \"skills.code\" }  # no answer lists them";
  EXPECT_THAT(Make("/skills/sync", {skills}).vars, testing::Contains(of_column));
  EXPECT_THAT(Make("/skills/import", {skills}).vars, testing::Not(testing::Contains(of_column))) << "they are new";
  EXPECT_THAT(Make("/skills", {skills}).vars, testing::Not(testing::Contains(of_column))) << "they are new";
}

TEST_F(MakeBodyTest, DaysThatAreLookedUpAreSentAsExamplesHaveThem) {
  golang::Field mark = BodyField("mark", "string", "model.Date");
  mark.tags["validate"] = "datetime=2006-01-02";
  mark.compared = golang::Compared{.tables = {"marks"}, .column = "id", .day = true};
  golang::Field kind = BodyField("kind", "string", "string");
  kind.tags["validate"] = "required";
  EXPECT_EQ(Make("/quotes", {kind, mark}).body, R"({"kind": "hone ${seq}", "mark": "2025-01-13"})");
  EXPECT_THAT(Make("/quotes", {kind, mark}).vars, IsEmpty()) << "a day is none of the marks";
  EXPECT_EQ(Make("/quotes", {kind, mark}, R"({"kind": "a b", "mark": "2027-07-30"})").body,
            R"({"kind": "hone ${seq}", "mark": "2027-07-30"})");
}

TEST_F(MakeBodyTest, OfAnyNamesIsAsDocumentsShow) {
  type_ = "map[string]string";
  EXPECT_EQ(Make("/settings", {}, R"({"season": "2024"})").body, R"({"season": "2024"})");
  EXPECT_EQ(Make("/settings", {}).obstacle, "what its body must hold was not found");
}

TEST_F(MakeBodyTest, ADeletionMayNameItsRowsInABody) {
  route_.method = "DELETE";
  route_.path_template = "/beds";
  route_.body.emplace().fields = {BodyField("bed_ids", "array", "[]int64")};
  const std::vector<const golang::Route*> routes = {&route_};
  const Lists lists(routes);
  const RouteContext context{.route = route_, .routes = routes, .lists = lists, .tables = tables_};
  Making making;
  MakeBody(context, making);
  EXPECT_EQ(making.obstacle, "");
  EXPECT_THAT(making.vars, testing::Contains("bed_id = { column = \"beds.id\" }  # no answer lists them"));
  route_.body->fields = {BodyField("nicknames", "array", "[]string")};
  Making made_up;
  MakeBody(context, made_up);
  EXPECT_EQ(made_up.obstacle, "each request would need a row of its own to delete");
  route_.body.reset();
  Making bare;
  MakeBody(context, bare);
  EXPECT_EQ(bare.obstacle, "each request would need a row of its own to delete");
}

TEST_F(MakeBodyTest, QuantitiesAreNumbersAndPartsAreNew) {
  tables_.push_back({"stock_lots", {"id", "lot_code"}, {"lot_code"}});
  golang::Field lots = BodyField("lots", "array", "[]Lot",
                                 {BodyField("lotCode", "string", "string"), BodyField("unitCost", "string", "string"),
                                  BodyField("expiresOn", "object", "openapi_types.Date")});
  EXPECT_THAT(Make("/receipts", {lots}).vars.at(0),
              HasSubstr(R"("lotCode": "hone ${seq}-${i}", "unitCost": "1", "expiresOn": "2025-01-17")"));
}

TEST_F(MakeBodyTest, AJobOfADayHasOneWithRows) {
  tables_.push_back({"fines", {"id", "due_on"}, {}, {}, {"due_on"}});
  golang::Field day = BodyField("as_of", "string", "string");
  day.tags["validate"] = "datetime=2006-01-02";
  day.compared = golang::Compared{.tables = {"fines"}, .column = "due_on", .day = true};
  EXPECT_THAT(
      Make("/fines/assess", {day}).vars,
      ElementsAre("as_of = { column = \"fines.due_on\", as = \"YYYY-MM-DD\" }  # a guess: days that have rows"));
  EXPECT_EQ(Make("/patrons/{id}/fines", {day}).body, R"({"as_of": "2025-01-13"})") << "others may be in its way";
}

TEST_F(MakeBodyTest, WhoIsMadeOrChangedIsCalledAnew) {
  tables_.push_back({"guests", {"id", "email", "phone"}, {"email"}});
  golang::Field email = BodyField("email", "string", "string");
  email.compared = golang::Compared{.tables = {"guests"}, .column = "email"};
  EXPECT_EQ(Make("/guests", {email}).body, R"({"email": "hone-${seq}@example.com"})");
  EXPECT_EQ(Make("/guests/{id}", {email}).body, R"({"email": "hone-${seq}@example.com"})");
  EXPECT_EQ(Make("/hotels/{id}/guests", {email}).body, R"({"email": "hone-${seq}@example.com"})");
}

TEST_F(MakeBodyTest, PlansForTimesToCome) {
  const auto time = [](std::string name) { return BodyField(std::move(name), "string", "time.Time"); };
  EXPECT_EQ(Make("/visits", {time("scheduled_at"), time("ends_at"), time("asked_at")}).body,
            R"({"scheduled_at": "2035-01-15T12:00:00Z", "ends_at": "2035-01-17T18:00:00Z", )"
            R"("asked_at": "2025-01-15T12:00:00Z"})");
  EXPECT_EQ(Make("/visits", {time("starts_at"), time("ends_at")}).body,
            R"({"starts_at": "2025-01-15T12:00:00Z", "ends_at": "2025-01-17T18:00:00Z"})");
}

TEST_F(MakeBodyTest, NamesWhatManyMakeAnew) {
  const golang::Field skills = BodyField(
      "skills", "array", "[]m.Skill", {BodyField("code", "string", "string"), BodyField("kind", "string", "string")});
  const Making making = Make("/skills/bulk", {skills});
  EXPECT_THAT(making.vars, ElementsAre(::testing::HasSubstr("\"code\": \"hone ${seq}-${i}\"")));
}

TEST_F(MakeBodyTest, LeavesOutWhatIsTheDatabases) {
  const Making making = Make("/loans/{id}/photos",
                             {BodyField("photos", "array", "[]Photo",
                                        {BodyField("id", "integer", "int64"), BodyField("loan_id", "integer", "int64"),
                                         BodyField("loan", "object", "*Loan", {BodyField("id", "integer", "int64")}),
                                         BodyField("taken_at", "string", "time.Time")})});
  EXPECT_EQ(making.body, R"({"photos": [${n.items}]})");
  EXPECT_THAT(making.vars,
              ElementsAre("n = { sizes = [1, 2, 5, 10, 25, 50, 100], default = 5, items = '{\"loan_id\": ${loan_id}, "
                          "\"taken_at\": \"2025-01-15T12:00:00.${i}1Z\"}' }",
                          "loan_id = { column = \"loans.id\" }  # no answer lists them"));
  // Whose type no answer has: what is to be changed.
  EXPECT_THAT(
      Make("/stock/adjust",
           {BodyField("lines", "array", "[]Line",
                      {BodyField("id", "integer", "int64"), BodyField("loan_id", "integer", "int64")})})
          .vars,
      ElementsAre(
          "n = { sizes = [1, 2, 5, 10, 25, 50, 100], default = 5, items = '{\"id\": ${i}, \"loan_id\": ${loan_id}}' }",
          "loan_id = { column = \"loans.id\" }  # no answer lists them"));
  EXPECT_EQ(Make("/orders", {BodyField("shipping", "object", "Address", {BodyField("city", "string", "string")}),
                             BodyField("shipping_method_id", "integer", "int64")})
                .body,
            R"({"shipping": {"city": "hone ${seq}"}, "shipping_method_id": 1})")
      << "an address is no row";
  // An id by itself says which thing.
  EXPECT_THAT(
      Make("/orders", {BodyField("items", "array", "[]Item",
                                 {BodyField("id", "integer", "int64"), BodyField("qty", "integer", "int")})})
          .vars,
      ElementsAre("n = { sizes = [1, 2, 5, 10, 25, 50, 100], default = 5, items = '{\"id\": ${i}, \"qty\": 1}' }"));
}

TEST_F(MakeBodyTest, NumbersOfThingsGrowAndOthersDoNot) {
  const Making beds = Make("/bookings/{id}/move", {BodyField("beds", "array", "[]int64")});
  EXPECT_EQ(beds.body, R"({"beds": [${n.items}]})");
  EXPECT_THAT(beds.vars, ElementsAre("n = { sizes = [1, 2, 5, 10, 25, 50, 100], default = 5, items = \"${bed}\" }",
                                     "bed = { column = \"beds.id\" }  # no answer lists them"));
  const Making days = Make("/bookings/{id}/move", {BodyField("days", "array", "[]int")});
  EXPECT_EQ(days.body, R"({"days": [1]})");
  EXPECT_THAT(days.vars, IsEmpty());
  EXPECT_THAT(Make("/reviews", {BodyField("marks", "array", "[]int")}).vars, IsEmpty()) << "nothing refers to marks";
}

TEST_F(MakeBodyTest, WhatNamesAnotherThingIsOneThatIsThere) {
  const auto vars = [&](std::string path, std::vector<golang::Field> fields) {
    return Make(std::move(path), std::move(fields)).vars;
  };
  const auto column = [](const std::string& name, const std::string& of) {
    return testing::Contains(name + " = { column = \"" + of + "\" }  # no answer lists them");
  };
  EXPECT_THAT(vars("/gigs", {BodyField("venue", "string", "uuid.UUID")}), column("venue", "venues.id"));
  EXPECT_THAT(vars("/gigs", {BodyField("skills", "array", "[]uuid.UUID")}), column("skill", "skills.id"));
  EXPECT_THAT(vars("/venues", {BodyField("venue", "string", "uuid.UUID")}), IsEmpty()) << "it is made here";
  const golang::Field slug = BodyField("venue_slug", "string", "string");
  EXPECT_THAT(vars("/gigs", {slug}), column("venue_slug", "venues.slug"));
  EXPECT_THAT(vars("/venues", {slug}), IsEmpty()) << "a new one";
  const golang::Field skills = BodyField("skills", "array", "[]Skill",
                                         {BodyField("code", "string", "string"), BodyField("level", "integer", "int")});
  EXPECT_THAT(vars("/crew/{id}/levels", {skills}), column("code", "skills.code"));
  EXPECT_THAT(vars("/skills/import", {skills}), testing::Not(column("code", "skills.code")));
  const golang::Field nested = BodyField(
      "lines", "array", "[]Line", {BodyField("skill", "object", "Skill", {BodyField("code", "string", "string")})});
  EXPECT_THAT(vars("/gigs", {nested}), column("code", "skills.code")) << "of the object, not of the list";
  const golang::Field variants = BodyField("variants", "array", "[]Variant", {BodyField("sku", "string", "string")});
  EXPECT_THAT(vars("/products", {variants}), testing::Not(column("sku", "variants.sku"))) << "made with the product";
  EXPECT_THAT(vars("/carts", {variants}), column("sku", "variants.sku"));
  EXPECT_THAT(vars("/items/import", {BodyField("serials", "array", "[]string")}),
              testing::Not(column("serial", "items.serial_code")));
  EXPECT_THAT(vars("/bookings", {BodyField("serials", "array", "[]string")}), column("serial", "items.serial_code"));
  EXPECT_THAT(vars("/gigs", {BodyField("venue", "string", "string")}), column("venue", "venues.slug"));
  EXPECT_THAT(vars("/venues/{id}/gigs", {BodyField("venue", "string", "string")}), IsEmpty()) << "it is in the path";
  EXPECT_THAT(vars("/gigs", {BodyField("bed", "string", "string")}), IsEmpty()) << "nothing names a bed";
  EXPECT_THAT(vars("/gigs", {BodyField("lines", "array", "[]Line", {BodyField("bed_id", "integer", "int64")})}),
              column("bed_id", "beds.id"));
  EXPECT_THAT(vars("/gigs", {BodyField("bed_id", "integer", "int64")}), IsEmpty()) << "one is there";
  const golang::Field codes = BodyField("codes", "array", "[]string");
  EXPECT_THAT(vars("/v1/skills/lookup", {codes}), column("code", "skills.code"));
  EXPECT_THAT(vars("/skills/import", {codes}), testing::Not(column("code", "skills.code")));
  const golang::Field serial = BodyField("serial_code", "string", "string");
  EXPECT_THAT(vars("/bookings", {serial}), column("serial_code", "items.serial_code"));
  EXPECT_THAT(vars("/items", {serial}), IsEmpty()) << "a new one";
  EXPECT_THAT(vars("/shelves/{id}/items", {serial}), testing::Not(column("serial_code", "items.serial_code")));
  EXPECT_THAT(vars("/bookings", {BodyField("labels", "array", "[]string")}),
              testing::Not(column("label", "items.label")))
      << "no index begins with it";
}

TEST_F(MakeBodyTest, ADirectionSaysNotWhichThingItIs) {
  EXPECT_THAT(Make("/loans/move", {BodyField("to_venue_slug", "string", "string")}).vars,
              ElementsAre("venue_slug = { column = \"venues.slug\" }  # no answer lists them"));
  EXPECT_EQ(Make("/loans/move", {BodyField("tomato", "string", "string")}).body, R"({"tomato": "hone ${seq}"})");
}

TEST_F(MakeBodyTest, TextsAreAsTheirTagsSay) {
  const auto tagged = [](std::string kind, std::string type, std::map<std::string, std::string> tags) {
    golang::Field field = BodyField("worth", std::move(kind), std::move(type));
    field.tags = std::move(tags);
    return field;
  };
  const auto body = [&](golang::Field field) { return Make("/loans", {std::move(field)}).body; };
  EXPECT_EQ(body(tagged("string", "decimal.Decimal", {{"validate", "required,numeric"}})), R"({"worth": "1"})");
  EXPECT_EQ(body(tagged("string", "decimal.Decimal", {{"validate", "numeric,min=20"}})), R"({"worth": "20"})");
  EXPECT_EQ(body(tagged("string", "string", {{"validate", "numeric,len=6"}})), R"({"worth": "111111"})");
  EXPECT_EQ(body(tagged("string", "string", {{"example", "EUR"}})), R"({"worth": "EUR"})");
  EXPECT_EQ(body(tagged("string", "string", {{"example", "Hut 7"}})), R"({"worth": "hone ${seq}"})")
      << "it may have to be another one each time";
  EXPECT_EQ(body(tagged("number", "float64", {{"example", "12.5"}})), R"({"worth": 12.5})");
  EXPECT_EQ(body(tagged("number", "float64", {{"example", "many"}})), R"({"worth": 1})");
}

TEST_F(MakeBodyTest, TwoOfOneKindAreOthers) {
  EXPECT_EQ(Make("/shifts/swap", {BodyField("a", "integer", "int64"), BodyField("b", "integer", "int64")}).body,
            R"({"a": 1, "b": 2})");
}

}  // namespace
}  // namespace hone::ops
