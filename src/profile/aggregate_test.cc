#include "profile/aggregate.h"

#include <gtest/gtest.h>

#include "profile/test_profile.h"

namespace hone::profile {
namespace {

using golang::SymbolSet;

const std::vector<golang::Module> kModules = {{"example.com/shop", "/src/app"}};

TEST(AggregateTest, ChargesTheUsersLineAboveTheSet) {
  const TestProfile cpu =
      TestProfile::Cpu()
          .Samples(Served("reflect.Value.Field;encoding/json.(*encodeState).marshal;encoding/json.Marshal;"
                          "github.com/gin-gonic/gin/render.JSON.Render;example.com/shop/api.(*API).list:30"),
                   5)
          // A marshaller of the user's inside JSON: the set's outermost frame counts.
          .Samples(Served("time.Time.Format;example.com/shop/model.Date.MarshalJSON:7;encoding/"
                          "json.Marshal;example.com/shop/api.(*API).list:30"),
                   2)
          .Samples(Served("runtime.memmove;example.com/shop/store.Read:9;example.com/shop/api.(*API).list:12"), 3);
  const Stacked stacked(cpu.get(), kModules, "");
  const auto json = SumBySite(stacked, 0, {Stacks::kRequests, "", SymbolSet::kJson, "", 0});
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json.begin()->first, (Site{"example.com/shop/api.(*API).list", "/src/app/file.go", 30}));
  EXPECT_EQ(json.begin()->second, 7);
  const auto leaves = SumBySite(stacked, 0, {});
  EXPECT_EQ(leaves.size(), 3u);
  EXPECT_EQ(leaves.at({"example.com/shop/store.Read", "/src/app/file.go", 9}), 3);
  EXPECT_EQ(Sum(stacked, 0, {Stacks::kAll, "", SymbolSet::kJson, "example.com/shop/api.(*API).list", 30}), 7);
  EXPECT_EQ(Sum(stacked, 0, {Stacks::kAll, "", SymbolSet::kJson, "example.com/shop/api.(*API).list", 31}), 0);
}

TEST(AggregateTest, RequestsAreStacksThatServeButNotProfilersAndScrapers) {
  const TestProfile cpu = TestProfile::Cpu()
                              .Samples("example.com/shop/api.(*API).list:1;net/http.(*conn).serve", 1)
                              .Samples("example.com/shop/api.(*API).list.func1:5", 2)  // a goroutine of the handler
                              .Samples("net/http/pprof.Index;net/http.(*conn).serve", 4)
                              .Samples(
                                  "x.Gather;github.com/prometheus/client_golang/prometheus/"
                                  "promhttp.HandlerFor.func1;net/http.(*conn).serve",
                                  8)
                              .Samples("example.com/shop/jobs.Poll:3", 16);
  const Stacked stacked(cpu.get(), kModules, "example.com/shop/api.(*API).list-fm");
  EXPECT_EQ(Sum(stacked, 0, {Stacks::kRequests, "", {}, "", 0}), 3);
  EXPECT_EQ(Sum(stacked, 0, {Stacks::kHandler, "", {}, "", 0}), 3);
  EXPECT_EQ(Sum(stacked, 0, {}), 31);
  EXPECT_EQ(CountSamples(stacked, {Stacks::kRequests, "", {}, "", 0}), 2u);
}

TEST(AggregateTest, RecursionCountsOnceAndPreemptionIsTheCallers) {
  const TestProfile cpu = TestProfile::Cpu()
                              .Samples("main.walk:2;main.walk:3;main.main:9", 4)
                              .Samples("runtime.asyncPreempt;main.walk:2;main.main:9", 2);
  const auto totals = SumByFunction(Stacked(cpu.get(), kModules, ""), 0, Stacks::kAll);
  ASSERT_GE(totals.size(), 2u);
  EXPECT_EQ(totals[0].name, "main.walk");
  EXPECT_EQ(totals[0].self, 6);
  EXPECT_EQ(totals[0].cumulative, 6);
  EXPECT_EQ(totals[1].name, "main.main");
  EXPECT_EQ(totals[1].cumulative, 6);
}

TEST(AggregateTest, TellsBuffersFromTheUsersOwnSlices) {
  const TestProfile heap =
      TestProfile::Heap()
          .Add("bytes.growSlice;bytes.(*Buffer).grow;example.com/shop/slip.Render:4", {1, 1, 0, 0})
          .Add("encoding/json.Marshal;example.com/shop/api.list:4", {1, 1, 0, 0})
          .Add("bytes.(*Buffer).grow;encoding/json.Marshal;example.com/shop/api.list:4", {1, 1, 0, 0})
          .Add("runtime.makeslice;example.com/shop/slip.Render:5", {1, 1, 0, 0});
  const Stacked stacked(heap.get(), kModules, "");
  EXPECT_TRUE(stacked.OnlyThrough(0, SymbolSet::kBuffer));
  EXPECT_FALSE(stacked.OnlyThrough(1, SymbolSet::kBuffer));
  EXPECT_FALSE(stacked.OnlyThrough(2, SymbolSet::kBuffer));
  EXPECT_FALSE(stacked.ChargedToSelf(0));
  EXPECT_TRUE(stacked.ChargedToSelf(3));
}

TEST(AggregateTest, GuessesTheUsersPackages) {
  Profile profile;
  profile.functions = {
      {"runtime.main", "/usr/local/go/src/runtime/proc.go", 1},
      {"encoding/json.Marshal", "/usr/local/go/src/encoding/json/encode.go", 1},
      {"github.com/gin-gonic/gin.New", "/home/ana/go/pkg/mod/github.com/gin-gonic/gin@v1.10.0/gin.go", 1},
      {"main.main", "/home/x/shop/main.go", 1},
      {"shop/store.Read", "/home/x/shop/store/read.go", 1},
      {"example.com/shop/vendor/x/y.F", "/home/x/shop/vendor/x/y/y.go", 1}};
  const auto modules = GuessModules(profile);
  ASSERT_EQ(modules.size(), 1u);
  EXPECT_EQ(modules[0].path, "shop/store");
}

}  // namespace
}  // namespace hone::profile
