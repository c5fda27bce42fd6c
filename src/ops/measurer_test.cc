#include "ops/measurer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "ops/process_watch.h"

namespace hone::ops {
namespace {

using ::testing::HasSubstr;

class MeasurerTest : public ::testing::Test {
 protected:
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("measurer").value();
  std::unique_ptr<evidence::Ledger> ledger_ = evidence::Ledger::Open(folder_.path() / ".hone").value();
  Measurer measurer_{*ledger_, ledger_->BeginRun({.verb = "check"}).value()};

  evidence::Capture KeepPoints(int samples) {
    std::vector<ProcessPoint> points;
    for (int i = 0; i < samples; ++i)
      points.push_back({.at_ns = i * 1'000'000'000LL, .service_cpu_ns = i * 250'000'000LL, .service_rss_bytes = 7});
    evidence::Capture capture;
    capture.kind = kProcessKind;
    return measurer_.Keep(capture, Encode(points)).value();
  }

  static evidence::MeasurementSpec Cores(const evidence::Capture& capture) {
    return {.metric = "process.service_cores",
            .unit = "ratio",
            .method = "process.service_cores@1",
            .captures = {capture.id}};
  }
};

TEST_F(MeasurerTest, MeasuresFromWhatWasStored) {
  const auto measured = measurer_.Measure(Cores(KeepPoints(3))).value();
  EXPECT_DOUBLE_EQ(measured.value, 0.25);
  EXPECT_EQ(ledger_->ReadMeasurement(measured.id)->value, measured.value);
}

TEST_F(MeasurerTest, TheSameSpecificationIsMeasuredOnce) {
  const auto spec = Cores(KeepPoints(3));
  EXPECT_EQ(measurer_.Measure(spec)->id, measurer_.Measure(spec)->id);
  EXPECT_EQ(measurer_.measurements().size(), 1U);
  auto other = spec;
  other.scope.endpoint = "GET /x";
  EXPECT_NE(measurer_.Measure(other)->id, measurer_.Measure(spec)->id);
}

TEST_F(MeasurerTest, AnUnknownMethodIsRefused) {
  auto spec = Cores(KeepPoints(3));
  spec.method = "process.service_cores@99";
  const auto measured = measurer_.Measure(spec);
  ASSERT_FALSE(measured);
  EXPECT_THAT(base::Sentence(measured.error()), HasSubstr("process.service_cores@99"));
}

TEST_F(MeasurerTest, ADraftGetsItsNumbersFromItsSupport) {
  evidence::FindingDraft draft;
  draft.rule = "cpu.gc";
  draft.title = "It takes {m0} of a core";
  draft.support = {Cores(KeepPoints(3))};
  draft.cpu_s_per_1000 = 0;
  const auto supported = measurer_.Support(draft).value();
  ASSERT_TRUE(supported.finding);
  EXPECT_EQ(supported.finding->title, "It takes 25 % of a core");
  EXPECT_EQ(supported.finding->cpu_s_per_1000, 0.25);
  EXPECT_EQ(supported.finding->measurements.size(), 1U);
}

TEST_F(MeasurerTest, AMeasurementThatIsNotValidSupportsNothing) {
  evidence::FindingDraft draft;
  draft.rule = "cpu.gc";
  draft.title = "It takes {m0} of a core";
  draft.support = {Cores(KeepPoints(1))};
  const auto supported = measurer_.Support(draft).value();
  EXPECT_FALSE(supported.finding);
  EXPECT_THAT(supported.reason, HasSubstr("TOO_FEW"));
}

TEST_F(MeasurerTest, ANumberThatWasNotMeasuredIsRefused) {
  evidence::FindingDraft draft;
  draft.rule = "cpu.gc";
  draft.title = "It takes 25 % of a core";
  draft.support = {Cores(KeepPoints(3))};
  EXPECT_FALSE(measurer_.Support(draft));
}

}  // namespace
}  // namespace hone::ops
