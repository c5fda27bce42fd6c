#include "profile/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "evidence/claim.h"
#include "profile/methods.h"
#include "profile/test_profile.h"
#include "profile/window_plan.h"

namespace hone::profile {
namespace {

constexpr std::string_view kJson = "reflect.Value.Field;encoding/json.Marshal;example.com/shop/api.List:30";
constexpr std::string_view kWork = "example.com/shop/store.Read:9;example.com/shop/api.List:12";

CapturedProfile Captured(evidence::CaptureId id, const TestProfile& profile, const WindowFacts& facts) {
  CapturedProfile out;
  out.profile = profile.get();
  out.capture.id = id;
  out.capture.kind = CaptureKind(out.profile);
  StoreFacts(facts, out.capture);
  return out;
}

EndpointWindow Window() {
  EndpointWindow window;
  window.endpoint = "GET /v2/list/{id}";
  window.modules = {{"example.com/shop", "/src/app"}};
  return window;
}

const WindowFacts kFacts{.requests = 1000, .seconds = 2, .cpu_seconds = 1, .gomaxprocs = 2, .mutex_fraction = 1};

// A value as `hone evidence recompute` gets it: from the encoded bytes of the captures alone.
base::Result<evidence::Computed> Compute(const EndpointWindow& window, const evidence::MeasurementSpec& spec) {
  std::vector<std::string> bytes;
  std::vector<evidence::CaptureBytes> captures;
  bytes.reserve(spec.captures.size());
  for (const evidence::CaptureId id : spec.captures) {
    for (const auto* captured :
         {&window.cpu, &window.allocs_before, &window.allocs_after, &window.mutex_before, &window.mutex_after}) {
      if (!*captured || (*captured)->capture.id != id) continue;
      bytes.push_back(Encode((*captured)->profile));
      captures.push_back({&(*captured)->capture, bytes.back()});
    }
  }
  for (const evidence::Method& method : Methods()) {
    if (method.name == spec.method) return method.compute(captures, spec.parameters, spec.seed);
  }
  return base::Fail(base::Code::kNotFound, "no such method", spec.method);
}

std::vector<std::string> Rules(const evidence::Judgement& judgement) {
  std::vector<std::string> rules;
  for (const evidence::FindingDraft& draft : judgement.findings) rules.push_back(draft.rule);
  return rules;
}

// Every number of a finding is a VALID measurement.
void ExpectSupported(const EndpointWindow& window, const evidence::Judgement& judgement) {
  for (const evidence::FindingDraft& draft : judgement.findings) {
    std::vector<evidence::Measurement> cited;
    for (const evidence::MeasurementSpec& spec : draft.support) {
      const auto computed = Compute(window, spec);
      ASSERT_TRUE(computed) << spec.method << ": " << computed.error().what;
      EXPECT_EQ(computed->validity, evidence::Validity::kValid) << draft.rule << " " << spec.method;
      evidence::Measurement& measurement = cited.emplace_back();
      measurement.unit = spec.unit;
      measurement.value = computed->value;
      measurement.interval = computed->interval;
    }
    EXPECT_FALSE(draft.remedy.empty());
    for (const std::string& text : {draft.title, draft.remedy}) {
      const auto claim = evidence::RenderClaim(text, cited);
      EXPECT_TRUE(claim) << (claim ? "" : base::Sentence(claim.error()));
    }
  }
}

TEST(RulesTest, JsonIsChargedToTheLineThatCallsIt) {
  EndpointWindow window = Window();
  window.cpu = Captured(1, TestProfile::Cpu().Samples(Served(kJson), 60).Samples(Served(kWork), 40), kFacts);
  const evidence::Judgement judgement = Judge(window, {.only = {"cpu.json", "cpu.gc"}});
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("cpu.json"));
  const evidence::FindingDraft& draft = judgement.findings[0];
  EXPECT_EQ(draft.subject.name, "api.List");
  EXPECT_EQ(draft.subject.line, 30);
  EXPECT_EQ(draft.subject.endpoint, "GET /v2/list/{id}");
  ExpectSupported(window, judgement);
  EXPECT_DOUBLE_EQ(Compute(window, draft.support[0])->value, 0.6);
  EXPECT_DOUBLE_EQ(Compute(window, draft.support[*draft.ceiling])->value, 2.5);
  EXPECT_DOUBLE_EQ(Compute(window, draft.support[*draft.cpu_s_per_1000])->value, 0.6);
  EXPECT_DOUBLE_EQ(Compute(window, draft.support[*draft.time_ns])->value, 600e3);
}

TEST(RulesTest, CheapOrSmallJsonIsNoFinding) {
  EndpointWindow window = Window();
  window.cpu = Captured(1, TestProfile::Cpu().Samples(Served(kJson), 30).Samples(Served(kWork), 70), kFacts);
  EXPECT_THAT(Rules(Judge(window, {.only = {"cpu.json"}})), testing::IsEmpty())
      << "the interval reaches below the threshold";
  WindowFacts many = kFacts;
  many.requests = 100'000;
  window.cpu = Captured(1, TestProfile::Cpu().Samples(Served(kJson), 60).Samples(Served(kWork), 40), many);
  EXPECT_THAT(Rules(Judge(window, {.only = {"cpu.json"}})), testing::IsEmpty()) << "6 us a request";
}

TEST(RulesTest, FewSamplesAreNotJudgedUnlessTheyBoundTheCost) {
  EndpointWindow window = Window();
  window.cpu = Captured(1, TestProfile::Cpu().Samples(Served(kJson), 20), kFacts);
  const evidence::Judgement few = Judge(window, {.only = {"cpu.json"}});
  EXPECT_THAT(Rules(few), testing::IsEmpty());
  ASSERT_EQ(few.not_judged.size(), 1u);
  EXPECT_THAT(few.not_judged[0].reason, testing::HasSubstr("20 CPU samples"));
  EXPECT_THAT(few.not_judged[0].what_would_do, testing::HasSubstr("4.00 s"));
  WindowFacts many = kFacts;
  many.requests = 50'000;
  window.cpu = Captured(1, TestProfile::Cpu().Samples(Served(kJson), 20), many);
  EXPECT_TRUE(Judge(window, {.only = {"cpu.json"}}).not_judged.empty()) << "at most 6 us a request";
  many.requests = 4'000;
  window.cpu = Captured(1, TestProfile::Cpu().Samples(Served(kJson), 20), many);
  window.mean_response_ns = 10e6;
  EXPECT_TRUE(Judge(window, {.only = {"cpu.json"}}).not_judged.empty()) << "77 us of 10 ms";
  window.response_is_bound = true;
  EXPECT_EQ(Judge(window, {.only = {"cpu.json"}}).not_judged.size(), 1u) << "the machine was busy: 10 ms say nothing";
}

TEST(RulesTest, FormattingIsChargedToTheLineOfTheUsersThatCallsIt) {
  const RuleOptions only{.only = {"cpu.fmt"}};
  const auto judged = [&](std::string_view frames, int64_t samples = 60) {
    EndpointWindow window = Window();
    window.cpu = Captured(1, TestProfile::Cpu().Samples(Served(frames), samples).Samples(Served(kWork), 40), kFacts);
    evidence::Judgement judgement = Judge(window, only);
    ExpectSupported(window, judgement);
    return judgement;
  };
  const evidence::Judgement found = judged(
      "strconv.AppendFloat;fmt.(*pp).doPrintf;fmt.Sprintf;example.com/shop/csv.Row:12;example.com/shop/api.List:30");
  ASSERT_THAT(Rules(found), testing::ElementsAre("cpu.fmt"));
  EXPECT_EQ(found.findings[0].subject.name, "csv.Row");
  EXPECT_EQ(found.findings[0].subject.line, 12);
  EXPECT_THAT(Rules(judged("fmt.(*pp).doPrintf;fmt.Sprintf;example.com/shop/csv.Row:12", 12)), testing::IsEmpty())
      << "the interval reaches below the threshold";
  for (const std::string_view others : {
           "fmt.Sprintf;encoding/json.Marshal;example.com/shop/api.List:30",
           "fmt.Sprintf;example.com/shop/money.(*Amount).MarshalJSON:4;encoding/json.Marshal;example.com/shop/"
           "api.List:30",
           "fmt.Appendf;log.Printf;example.com/shop/api.List:30",
           "fmt.Sprintf;github.com/jackc/pgx/v5.(*Conn).Query;example.com/shop/store.Read:9",
           "net/http.(*response).Write;fmt.Fprintf;example.com/shop/api.List:30",
           "compress/flate.(*compressor).deflate;compress/gzip.(*Writer).Write;fmt.Fprintf;example.com/shop/"
           "api.List:30",
           "example.com/shop/money.(*Amount).String:9;fmt.(*pp).handleMethods;fmt.Sprintf;example.com/shop/api.List:30",
       }) {
    EXPECT_THAT(Rules(judged(others)), testing::IsEmpty()) << others;
  }
  const evidence::Judgement nested = judged(
      "fmt.Sprintf;example.com/shop/money.(*Amount).String:9;fmt.(*pp).handleMethods;fmt.Sprintf;"
      "example.com/shop/api.List:30");
  ASSERT_THAT(Rules(nested), testing::ElementsAre("cpu.fmt")) << "what String formats is formatting";
  EXPECT_EQ(nested.findings[0].subject.line, 30) << "charged to the outermost";
}

TEST(RulesTest, ALineThatLogsIsToldOnce) {
  EndpointWindow window = Window();
  window.cpu =
      Captured(1,
               TestProfile::Cpu()
                   .Samples(Served("syscall.write;log.(*Logger).output;log.Printf;example.com/shop/api.List:30"), 40)
                   .Samples(Served("fmt.Appendf;log.Printf;example.com/shop/api.List:30"), 20)
                   .Samples(Served("fmt.Sprintf;example.com/shop/api.List:30"), 40)
                   .Samples(Served("encoding/json.Marshal;log/slog.Info;example.com/shop/api.List:30"), 60)
                   .Samples(Served(kWork), 10),
               kFacts);
  const evidence::Judgement judgement = Judge(window, {.only = {"cpu.fmt", "cpu.logging", "cpu.json"}});
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("cpu.logging"));
  EXPECT_EQ(judgement.findings[0].subject.line, 30);
  ExpectSupported(window, judgement);
  EXPECT_DOUBLE_EQ(Compute(window, judgement.findings[0].support[0])->value, 120.0 / 170);
  EXPECT_THAT(Rules(Judge(window, {.only = {"cpu.fmt"}})), testing::ElementsAre("cpu.fmt"))
      << "what is formatted before it is logged";
}

