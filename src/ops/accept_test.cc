#include "ops/accept.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "evidence/ledger.h"

namespace hone::ops {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kText = R"(# why we live with these
[[accepted]]
rule = "cpu.gc"          # known since spring
subject = "shop"
reason = "small heap"

# the nightly report
[[accepted]]
rule = "sql.n_plus_one"
subject = "SELECT name FROM items WHERE id = $1"
endpoint = "GET /orders"
bound = { time_ms = 12, bytes = 4096.5 }
# asked the owner in March
reason = "runs once a night"
owner = "ana"
until = "2027-01-31"

# the end
)";

AcceptedEntry NPlusOne() {
  return {.rule = "sql.n_plus_one",
          .subject = "SELECT name FROM items WHERE id = $1",
          .endpoint = "GET /orders",
          .bound = {.time_ms = 25},
          .reason = "still \"fine\"\nfor now"};
}

evidence::Report With(double time_ms) {
  evidence::Report report;
  report.findings = {
      {.id = 1,
       .rule = "sql.n_plus_one",
       .subject = {.kind = "query", .name = "SELECT name FROM items WHERE id = $1", .endpoint = "GET /orders"},
       .time_ms = time_ms}};
  report.not_judged = {{"CPU of GET /other", "x", "y"}};
  return report;
}

evidence::Report Marked(evidence::Report report, std::string_view today = "2026-11-24") {
  MarkAccepted(ParseAccepted(kText).value(), today, report);
  return report;
}

TEST(ParseAccepted, ReadsEntries) {
  const auto entries = ParseAccepted(kText).value();
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].rule, "cpu.gc");
  EXPECT_EQ(entries[0].line, 2U);
  EXPECT_EQ(entries[0].bound, Bound{});
  EXPECT_EQ(entries[1].endpoint, "GET /orders");
  EXPECT_EQ(entries[1].bound, (Bound{.time_ms = 12, .bytes = 4096.5}));
  EXPECT_EQ(entries[1].owner, "ana");
  EXPECT_EQ(entries[1].until, "2027-01-31");
  EXPECT_EQ(entries[1].line, 8U);
  EXPECT_THAT(ParseAccepted("").value(), IsEmpty());
}

TEST(ParseAccepted, NamesEveryProblemWithItsPlace) {
  const auto wrong = ParseAccepted(
      "[[accepted]]\nrule = \"sql.n_plus_on\"\nsubject = \"q\"\nreson = \"x\"\nuntil = \"2027-02-30\"\nbound = { time "
      "= 3, bytes = \"x\" }\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kInput);
  EXPECT_THAT(wrong.error().what,
              HasSubstr("accepted.toml:2:8: there is no rule `sql.n_plus_on`; did you mean `sql.n_plus_one`?"));
  EXPECT_THAT(wrong.error().what, HasSubstr("accepted.toml:4:1: "));
  EXPECT_THAT(wrong.error().what, HasSubstr("`reason`"));
  EXPECT_THAT(wrong.error().what, HasSubstr("accepted.toml:5:9: `until` must be a day"));
  EXPECT_THAT(wrong.error().what, HasSubstr("accepted.toml:6:"));
  EXPECT_THAT(ParseAccepted("[[accepted").error().what, StartsWith("accepted.toml:1:"));
  EXPECT_FALSE(ParseAccepted("accepted = 3"));
  EXPECT_FALSE(ParseAccepted("[other]"));
  const std::string twice = "[[accepted]]\nrule = \"cpu.gc\"\nsubject = \"a\"\nreason = \"b\"\n";
  EXPECT_THAT(ParseAccepted(twice + twice).error().what, HasSubstr("already"));
}

TEST(MarkAccepted, CoversUpToTheBound) {
  EXPECT_EQ(Marked(With(12)).findings[0].accepted, "runs once a night");
  EXPECT_THAT(Marked(With(12)).caveats, IsEmpty());
}

TEST(MarkAccepted, ReportsWhatOutgrewItsBound) {
  const evidence::Report report = Marked(With(12.5));
  EXPECT_EQ(report.findings[0].accepted, std::nullopt);
  EXPECT_THAT(
      report.caveats,
      ElementsAre("accepted.toml:8: sql.n_plus_one at GET /orders outgrew its bound (time_ms is 12.5, above 12); the "
                  "finding is reported again"));
}

TEST(MarkAccepted, ReportsWhatExpired) {
  EXPECT_EQ(Marked(With(1), "2027-01-31").findings[0].accepted, "runs once a night");
  const evidence::Report report = Marked(With(1), "2027-02-01");
  EXPECT_EQ(report.findings[0].accepted, std::nullopt);
  EXPECT_THAT(report.caveats, ElementsAre(HasSubstr("expired on 2027-01-31")));
}

TEST(MarkAccepted, ConcernsOnlyTheSameFinding) {
  for (const auto change : {0, 1, 2}) {
    evidence::Report report = With(1);
    if (change == 0) report.findings[0].rule = "sql.repeated_query";
    if (change == 1) report.findings[0].subject.name += " ";
    if (change == 2) report.findings[0].subject.endpoint = "GET /others";
    EXPECT_EQ(Marked(report).findings[0].accepted, std::nullopt) << change;
  }
}

TEST(MarkAccepted, ReportsStaleEntriesOnlyWhereItCanTell) {
  evidence::Report nothing;
  nothing.not_judged = {{"GET /orders", "status 429", "x"}};
  EXPECT_THAT(Marked(nothing).caveats, IsEmpty()) << "its endpoint was not judged";
  evidence::Report elsewhere;
  elsewhere.healthy = {{"GET /items", "fine"}};
  EXPECT_THAT(Marked(elsewhere).caveats, ElementsAre(HasSubstr("cpu.gc is stale"))) << "nor was the other's looked at";
  evidence::Report healthy;
  healthy.healthy = {{"GET /orders", "fine"}};
  EXPECT_THAT(Marked(healthy).caveats,
              ElementsAre(HasSubstr("cpu.gc is stale"), HasSubstr("sql.n_plus_one at GET /orders is stale")));
}

TEST(WithEntry, AppendsAndKeepsTheRest) {
  AcceptedEntry entry = NPlusOne();
  entry.endpoint = "GET /new";
  const std::string edited = WithEntry(kText, entry).value();
  EXPECT_THAT(edited, StartsWith(std::string(kText)));
  const auto entries = ParseAccepted(edited).value();
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_EQ(entries[2].reason, entry.reason);
  EXPECT_EQ(entries[2].bound, entry.bound);
}

TEST(WithEntry, StartsAFile) {
  const std::string edited = WithEntry("", NPlusOne()).value();
  EXPECT_THAT(edited, StartsWith("# "));
  EXPECT_THAT(ParseAccepted(edited).value(), SizeIs(1));
}

TEST(WithEntry, ReplacesTheSameFindingInItsPlace) {
  const std::string edited = WithEntry(kText, NPlusOne()).value();
  EXPECT_EQ(edited, R"(# why we live with these
[[accepted]]
rule = "cpu.gc"          # known since spring
subject = "shop"
reason = "small heap"

# the nightly report
[[accepted]]
rule = "sql.n_plus_one"
subject = "SELECT name FROM items WHERE id = $1"
endpoint = "GET /orders"
bound = { time_ms = 25 }
reason = "still \"fine\"\nfor now"
# asked the owner in March

# the end
)");
}

TEST(WithEntry, RefusesWhatItCannotEdit) {
  const auto edited = WithEntry("accepted = [{rule = \"cpu.gc\", subject = \"shop\", reason = \"x\"}]\n", NPlusOne());
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error().code, Code::kInput);
  EXPECT_THAT(edited.error().remedy, HasSubstr("[[accepted]]\nrule = \"sql.n_plus_one\""));
}

