// The rules over profiles that a Go program makes now, with whatever Go is installed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/files.h"
#include "golang/symbol_sets.h"
#include "profile/growth.h"
#include "profile/methods.h"
#include "profile/rules.h"

namespace hone::profile {
namespace {

constexpr const char* kEndpoints =
    "list find label pooled held brief plain print note glue gather thrifty left answered kept cached";

// Builds and runs testdata/probe once for all tests.
class ProbeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto folder = base::TemporaryDirectory::Create("probe");
    ASSERT_TRUE(folder);
    folder_.emplace(*std::move(folder));
    const char* source = std::getenv("HONE_SOURCE_DIR");
    ASSERT_NE(source, nullptr) << "run by ctest, or set HONE_SOURCE_DIR";
    const std::string out = folder_->path().string();
    const std::string build =
        fmt::format("cd '{}/src/profile/testdata/probe' && go build -o '{}/probe' .", source, out);
    ASSERT_EQ(std::system(build.c_str()), 0);
    ASSERT_EQ(std::system(fmt::format("'{0}/probe' '{0}' {1}", out, kEndpoints).c_str()), 0);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static CapturedProfile Load(evidence::CaptureId id, const std::string& name, const WindowFacts& facts) {
    CapturedProfile out;
    const auto bytes = base::ReadFile(folder_->path() / name);
    EXPECT_TRUE(bytes) << name;
    const auto redacted = Redact(*bytes);
    EXPECT_TRUE(redacted) << name;
    EXPECT_LT(redacted->size(), 1u << 20);
    EXPECT_EQ(*Redact(*redacted), *redacted);
    out.profile = *Decode(*redacted);
    out.capture.id = id;
    out.capture.kind = CaptureKind(out.profile);
    StoreFacts(facts, out.capture);
    return out;
  }

  static EndpointWindow Window(const std::string& name) {
    WindowFacts facts{.mutex_fraction = 1};
    std::ifstream(folder_->path() / (name + ".facts")) >> facts.requests >> facts.seconds >> facts.gomaxprocs;
    EXPECT_GT(facts.requests, 0);
    EndpointWindow window;
    window.endpoint = "GET /" + name;
    window.modules = {{"example.com/probe", ""}};
    window.cpu = Load(1, name + ".cpu", facts);
    window.allocs_before = Load(2, name + ".allocs0", facts);
    window.allocs_after = Load(3, name + ".allocs1", facts);
    window.mutex_before = Load(4, name + ".mutex0", facts);
    window.mutex_after = Load(5, name + ".mutex1", facts);
    return window;
  }

  // Two windows of one process.
  static EndpointWindow Remaining(const std::string& name) {
    WindowFacts facts;
    std::ifstream(folder_->path() / (name + "0.facts")) >> facts.requests >> facts.seconds;
    EXPECT_GT(facts.requests, 0);
    EndpointWindow window;
    window.endpoint = "GET /" + name;
    window.modules = {{"example.com/probe", ""}};
    window.different_requests = 64;
    window.allocs_before = Load(1, name + "0.allocs0", facts);
    window.allocs_after = Load(2, name + "0.allocs1", facts);
    window.goroutines_before = Load(3, name + "0.goroutines0", facts);
    window.goroutines_after = Load(4, name + "0.goroutines1", facts);
    GrowthWindow& further = window.growth.emplace_back();
    further.heap_before = Load(5, name + "1.allocs0", facts);
    further.heap_after = Load(6, name + "1.allocs1", facts);
    further.goroutines_before = Load(7, name + "1.goroutines0", facts);
    further.goroutines_after = Load(8, name + "1.goroutines1", facts);
    return window;
  }

  static std::vector<std::string> Found(const std::string& name) { return Found(Window(name)); }
  static std::vector<std::string> Found(const EndpointWindow& window, const RuleOptions& options = {}) {
    std::vector<std::string> out;
    for (const evidence::FindingDraft& draft : Judge(window, options).findings) {
      out.push_back(draft.rule + " " + draft.subject.name + " " + draft.subject.file);
    }
    return out;
  }

