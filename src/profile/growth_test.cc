#include "profile/growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evidence/claim.h"
#include "profile/growth_plan.h"
#include "profile/methods.h"
#include "profile/rules.h"
#include "profile/test_profile.h"

namespace hone::profile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kSends =
    "runtime.gopark;runtime.chansend;runtime.chansend1;example.com/shop/plan.Ask.func2:42";
constexpr std::string_view kSendsToo =
    "runtime.gopark;runtime.chansend;runtime.chansend1;example.com/shop/plan.Ask.func1:41";
constexpr std::string_view kWorker = "runtime.gopark;runtime.chanrecv;runtime.chanrecv2;example.com/shop/plan.work:7";
constexpr std::string_view kIdle = "runtime.gopark;internal/poll.(*FD).Read;net/http.(*conn).serve";
constexpr std::string_view kBody = "runtime.gopark;runtime.selectgo;net/http.(*persistConn).readLoop";
constexpr std::string_view kText = "strings.(*Builder).Grow;example.com/shop/bill.Text:20;example.com/shop/api.Show:9";
constexpr int64_t kTextBytes = 6144;

TestProfile Goroutines(std::initializer_list<std::pair<std::string_view, int64_t>> stacks) {
  TestProfile profile({{"goroutine", "count"}}, 1);
  for (const auto& [stack, count] : stacks) profile.Add(stack, {count});
  return profile;
}

// A heap in which bill.Text has made `made` texts, of which `kept` are in use.
TestProfile Texts(int64_t made, int64_t kept, std::string_view stack = kText) {
  const int64_t other = 1000;  // in use all the time
  return TestProfile::Heap()
      .Add(Served(stack), {made, made * kTextBytes, kept, kept * kTextBytes}, kTextBytes)
      .Add("example.com/shop/grid.Load:5", {other, other << 20, other, other << 20}, 1 << 20);
}

class Remaining : public testing::Test {
 protected:
  CapturedProfile Captured(const TestProfile& profile, double requests) {
    CapturedProfile out;
    out.profile = profile.get();
    out.capture.id = ++id_;
    out.capture.kind = CaptureKind(out.profile);
    StoreFacts({.requests = requests, .seconds = 3, .gomaxprocs = 2}, out.capture);
    bytes_[id_] = Encode(out.profile);
    captures_[id_] = out.capture;
    return out;
  }

  EndpointWindow Endpoint() {
    EndpointWindow window;
    window.endpoint = "GET /bills/{id}";
    window.modules = {{"example.com/shop", "/src/app"}};
    window.different_requests = 48;
    return window;
  }

  // Two windows of 1,000 requests, with the texts in use at their ends and after the idle time.
  EndpointWindow Memory(std::array<int64_t, 5> kept, std::string_view stack = kText) {
    EndpointWindow window = Endpoint();
    window.allocs_before = Captured(Texts(0, kept[0], stack), 1000);
    window.allocs_after = Captured(Texts(1000, kept[1], stack), 1000);
    GrowthWindow& further = window.growth.emplace_back();
    further.heap_before = Captured(Texts(1000, kept[2], stack), 1000);
    further.heap_end = Captured(Texts(2000, kept[3], stack), 1000);
    further.heap_after = Captured(Texts(2000, kept[4], stack), 1000);
    further.idle_seconds = 1;
    return window;
  }

  EndpointWindow Waiting(std::array<int64_t, 5> waiting, std::string_view stack = kSends) {
    EndpointWindow window = Endpoint();
    const auto at = [&](size_t i) { return Captured(Goroutines({{stack, waiting[i]}, {kWorker, 8}}), 1000); };
    window.goroutines_before = at(0);
    window.goroutines_after = at(1);
    GrowthWindow& further = window.growth.emplace_back();
    further.goroutines_before = at(2);
    further.goroutines_end = at(3);
    further.goroutines_after = at(4);
    further.idle_seconds = 1;
    return window;
  }

