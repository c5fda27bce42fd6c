#include "evidence/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/files.h"

namespace hone::evidence {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

// As much of JSON Schema as docs/report.schema.json uses.
class Validator {
 public:
  explicit Validator(const Json& root) : root_(root) {}

  // The first thing of `value` that `schema` forbids; empty if there is none.
  std::string Check(const Json& value, const Json& schema, const std::string& at) const {
    for (const auto& [keyword, rule] : schema.items()) {
      const std::string problem = CheckKeyword(keyword, rule, value, schema, at);
      if (!problem.empty()) return problem;
    }
    return {};
  }

 private:
  static bool HasType(const Json& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return type == value.type_name();
  }

  static bool Allowed(const std::string& keyword, const Json& rule, const Json& value) {
    if (keyword == "type") {
      const Json types = rule.is_array() ? rule : Json::array({rule});
      return std::ranges::any_of(types, [&](const Json& type) { return HasType(value, type); });
    }
    if (keyword == "const") return value == rule;
    if (keyword == "enum") return std::ranges::find(rule, value) != rule.end();
    if (keyword == "pattern")
      return !value.is_string() || std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>()));
    if (keyword == "minLength") return !value.is_string() || value.get<std::string>().size() >= rule.get<size_t>();
    if (keyword == "minimum") return !value.is_number() || value >= rule;
    if (keyword == "exclusiveMinimum") return !value.is_number() || value > rule;
    if (keyword == "exclusiveMaximum") return !value.is_number() || value < rule;
    if (keyword == "minItems") return !value.is_array() || value.size() >= rule.get<size_t>();
    if (keyword == "maxItems") return !value.is_array() || value.size() <= rule.get<size_t>();
    if (keyword == "required") {
      return !value.is_object() ||
             std::ranges::all_of(rule, [&](const Json& name) { return value.contains(name.get<std::string>()); });
    }
    return false;
  }

  std::string CheckKeyword(const std::string& keyword, const Json& rule, const Json& value, const Json& schema,
                           const std::string& at) const {
    if (keyword == "description" || keyword == "title" || keyword == "$schema" || keyword == "$id" ||
        keyword == "$defs")
      return {};
    if (keyword == "$ref") return Check(value, root_.at(Json::json_pointer(rule.get<std::string>().substr(1))), at);
    if (keyword == "properties" || keyword == "additionalProperties") {
      return value.is_object() ? CheckMembers(keyword, rule, value, schema, at) : "";
    }
    if (keyword == "items") {
      for (size_t i = 0; value.is_array() && i < value.size(); ++i) {
        if (auto problem = Check(value[i], rule, at + "/" + std::to_string(i)); !problem.empty()) return problem;
      }
      return {};
    }
    return Allowed(keyword, rule, value) ? "" : at + ": " + keyword;
  }

  std::string CheckMembers(const std::string& keyword, const Json& rule, const Json& value, const Json& schema,
                           const std::string& at) const {
    for (const auto& [name, member] : value.items()) {
      const bool named = schema.contains("properties") && schema["properties"].contains(name);
      const std::string where = at + "/" + name;
      std::string problem;
      if (keyword == "properties") {
        if (named) problem = Check(member, rule[name], where);
      } else if (!named) {
        problem = rule.is_boolean() ? where + ": not in the schema" : Check(member, rule, where);
      }
      if (!problem.empty()) return problem;
    }
    return {};
  }

  const Json& root_;
};

std::string SchemaProblem(const Json& document) {
  const std::filesystem::path path = std::filesystem::path(std::getenv("HONE_SOURCE_DIR")) / "docs/report.schema.json";
  const Json schema = Json::parse(base::ReadFile(path).value());
  return Validator(schema).Check(document, schema, "");
}

