#include "golang/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::golang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kDocument[] = R"({
  "schema": "hone.go/1", "go_version": "go1.26.8",
  "module": {"path": "example.com/shop", "dir": ".", "go": "1.24"},
  "mains": [{"package": "example.com/shop/cmd/shop", "dir": "cmd/shop", "binary": "shop", "origin": {"file": "cmd/shop/main.go", "line": 22},
    "subcommands": [{"name": "serve", "via": "args", "origin": {"file": "cmd/shop/main.go", "line": 41}}],
    "flags": [{"name": "orders", "type": "int", "default": "2000", "subcommand": "seed", "origin": {"file": "cmd/shop/main.go", "line": 52}}]}],
  "routes": [{"method": "GET", "path": "/orders/:id", "template": "/orders/{id}", "handler": "example.com/shop.(*API).one",
    "value_symbol": "example.com/shop.(*API).one-fm", "middleware": ["example.com/shop.auth"], "mains": ["example.com/shop/cmd/shop"],
    "request": {"path": [{"name": "id", "type": "int64", "rules": "min=1"}], "query": [{"name": "limit", "default": "20"}],
                "body": {"type": "in", "fields": [{"name": "sku", "kind": "string", "tags": {"binding": "required"}}]}},
    "responses": [{"status": 200, "type": "[]Order", "array": true, "fields": [{"name": "id", "kind": "integer"}]}],
    "origin": {"file": "router.go", "line": 40}}],
  "listeners": [{"address": {"value": "${ADDR}", "env": [{"name": "ADDR", "default": ":8080"}], "resolved": ":8080"}, "serves": "gin"}],
  "database": {"libraries": [{"name": "pgx"}], "connect": [{"call": "pgx.Connect", "dsn": {"value": "${DSN}", "env": [{"name": "DSN"}]}}],
    "migrations": [{"tool": "goose", "dir": "migrations", "pattern": "*.sql", "files": ["1.sql"]}],
    "unprepared": [{"what": "PreferSimpleProtocol", "origin": {"file": "d.go", "line": 6}}],
    "seed": [{"main": "example.com/shop/cmd/shop", "args": ["seed"], "flags": ["orders"]}]},
  "tokens": [{"library": "echo-jwt", "sources": [{"in": "cookie", "name": "jwt", "origin": {"file": "t.go", "line": 4}}]}],
  "upstreams": [{"method": "POST", "url": {"value": "${RATES_URL}/rates"}, "status": 201, "mains": ["m"],
    "answer": {"type": "Rate", "kind": "object", "fields": [{"name": "id", "kind": "integer"}]}, "origin": {"file": "u.go", "line": 5}}],
  "locks": [{"defer": 9, "first": 7, "last": 12, "unlocks": [11], "origin": {"file": "b.go", "line": 8}}],
  "queries": [
    {"text": "select id, name\n  from products\n where id = $1 and active = true", "function": "a", "origin": {"file": "a.go", "line": 1}},
    {"text": "select * from t where id = @id", "function": "b", "origin": {"file": "b.go", "line": 2}},
    {"text": "${?}", "partial": true, "parts": ["select id from products where ", " order by id limit "], "function": "c"},
    {"text": "select 1", "test": true, "function": "d"}, {"text": "select 1", "function": "e"}],
  "pprof": [{"kind": "route", "path": "/debug/pprof/", "listener": {"address": {"value": "${DEBUG}"}}}],
  "env": [{"name": "DSN", "via": "os.Getenv"}, {"name": "ADDR", "default": ":8080"}],
  "problems": [{"message": "m", "origin": {"file": "x.go", "line": 3}}]
})";

Inspection Read() {
  auto inspection = ParseInspection(kDocument);
  EXPECT_TRUE(inspection);
  return inspection ? *std::move(inspection) : Inspection();
}

TEST(ParseInspection, ReadsWhatHoneGoWrites) {
  const Inspection inspection = Read();
  EXPECT_EQ(inspection.modules.at(0).path, "example.com/shop");
  EXPECT_EQ(inspection.mains.at(0).dir, "cmd/shop");
  EXPECT_EQ(inspection.mains[0].flags.at(0).preset, "2000");
  const Route& route = inspection.routes.at(0);
  EXPECT_EQ(route.path_template, "/orders/{id}");
  EXPECT_EQ(route.value_symbol, "example.com/shop.(*API).one-fm");
  EXPECT_EQ(route.path_parameters.at(0).rules, "min=1");
  EXPECT_EQ(route.query.at(0).preset, "20");
  EXPECT_EQ(route.body->fields.at(0).tags.at("binding"), "required");
  EXPECT_TRUE(route.responses.at(0).array);
  EXPECT_EQ(ToString(route.origin), "router.go:40");
  EXPECT_EQ(inspection.listeners.at(0).address.env.at(0).preset, ":8080");
  EXPECT_EQ(inspection.connects.at(0).dsn.env.at(0).preset, std::nullopt);
  EXPECT_THAT(inspection.libraries, ElementsAre("pgx"));
  EXPECT_EQ(inspection.migrations.at(0).tool, "goose");
  EXPECT_THAT(inspection.seed.at(0).flags, ElementsAre("orders"));
  EXPECT_EQ(inspection.pprof.at(0).listener->address.value, "${DEBUG}");
  EXPECT_EQ(inspection.env.at(1).preset, ":8080");
  EXPECT_EQ(inspection.locks.at(0).last, 12);
  EXPECT_THAT(inspection.locks.at(0).unlocks, ElementsAre(11));
  EXPECT_EQ(ToString(inspection.locks.at(0).origin), "b.go:8");
  EXPECT_EQ(inspection.tokens.at(0).sources.at(0).in, "cookie");
  EXPECT_EQ(inspection.upstreams.at(0).url.value, "${RATES_URL}/rates");
  EXPECT_EQ(inspection.upstreams.at(0).status, 201);
  EXPECT_EQ(inspection.upstreams.at(0).answer->fields.at(0).kind, "integer");
  EXPECT_EQ(ToString(inspection.unprepared.at(0).origin), "d.go:6");
  EXPECT_EQ(inspection.problems.at(0).origin->line, 3);
}