  static evidence::Judgement Judged(const EndpointWindow& window) {
    return Judge(window, {.only = {"leak.goroutine", "mem.retained"}});
  }

  static std::vector<std::string> Found(const EndpointWindow& window) {
    std::vector<std::string> out;
    for (const evidence::FindingDraft& draft : Judged(window).findings)
      out.push_back(draft.rule + " " + draft.subject.name + ":" + std::to_string(draft.subject.line));
    return out;
  }

  // As `hone evidence recompute` computes it: from the encoded bytes alone.
  evidence::Computed Compute(const evidence::MeasurementSpec& spec) {
    std::vector<evidence::CaptureBytes> captures;
    for (const evidence::CaptureId id : spec.captures) captures.push_back({&captures_[id], bytes_[id]});
    for (const evidence::Method& method : Methods()) {
      if (method.name != spec.method) continue;
      const auto computed = method.compute(captures, spec.parameters, 0);
      EXPECT_TRUE(computed) << spec.method;
      return computed.value_or(evidence::Computed{});
    }
    ADD_FAILURE() << spec.method;
    return {};
  }

  std::string Title(const evidence::FindingDraft& draft) {
    std::vector<evidence::Measurement> cited;
    for (const evidence::MeasurementSpec& spec : draft.support) {
      const evidence::Computed computed = Compute(spec);
      EXPECT_EQ(computed.validity, evidence::Validity::kValid) << spec.method;
      evidence::Measurement& one = cited.emplace_back();
      one.unit = spec.unit;
      one.value = computed.value;
      one.interval = computed.interval;
    }
    EXPECT_TRUE(evidence::RenderClaim(draft.remedy, cited)) << draft.remedy;
    return evidence::RenderClaim(draft.title, cited).value_or("");
  }

  evidence::CaptureId id_ = 0;
  std::map<evidence::CaptureId, std::string> bytes_;
  std::map<evidence::CaptureId, evidence::Capture> captures_;
};

TEST_F(Remaining, OwnersAreFunctionsWithTheirClosuresAndTheLineWithMost) {
  const TestProfile none = Goroutines({{kSends, 1}, {kWorker, 8}, {kIdle, 2}});
  const TestProfile some = Goroutines({{kSends, 31}, {kSendsToo, 20}, {kWorker, 8}, {kIdle, 40}, {kBody, 5}});
  const std::vector<golang::Module> modules = {{"example.com/shop", ""}};
  const Stacked before(none.get(), modules, "");
  const Stacked after(some.get(), modules, "");
  const std::vector<Owned> owners = GrownOwners(Remains::kGoroutines, before, after);
  ASSERT_EQ(owners.size(), 2u) << "not the workers, and not the idle connections of HTTP";
  EXPECT_EQ(owners[0].owner, "example.com/shop/plan.Ask");
  EXPECT_EQ(owners[0].site.line, 42);
  EXPECT_EQ(owners[0].waits, "runtime.chansend1");
  EXPECT_EQ(owners[0].growth.value, 50);
  EXPECT_EQ(owners[1].owner, kNobodyOfUser);
  EXPECT_EQ(owners[1].site.function, "net/http.(*persistConn).readLoop");
  EXPECT_EQ(GrowthBetween(Remains::kGoroutines, before, after, kEverybody).value, 55);
}

TEST_F(Remaining, WhatIsInUseInBothProfilesAddsNoErrorToTheGrowth) {
  const std::vector<golang::Module> modules = {{"example.com/shop", ""}};
  const TestProfile none = Texts(0, 0);
  const TestProfile some = Texts(1000, 1000);
  const Stacked before(none.get(), modules, "");
  const Stacked after(some.get(), modules, "");
  const Growth own = GrowthBetween(Remains::kMemory, before, after, "example.com/shop/bill.Text");
  EXPECT_DOUBLE_EQ(own.value, 6144000);
  EXPECT_NEAR(own.samples, 11.65, 0.01) << "1,000 objects, each sampled with the chance 1 - exp(-6144 / 524288)";
  EXPECT_NEAR(GrowthBetween(Remains::kMemory, before, after, kEverybody).samples, own.samples, 1e-6)
      << "a gigabyte that was there before";
}

