#include "ops/process_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace hone::ops {
namespace {

std::vector<ProcessPoint> TwoPoints() {
  return {{.at_ns = 1'000'000'000,
           .service_cpu_ns = 100,
           .service_rss_bytes = 50,
           .service_threads = 4,
           .database_cpu_ns = -1},
          {.at_ns = 3'000'000'000,
           .service_cpu_ns = 1'000'000'100,
           .service_rss_bytes = 40,
           .service_threads = 4,
           .database_cpu_ns = -1}};
}

evidence::Computed Compute(std::string_view name, const std::string& bytes) {
  const evidence::Capture capture;
  const evidence::CaptureBytes input{&capture, bytes};
  for (const evidence::Method& method : ProcessMethods()) {
    if (method.name == name) return method.compute(std::span(&input, 1), {}, 0).value();
  }
  ADD_FAILURE() << name;
  return {};
}

TEST(ProcessPoints, ReadBackAsWritten) { EXPECT_EQ(DecodeProcessPoints(Encode(TwoPoints())).value(), TwoPoints()); }

TEST(ProcessPoints, BrokenBytesAreRefused) {
  const std::string text = Encode(TwoPoints());
  for (const std::string& broken :
       {std::string("x"), text.substr(0, text.size() - 1), text + "1 2 3\n", text + "a b c d e\n"}) {
    EXPECT_FALSE(DecodeProcessPoints(broken)) << broken;
  }
}

TEST(ProcessMethods, CoresAreCpuOverWall) {
  EXPECT_DOUBLE_EQ(Compute("process.service_cores@1", Encode(TwoPoints())).value, 0.5);
  EXPECT_DOUBLE_EQ(Compute("process.database_cores@1", Encode(TwoPoints())).value, 0);
  EXPECT_DOUBLE_EQ(Compute("process.service_rss@1", Encode(TwoPoints())).value, 50);
}

TEST(ProcessMethods, OneSampleIsTooFew) {
  const std::vector<ProcessPoint> one(1);
  EXPECT_EQ(Compute("process.service_cores@1", Encode(one)).validity, evidence::Validity::kTooFew);
}

TEST(ProcessWatch, SeesThisProcessFromItsFirstMoment) {
  ProcessWatch watch(getpid(), 0);
  const std::vector<ProcessPoint> points = watch.Stop();
  ASSERT_GE(points.size(), 1U);
  EXPECT_GT(points.front().service_cpu_ns, 0);
  EXPECT_GT(points.front().service_rss_bytes, 0);
  EXPECT_EQ(points.front().database_cpu_ns, -1);
}

}  // namespace
}  // namespace hone::ops
