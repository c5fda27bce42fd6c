// The parts of `hone init`: settings, bodies and lists.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/init_body.h"
#include "ops/init_lists.h"
#include "ops/init_settings.h"

namespace hone::ops {
namespace {

using testing::ElementsAre;

golang::PartialText Text(std::string value, std::vector<golang::EnvRead> env = {}) {
  golang::PartialText text;
  text.value = std::move(value);
  text.env = std::move(env);
  return text;
}

std::vector<std::string> Lines(const std::vector<Setting>& settings) {
  std::vector<std::string> lines;
  for (const Setting& setting : settings) lines.push_back(setting.name + "=" + setting.value);
  return lines;
}

TEST(TomlText, ChoosesTheQuotes) {
  EXPECT_EQ(TomlText("a b"), "\"a b\"");
  EXPECT_EQ(TomlText("{\"a\": 1}"), "'{\"a\": 1}'");
  EXPECT_EQ(TomlText("it's \"b\"\n"), "\"it's \\\"b\\\"\\n\"");
}

TEST(SolveAddress, SetsAddressesPortsAndHosts) {
  EXPECT_THAT(Lines(SolveAddress(Text("${ADDR}", {{"ADDR", ":8080"}}), "port", "").env),
              ElementsAre("ADDR=127.0.0.1:${port}"));
  EXPECT_THAT(Lines(SolveAddress(Text("${LISTEN}", {{"LISTEN", std::nullopt}}), "port", "").env),
              ElementsAre("LISTEN=127.0.0.1:${port}"));
  EXPECT_THAT(Lines(SolveAddress(Text("${PORT}", {{"PORT", "8080"}}), "port", "").env), ElementsAre("PORT=${port}"));
  EXPECT_THAT(Lines(SolveAddress(Text(":${PORT}", {{"PORT", std::nullopt}}), "port", "").env),
              ElementsAre("PORT=${port}"));
  EXPECT_THAT(Lines(SolveAddress(Text("${HOST}:${PORT}", {{"HOST", std::nullopt}, {"PORT", "80"}}), "port.x", "").env),
              ElementsAre("HOST=127.0.0.1", "PORT=${port.x}"));
  EXPECT_EQ(SolveAddress(Text("${ADDR}", {{"ADDR", ":1"}}), "port.debug", "").base_url,
            "http://127.0.0.1:${port.debug}");
}

TEST(SolveAddress, KnowsFlagsAndConstants) {
  golang::PartialText flag = Text("${?}");
  flag.flag = "listen";
  flag.resolved = ":8080";
  EXPECT_THAT(Lines(SolveAddress(flag, "port", "").flags), ElementsAre("listen=127.0.0.1:${port}"));
  flag.flag = "port";
  flag.resolved = "8080";
  EXPECT_THAT(Lines(SolveAddress(flag, "port", "").flags), ElementsAre("port=${port}"));
  const ListenSettings fixed = SolveAddress(Text(":6060"), "port", "");
  EXPECT_TRUE(fixed.fixed);
  EXPECT_EQ(fixed.base_url, "http://127.0.0.1:6060");
  EXPECT_EQ(SolveAddress(Text("${?}"), "port", "").base_url, "");
}

TEST(SolveDsn, SetsUrlsAndParts) {
  EXPECT_THAT(Lines(SolveDsn(Text("${DATABASE_URL}", {{"DATABASE_URL", "x"}}), "").env),
              ElementsAre("DATABASE_URL=${db.url}"));
  EXPECT_THAT(
      Lines(SolveDsn(Text("host=${H} port=${P} user=${U} password=${W} dbname=${N} sslmode=${S}"), "").env),
      ElementsAre("H=${db.host}", "P=${db.port}", "U=${db.user}", "W=${db.password}", "N=${db.name}", "S=disable"));
  EXPECT_THAT(Lines(SolveDsn(Text("postgres://${DB_USER}:${DB_PASS}@${DB_HOST}:${DB_PORT}/${DB_NAME}"), "").env),
              ElementsAre("DB_USER=${db.user}", "DB_PASS=${db.password}", "DB_HOST=${db.host}", "DB_PORT=${db.port}",
                          "DB_NAME=${db.name}"));
  EXPECT_EQ(SolveDsn(Text(""), "").env.at(0).name, "PGHOST");
  EXPECT_FALSE(SolveDsn(Text("${?}"), "").understood);
  EXPECT_FALSE(SolveDsn(Text("postgres://localhost/shop"), "").understood);
}

TEST(ParseRules, ReadsValidationTags) {
  const Rules rules = ParseRules("required,min=1,max=50,unique=SKU,dive,max=3");
  EXPECT_TRUE(rules.required);
  EXPECT_EQ(rules.least, 1);
  EXPECT_EQ(rules.most, 50);
  EXPECT_EQ(ParseRules("gt=0,lt=10").least, 1);
  EXPECT_EQ(ParseRules("gt=0,lt=10").most, 9);
  EXPECT_THAT(ParseRules("oneof=new paid").choices, ElementsAre("new", "paid"));
  EXPECT_EQ(ParseRules("len=7").length, 7);
  for (const char* const refusing : {"gt=0", "min=1", "oneof=new paid", "uuid", "email"})
    EXPECT_TRUE(ParseRules(refusing).RefusesZero()) << refusing;
  for (const char* const bearing : {"", "max=7", "omitempty,oneof=new paid", "omitempty,uuid", "gte=0"})
    EXPECT_FALSE(ParseRules(bearing).RefusesZero()) << bearing;
}

golang::Field Member(std::string name, std::string kind, std::string rules = "",
                     std::vector<golang::Field> fields = {}) {
  golang::Field field;
  field.name = std::move(name);
  field.kind = std::move(kind);
  if (!rules.empty()) field.tags["binding"] = rules;
  field.fields = std::move(fields);
  return field;
}

std::optional<std::string> Sku(const golang::Field& field, std::string_view /*within*/) {
  return field.name == "sku" ? std::optional<std::string>("${sku}") : std::nullopt;
}

std::string Body(std::vector<golang::Field> fields, std::string* why = nullptr) {
  golang::Shape shape;
  shape.fields = std::move(fields);
  std::string obstacle;
  BodyList list;
  const auto body = DraftBody(shape, Sku, "", list, obstacle);
  if (why != nullptr) *why = obstacle;
  return body.value_or("");
}

TEST(DraftBody, FillsInWhatIsRequired) {
  EXPECT_EQ(Body({Member("customer_id", "integer", "required,min=1"), Member("note", "string", "max=500"),
                  Member("lines", "array", "required,dive",
                         {Member("sku", "string", "required"), Member("quantity", "integer", "required,min=2")})}),
            R"({"customer_id": 1, "lines": [{"sku": "${sku}", "quantity": 2}]})");
}

TEST(DraftBody, MakesUpTextsThatFit) {
  EXPECT_EQ(Body({Member("title", "string"), Member("done", "boolean"), Member("price", "number")}),
            R"({"title": "hone ${seq}", "done": true, "price": 1})");
  EXPECT_EQ(Body({Member("email", "string", "required,email")}), R"({"email": "hone-${seq}@example.com"})");
  EXPECT_EQ(Body({Member("follow_up_on", "string"), Member("sent_at", "string")}),
            R"({"follow_up_on": "2025-01-15", "sent_at": "2025-01-15T12:00:00Z"})");
  EXPECT_EQ(Body({Member("status", "string", "required,oneof=new paid")}), R"({"status": "new"})");
  EXPECT_EQ(Body({Member("timezone", "string"), Member("language", "string")}),
            R"({"timezone": "Europe/Berlin", "language": "en"})");
  EXPECT_EQ(Body({Member("code", "string", "required,max=4")}), R"({"code": "hone"})");
  EXPECT_EQ(Body({Member("text", "string", "required,min=20")}), R"({"text": "hone ${seq}xxxxxxxxx"})");
}

TEST(DraftBody, TakesWhatIsGoodAgainOfAnExample) {
  golang::Shape shape;
  golang::Field tags = Member("tags", "array");
  tags.type = "[]string";
  shape.fields = {Member("sku", "string"),
                  Member("mode", "string"),
                  Member("number", "string"),
                  Member("on", "string"),
                  Member("cents", "integer"),
                  Member("answered_by", "string"),
                  tags};
  std::string obstacle;
  BodyList list;
  const auto body = DraftBody(
      shape, Sku, "n", list, obstacle,
      R"({"sku": "S-1", "mode": "in_transit", "number": "N-17", "on": "2026-03-10", "cents": 900, "tags": ["a"]})");
  EXPECT_EQ(body,
            R"({"sku": "${sku}", "mode": "in_transit", "number": "hone ${seq}", "on": "2026-03-10", "cents": 900, )"
            R"("tags": [${n.items}]})");
  EXPECT_EQ(list.items, R"("hone ${i}")");
}

TEST(DraftBody, LetsTheFirstListGrow) {
  const auto drafted = [](golang::Shape shape) {
    std::string obstacle;
    BodyList list;
    const auto body = DraftBody(shape, Sku, "n", list, obstacle);
    return std::pair(body.value_or(obstacle), list.items);
  };
  golang::Field ids = Member("order_ids", "array");
  ids.type = "[]int64";
  golang::Shape shape;
  shape.fields = {
      Member("note", "string"), ids,
      Member("lines", "array", "", {Member("id", "integer"), Member("sku", "string"), Member("text", "string")})};
  EXPECT_TRUE(HasList(shape));
  EXPECT_THAT(drafted(shape), testing::Pair(R"({"note": "hone ${seq}", "order_ids": [1], "lines": [${n.items}]})",
                                            R"({"id": ${i}, "sku": "${sku}", "text": "hone ${seq}-${i}"})"));
  shape.fields = {ids};
  EXPECT_THAT(drafted(shape), testing::Pair(R"({"order_ids": [${n.items}]})", "${i}"));
  shape.array = true;
  shape.fields = {Member("id", "integer"), Member("sku", "string")};
  EXPECT_THAT(drafted(shape), testing::Pair("[${n.items}]", R"({"sku": "${sku}"})")) << "ids are the database's own";
  shape.array = false;
  EXPECT_FALSE(HasList(shape));
  EXPECT_THAT(drafted(shape), testing::Pair(R"({"sku": "${sku}"})", ""));
}

TEST(DraftBody, SaysWhatItCannotMakeUp) {
  std::string why;
  EXPECT_EQ(Body({Member("extra", "any", "required")}, &why), "");
  EXPECT_EQ(why, "what extra must hold is not known");
  EXPECT_EQ(Body({}, &why), "");
  EXPECT_EQ(why, "what its body must hold was not found");
}

golang::Route Get(std::string path, std::vector<golang::Field> fields, bool array = true) {
  golang::Route route;
  route.method = "GET";
  route.path_template = std::move(path);
  golang::Shape shape;
  shape.status = 200;
  shape.array = array;
  shape.fields = std::move(fields);
  route.responses = {shape};
  return route;
}

TEST(Lists, FindsCollections) {
  const golang::Route v1 =
      Get("/v1/orders", {Member("total", "integer"), Member("items", "array", "", {Member("id", "integer")})}, false);
  const golang::Route v2 = Get("/v2/orders", {Member("items", "array", "", {Member("id", "integer")})}, false);
  const golang::Route categories =
      Get("/categories", {Member("id", "integer"), Member("slug", "string"), Member("name", "string")});
  golang::Route search = Get("/search", {Member("sku", "string")});
  search.query = {{"q", std::nullopt, "string", "required"}};
  const Lists lists({&v1, &v2, &categories, &search});
  EXPECT_EQ(lists.ForPath(Get("/v2/orders/{id}", {}), "/v2/orders/", "id")->endpoint, "GET /v2/orders");
  EXPECT_EQ(lists.ForPath(Get("/orders/{id}", {}), "/orders/", "id")->pointer, "/items/*/id");
  EXPECT_EQ(lists.ForPath(Get("/categories/{slug}", {}), "/categories/", "slug")->pointer, "/*/slug");
  EXPECT_EQ(lists.ForName("category")->pointer, "/*/id");
  EXPECT_EQ(lists.ForName("category", true)->pointer, "/*/slug");
  EXPECT_EQ(lists.ForName("categoryId")->pointer, "/*/id");
  EXPECT_EQ(lists.ForName("categoryId", true)->pointer, "/*/id");
  EXPECT_EQ(lists.ForName("slug")->pointer, "/*/slug");
  EXPECT_EQ(lists.ForName("category_slug", true)->pointer, "/*/slug");
  EXPECT_EQ(lists.ForName("categorySlug", true)->pointer, "/*/slug");
  EXPECT_FALSE(lists.ForName("shop_slug", true));
  EXPECT_FALSE(lists.ForName("sku"));  // only an endpoint with a required parameter has it
  EXPECT_FALSE(lists.ForName("id"));
  EXPECT_FALSE(lists.ForPath(Get("/users/{id}", {}), "/users/", "id"));
  EXPECT_EQ(lists.AnyText("/search")->pointer, "/*/name");
}

TEST(Lists, AreAskedForWithinWhatTheyNeed) {
  const golang::Route halls = Get("/halls", {Member("id", "integer")});
  golang::Route shows = Get("/shows", {Member("id", "integer")});
  shows.query = {{"hall_id", std::nullopt, "int64", "required,min=1"}};
  ASSERT_TRUE(Lists({&halls, &shows}).ForName("show_id"));
  EXPECT_EQ(Lists({&halls, &shows}).ForName("show_id")->endpoint, "GET /shows");
  EXPECT_FALSE(Lists({&shows}).ForName("show_id")) << "no list has halls";
  shows.query.push_back({"day", std::nullopt, "string", "required"});
  EXPECT_FALSE(Lists({&halls, &shows}).ForName("show_id"));
}

TEST(Lists, OfAParameterThatAlwaysHasTheSameValueAreWhole) {
  const golang::Route orders = Get("/orgs/{org}/orders", {Member("id", "integer")});
  const golang::Route lines = Get("/orgs/{org}/orders/{id}/lines", {Member("no", "integer")});
  const golang::Route one = Get("/orgs/{org}/orders/{id}", {});
  EXPECT_FALSE(Lists({&orders, &lines}).ForPath(one, "/orgs/x/orders/", "id"));
  const Lists fixed({&orders, &lines}, {"/orgs/{org}"});
  ASSERT_TRUE(fixed.ForPath(one, "/orgs/x/orders/", "id"));
  EXPECT_EQ(fixed.ForPath(one, "/orgs/x/orders/", "id")->endpoint, "GET /orgs/{org}/orders");
  EXPECT_TRUE(fixed.OfCollection(one, "/orgs/x/orders/x/lines/", "no")) << "within one of a list";
  EXPECT_FALSE(Lists({&orders, &lines}, {"/shops/{org}"}).ForPath(one, "/orgs/x/orders/", "id"));
}

TEST(Lists, SearchesForTextsThatAreSurelyThere) {
  const golang::Route home =
      Get("/home", {Member("hot", "array", "", {Member("tags", "array", "", {Member("name", "string")})})}, false);
  const golang::Route threads = Get("/threads", {Member("title", "string")});
  const Lists lists({&home, &threads});
  EXPECT_EQ(lists.AnyText("/search")->pointer, "/*/title") << "not in lists within lists, which may be empty";
}

TEST(Lists, FindsThingsWithinTheAnswersOfOthers) {
  const auto field = [](std::string name, std::string kind, std::vector<golang::Field> fields = {}) {
    golang::Field made;
    made.name = std::move(name);
    made.kind = std::move(kind);
    made.fields = std::move(fields);
    return made;
  };
  golang::Route threads;
  threads.method = "GET";
  threads.path_template = "/threads";
  threads.responses.resize(1);
  threads.responses[0].fields = {
      field("data", "array", {field("id", "integer"), field("author", "object", {field("handle", "string")})})};
  golang::Route thread = threads;
  thread.path_template = "/threads/{id}";
  thread.responses[0].fields = {field("posts", "array", {field("id", "integer")})};
  golang::Route members = threads;  // a filter is no search
  members.path_template = "/members";
  members.query.push_back({.name = "q"});
  golang::Route items = members;  // one that is refused without it is
  items.path_template = "/items";
  items.query[0].rules = "required";
  const Lists lists({&threads, &thread, &members, &items});
  golang::Route asking;
  asking.path_template = "/posts/{id}";
  EXPECT_EQ(lists.ForPath(asking, "/posts/", "id")->endpoint, "GET /threads/{id}");
  asking.path_template = "/users/{handle}";
  EXPECT_EQ(lists.ForPath(asking, "/users/", "handle")->pointer, "/data/*/author/handle");
  asking.path_template = "/members/{id}";
  EXPECT_EQ(lists.ForPath(asking, "/members/", "id")->endpoint, "GET /members");
  asking.path_template = "/items/{id}";
  EXPECT_FALSE(lists.ForPath(asking, "/items/", "id"));
  golang::Route parcels = threads;
  parcels.path_template = "/parcels";
  parcels.responses[0].fields = {field("data", "array", {field("id", "integer"), field("trackingNo", "string")})};
  EXPECT_EQ(Lists({&parcels}).BehindWord("/parcels/track/", "no")->pointer, "/data/*/trackingNo");
  EXPECT_FALSE(Lists({&parcels}).BehindWord("/parcels/by-owner/", "no"));
}

TEST(TimeBy, WritesLayoutsOfGo) {
  EXPECT_EQ(TimeBy("2006-01-02"), "2025-01-13");
  EXPECT_EQ(TimeBy("2006-01-02T15:04:05Z07:00"), "2025-01-13T12:00:00Z");
  EXPECT_EQ(TimeBy("Mon, 02 Jan 06"), "Mon, 13 Jan 25");
  EXPECT_EQ(TimeBy("Monday 2006-01-02 15:04", true), "Wednesday 2025-01-15 18:00");
  for (const char* end : {"to", "end", "ends_at", "checkOut", "check_out", "valid_until", "due_date"})
    EXPECT_TRUE(IsEndOfTime(end)) << end;
  for (const char* other : {"from", "total", "starts_at", "check_in", "sender", "outcome", ""})
    EXPECT_FALSE(IsEndOfTime(other)) << other;
  EXPECT_EQ(ParseRules("required,datetime=2006-01").layout, "2006-01");
}

TEST(DraftBody, WritesDatesAsTheyAreParsed) {
  EXPECT_EQ(Body({Member("day", "string", "datetime=2006-01-02")}), R"({"day": "2025-01-13"})");
}

}  // namespace
}  // namespace hone::ops
