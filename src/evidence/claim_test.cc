#include "evidence/claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace hone::evidence {
namespace {

Measurement Of(std::string unit, double value, std::optional<Interval> interval = {}) {
  return {.metric = "m", .unit = std::move(unit), .value = value, .interval = interval};
}

TEST(FormatValue, GoesByTheUnit) {
  EXPECT_EQ(FormatValue(Of("ns", 12.4e6)), "12.4 ms");
  EXPECT_EQ(FormatValue(Of("bytes", 65536)), "64.0 KiB");
  EXPECT_EQ(FormatValue(Of("ratio", 0.34)), "34 %");
  EXPECT_EQ(FormatValue(Of("ratio", 0.034)), "3.4 %");
  EXPECT_EQ(FormatValue(Of("ratio", 0.00034)), "0.034 %");
  EXPECT_EQ(FormatValue(Of("ratio", 0)), "0 %");
  EXPECT_EQ(FormatValue(Of("count", 51)), "51");
  EXPECT_EQ(FormatValue(Of("count", 48200)), "48,200");
  EXPECT_EQ(FormatValue(Of("cpu_s", 1.2)), "1.20 s CPU");
  EXPECT_EQ(FormatValue(Of("per_row", 1)), "1 per row");
  EXPECT_EQ(FormatValue(Of("req/s", 1200)), "1,200 req/s");
  EXPECT_EQ(FormatValue(Of("x", 2.1)), "2.10x");
  EXPECT_EQ(FormatValue(Of("x", 21.4)), "21x");
  EXPECT_EQ(FormatValue(Of("rows", 50)), "50 rows");
}

TEST(FormatValue, PrintsTheIntervalOnTheValuesScale) {
  EXPECT_EQ(FormatValueWithInterval(Of("ns", 12.4e6, Interval{11.9e6, 13e6})), "12.4 ms (11.9 to 13.0)");
  EXPECT_EQ(FormatValueWithInterval(Of("ns", 990e3, Interval{950e3, 1.1e6})), "990 us (950 to 1100)");
  EXPECT_EQ(FormatValueWithInterval(Of("ratio", 0.34, Interval{0.31, 0.37})), "34 % (31 to 37)");
  EXPECT_EQ(FormatValueWithInterval(Of("cpu_s", 1.2, Interval{1.1, 1.3})), "1.20 s CPU (1.10 to 1.30)");
  EXPECT_EQ(FormatValueWithInterval(Of("per_row", 1, Interval{0.98, 1.02})), "1 per row (0.98 to 1.02)");
  EXPECT_EQ(FormatValueWithInterval(Of("bytes", 2048, Interval{1024, 4096})), "2.00 KiB (1.00 to 4.00)");
  EXPECT_EQ(FormatValueWithInterval(Of("x", 2.1, Interval{2, 2.2})), "2.10x (2.00 to 2.20)");
  EXPECT_EQ(FormatValueWithInterval(Of("count", 3)), "3");
}

TEST(RenderClaim, FillsInWhatIsCited) {
  const std::array cited = {Of("count", 51), Of("ns", 12.4e6, Interval{11.9e6, 13e6})};
  EXPECT_EQ(RenderClaim("{m0} statements take {m1:ci}, that is {m1} on `GET /v2/orders/{id}`", cited).value(),
            "51 statements take 12.4 ms (11.9 to 13.0), that is 12.4 ms on `GET /v2/orders/{id}`");
  EXPECT_EQ(RenderClaim("", cited).value(), "");
}

TEST(RenderClaim, RefusesNumbersThatNobodyMeasured) {
  const std::array cited = {Of("count", 51)};
  for (const char* text : {"{m0} statements, 2 of them slow", "p99 is high", "{m1} statements", "{m} x", "{m0:c} x",
                           "{x} y", "{m0", "`open", "{m-1}", "{m00x}"}) {
    const auto rendered = RenderClaim(text, cited);
    ASSERT_FALSE(rendered) << text;
    EXPECT_EQ(rendered.error().code, base::Code::kCorrupt) << text;
  }
}

TEST(RenderClaim, RefusesWhatIsNotValid) {
  Measurement noisy = Of("count", 51);
  noisy.validity = Validity::kNoisy;
  const auto rendered = RenderClaim("{m0} statements", std::array{noisy});
  ASSERT_FALSE(rendered);
  EXPECT_THAT(rendered.error().what, testing::HasSubstr("NOISY"));
}

TEST(Quote, KeepsDigitsOutOfTheRulesWay) {
  EXPECT_EQ(Quote("GET /v2/x"), "`GET /v2/x`");
  EXPECT_EQ(RenderClaim(Quote("a`1`b"), {}).value(), "`a'1'b`");
}

}  // namespace
}  // namespace hone::evidence