TEST(WithEntry, WritesAnyText) {
  AcceptedEntry entry = NPlusOne();
  entry.subject = "SELECT \"a\\b\"\t\x01\x7f\r\n\xc3\xa9 '''";
  EXPECT_EQ(ParseAccepted(WithEntry("", entry).value()).value().at(0).subject, entry.subject);
}

class AcceptTest : public testing::Test {
 protected:
  void SetUp() override {
    auto ledger = evidence::Ledger::Open(folder_.path() / ".hone").value();
    run_ = ledger->BeginRun({.verb = "check"}).value();
    evidence::Report report = With(10.01);
    report.findings[0].bytes = 1e6;
    ASSERT_TRUE(ledger->EndRun(run_, report));
    const int64_t later = ledger->BeginRun({.verb = "doctor"}).value();
    ASSERT_TRUE(ledger->EndRun(later, {.verb = "doctor"}));
  }
  AcceptRequest Request() const {
    return {.ledger = folder_.path() / ".hone",
            .dir = folder_.path(),
            .finding = "1",
            .reason = "nightly",
            .until = "2999-01-01"};
  }
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("accept").value();
  int64_t run_ = 0;
};

TEST_F(AcceptTest, WhatWasAcceptedIsShownAccepted) {
  const AcceptedEntry entry = Accept(Request()).value();
  EXPECT_EQ(entry.bound, (Bound{.time_ms = 12.6, .bytes = 1.25e6}));
  evidence::Report report = With(12.6);
  ASSERT_TRUE(ApplyAccepted(folder_.path(), report));
  EXPECT_EQ(report.findings[0].accepted, "nightly");
  report = With(12.7);
  ASSERT_TRUE(ApplyAccepted(folder_.path(), report));
  EXPECT_EQ(report.findings[0].accepted, std::nullopt);
}

TEST_F(AcceptTest, NoFileCoversNothing) {
  evidence::Report report = With(1);
  ASSERT_TRUE(ApplyAccepted(folder_.path(), report));
  EXPECT_EQ(report.findings[0].accepted, std::nullopt);
}

TEST_F(AcceptTest, ABrokenFileIsSaidSoAndKept) {
  ASSERT_TRUE(base::WriteFile(folder_.path() / "accepted.toml", "[[accepted]]\n"));
  evidence::Report report = With(1);
  EXPECT_EQ(ApplyAccepted(folder_.path(), report).error().code, Code::kInput);
  EXPECT_EQ(Accept(Request()).error().code, Code::kInput);
  EXPECT_EQ(base::ReadFile(folder_.path() / "accepted.toml").value(), "[[accepted]]\n");
}

TEST_F(AcceptTest, RefusesRequestsThatMeanNothing) {
  const auto code = [&](auto change) {
    AcceptRequest request = Request();
    change(request);
    return Accept(request).error().code;
  };
  EXPECT_EQ(code([](AcceptRequest& r) { r.finding = "2"; }), Code::kNotFound);
  EXPECT_EQ(code([](AcceptRequest& r) { r.finding = "m1"; }), Code::kUsage);
  EXPECT_EQ(code([](AcceptRequest& r) { r.reason = ""; }), Code::kUsage);
  EXPECT_EQ(code([](AcceptRequest& r) { r.until = "tomorrow"; }), Code::kUsage);
  EXPECT_EQ(code([](AcceptRequest& r) { r.run = 99; }), Code::kNotFound);
  EXPECT_EQ(code([&](AcceptRequest& r) { r.ledger = folder_.path() / "none"; }), Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "accepted.toml"));
}

}  // namespace
}  // namespace hone::ops