TEST(ParseInspection, RefusesOtherDocuments) {
  EXPECT_EQ(ParseInspection("no").error().code, base::Code::kInput);
  EXPECT_EQ(ParseInspection("[]").error().code, base::Code::kInput);
  EXPECT_EQ(ParseInspection("{}").error().code, base::Code::kInput);
  EXPECT_EQ(ParseInspection(R"({"schema": "hone.go/2"})").error().code, base::Code::kTooNew);
}

TEST(ParseInspection, ToleratesWrongKinds) {
  const auto inspection = ParseInspection(
      R"({"schema": "hone.go/1", "mains": 5, "routes": [7, {"method": []}], "database": [], "env": null})");
  ASSERT_TRUE(inspection);
  EXPECT_TRUE(inspection->mains.empty());
  EXPECT_EQ(inspection->routes.size(), 2u);
}

TEST(FoldSql, ForgetsLayoutAndNames) {
  EXPECT_EQ(FoldSql("  SELECT a,\n\tb -- c\n FROM /* x */ T;"), "select a,b from t");
  EXPECT_EQ(FoldSql("a = $1 and b=$22"), "a=$ and b=$");
  EXPECT_EQ(FoldSql("a = @name and b = :other and c = ?"), FoldSql("a = $1 and b = $2 and c = $3"));
  EXPECT_EQ(FoldSql("x::int @> y ?| z"), "x::int@>y?|z");
  EXPECT_EQ(FoldSql("select 'A  B' as \"Cd\""), "select'A  B'as\"Cd\"");
  EXPECT_EQ(FoldSql("limit 10 offset 1.5 where a is not false", true),
            FoldSql("limit $1 offset $2 where a is not true", true));
  EXPECT_EQ(FoldSql("a = 'it''s'", false), "a='it''s'");
  EXPECT_EQ(FoldSql("'open"), "'open");
  EXPECT_EQ(FoldSql(""), "");
}

std::vector<std::string> FunctionsOf(std::string_view sql) {
  static const Inspection inspection = Read();
  std::vector<std::string> functions;
  for (const Query* query : FindQuery(inspection, sql)) functions.push_back(query->function);
  return functions;
}

TEST(FindQuery, FindsTextsAsTheyGoOverTheWire) {
  EXPECT_THAT(FunctionsOf("select id, name from products where id = $1 and active = true"), ElementsAre("a"));
  EXPECT_THAT(FunctionsOf("SELECT id, name FROM products WHERE id = $1 AND active = $2"), ElementsAre("a"));
  EXPECT_THAT(FunctionsOf("select * from t where id = $1"), ElementsAre("b"));
}

TEST(FindQuery, FindsTextsThatArePutTogetherByTheirParts) {
  EXPECT_THAT(FunctionsOf("select id from products where category_id = $1 order by id limit $2"), ElementsAre("c"));
  EXPECT_THAT(FunctionsOf("select id from products order by id limit 5"), IsEmpty());
}

TEST(BetweenParts, IsWhatTheSourcesPutIn) {
  const Query query{.partial = true, .parts = {"SELECT * FROM fees WHERE code = '", "' AND cents > "}};
  const std::string sql = "SELECT * FROM fees WHERE code = 'F-7' AND cents > 12";
  std::vector<std::string> pieces;
  for (const auto& [begin, end, known] : BetweenParts(query, sql)) {
    pieces.push_back(sql.substr(begin, end - begin));
    EXPECT_EQ(known, pieces.size());
  }
  EXPECT_THAT(pieces, ElementsAre("F-7", "12"));
  EXPECT_THAT(BetweenParts(query, " " + sql), IsEmpty());
  EXPECT_THAT(BetweenParts(query, "SELECT * FROM fees WHERE code = 'F-7'"), IsEmpty());
  EXPECT_THAT(BetweenParts({.partial = true, .parts = {"VACUUM "}}, "VACUUM orders"), IsEmpty()) << "says little";
}

TEST(FindQuery, PrefersSourcesToTests) {
  EXPECT_THAT(FunctionsOf("select 1"), ElementsAre("e"));
  EXPECT_THAT(FunctionsOf("select nothing like it"), IsEmpty());
}

}  // namespace
}  // namespace hone::golang
