#include "ops/evidence_verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.h"

namespace hone::ops {
namespace {

using base::Code;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace fs = std::filesystem;

base::Result<evidence::Computed> Mean(std::span<const evidence::CaptureBytes> captures, const evidence::Parameters&,
                                      uint64_t) {
  double sum = 0;
  for (const char c : captures[0].bytes) sum += static_cast<double>(c) / 3;
  return evidence::Computed{
      .value = sum / static_cast<double>(captures[0].bytes.size()), .interval = evidence::Interval{0.1, sum}, .n = 1};
}

constexpr std::array<evidence::Method, 1> kMethods = {{{"test.mean@1", "a mean", Mean}}};

class EvidenceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto ledger = evidence::Ledger::Open(directory()).value();
    run_ = ledger->BeginRun({.verb = "check", .hone_version = "0.1.0"}).value();
    capture_ = ledger->AddCapture({.run = run_, .kind = "test"}, "some bytes that were captured").value();
    const evidence::MeasurementSpec spec{
        .metric = "test.mean", .unit = "count", .method = "test.mean@1", .captures = {capture_.id}};
    const auto measured = evidence::Compute(*ledger, kMethods, spec).value();
    measurement_ = ledger->AddMeasurement(run_, measured).value();
    evidence::Report report{.verb = "check", .verdict = "findings"};
    report.findings = {{.id = 1, .rule = "cpu.gc", .title = "x", .measurements = {measurement_.id}}};
    ASSERT_TRUE(ledger->EndRun(run_, report));
    interrupted_ = ledger->BeginRun({.verb = "load"}).value();
  }
  fs::path directory() const { return folder_.path() / ".hone"; }
  evidence::Measurement Store(evidence::Measurement measurement) {
    return evidence::Ledger::Open(directory()).value()->AddMeasurement(interrupted_, std::move(measurement)).value();
  }
  base::Result<Recomputation> Again(const std::string& id, std::optional<int64_t> run = {}) {
    return RecomputeEvidence(directory(), kMethods, id, run, task_);
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("verbs").value();
  base::Task task_;
  int64_t run_ = 0;
  int64_t interrupted_ = 0;
  evidence::Capture capture_ = {};
  evidence::Measurement measurement_ = {};
};

TEST_F(EvidenceTest, ListsRuns) {
  const EvidenceList list = ListEvidence(directory()).value();
  ASSERT_THAT(list.runs, SizeIs(2));
  EXPECT_EQ(list.runs[0].run.verdict, "findings");
  EXPECT_EQ(list.runs[0].captures, 1U);
  EXPECT_EQ(list.runs[0].measurements, 1U);
  EXPECT_EQ(list.runs[0].findings, 1U);
  EXPECT_GT(list.blob_bytes, 0U);
  const json document = json::parse(ToJson(list));
  EXPECT_EQ(document["schema"], "hone.evidence_list/1");
  EXPECT_EQ(document["runs"][1]["ended"], nullptr);
  EXPECT_EQ(document["runs"][1]["verdict"], nullptr);
}

TEST_F(EvidenceTest, ShowsWhatAnIdNames) {
  const Shown measurement = ShowEvidence(directory(), evidence::IdText('m', measurement_.id)).value();
  EXPECT_EQ(measurement.run.id, run_);
  EXPECT_EQ(measurement.measurements.at(0).value, measurement_.value);
  EXPECT_EQ(measurement.captures.at(0).id, capture_.id);
  const Shown capture = ShowEvidence(directory(), evidence::IdText('c', capture_.id)).value();
  EXPECT_EQ(capture.captures.at(0).blob, capture_.blob);
  EXPECT_THAT(capture.measurements, IsEmpty());
  const Shown finding = ShowEvidence(directory(), "f1").value();
  EXPECT_EQ(finding.finding->rule, "cpu.gc");
  EXPECT_THAT(finding.measurements, SizeIs(1));
  EXPECT_THAT(finding.captures, SizeIs(1));
  const Shown run = ShowEvidence(directory(), std::to_string(run_)).value();
  EXPECT_EQ(run.report->verdict, "findings");
  EXPECT_THAT(run.captures, SizeIs(1));
  EXPECT_FALSE(ShowEvidence(directory(), std::to_string(interrupted_)).value().report);
  const json document = json::parse(ToJson(finding));
  EXPECT_EQ(document["finding"]["id"], "f1");
  EXPECT_EQ(document["report"], nullptr);
  EXPECT_EQ(json::parse(ToJson(run))["report"]["schema"], "hone.report/1");
}

TEST_F(EvidenceTest, SaysWhatItCannotShow) {
  for (const char* nothing : {"", "x", "m", "m0", "-1", "1.5", "m1 "}) {
    EXPECT_EQ(ShowEvidence(directory(), nothing).error().code, Code::kUsage) << nothing;
  }
  for (const char* absent : {"m99", "c99", "f99", "99"})
    EXPECT_EQ(ShowEvidence(directory(), absent).error().code, Code::kNotFound) << absent;
  EXPECT_EQ(ShowEvidence(directory(), "f1", interrupted_).error().code, Code::kNotFound);
}

TEST_F(EvidenceTest, RecomputesToTheSameDigits) {
  const Recomputation one = Again(evidence::IdText('m', measurement_.id)).value();
  ASSERT_THAT(one.measurements, SizeIs(1));
  EXPECT_TRUE(one.AllEqual());
  EXPECT_EQ(one.measurements[0].again->value, measurement_.value);
  EXPECT_TRUE(Again("", run_).value().AllEqual());
  const json document = json::parse(ToJson(one));
  EXPECT_EQ(document["equal"], true);
  EXPECT_EQ(document["measurements"][0]["stored"], document["measurements"][0]["recomputed"]);
}

TEST_F(EvidenceTest, NoticesTheLastDigit) {
  evidence::Measurement off = measurement_;
  off.value = std::nextafter(off.value, 1e9);
  const evidence::Measurement stored = Store(off);
  const Recomputation again = Again(evidence::IdText('m', stored.id)).value();
  EXPECT_FALSE(again.AllEqual());
  off = measurement_;
  off.interval.reset();
  EXPECT_FALSE(Again(evidence::IdText('m', Store(off).id)).value().AllEqual());
}

TEST_F(EvidenceTest, OneThatCannotBeComputedDoesNotStopTheOthers) {
  evidence::Measurement newer = measurement_;
  newer.method = "test.mean@2";
  Store(newer);
  Store(measurement_);
  const Recomputation again = Again("").value();
  ASSERT_THAT(again.measurements, SizeIs(2)) << "of the newest run";
  EXPECT_FALSE(again.AllEqual());
  EXPECT_THAT(again.measurements[0].why_not, HasSubstr("does not know the method test.mean@2"));
  EXPECT_FALSE(again.measurements[0].again);
  EXPECT_TRUE(again.measurements[1].equal);
}

TEST_F(EvidenceTest, RecomputeRefusesOtherIdsAndStops) {
  EXPECT_EQ(Again("c1").error().code, Code::kUsage);
  EXPECT_EQ(Again("m99").error().code, Code::kNotFound);
  EXPECT_EQ(Again("", 99).error().code, Code::kNotFound);
  task_.Cancel();
  EXPECT_EQ(Again("", run_).error().code, Code::kCancelled);
}

TEST_F(EvidenceTest, ExportsARun) {
  const evidence::Exported exported = ExportEvidence(directory(), run_, folder_.path() / "out").value();
  EXPECT_TRUE(fs::exists(exported.output / "report.json"));
  EXPECT_EQ(json::parse(ToJson(exported))["captures"], 1);
  EXPECT_TRUE(ExportEvidence(directory(), {}, folder_.path() / "newest.tar")) << "one that was interrupted, too";
}

TEST_F(EvidenceTest, PurgesOnlyWhatWasAskedFor) {
  EXPECT_EQ(PurgeEvidence(directory(), {}, false).error().code, Code::kUsage);
  EXPECT_EQ(PurgeEvidence(directory(), run_, true).error().code, Code::kUsage);
  EXPECT_EQ(CollectEvidence(directory()).value().bytes, 0U);
  EXPECT_GT(PurgeEvidence(directory(), run_, false).value().bytes, 0U);
  EXPECT_THAT(ListEvidence(directory()).value().runs, SizeIs(1));
  ASSERT_TRUE(PurgeEvidence(directory(), {}, true));
  EXPECT_THAT(ListEvidence(directory()).value().runs, IsEmpty());
  EXPECT_EQ(Again("").error().code, Code::kNotFound);
  EXPECT_EQ(json::parse(ToJson(Freed{7}))["bytes"], 7);
}

TEST(Evidence, MakesNoLedger) {
  const base::TemporaryDirectory folder = base::TemporaryDirectory::Create("verbs").value();
  EXPECT_EQ(ListEvidence(folder.path()).error().code, Code::kNotFound);
  EXPECT_EQ(CollectEvidence(folder.path()).error().code, Code::kNotFound);
  EXPECT_EQ(ShowEvidence(folder.path() / "none", "m1").error().code, Code::kNotFound);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace hone::ops