// 1,000 requests in which one function allocates one object of each of `sizes`, with `below` seen beneath its line.
EndpointWindow Growing(const std::string& site, const std::vector<int64_t>& sizes, const std::string& below) {
  EndpointWindow window = Window();
  TestProfile heap = TestProfile::Heap();
  for (const int64_t size : sizes) heap.Add(site, {1000, 1000 * size, 0, 0}, size);
  window.allocs_after = Captured(3, heap.Add(Served(kWork), {1000, 100'000, 0, 0}, 100), kFacts);
  window.cpu = Captured(1, TestProfile::Cpu().Samples(below + ";" + site, 10).Samples(Served(kWork), 40), kFacts);
  return window;
}

TEST(RulesTest, ALargeMapIsMadeOfTablesOfOneSize) {
  const std::string site = Served("example.com/shop/store.Collect:95");
  TestProfile heap = TestProfile::Heap();
  for (const int64_t size : {896, 1792, 3456, 13568}) heap.Add(site, {1000, 1000 * size, 0, 0}, size);
  heap.Add(site, {7000, 7000 * 27264, 0, 0}, 27264);
  const auto judged = [&](const std::string& below) {
    EndpointWindow window = Growing(site, {}, below);
    window.allocs_after = Captured(3, heap, kFacts);
    const evidence::Judgement judgement = Judge(window, {.only = {"alloc.growth"}});
    ExpectSupported(window, judgement);
    return Rules(judgement);
  };
  EXPECT_THAT(judged("internal/runtime/maps.(*table).rehash;runtime.mapassign_faststr"),
              testing::ElementsAre("alloc.growth"));
  EXPECT_THAT(judged("runtime.growslice"), testing::IsEmpty()) << "a slice of one size, and others that are small";
}

const std::vector<int64_t> kDoubling = {4096, 8192, 16384, 32768, 65536};
const RuleOptions kGrowthOnly{.only = {"alloc.string_concat", "alloc.growth", "alloc.poolable"}};

TEST(RulesTest, WhatIsMadeLargerStepByStepIsToldByWhatRunsBeneathItsLine) {
  const std::string site = Served("example.com/shop/store.Collect:95");
  for (const auto& [below, rule] : std::map<std::string, std::string>{
           {"runtime.memmove;runtime.growslice", "alloc.growth"},
           {"internal/runtime/maps.(*table).rehash;runtime.mapassign_faststr", "alloc.growth"},
           {"runtime.mallocgc;runtime.rawstring;runtime.concatstrings;runtime.concatstring2", "alloc.string_concat"}}) {
    const EndpointWindow window = Growing(site, kDoubling, below);
    const evidence::Judgement judgement = Judge(window, kGrowthOnly);
    ASSERT_THAT(Rules(judgement), testing::ElementsAre(rule)) << below;
    EXPECT_EQ(judgement.findings[0].subject.line, 95);
    ExpectSupported(window, judgement);
    EXPECT_DOUBLE_EQ(Compute(window, judgement.findings[0].support[0])->value, 126976);
    EXPECT_DOUBLE_EQ(Compute(window, judgement.findings[0].support[*judgement.findings[0].time_ns])->value, 100e3);
  }
}

TEST(RulesTest, OneFunctionsBytesAreToldOnceAndNotWithoutSamples) {
  const std::string site = Served("example.com/shop/store.Collect:95");
  EndpointWindow window = Growing(site, kDoubling, "runtime.growslice");
  const auto with = [&](int64_t concat, int64_t growth, int64_t rest) {
    window.cpu = Captured(1,
                          TestProfile::Cpu()
                              .Samples("runtime.concatstrings;" + site, concat)
                              .Samples("runtime.growslice;" + site, growth)
                              .Samples(Served(kWork), rest),
                          kFacts);
    return Judge(window, kGrowthOnly);
  };
  EXPECT_THAT(Rules(with(20, 5, 40)), testing::ElementsAre("alloc.string_concat"));
  EXPECT_THAT(Rules(with(5, 20, 40)), testing::ElementsAre("alloc.growth"));
  const evidence::Judgement few = with(1, 4, 6);
  ASSERT_THAT(Rules(few), testing::ElementsAre("alloc.growth"));
  EXPECT_FALSE(few.findings[0].time_ns) << "too few samples of CPU for a time";
  ExpectSupported(window, few);
  const evidence::Judgement fewer = with(1, 2, 6);
  EXPECT_THAT(Rules(fewer), testing::IsEmpty());
  ASSERT_EQ(fewer.not_judged.size(), 1u);
  EXPECT_EQ(NextWindows(std::vector<EndpointWindow>{window}).size(), 1u);
}

TEST(RulesTest, WhatHasItsSizeOrCannotKnowItDoesNotGrowNeedlessly) {
  const std::string site = Served("example.com/shop/store.Collect:95");
  const std::string append = "runtime.growslice";
  EXPECT_THAT(Rules(Judge(Growing(site, {98304}, append), kGrowthOnly)), testing::IsEmpty()) << "made once";
  EXPECT_THAT(Rules(Judge(Growing(site, {512, 1024, 2048, 4096}, append), kGrowthOnly)), testing::IsEmpty())
      << "little";
  EXPECT_THAT(Rules(Judge(Growing(site, kDoubling, "example.com/shop/store.parse:4"), kGrowthOnly)), testing::IsEmpty())
      << "of sizes that grow, but neither appended to nor concatenated";
  const std::string library = "runtime.growslice;strings.(*Builder).WriteString";
  EXPECT_THAT(Rules(Judge(Growing(site, kDoubling, library), kGrowthOnly)), testing::IsEmpty()) << "a library's";

  EndpointWindow rows = Growing(site, kDoubling, append);
  rows.cpu = Captured(1,
                      TestProfile::Cpu()
                          .Samples(append + ";" + site, 10)
                          .Samples("database/sql.(*Rows).Next;" + site, 5)
                          .Samples(Served(kWork), 40),
                      kFacts);
  EXPECT_THAT(Rules(Judge(rows, kGrowthOnly)), testing::IsEmpty()) << "rows, of which nobody knows how many there are";
  const std::string called = Served(
      "example.com/shop/store.Collect.func1:95;github.com/jackc/pgx/v5.ForEachRow;example.com/shop/store.Collect:90");
  EXPECT_THAT(Rules(Judge(Growing(called, kDoubling, append), kGrowthOnly)), testing::IsEmpty())
      << "called for each row";
}

TEST(RulesTest, RegexpInARequestIsFoundByCpuOrByAllocations) {
  const std::string compile =
      Served("regexp/syntax.Parse;regexp.compile;regexp.MustCompile;example.com/shop/terms.Parse:8");
  EndpointWindow window = Window();
  window.cpu = Captured(1, TestProfile::Cpu().Samples(compile, 4).Samples(Served(kWork), 60), kFacts);
  evidence::Judgement judgement = Judge(window, {.only = {"cpu.regexp_compile"}});
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("cpu.regexp_compile"));
  EXPECT_EQ(judgement.findings[0].subject.name, "terms.Parse");
  ExpectSupported(window, judgement);

  window.cpu.reset();
  const int64_t block = 4096;
  window.allocs_after = Captured(2, TestProfile::Heap().Add(compile, {10'000, 10'000 * block, 0, 0}, block), kFacts);
  judgement = Judge(window, {.only = {"cpu.regexp_compile"}});
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("cpu.regexp_compile"));
  ExpectSupported(window, judgement);

  window.allocs_after = Captured(2,
                                 TestProfile::Heap()
                                     .Add(compile, {128, 128 * block, 0, 0}, block)
                                     .Add(Served(kWork), {10'000, 10'000 * block, 0, 0}, block),
                                 kFacts);
  EXPECT_THAT(Rules(Judge(window, {.only = {"cpu.regexp_compile"}})), testing::IsEmpty())
      << "one sampled allocation: compiled once";
}

TEST(RulesTest, IdleMarkingIsFree) {
  const auto cpu = [](std::string_view mark) {
    return TestProfile::Cpu()
        .Samples(std::string(mark) + "runtime.systemstack;runtime.gcBgMarkWorker", 40)
        .Samples(Served(kWork), 60);
  };
  EndpointWindow window = Window();
  window.cpu = Captured(1, cpu("runtime.scanobject;runtime.gcDrainMarkWorkerDedicated;"), kFacts);
  const evidence::Judgement judgement = Judge(window, {.only = {"cpu.gc"}});
  EXPECT_THAT(Rules(judgement), testing::ElementsAre("cpu.gc"));
  ExpectSupported(window, judgement);
  window.cpu = Captured(1, cpu("runtime.scanobject;runtime.gcDrainMarkWorkerIdle;"), kFacts);
  EXPECT_THAT(Rules(Judge(window, {.only = {"cpu.gc"}})), testing::IsEmpty());
}

// Buffers of one function: before and after 1,000 requests.
EndpointWindow Allocating(const std::string& stack, int64_t block, int64_t retained = 0) {
  EndpointWindow window = Window();
  const auto heap = [&](int64_t count) {
    return TestProfile::Heap()
        .Add(stack, {count, count * block, 0, retained}, block)
        .Add(Served(kWork), {1000, 100'000, 0, 0}, 100);
  };
  window.allocs_before = Captured(2, heap(100), kFacts);
  window.allocs_after = Captured(3, heap(2100), kFacts);
  return window;
}

TEST(RulesTest, BuffersMadeAnewArePoolable) {
  const std::string made = Served("example.com/shop/slip.Render:18;example.com/shop/api.Slip:5");
  const EndpointWindow window = Allocating(made, 65536);
  const evidence::Judgement judgement = Judge(window, {.only = {"alloc.poolable"}});
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("alloc.poolable"));
  EXPECT_EQ(judgement.findings[0].subject.name, "slip.Render");
  ExpectSupported(window, judgement);
  EXPECT_DOUBLE_EQ(Compute(window, judgement.findings[0].support[0])->value, 131072);
  EXPECT_THAT(Rules(Judge(Allocating(Served("bytes.(*Buffer).grow;example.com/shop/slip.Render:18"), 40960))),
              testing::Contains("alloc.poolable"));
}

TEST(RulesTest, SlicesPoolsBodiesAndWhatIsKeptAreNotPoolable) {
  const RuleOptions only{.only = {"alloc.poolable"}};
  const std::string made = Served("example.com/shop/slip.Render:18");
  EXPECT_THAT(Rules(Judge(Allocating(made, 73728), only)), testing::IsEmpty()) << "sized like a list";
  EXPECT_THAT(Rules(Judge(Allocating(made, 65536, 100'000'000), only)), testing::IsEmpty()) << "kept";
  EXPECT_THAT(
      Rules(
          Judge(Allocating(Served("example.com/shop/slip.init.func1:1;sync.(*Pool).Get;example.com/shop/slip.Print:2"),
                           65536),
                only)),
      testing::IsEmpty());
  EXPECT_THAT(Rules(Judge(Allocating(Served("encoding/json.Marshal;example.com/shop/api.List:30"), 65536), only)),
              testing::IsEmpty());
  EXPECT_THAT(Rules(Judge(Allocating("example.com/shop/jobs.Run:4", 65536), only)), testing::IsEmpty())
      << "not in requests";
}

TEST(RulesTest, WhatAFunctionAllocatesBesideItsBuffersIsNotCalledBuffers) {
  EndpointWindow window = Window();
  TestProfile heap = TestProfile::Heap();
  heap.Add(Served("bytes.(*Buffer).grow;example.com/shop/slip.Render:18"), {1000, 100'000'000, 0, 0}, 40960);
  heap.Add(Served("strings.Fields;example.com/shop/slip.Render:20"), {1000, 100'000'000, 0, 0}, 640);
  window.allocs_after = Captured(3, heap, kFacts);
  const evidence::Judgement judgement = Judge(window, {.only = {"alloc.poolable"}});
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("alloc.poolable"));
  EXPECT_THAT(judgement.findings[0].title, testing::HasSubstr("part of them buffers"));
  EXPECT_THAT(Judge(Allocating(Served("example.com/shop/slip.Render:18"), 65536)).findings[0].title,
              testing::StartsWith("Buffers made anew"));
}

TEST(RulesTest, AListThatGrowsByAppendIsNoBufferThoughItsSizesLookLikeSome) {
  EndpointWindow window = Window();
  const std::string grown = Served("runtime.growslice;example.com/shop/store.List:95");
  TestProfile heap = TestProfile::Heap();
  for (const int64_t size : {4096, 8192, 16384, 32768}) heap.Add(grown, {1000, 1000 * size, 0, 0}, size);
  window.allocs_after = Captured(3, heap.Add(Served(kWork), {1000, 100'000, 0, 0}, 100), kFacts);
  EXPECT_THAT(Rules(Judge(window, {.only = {"alloc.poolable"}})), testing::IsEmpty());
}

EndpointWindow Waiting(const std::string& stack, int64_t contentions, int64_t delay) {
  EndpointWindow window = Window();
  window.mean_response_ns = 2e6;
  window.mutex_before = Captured(4, TestProfile::Mutex().Add(stack, {50, 1'000'000}), kFacts);
  window.mutex_after = Captured(5, TestProfile::Mutex().Add(stack, {50 + contentions, 1'000'000 + delay}), kFacts);
  return window;
}

TEST(RulesTest, AUsersLockThatRequestsWaitForIsAFinding) {
  const RuleOptions only{.only = {"cpu.lock"}};
  const std::string unlock =
      Served("internal/sync.(*Mutex).Unlock;sync.(*Mutex).Unlock;example.com/shop/board.(*Board).Related:33");
  const EndpointWindow window = Waiting(unlock, 500, 400'000'000);
  const evidence::Judgement judgement = Judge(window, only);
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("cpu.lock"));
  EXPECT_EQ(judgement.findings[0].subject.line, 33);
  ExpectSupported(window, judgement);
  EXPECT_DOUBLE_EQ(Compute(window, judgement.findings[0].support[0])->value, 400e3);
  EXPECT_THAT(Rules(Judge(Waiting(unlock, 500, 80'000'000), only)), testing::IsEmpty()) << "80 us of 2 ms";
  const std::string library =
      Served("sync.(*Mutex).Unlock;github.com/jackc/puddle/v2.(*Pool[...]).Acquire;example.com/shop/store.Read:4");
  EXPECT_THAT(Rules(Judge(Waiting(library, 500, 400'000'000), only)), testing::IsEmpty());
  EXPECT_EQ(Judge(Waiting(unlock, 5, 400'000'000), only).not_judged.size(), 1u) << "too few contentions";
  EndpointWindow overloaded = window;
  overloaded.overloaded = true;
  EXPECT_THAT(Rules(Judge(overloaded, only)), testing::IsEmpty()) << "the queue's length is nobody's wait for a lock";
  EXPECT_EQ(Judge(overloaded, only).not_judged.size(), 1u);
}

TEST(RulesTest, ALockThatIsDeferredIsShownWhereItIsTaken) {
  const RuleOptions only{.only = {"cpu.lock"}};
  const std::string unlock = Served("sync.(*Mutex).Unlock;example.com/shop/board.(*Board).Related:33");
  EndpointWindow window = Waiting(unlock, 500, 400'000'000);
  const auto line = [&](std::vector<golang::DeferredUnlock> locks) {
    window.locks = std::move(locks);
    return Judge(window, only).findings.at(0).subject.line;
  };
  const golang::DeferredUnlock around{22, 20, 34, {}, {"file.go", 21}};  // the test's profiles say /src/app/file.go
  EXPECT_EQ(line({around}), 21);
  EXPECT_EQ(line({around, {29, 27, 33, {}, {"file.go", 28}}}), 28) << "of a literal within";
  EXPECT_EQ(line({{22, 20, 30, {}, {"file.go", 21}}}), 33) << "another function's";
  EXPECT_EQ(line({{22, 20, 34, {}, {"profile.go", 21}}}), 33) << "another file's";
  EXPECT_EQ(line({{22, 20, 34, {}, {"e.go", 21}}}), 33) << "another file's";
  EXPECT_EQ(line({{22, 20, 34, {33}, {"file.go", 21}}}), 33) << "unlocked there, without defer";
}

TEST(RulesTest, TheRuntimesMetricTellsHowLongAndFewContentionsTellWhere) {
  const RuleOptions only{.only = {"cpu.lock"}};
  const std::string unlock =
      Served("internal/sync.(*Mutex).Unlock;sync.(*Mutex).Unlock;example.com/shop/board.(*Board).Related:33");
  EndpointWindow window = Waiting(unlock, 5, 400'000'000);
  window.mutex_wait_ns = Cited{
      500e3, {.metric = "runtime.mutex_wait", .scope = {}, .unit = "ns", .method = "metrics.counter_per_request@1"}};
  const evidence::Judgement judgement = Judge(window, only);
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("cpu.lock"));
  EXPECT_EQ(judgement.findings[0].subject.line, 33);
  EXPECT_EQ(judgement.findings[0].support.size(), 1u) << "the sampled contentions are too few to be cited";
  EXPECT_THAT(judgement.not_judged, testing::IsEmpty());

  // One holder that lost its core for a while: too little for a verdict, and too much for none.
  window.mean_response_ns = 1e6;
  window.mutex_wait_ns->value = 70e3;
  const evidence::Judgement unsure = Judge(window, only);
  EXPECT_TRUE(unsure.findings.empty());
  EXPECT_EQ(unsure.not_judged.size(), 1u);
  window.mutex_wait_ns->value = 110e3;
  EXPECT_THAT(Rules(Judge(window, only)), testing::ElementsAre("cpu.lock"));

  window.mutex_wait_ns->value = 5e3;
  EXPECT_TRUE(Judge(window, only).findings.empty());
}

TEST(RulesTest, TheRuntimesMetricTellsOfLocksWithoutStacks) {
  EndpointWindow window = Window();
  window.mean_response_ns = 2e6;
  window.mutex_wait_ns = Cited{
      500e3, {.metric = "lock.wait_per_request", .scope = {}, .unit = "ns", .method = "metrics.counter_per_request@1"}};
  EXPECT_THAT(Rules(Judge(window, {.only = {"cpu.lock"}})), testing::ElementsAre("cpu.lock"));
  window.mutex_wait_ns->value = 5e3;
  const evidence::Judgement healthy = Judge(window, {.only = {"cpu.lock"}});
  EXPECT_TRUE(healthy.findings.empty());
  EXPECT_TRUE(healthy.not_judged.empty());
}

TEST(RulesTest, NothingCapturedIsNotJudged) {
  const evidence::Judgement judgement = Judge(Window());
  EXPECT_TRUE(judgement.findings.empty());
  EXPECT_EQ(judgement.not_judged.size(), 3u);
  EXPECT_EQ(RuleNames().size(), 11u);
}

TEST(RulesTest, OtherEndpointsRequestsDoNotCountInAMix) {
  EndpointWindow window = Window();
  window.alone = false;
  window.handler = "example.com/shop/api.List";
  window.cpu = Captured(
      1, TestProfile::Cpu().Samples(Served(kJson), 60).Samples(Served("example.com/shop/api.Other:1"), 400), kFacts);
  const evidence::Judgement judgement = Judge(window, {.only = {"cpu.json"}});
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("cpu.json"));
  EXPECT_DOUBLE_EQ(Compute(window, judgement.findings[0].support[0])->value, 1);
}

TEST(ProgramWindowTest, SortsProfilesAndLeavesIdleProgramsAlone) {
  TestProfile idle = TestProfile::Cpu();
  idle.Samples("encoding/json.Marshal;main.poll:3", 5);
  std::vector<CapturedProfile> files = {Captured(1, idle, {}),
                                        Captured(2, TestProfile::Heap().Add("main.f:1", {1, 1, 0, 0}), {})};
  auto window = ProgramWindow(files, {});
  ASSERT_TRUE(window);
  EXPECT_TRUE(window->cpu && window->allocs_after && !window->allocs_before);
  const evidence::Judgement judgement = Judge(*window, {.only = {"cpu.json"}});
  EXPECT_TRUE(judgement.findings.empty());
  EXPECT_TRUE(judgement.not_judged.empty()) << "5 % of one processor: CPU is not the problem";
  files.push_back(Captured(3, idle, {}));
  EXPECT_FALSE(ProgramWindow(files, {}));
  EXPECT_FALSE(ProgramWindow({}, {}));
  EXPECT_EQ(CaptureKind(TestProfile::Mutex().Add("sync.(*Mutex).Lock;main.f", {1, 1}).get()), "pprof.block");
}

TEST(ProgramWindowTest, BusyProgramsAreJudgedByShares) {
  const auto window = ProgramWindow(
      {Captured(1, TestProfile::Cpu().Samples("encoding/json.Marshal;main.run:3", 80).Samples("main.run:4", 20), {})},
      {});
  ASSERT_TRUE(window);
  const evidence::Judgement judgement = Judge(*window, {.only = {"cpu.json"}});
  ASSERT_THAT(Rules(judgement), testing::ElementsAre("cpu.json"));
  EXPECT_FALSE(judgement.findings[0].time_ns);
  ExpectSupported(*window, judgement);
}

TEST(WindowPlanTest, AsksForMoreContentionsWhereRequestsWait) {
  const std::string unlock =
      Served("internal/sync.(*Mutex).Unlock;sync.(*Mutex).Unlock;example.com/shop/board.(*Board).Related:33");
  const auto asked = [&](int64_t contentions) {
    EndpointWindow window = Waiting(unlock, contentions, 400'000'000);
    window.cpu = Captured(1, TestProfile::Cpu().Samples(Served(kWork), 90), kFacts);
    const std::vector<EndpointWindow> windows = {window};
    return NextWindows(windows).size();
  };
  EXPECT_EQ(asked(5), 1u);
  EXPECT_EQ(asked(500), 0u);
}

TEST(WindowPlanTest, AsksWhereALongerWindowCanChangeAnAnswer) {
  std::vector<EndpointWindow> windows(5, Window());
  windows[0].cpu = Captured(1, TestProfile::Cpu().Samples(Served(kWork), 90), kFacts);  // decided
  windows[1].cpu =
      Captured(2, TestProfile::Cpu().Samples(Served(kJson), 4).Samples(Served(kWork), 6), kFacts);  // too few
  windows[2].cpu =
      Captured(3, TestProfile::Cpu().Samples(Served(kJson), 14).Samples(Served(kWork), 26), kFacts);  // too near
  WindowFacts many = kFacts;
  many.requests = 1e6;
  windows[3].cpu =
      Captured(4, TestProfile::Cpu().Samples(Served(kJson), 4).Samples(Served(kWork), 6), many);  // surely cheap
  windows[4].cpu = Captured(5, TestProfile::Cpu().Samples(Served(kWork), 10), kFacts);  // few, and nothing among them
  const auto requests = NextWindows(windows);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].window, 2u) << "the nearest to an answer first";
  EXPECT_EQ(requests[0].seconds, 5);
  EXPECT_EQ(requests[1].window, 1u);
  EXPECT_EQ(requests[1].seconds, 8);
  EXPECT_EQ(NextWindows(windows, {.budget_seconds = 9}).size(), 1u);
  EXPECT_TRUE(NextWindows(windows, {.budget_seconds = 30, .longest_seconds = 2, .shortest_seconds = 1}).empty());
}

