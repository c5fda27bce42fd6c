#include "evidence/model.h"

#include <gtest/gtest.h>

namespace hone::evidence {
namespace {

TEST(Names, GoBothWays) {
  for (const Phase phase : {Phase::kStatic, Phase::kCold, Phase::kQuiet, Phase::kLoaded})
    EXPECT_EQ(PhaseNamed(Name(phase)), phase);
  for (const Validity validity : {Validity::kValid, Validity::kGeneratorBound, Validity::kNoisy, Validity::kTooFew}) {
    EXPECT_EQ(ValidityNamed(Name(validity)), validity);
  }
  for (const Severity severity : {Severity::kLow, Severity::kMedium, Severity::kHigh}) {
    EXPECT_EQ(SeverityNamed(Name(severity)), severity);
  }
  EXPECT_EQ(Name(Validity::kGeneratorBound), "GENERATOR_BOUND");
  EXPECT_EQ(PhaseNamed("warm"), std::nullopt);
  EXPECT_EQ(ValidityNamed("valid"), std::nullopt);
}

TEST(Ids, ArePrintedWithTheirLetter) {
  EXPECT_EQ(IdText('m', 12), "m12");
  EXPECT_EQ(ParseId('m', "m12"), 12);
  for (const char* wrong : {"c12", "m", "m0", "m-1", "m1x", "12", "", "m 1", "m99999999999999999999"}) {
    EXPECT_EQ(ParseId('m', wrong), std::nullopt) << wrong;
  }
}

TEST(Specs, AskWhatTheMeasurementAnswers) {
  const Measurement measurement{.id = 3,
                                .metric = "sql.round_trips",
                                .scope = {.endpoint = "GET /x"},
                                .unit = "count",
                                .value = 51,
                                .method = "sql.round_trips@1",
                                .seed = 7,
                                .captures = {1, 2},
                                .parameters = {{"size", "50"}}};
  const MeasurementSpec spec = SpecOf(measurement);
  EXPECT_EQ(spec.metric, measurement.metric);
  EXPECT_EQ(spec.scope, measurement.scope);
  EXPECT_EQ(spec.unit, measurement.unit);
  EXPECT_EQ(spec.method, measurement.method);
  EXPECT_EQ(spec.seed, measurement.seed);
  EXPECT_EQ(spec.captures, measurement.captures);
  EXPECT_EQ(spec.parameters, measurement.parameters);
}

}  // namespace
}  // namespace hone::evidence