TEST_F(Remaining, GoroutinesThatEveryRequestLeavesBehindAreALeak) {
  const EndpointWindow window = Waiting({0, 1000, 1000, 2000, 2000});
  const evidence::Judgement judgement = Judged(window);
  ASSERT_THAT(Found(window), ElementsAre("leak.goroutine plan.Ask.func2:42"));
  EXPECT_THAT(judgement.not_judged, IsEmpty());
  EXPECT_EQ(judgement.findings[0].subject.endpoint, "GET /bills/{id}");
  EXPECT_EQ(Title(judgement.findings[0]),
            "A thousand requests leave 1,000 goroutines behind, which wait for a receiver at `file.go:42`");
  EXPECT_THAT(judgement.findings[0].remedy, HasSubstr("with room for every sender"));
}

TEST_F(Remaining, WhereTheyWereStartedAndWhatTheirStacksTakeIsToldWhereItIsKnown) {
  EndpointWindow window = Waiting({0, 1000, 1000, 2000, 2000});
  GrowthWindow& further = window.growth[0];
  const golang::StackFrame parked{"runtime.gopark", "/go/src/runtime/proc.go", 400};
  const golang::StackFrame waits{"example.com/shop/plan.Ask.func2", "/src/app/file.go", 42};
  const golang::StackFrame start{"example.com/shop/plan.Start", "/src/app/start.go", 9};
  for (const int id : {1, 2})
    further.goroutines.push_back({.id = id, .frames = {parked, waits}, .creation = start, .creator = 7});
  const auto stacks = [&](std::string_view text) {
    CapturedStacks out;
    out.capture.id = ++id_;
    bytes_[id_] = *StackLine(text);
    out.bytes = *StackBytes(bytes_[id_]);
    StoreFacts({.requests = 1000}, out.capture);
    captures_[id_] = out.capture;
    return out;
  };
  further.stacks_before = stacks("# TotalAlloc = 1\n# Stack = 500000 / 700000\n# MSpan = 3 / 4\n");
  further.stacks_after = stacks("# Stack = 2548000 / 2600000\n");
  const evidence::FindingDraft draft = Judged(window).findings.at(0);
  EXPECT_EQ(Title(draft),
            "A thousand requests leave 1,000 goroutines behind, which wait for a receiver at `file.go:42`, started at "
            "`start.go:9`; 2.00 KiB of stacks a request");
  ASSERT_EQ(draft.bytes, 1u);
  EXPECT_DOUBLE_EQ(Compute(draft.support[1]).value, 2048);
  EXPECT_EQ(bytes_[id_], "# Stack = 2548000\n") << "nothing else of the text is kept";
  EXPECT_FALSE(StackLine("<html># Stack = none</html>"));
}

TEST_F(Remaining, PoolsWorkersAndWhatEndsByItselfAreNone) {
  EXPECT_THAT(Found(Waiting({0, 64, 64, 64, 64})), IsEmpty()) << "a pool that is full";
  EXPECT_THAT(Found(Waiting({0, 1000, 12, 1012, 1012})), IsEmpty()) << "the first window's have ended meanwhile";
  EXPECT_THAT(Found(Waiting({0, 1000, 1000, 2000, 1000})), IsEmpty()) << "the second's have";
  EXPECT_THAT(Found(Waiting({0, 5, 5, 10, 10})), IsEmpty()) << "one in 200 requests is too few to tell";
  EXPECT_THAT(Judged(Waiting({0, 64, 64, 64, 64})).not_judged, IsEmpty());
}