Report FullReport() {
  Report report{.verb = "check",
                .verdict = "findings",
                .headline = "One finding",
                .environment = {{"zeta", "1"}, {"alpha", "2"}}};
  report.cost = {1.5, 1e8, 61.25};
  report.caveats = {"Battery"};
  Finding finding{.id = 1, .rule = "sql.n_plus_one", .severity = Severity::kHigh, .title = "51 statements"};
  finding.subject = {"query", "SELECT 1", "GET /orders", "internal/orders/repo.go", 48};
  finding.time_ms = 25.5;
  finding.time_loopback_ms = 0.1 + 0.2;
  finding.measurements = {12, 13};
  finding.ceiling = Ceiling{0.9, "ratio", "round trips"};
  finding.remedy = "ANY";
  finding.accepted = "known";
  report.findings = {
      finding,
      {.id = 2, .rule = "cpu.gc", .title = "GC", .subject = {.kind = "service", .name = "shop"}, .measurements = {12}}};
  report.healthy = {{"GET /x", "3 round trips"}};
  report.advice = {{"MaxConns", "8", "as good as more", {12}}};
  report.seen_only = {{"Redis", "127.0.0.1:6379", "at most 3 connections at a time", 12}};
  report.not_judged = {{"CPU of GET /y", "too few samples", "Measure for 20s"}};
  report.measurements = {
      {.id = 12,
       .metric = "sql.round_trips",
       .scope = {.endpoint = "GET /orders", .query = "SELECT \"x\"\n"},
       .unit = "count",
       .value = 5e-324,
       .interval = Interval{0.1, 1.7976931348623157e308, 0.95},
       .n = 1200,
       .n_of = "requests",
       .method = "sql.round_trips@1",
       .seed = std::numeric_limits<uint64_t>::max(),
       .captures = {3, 4},
       .parameters = {{"size", "50"}},
       .validity = Validity::kNoisy},
      {.id = 13, .metric = "cpu.share", .unit = "ratio", .value = 1.0 / 3, .method = "profile.share@2"}};
  report.captures = {{.id = 3,
                      .run = 7,
                      .kind = "sql.exchange",
                      .blob = std::string(64, 'a'),
                      .bytes = uint64_t{1} << 40,
                      .scope = {.service = "shop"},
                      .phase = Phase::kQuiet,
                      .start_ns = 1,
                      .end_ns = std::numeric_limits<int64_t>::max(),
                      .rate = 200.5,
                      .through_proxy = true,
                      .versions = {{"go", "go1.26.8"}},
                      .parameters = {{"requests", "1200"}},
                      .lost = {{"events", 3}}}};
  report.next = {"hone show 1"};
  report.run = 7;
  return report;
}

TEST(ReportJson, FitsItsSchema) {
  EXPECT_EQ(SchemaProblem(Json::parse(ToJson(FullReport()))), "");
  EXPECT_EQ(SchemaProblem(Json::parse(ToJson({.verb = "doctor", .verdict = "clean"}))), "");
}

TEST(ReportJson, TheSchemaForbidsWhatIsWrong) {
  const Json right = Json::parse(ToJson(FullReport()));
  const auto broken = [&](const char* pointer, const Json& value) {
    Json document = right;
    document[Json::json_pointer(pointer)] = value;
    return SchemaProblem(document);
  };
  EXPECT_NE(broken("/schema", "hone.report/2"), "");
  EXPECT_NE(broken("/findings/0/id", "1"), "");
  EXPECT_NE(broken("/findings/0/measurements", Json::array()), "");
  EXPECT_NE(broken("/findings/0/unknown", 1), "");
  EXPECT_NE(broken("/findings/0/worth/time_ms", "25"), "");
  EXPECT_NE(broken("/measurements/0/validity", "valid"), "");
  EXPECT_NE(broken("/measurements/0/value", nullptr), "");
  EXPECT_NE(broken("/measurements/0/ci", Json::array({1})), "");
  EXPECT_NE(broken("/captures/0/blob", "sha256:abc"), "");
  EXPECT_NE(broken("/environment/os", 1), "");
  Json missing = right;
  missing.erase("cost");
  EXPECT_NE(SchemaProblem(missing), "");
}

