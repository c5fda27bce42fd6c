#include "ops/stub_calls.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

// One call each ns.
CallWindow MakeWindow(int64_t size, bool cold, bool ok, const std::vector<int64_t>& calls) {
  CallWindow window{.size = size, .cold = cold, .ok = ok, .calls = calls};
  for (const int64_t count : calls) {
    for (int64_t i = 0; i < count; ++i) window.times.push_back(1000 + i);
  }
  return window;
}

StubCalls Calls() {
  return {.stubs = {"payments", "rates"},
          .windows = {MakeWindow(1, true, true, {9, 9}), MakeWindow(1, false, true, {1, 0}),
                      MakeWindow(5, false, true, {5, 0}), MakeWindow(5, false, true, {5, 1}),
                      MakeWindow(5, false, false, {50, 50})}};
}

base::Result<evidence::Computed> Compute(const StubCalls& calls, const evidence::Parameters& parameters) {
  const std::string bytes = Encode(calls);
  const evidence::CaptureBytes capture{.bytes = bytes};
  return StubMethods().front().compute(std::span(&capture, 1), parameters, 0);
}

TEST(StubCalls, ReadBackEqual) {
  EXPECT_EQ(DecodeStubCalls(Encode(Calls())), Calls());
  EXPECT_FALSE(DecodeStubCalls("something else"));
  const auto old = DecodeStubCalls("size cold ok calls of each stub\npayments rates \n5 0 1 2 1\n");
  ASSERT_TRUE(old) << "as it was before the times were kept";
  EXPECT_EQ(old->windows.at(0).calls, (std::vector<int64_t>{2, 1}));
  EXPECT_FALSE(DecodeStubCalls("size cold ok calls of each stub\npayments \n5 0 1 1 77\n"));
  EXPECT_FALSE(DecodeStubCalls("size cold ok calls of each stub, their times\npayments \n5 0 1 1\n"));
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

// Requests of size 3: a transaction with a call in it, and one behind it.
TEST(StubCalls, ThoseWithinATransactionAreNamed) {
  sql::Exchange exchange{.endpoint = "POST /orders"};
  StubCalls calls{.stubs = {"rates", "payments"}};
  for (base::Nanos at = 1'000'000; at < 7'000'000; at += 1'000'000) {
    const auto request = static_cast<int32_t>(exchange.requests.size());
    exchange.requests.push_back({.size = 3, .start_ns = at, .end_ns = at + 900'000, .drained_ns = at + 900'000});
    exchange.queries.resize(1);
    for (const base::Nanos trip : {at + 100'000, at + 600'000}) {
      exchange.round_trips.push_back({.request = request, .start_ns = trip, .end_ns = trip + 100'000, .statements = 1});
      const auto index = static_cast<uint32_t>(exchange.round_trips.size() - 1);
      exchange.statements.push_back({.request = request, .round_trip = index, .in_transaction = trip == at + 600'000});
    }
    CallWindow window{.size = 3, .ok = true, .calls = {1, 2}, .times = {at + 800'000, at + 300'000, at + 800'000}};
    calls.windows.push_back(window);
  }
  const auto judged = JudgeCallsInGaps(exchange, 3, calls, 3);
  ASSERT_TRUE(judged);
  EXPECT_EQ(judged->rule, "sql.idle_in_transaction");
  EXPECT_EQ(judged->subject.endpoint, "POST /orders");
  StubCalls after = calls;
  for (CallWindow& window : after.windows) window.times[1] = window.times[2];
  EXPECT_FALSE(JudgeCallsInGaps(exchange, 3, after, 3)) << "behind the transaction";
  StubCalls beside = calls;
  for (size_t i = 0; i < beside.windows.size(); ++i)
    beside.windows[i].times[1] = exchange.round_trips[2 * i + 1].start_ns - 5'000;
  EXPECT_FALSE(JudgeCallsInGaps(exchange, 3, beside, 3)) << "nobody has waited for its answer";
  evidence::FindingDraft draft{.title = "A transaction stays open", .support = {{}}};
  NameCallsInGaps(exchange, 3, calls, 4, 3, draft);
  EXPECT_EQ(draft.title, "A transaction stays open; calls of the stub `payments` in that time: {m1} a request");
  ASSERT_EQ(draft.support.size(), 2U);
  const std::string first = Encode(exchange);
  const std::string second = Encode(calls);
  const std::vector<evidence::CaptureBytes> captures = {{.bytes = first}, {.bytes = second}};
  for (const evidence::Method& method : StubMethods()) {
    if (method.name != draft.support[1].method) continue;
    EXPECT_EQ(method.compute(captures, draft.support[1].parameters, 0)->value, 1);
    EXPECT_FALSE(method.compute(std::span(captures).first(1), draft.support[1].parameters, 0));
  }
}

}  // namespace
}  // namespace hone::ops