TEST(FactsTest, AreKeptInTheCapture) {
  const CapturedProfile captured = Captured(1, TestProfile::Cpu(), kFacts);
  const WindowFacts facts = FactsOf(captured.capture);
  EXPECT_EQ(facts.requests, 1000);
  EXPECT_EQ(facts.gomaxprocs, 2);
  EXPECT_EQ(MutexFractionOf("--- mutex:\ncycles/second=1\nsampling period=100\n"), 100);
  EXPECT_EQ(MutexFractionOf("<html>"), 0);
}

TEST(MethodsTest, RefuseOtherCaptures) {
  EndpointWindow window = Window();
  window.cpu = Captured(1, TestProfile::Heap(), kFacts);
  window.cpu->capture.kind = "pprof.cpu";
  const auto spec = [](std::string_view method, evidence::Parameters parameters = {}) {
    evidence::MeasurementSpec out;
    out.method = method;
    out.captures = {1};
    out.parameters = std::move(parameters);
    return out;
  };
  EXPECT_FALSE(Compute(window, spec("cpu.share@1")));
  EXPECT_FALSE(Compute(window, spec("gc.share@1")));
  EXPECT_FALSE(Compute(window, spec("alloc.share@1")));
  window.cpu = Captured(1, TestProfile::Cpu().Samples(Served(kWork), 40), {});
  EXPECT_FALSE(Compute(window, spec("cpu.share@1", {{"stacks", "some"}})));
  EXPECT_FALSE(Compute(window, spec("cpu.share@1", {{"set", "nonsense"}})));
  EXPECT_FALSE(Compute(window, spec("cpu.ns_per_request@1")));
  EXPECT_EQ(Compute(window, spec("cpu.samples@1"))->value, 40);
  EXPECT_DOUBLE_EQ(Compute(window, spec("cpu.utilisation@1"))->value, 0.4);
}

