#include "ops/stub_calls.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

StubCalls Calls() {
  return {.stubs = {"payments", "rates"},
          .windows = {{.size = 1, .cold = true, .ok = true, .calls = {9, 9}},
                      {.size = 1, .ok = true, .calls = {1, 0}},
                      {.size = 5, .ok = true, .calls = {5, 0}},
                      {.size = 5, .ok = true, .calls = {5, 1}},
                      {.size = 5, .ok = false, .calls = {50, 50}}}};
}

base::Result<evidence::Computed> Compute(const StubCalls& calls, const evidence::Parameters& parameters) {
  const std::string bytes = Encode(calls);
  const evidence::CaptureBytes capture{.bytes = bytes};
  return StubMethods().front().compute(std::span(&capture, 1), parameters, 0);
}

TEST(StubCalls, ReadBackEqual) {
  EXPECT_EQ(DecodeStubCalls(Encode(Calls())), Calls());
  EXPECT_FALSE(DecodeStubCalls("something else"));
  EXPECT_FALSE(DecodeStubCalls(Encode(Calls()) + "1 0 1 5\n"));
  EXPECT_FALSE(DecodeStubCalls(Encode(Calls()) + "1 0 1 5 x\n"));
}

TEST(StubCalls, MedianOfWarmRequestsThatWereAnswered) {
  EXPECT_EQ(Compute(Calls(), {{"stub", "payments"}})->value, 5);
  EXPECT_EQ(Compute(Calls(), {{"stub", "payments"}, {"size", "1"}})->value, 1);
  EXPECT_EQ(Compute(Calls(), {{"stub", "payments"}, {"size", "5"}})->n, 2);
  EXPECT_EQ(Compute(Calls(), {{"stub", "payments"}, {"size", "7"}})->validity, evidence::Validity::kTooFew);
  EXPECT_FALSE(Compute(Calls(), {{"stub", "mail"}}));
}

}  // namespace
}  // namespace hone::ops