TEST_F(Remaining, SlowerGrowthAndGrowthWithoutRequestsAreNotJudged) {
  const auto reason = [](const EndpointWindow& window) {
    const evidence::Judgement judgement = Judged(window);
    EXPECT_THAT(judgement.findings, IsEmpty());
    return judgement.not_judged.empty() ? std::string() : judgement.not_judged[0].reason;
  };
  EXPECT_THAT(reason(Waiting({0, 1000, 1000, 1300, 1300})), HasSubstr("it may fill up"));
  EXPECT_THAT(reason(Waiting({0, 1000, 1000, 1900, 2500})), HasSubstr("without requests too"));
  EndpointWindow once = Waiting({0, 1000, 1000, 2000, 2000});
  once.growth.clear();
  EXPECT_THAT(reason(once), HasSubstr("one window only"));
  EndpointWindow little = Memory({0, 500, 500, 500, 500});
  little.growth.clear();
  EXPECT_EQ(reason(little), "") << "six sampled objects in one window may be anything";
  EndpointWindow many = Waiting({0, 1000, 1000, 2000, 2000});
  many.different_requests = 600;
  EXPECT_THAT(reason(many), HasSubstr("1000 requests of 600 different ones"));
  many.never_repeated = true;
  EXPECT_THAT(Found(many), ElementsAre("leak.goroutine plan.Ask.func2:42"));
}

TEST_F(Remaining, MemoryThatEveryRequestLeavesBehindIsRetained) {
  const EndpointWindow window = Memory({0, 1000, 1000, 2000, 2000});
  ASSERT_THAT(Found(window), ElementsAre("mem.retained bill.Text:20"));
  EXPECT_EQ(Title(Judged(window).findings[0]),
            "Each request leaves 6.00 KiB (3.40 to 10.57) in memory that `file.go:20` allocates");
  EXPECT_EQ(Judged(window).findings[0].bytes, 0u);
}

TEST_F(Remaining, CachesThatFillUpAreNotRetained) {
  EXPECT_THAT(Found(Memory({0, 1000, 1000, 1000, 1000})), IsEmpty()) << "full";
  EXPECT_THAT(Found(Memory({0, 1000, 200, 1200, 1200})), IsEmpty()) << "what expires";
  EXPECT_THAT(Found(Memory({0, 150, 150, 300, 300})), IsEmpty()) << "less than two sampled objects";
  EndpointWindow fresh = Memory({0, 1000, 1000, 2000, 2000});
  fresh.never_repeated = true;
  EXPECT_THAT(Found(fresh), IsEmpty());
  ASSERT_EQ(Judged(fresh).not_judged.size(), 1u);
  EXPECT_EQ(Judged(fresh).not_judged[0].subject, "retained memory (bill.Text) of GET /bills/{id}");
  EXPECT_THAT(Judged(fresh).not_judged[0].reason, HasSubstr("no two requests were the same"));
}

TEST_F(Remaining, AfterARestartOnlyTheFurtherWindowsCount) {
  EndpointWindow window = Memory({0, 1000, 0, 1000, 1000});
  window.restarted = true;
  EXPECT_THAT(Found(window), IsEmpty());
  EXPECT_THAT(Judged(window).not_judged[0].reason, HasSubstr("one window only"));
  GrowthWindow second;
  second.heap_before = Captured(Texts(1000, 1000), 1000);
  second.heap_end = Captured(Texts(2000, 2000), 1000);
  second.heap_after = Captured(Texts(2000, 2000), 1000);
  second.idle_seconds = 1;
  window.growth.push_back(second);
  EXPECT_THAT(Found(window), ElementsAre("mem.retained bill.Text:20"));
}