  static std::optional<base::TemporaryDirectory> folder_;
};

std::optional<base::TemporaryDirectory> ProbeTest::folder_;

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ProbeTest, EachDefectIsFoundAtItsFunction) {
  EXPECT_THAT(Found("list"), ElementsAre("cpu.json work.List work/work.go"));
  EXPECT_THAT(Found("find"), testing::Contains("cpu.regexp_compile work.Find work/work.go"));
  EXPECT_THAT(Found("label"), ElementsAre("alloc.poolable work.Label work/work.go"));
  EXPECT_THAT(Found("held"), ElementsAre("cpu.lock work.(*Board).Held work/work.go"));
  EXPECT_THAT(Found("print"), ElementsAre("cpu.fmt work.Print work/text.go"));
  EXPECT_THAT(Found("note"), ElementsAre("cpu.logging work.Note work/text.go"));
  EXPECT_THAT(Found("glue"), ElementsAre("alloc.string_concat work.Glue work/text.go"));
  EXPECT_THAT(Found("gather"), ElementsAre("alloc.growth work.Gather work/text.go"));
}

TEST_F(ProbeTest, HealthyTwinsHaveNone) {
  for (const std::string name : {"pooled", "brief", "plain", "thrifty"}) EXPECT_THAT(Found(name), IsEmpty()) << name;
}

TEST_F(ProbeTest, WhatRequestsLeaveBehindIsFoundAndWhatFillsUpIsNot) {
  const RuleOptions remains{.only = {"leak.goroutine", "mem.retained"}};
  EXPECT_THAT(Found(Remaining("left"), remains), ElementsAre(testing::StartsWith("leak.goroutine work.Left.")));
  EXPECT_THAT(Found(Remaining("kept"), remains), ElementsAre("mem.retained work.text work/remain.go"));
  for (const std::string name : {"answered", "cached"}) {
    EXPECT_THAT(Found(Remaining(name), remains), IsEmpty()) << name;
    EXPECT_THAT(Judge(Remaining(name), remains).not_judged, IsEmpty()) << name;
  }
}

TEST_F(ProbeTest, WhatRemainsIsMeasuredRight) {
  const EndpointWindow left = Remaining("left");
  const Stacked before(left.goroutines_before->profile, left.modules, "");
  const Stacked after(left.goroutines_after->profile, left.modules, "");
  EXPECT_NEAR(GrowthBetween(Remains::kGoroutines, before, after, "example.com/probe/work.Left").value, 3000, 30);
  const EndpointWindow kept = Remaining("kept");
  const Stacked heap_before(kept.allocs_before->profile, kept.modules, "");
  const Stacked heap_after(kept.allocs_after->profile, kept.modules, "");
  const Growth growth = GrowthBetween(Remains::kMemory, heap_before, heap_after, "example.com/probe/work.text");
  // Some 46 sampled objects: five standard deviations are three quarters.
  EXPECT_NEAR(growth.value / 3000, 8192, 0.75 * 8192);
}

TEST_F(ProbeTest, FilesAloneAreJudgedToo) {
  const auto file = [](evidence::CaptureId id, const std::string& name) { return Load(id, name, {}); };
  const auto window = ProgramWindow({file(1, "list.cpu"), file(2, "list.allocs1"), file(3, "list.mutex1")}, {});
  ASSERT_TRUE(window);
  const evidence::Judgement judgement = Judge(*window);
  ASSERT_FALSE(judgement.findings.empty());
  EXPECT_EQ(judgement.findings[0].rule, "cpu.json");
  EXPECT_EQ(judgement.findings[0].subject.name, "work.List");
}

TEST_F(ProbeTest, AllocationsOfARequestAreRight) {
  const EndpointWindow window = Window("label");
  const Stacked before(window.allocs_before->profile, window.modules, "");
  const Stacked after(window.allocs_after->profile, window.modules, "");
  const Query query{Stacks::kRequests, "", {}, "example.com/probe/work.Label", 0};
  const double requests = FactsOf(window.allocs_after->capture).requests;
  EXPECT_NEAR(AllocatedBetween(&before, after, query).bytes / requests, 2 * 65536, 0.2 * 2 * 65536);
}

// Each name in the table is in the binary that this Go builds (inlined functions keep their names there), but for those
// of packages that the probe does not use.
TEST_F(ProbeTest, TheTableOfSymbolsFitsThisGo) {
  const auto binary = base::ReadFile(folder_->path() / "probe");
  ASSERT_TRUE(binary);
  std::vector<std::string> missing;
  for (const golang::SymbolPrefix& prefix : golang::SymbolPrefixes()) {
    const bool elsewhere = prefix.first > 26 || prefix.set == golang::SymbolSet::kObserver ||
                           golang::Classify(prefix.prefix, {}) == golang::Origin::kThirdParty;
    if (!elsewhere && !binary->contains(prefix.prefix)) missing.emplace_back(prefix.prefix);
  }
  EXPECT_THAT(missing, testing::IsSubsetOf({"slices.Grow", "io.ReadAll", "encoding/json/"}));
}

}  // namespace
}  // namespace hone::profile