TEST(MethodsTest, TheFractionOfAMutexProfileShowsInItsCounts) {
  const TestProfile mutex = TestProfile::Mutex()
                                .Add("sync.(*Mutex).Unlock;main.f:1", {300, 9})
                                .Add("sync.(*Mutex).Unlock;main.g:1", {200, 9});
  const Stacked stacked(mutex.get(), {}, "");
  EXPECT_EQ(WaitedBetween(nullptr, stacked, {}, 0).sampled, 5);
  EXPECT_EQ(WaitedBetween(nullptr, stacked, {}, 10).sampled, 50);
  const TestProfile single = TestProfile::Mutex().Add("sync.(*Mutex).Unlock;main.f:1", {3100, 9});
  EXPECT_EQ(WaitedBetween(nullptr, Stacked(single.get(), {}, ""), {}, 0).sampled, 31);
}

TEST(MethodsTest, HeapCountsGoBackToTheNumberOfSamples) {
  // 8 objects of 64 KiB at a rate of 512 KiB: each is sampled with 1 - exp(-1/8) = 0.1175, so there was about one
  // sample.
  EndpointWindow window = Window();
  window.allocs_after = Captured(1, TestProfile::Heap().Add("main.f:1", {8, 8 * 65536, 0, 0}, 65536), kFacts);
  const Stacked stacked(window.allocs_after->profile, window.modules, "");
  EXPECT_NEAR(AllocatedBetween(nullptr, stacked, {}).samples, 0.94, 0.01);
}

}  // namespace
}  // namespace hone::profile