TEST_F(Remaining, WhatLeakedGoroutinesHoldIsTheirWorth) {
  EndpointWindow window = Waiting({0, 1000, 1000, 2000, 2000});
  const EndpointWindow memory = Memory({0, 1000, 1000, 2000, 2000});
  window.allocs_before = memory.allocs_before;
  window.allocs_after = memory.allocs_after;
  window.growth[0].heap_before = memory.growth[0].heap_before;
  window.growth[0].heap_end = memory.growth[0].heap_end;
  window.growth[0].heap_after = memory.growth[0].heap_after;
  ASSERT_THAT(Found(window), ElementsAre("leak.goroutine plan.Ask.func2:42"));
  const evidence::FindingDraft draft = Judged(window).findings[0];
  ASSERT_EQ(draft.bytes, 1u);
  EXPECT_DOUBLE_EQ(Compute(draft.support[1]).value, kTextBytes);
}

TEST_F(Remaining, LibrariesAreNamedWhereNoCodeOfTheUsersWaits) {
  const EndpointWindow window = Waiting({0, 1000, 1000, 2000, 2000}, kBody);
  ASSERT_THAT(Found(window), ElementsAre("leak.goroutine GET /bills/{id}:0"));
  EXPECT_THAT(Title(Judged(window).findings[0]), HasSubstr("which hold a connection to another service"));
  EXPECT_THAT(Judged(window).findings[0].remedy, HasSubstr("resp.Body.Close()"));
}

TEST_F(Remaining, OnlySuspectedEndpointsGetFurtherWindows) {
  std::vector<EndpointWindow> windows = {Memory({0, 0, 0, 0, 0}), Memory({0, 1000, 0, 0, 0}),
                                         Memory({0, 500, 0, 0, 0})};
  windows[2].restarted = true;
  const std::vector<GrowthRequest> requests = PlanGrowth(windows, {.budget_seconds = 100, .longest_seconds = 12});
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].window, 1u);
  EXPECT_EQ(requests[0].windows, 1);
  EXPECT_NEAR(requests[0].seconds, 20 / 2.2036, 0.001) << "11.65 objects in 3 s are 2.20 a second at least";
  EXPECT_EQ(requests[1].window, 2u);
  EXPECT_EQ(requests[1].windows, 2);
  EXPECT_EQ(requests[1].seconds, 12) << "the longest";
  EXPECT_EQ(PlanGrowth(windows, {.budget_seconds = 12, .longest_seconds = 12}).size(), 1u);
}

TEST_F(Remaining, TimeIsLeftForTheLast) {
  std::vector<EndpointWindow> windows = {Memory({0, 500, 0, 0, 0}), Memory({0, 500, 0, 0, 0})};
  const GrowthOptions options = {.budget_seconds = 12, .longest_seconds = 6};
  std::vector<GrowthRequest> requests = PlanGrowth(windows, options);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].seconds, 6);
  EXPECT_EQ(requests[1].seconds, 3) << "what the first one and what is around both leave of it";
  // What goroutines hold is theirs: the window need not prove it.
  const EndpointWindow waiting = Waiting({0, 1000, 0, 0, 0});
  windows[1].goroutines_before = waiting.goroutines_before;
  windows[1].goroutines_after = waiting.goroutines_after;
  requests = PlanGrowth(windows, options);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].window, 1u);
  EXPECT_EQ(requests[0].seconds, options.shortest_seconds);
  EXPECT_EQ(requests[1].seconds, 6);
}

TEST_F(Remaining, WhatManyEndpointsLeaveBehindIsJudgedWhereItIsMost) {
  std::vector<EndpointWindow> windows = {Waiting({0, 1000, 0, 0, 0}), Waiting({0, 1500, 0, 0, 0}),
                                         Waiting({0, 900, 0, 0, 0}), Waiting({0, 1000, 0, 0, 0})};
  for (EndpointWindow& window : windows) window.growth.clear();
  const std::vector<GrowthRequest> requests = PlanGrowth(windows);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].window, 1u);
  EXPECT_THAT(Judged(windows[0]).not_judged, IsEmpty());
  EXPECT_EQ(Judged(windows[1]).not_judged.size(), 1u);
}

}  // namespace
}  // namespace hone::profile
