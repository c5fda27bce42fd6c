#include "ops/metrics_watch.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

TEST(MetricsWatch, NothingToScrapeGivesNothing) {
  MetricsWatch watch("");
  EXPECT_TRUE(watch.Stop().empty());
}

TEST(MetricsWatch, AServiceThatDoesNotAnswerGivesNothing) {
  MetricsWatch watch("http://127.0.0.1:1/metrics");
  EXPECT_TRUE(watch.Stop().empty());
}

}  // namespace
}  // namespace hone::ops
