#include "cli/screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/text_layout.h"

namespace hone::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

evidence::Finding NPlusOne(int64_t id) {
  evidence::Finding finding;
  finding.id = id;
  finding.rule = "sql.n_plus_one";
  finding.title = "one more round trip for each of the 50 rows before it";
  finding.subject = {.kind = "query",
                     .name = "select id from order_lines where order_id = $1",
                     .endpoint = "GET /v1/orders",
                     .file = "internal/store/orders.go",
                     .line = 42};
  finding.time_ms = 25.1;
  finding.time_loopback_ms = 4.2;
  finding.measurements = {7};
  finding.remedy = "Fetch all of them at once with `= ANY($1)`";
  return finding;
}

evidence::Report Sample(size_t findings) {
  evidence::Report report;
  report.verb = "check";
  report.verdict = "findings";
  report.headline = "1 finding proven at 1 of 3 endpoints";
  report.environment = {{"service", "shop"}, {"go", "go1.26.8"}};
  for (size_t i = 1; i <= findings; ++i) report.findings.push_back(NPlusOne(static_cast<int64_t>(i)));
  report.healthy = {{"GET /v2/orders", "3 round trips"}};
  report.not_judged = {{"GET /me", "status 401: the request is not authenticated", "Add a [[login]] step"}};
  report.caveats = {"load: 200 requests a second"};
  report.cost = {.cpu_seconds = 2, .peak_rss_bytes = 1 << 20, .wall_seconds = 10};
  report.next = {"hone show 1"};
  evidence::Measurement measurement;
  measurement.id = 7;
  measurement.metric = "sql.calls_slope";
  measurement.unit = "per_row";
  measurement.value = 1;
  measurement.n = 40;
  measurement.n_of = "requests";
  measurement.method = "sql.calls_slope@1";
  report.measurements = {measurement};
  return report;
}

TEST(Screen, SaysEverythingInTheOrderInWhichItIsNeeded) {
  const std::string text = RenderReport(Sample(1), {});
  size_t at = 0;
  for (const char* part : {"FINDINGS:", "Findings, by worth", "sql.n_plus_one", "internal/store/orders.go:42",
                           "25.1 ms", "ANY($1)", "Healthy", "GET /v2/orders", "Not judged", "401", "Caveats", "Cost",
                           "20 % of one core", "Next", "hone show 1"}) {
    const size_t found = text.find(part, at);
    ASSERT_NE(found, std::string::npos) << part << " is missing or too early in\n" << text;
    at = found;
  }
}

TEST(Screen, KeepsToItsWidth) {
  std::istringstream lines(RenderReport(Sample(9), {.width = 60}));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(Columns(line), 60U) << line;
}

TEST(Screen, FindingsBeyondTheFirstOnesTakeALine) {
  evidence::Report report = Sample(9);
  report.findings[8].subject.endpoint = "GET /v2/orders";
  const std::string text = RenderReport(report, {.full_findings = 2});
  size_t full = 0;
  for (size_t at = text.find("    fix "); at != std::string::npos; at = text.find("    fix ", at + 1)) ++full;
  EXPECT_EQ(full, 2U);
  EXPECT_THAT(text, HasSubstr(" 3-8  sql.n_plus_one  GET /v1/orders  internal/store/orders.go:42 and 5 more"))
      << "of one rule at one endpoint";
  EXPECT_THAT(text, HasSubstr(" 9  sql.n_plus_one  GET /v2/orders  internal/store/orders.go:42\n"));
}

TEST(Screen, WhatIsNotJudgedForOneReasonStandsTogether) {
  evidence::Report report = Sample(1);
  report.not_judged = {{"budgets of GET /a", "busy", "Wait"},
                       {"locks of GET /a", "busy", "Wait"},
                       {"budgets of GET /b", "busy", "Wait"},
                       {"budgets of GET /c", "idle", "Wait"}};
  const std::string text = RenderReport(report, {});
  EXPECT_THAT(text, HasSubstr("    budgets of GET /a, GET /b: busy. Wait\n"));
  EXPECT_THAT(text, HasSubstr("    locks of GET /a: busy. Wait\n"));
  EXPECT_THAT(text, HasSubstr("    budgets of GET /c: idle. Wait\n"));
}

TEST(Screen, ASweepShowsItsSizesAndSettings) {
  evidence::Report report{.verb = "pool", .verdict = "starved", .headline = "2 connections now"};
  const auto add = [&](const char* metric, const char* unit, const char* size, double value,
                       evidence::Interval interval, evidence::Validity validity) {
    report.measurements.push_back({.metric = metric,
                                   .unit = unit,
                                   .value = value,
                                   .interval = interval,
                                   .n = 1800,
                                   .n_of = "requests",
                                   .parameters = {{"size", size}},
                                   .validity = validity});
  };
  using evidence::Validity;
  add("pool.response", "ns", "2", 93.4e6, {53.9e6, 246e6}, Validity::kValid);
  add("pool.response_ratio", "x", "2", 3.9, {2.5, 5}, Validity::kValid);
  add("pool.response", "ns", "4", 24e6, {23e6, 25e6}, Validity::kValid);
  add("pool.response_ratio", "x", "4", 1, {1, 1}, Validity::kTooFew);
  report.measurements.push_back({.metric = "pool.quantile", .unit = "ratio", .value = 0.99});
  report.advice = {{"MaxConns (pgxpool)", "4", "the smallest size that is as good as the best", {1}}};
  const std::string text = RenderReport(report, {});
  EXPECT_THAT(text, HasSubstr("STARVED: 2 connections now"));
  EXPECT_THAT(text, HasSubstr("connections  p99 of responses"));
  EXPECT_THAT(text, HasSubstr("          2  93.4 ms (53.9 to 246.0)           3.90x (2.50 to 5.00)\n"));
  EXPECT_THAT(text, HasSubstr("1.00x (1.00 to 1.00) ?\n"));
  EXPECT_THAT(text, HasSubstr("    MaxConns (pgxpool) = 4\n        the smallest size that is as good as the best\n"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(Columns(line), 80U) << line;
}

TEST(Screen, PlainWithoutColourAndColouredWithIt) {
  EXPECT_THAT(RenderReport(Sample(1), {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(RenderReport(Sample(1), {.color = true}), HasSubstr("\x1b[31mFINDINGS\x1b[0m:"));
}

TEST(Screen, AServicesTextCannotSteerTheTerminal) {
  evidence::Report report = Sample(1);
  report.findings[0].title = "evil \x1b]0;title\x07";
  EXPECT_THAT(RenderReport(report, {}), Not(HasSubstr("\x1b")));
}

TEST(Finding, ShowsWhatWasMeasuredAndHowToComputeItAgain) {
  evidence::Report report = Sample(1);
  const std::string text = RenderFinding(report.findings[0], report.measurements, {});
  EXPECT_THAT(text, HasSubstr("m7  sql.calls_slope"));
  EXPECT_THAT(text, HasSubstr("n = 40 requests, by sql.calls_slope@1, VALID"));
  EXPECT_THAT(text, HasSubstr("hone evidence recompute m7"));
  report.measurements[0].n_of = "samples of the endpoint in the middle of its window";
  std::istringstream lines(RenderFinding(report.findings[0], report.measurements, {}));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(Columns(line), 80U) << line;
}

}  // namespace
}  // namespace hone::cli