TEST(ReportJson, ReadsBackEqual) {
  const Report report = FullReport();
  const std::string written = ToJson(report);
  const Report again = ReportFromJson(written).value();
  EXPECT_EQ(ToJson(again), written);
  EXPECT_EQ(again.environment, report.environment);
  EXPECT_EQ(again.measurements[0].value, 5e-324);
  EXPECT_EQ(again.measurements[0].interval->hi, report.measurements[0].interval->hi);
  EXPECT_EQ(again.measurements[0].seed, report.measurements[0].seed);
  EXPECT_EQ(again.measurements[1].value, 1.0 / 3);
  EXPECT_EQ(again.findings[0].time_loopback_ms, 0.1 + 0.2);
  EXPECT_EQ(again.findings[1].time_ms, std::nullopt);
  EXPECT_EQ(again.captures[0].end_ns, report.captures[0].end_ns);
  EXPECT_EQ(again.captures[0].lost, report.captures[0].lost);
}

TEST(ReportJson, IsWrittenAsTheDesignHasIt) {
  const Json json = Json::parse(ToJson(FullReport()));
  EXPECT_EQ(json["findings"][0]["id"], "f1");
  EXPECT_EQ(json["findings"][0]["measurements"], Json::array({"m12", "m13"}));
  EXPECT_EQ(json["measurements"][0]["ci"], Json::array({0.1, 1.7976931348623157e308}));
  EXPECT_EQ(json["measurements"][0]["captures"], Json::array({"c3", "c4"}));
  EXPECT_EQ(json["measurements"][0]["recompute"], "hone evidence recompute m12");
  EXPECT_EQ(json["measurements"][1]["ci"], nullptr);
  EXPECT_EQ(json["captures"][0]["blob"], "sha256:" + std::string(64, 'a'));
  EXPECT_EQ(ToJson(FullReport()).back(), '\n');
}

TEST(ReportJson, BytesThatAreNoTextAreReplaced) {
  Report report{.verb = "check", .headline = "bad \xff byte"};
  EXPECT_EQ(ReportFromJson(ToJson(report)).value().headline, "bad \xef\xbf\xbd byte");
}

TEST(ReportFromJson, SaysWhatIsWrongAndWhere) {
  const Json right = Json::parse(ToJson(FullReport()));
  const auto problem = [&](const char* pointer, const Json& value) {
    Json document = right;
    document[Json::json_pointer(pointer)] = value;
    const auto report = ReportFromJson(document.dump());
    if (report) return std::string("none");
    EXPECT_EQ(report.error().code, base::Code::kInput);
    return report.error().subject;
  };
  EXPECT_EQ(problem("/verb", 1), "/verb is no text");
  EXPECT_EQ(problem("/schema", "hone.report/9"), "/schema is not hone.report/1");
  EXPECT_EQ(problem("/findings/1/worth/bytes", "x"), "/findings/1/worth/bytes is no number");
  EXPECT_EQ(problem("/findings/0/subject/line", 1e300), "/findings/0/subject/line is no whole number");
  EXPECT_EQ(problem("/findings/0/subject/line", -1), "/findings/0/subject/line is no line number");
  EXPECT_EQ(problem("/measurements/0/n", uint64_t{1} << 63), "/measurements/0/n is no whole number");
  EXPECT_EQ(problem("/measurements/0/seed", "-1"), "/measurements/0/seed is no whole number in a text");
  EXPECT_EQ(problem("/captures/0/bytes", -1), "/captures/0/bytes is no whole number from zero on");
  EXPECT_EQ(problem("/captures/0/blob", "sha256:../../etc/passwd"), "/captures/0/blob is no SHA-256");
  EXPECT_EQ(problem("/captures", 3), "/captures is no list");
  EXPECT_EQ(problem("/measurements/0/captures/0", "m3"), "/measurements/0/captures is no id such as c1");
  EXPECT_EQ(problem("/cost", Json::array()), "/cost/ is no object");
  EXPECT_EQ(problem("/next/0", nullptr), "/next/0 is no text");
}

TEST(ReportFromJson, RefusesWhatIsNoReport) {
  for (const char* text : {"", "{", "[]", "null", "{}", "42", "{\"schema\": \"hone.report/1\"}"}) {
    const auto report = ReportFromJson(text);
    ASSERT_FALSE(report) << text;
    EXPECT_EQ(report.error().code, base::Code::kInput) << text;
  }
  EXPECT_FALSE(ReportFromJson(std::string(100000, '[')));
}

}  // namespace
}  // namespace hone::evidence
