#include "metrics/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/units.h"

namespace hone::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The kernel's files as Linux 6.1 writes them, shortened.
std::string Texts(int64_t periods, int64_t throttled, int64_t throttled_us, int64_t anonymous, int64_t at_limit) {
  const auto number = [](int64_t value) { return std::to_string(value) + "\n"; };
  return "# cpu.max\n50000 100000\n# cpu.stat\nusage_usec 900000\nuser_usec 800000\nsystem_usec 100000\nnr_periods " +
         number(periods) + "nr_throttled " + number(throttled) + "throttled_usec " + number(throttled_us) +
         "nr_bursts 0\nburst_usec 0\n# memory.max\n268435456\n# memory.events\nlow 0\nhigh 0\nmax " + number(at_limit) +
         "oom 0\noom_kill 0\noom_group_kill 0\n# memory.stat\nanon " + number(anonymous) + "file 4096\n";
}

CgroupWindow Decoded(const std::string& start, const std::string& end) {
  auto window = DecodeCgroup(EncodeCgroup(start, end));
  EXPECT_TRUE(window);
  return window ? *window : CgroupWindow();
}

base::Result<evidence::Computed> ComputeOf(std::string_view name, const std::string& bytes,
                                           const evidence::Parameters& parameters = {}) {
  evidence::Capture capture;
  capture.kind = kCgroupKind;
  const std::vector<evidence::CaptureBytes> captures = {{&capture, bytes}};
  for (const evidence::Method& method : CgroupMethods()) {
    if (method.name == name) return method.compute(captures, parameters, 0);
  }
  return base::Fail(base::Code::kNotFound, "no such method");
}

const std::string kStart = Texts(10, 2, 30'000, 100 << 20, 0);

TEST(Cgroup, ReadsWhatTheKernelWrites) {
  const CgroupWindow window = Decoded(kStart, Texts(70, 20, 930'000, 120 << 20, 3));
  EXPECT_EQ(window.start.periods, 10);
  EXPECT_EQ(window.end.quota_us, 50'000);
  EXPECT_EQ(window.end.period_us, 100'000);
  EXPECT_EQ(window.end.throttled, 20);
  EXPECT_EQ(window.end.throttled_us, 930'000);
  EXPECT_EQ(window.end.memory_limit, 268'435'456);
  EXPECT_EQ(window.end.anonymous, 120 << 20);
  EXPECT_EQ(window.end.at_limit, 3);
}

// The same of version 1, as Linux 6.18 writes them, shortened.
std::string TextsV1(int64_t throttled, int64_t throttled_ns, int64_t rss, int64_t failed, int64_t killed) {
  const auto number = [](int64_t value) { return std::to_string(value) + "\n"; };
  return "# cpu.cfs_quota_us\n50000\n# cpu.cfs_period_us\n100000\n# cpu.stat\nnr_periods 60\nnr_throttled " +
         number(throttled) + "throttled_time " + number(throttled_ns) +
         "nr_bursts 0\nburst_time 0\n# memory.limit_in_bytes\n268435456\n# memory.max_usage_in_bytes\n200000000\n" +
         "# memory.failcnt\n" + number(failed) + "# memory.oom_control\noom_kill_disable 0\nunder_oom 0\noom_kill " +
         number(killed) + "# memory.stat\ncache 4096\nrss 7\ntotal_cache 4096\ntotal_rss " + number(rss);
}

TEST(Cgroup, ReadsVersion1) {
  const CgroupWindow window = Decoded(TextsV1(2, 3'000'000, 1 << 20, 1, 0), TextsV1(20, 930'000'999, 120 << 20, 5, 2));
  EXPECT_EQ(window.end.quota_us, 50'000);
  EXPECT_EQ(window.end.period_us, 100'000);
  EXPECT_EQ(window.end.periods, 60);
  EXPECT_EQ(window.end.throttled, 20);
  EXPECT_EQ(window.end.throttled_us, 930'000);
  EXPECT_EQ(window.end.memory_limit, 268'435'456);
  EXPECT_EQ(window.end.anonymous, 120 << 20);
  EXPECT_EQ(window.end.peak, 200'000'000);
  EXPECT_EQ(window.end.at_limit, 5);
  EXPECT_EQ(window.end.killed, 2);
  const CgroupWindow none = Decoded(
      "# cpu.cfs_quota_us\n-1\n# cpu.cfs_period_us\n100000\n# memory.limit_in_bytes\n9223372036854771712\n", "");
  EXPECT_EQ(none.start.quota_us, std::nullopt);
  EXPECT_EQ(none.start.memory_limit, std::nullopt);
}

TEST(Cgroup, KnowsNoLimitWhereThereIsNone) {
  const CgroupWindow none = Decoded("# cpu.max\nmax 100000\n# memory.max\nmax\n", "");
  EXPECT_EQ(none.start.quota_us, std::nullopt);
  EXPECT_EQ(none.start.memory_limit, std::nullopt);
  EXPECT_EQ(none.end.periods, std::nullopt);
  EXPECT_THAT(JudgeCgroup(none, {}, {}).measurements, IsEmpty());
  EXPECT_FALSE(DecodeCgroup("host.cgroup 1\n"));
  EXPECT_FALSE(DecodeCgroup("rubbish"));
}

TEST(Cgroup, MeasuresThrottling) {
  const std::string bytes = EncodeCgroup(kStart, Texts(70, 20, 930'000, 120 << 20, 3));
  const auto share = ComputeOf("cgroup.throttled_share@1", bytes);
  ASSERT_TRUE(share);
  EXPECT_DOUBLE_EQ(share->value, 0.3);
  EXPECT_EQ(share->n, 60);
  // 900 ms of 60 periods of 100 ms on 2 processors.
  EXPECT_DOUBLE_EQ(
      ComputeOf("cgroup.throttled_wait@1", bytes, {{"cores", "2"}, {"mean_response_ns", "8000000"}})->value, 600'000);
  EXPECT_DOUBLE_EQ(ComputeOf("cgroup.cpu_limit@1", bytes)->value, 0.5);
  EXPECT_DOUBLE_EQ(ComputeOf("cgroup.memory_share@1", bytes)->value, 120.0 / 256);
  EXPECT_DOUBLE_EQ(ComputeOf("cgroup.memory_limit@1", bytes)->value, 268'435'456);
  EXPECT_DOUBLE_EQ(ComputeOf("cgroup.at_limit@1", bytes)->value, 3);
  EXPECT_FALSE(ComputeOf("cgroup.throttled_wait@1", bytes, {{"cores", "0"}, {"mean_response_ns", "1"}}));
  EXPECT_FALSE(ComputeOf("cgroup.throttled_share@1", EncodeCgroup("", "")));
  EXPECT_EQ(ComputeOf("cgroup.throttled_share@1", EncodeCgroup(kStart, Texts(29, 3, 30'000, 1, 0)))->validity,
            evidence::Validity::kTooFew);
}

CgroupOptions Options() { return {.service = "shop", .mean_response_ns = 8e6, .cores = 2}; }

TEST(CpuThrottled, IsReportedFromOneInAHundredPeriodsOn) {
  const auto judged = [](int64_t periods, int64_t throttled) {
    return JudgeCgroup(Decoded(kStart, Texts(10 + periods, 2 + throttled, 930'000, 1 << 20, 0)), {.id = 7}, Options());
  };
  EXPECT_THAT(judged(300, 2).findings, IsEmpty());
  EXPECT_THAT(judged(301, 3).findings, IsEmpty());
  const auto found = judged(300, 3);
  ASSERT_EQ(found.findings.size(), 1u);
  const evidence::FindingDraft& draft = found.findings[0];
  EXPECT_EQ(draft.rule, "cpu.throttled");
  EXPECT_EQ(draft.support.at(*draft.time_ns).metric, "cgroup.throttled_wait");
  EXPECT_EQ(draft.support.at(*draft.time_ns).parameters.at("mean_response_ns"), base::FormatExact(8e6));
  EXPECT_EQ(draft.support.at(0).captures.at(0), 7);
  EXPECT_THAT(draft.remedy, HasSubstr("`GOMAXPROCS` does not help below one core"));
  const auto few = judged(19, 19);
  EXPECT_THAT(few.findings, IsEmpty());
  EXPECT_EQ(few.not_judged.at(0).subject, "CPU limit of shop");
}

TEST(CpuThrottled, DoesNotAskForWhatIsSet) {
  const auto remedy = [](RuntimeSetting setting) {
    CgroupOptions options = Options();
    options.gomaxprocs = setting;
    std::string end = Texts(70, 20, 930'000, 1, 0);
    end.replace(end.find("50000"), 5, "150000");
    return JudgeCgroup(Decoded(kStart, end), {}, options).findings.at(0).remedy;
  };
  EXPECT_THAT(remedy(RuntimeSetting::kUnset), HasSubstr("set `GOMAXPROCS` to it"));
  EXPECT_THAT(remedy(RuntimeSetting::kAbove), HasSubstr("set `GOMAXPROCS` to it"));
  EXPECT_THAT(remedy(RuntimeSetting::kWithin), HasSubstr("is within it already"));
}

TEST(MemLimit, IsReportedAtNineTenths) {
  const int64_t limit = 268'435'456;
  const auto judged = [&](double share, RuntimeSetting setting) {
    CgroupOptions options = Options();
    options.gomemlimit = setting;
    const auto anonymous = static_cast<int64_t>(share * static_cast<double>(limit));
    return JudgeCgroup(Decoded(kStart, Texts(70, 2, 30'000, anonymous, 4)), {}, options).findings;
  };
  EXPECT_THAT(judged(0.89, RuntimeSetting::kUnset), IsEmpty());
  const auto unset = judged(0.91, RuntimeSetting::kUnset);
  ASSERT_EQ(unset.size(), 1u);
  EXPECT_EQ(unset[0].rule, "mem.limit");
  EXPECT_EQ(unset[0].support.at(2).metric, "cgroup.at_limit");
  EXPECT_THAT(unset[0].remedy, HasSubstr("Set `GOMEMLIMIT` to nine tenths"));
  EXPECT_THAT(judged(0.95, RuntimeSetting::kAbove).at(0).remedy, HasSubstr("is above the limit: lower it"));
  EXPECT_THAT(judged(0.95, RuntimeSetting::kWithin).at(0).remedy, HasSubstr("keep less in memory"));
}

TEST(MemLimit, IsReportedWhereTheKernelKilledOneOfTheProcesses) {
  const std::string start = TextsV1(0, 0, 1 << 20, 0, 0);
  EXPECT_THAT(JudgeCgroup(Decoded(start, TextsV1(0, 0, 1 << 20, 4, 0)), {}, Options()).findings, IsEmpty());
  const std::string end = TextsV1(0, 0, 1 << 20, 4, 2);
  const auto found = JudgeCgroup(Decoded(start, end), {}, Options()).findings;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].title, HasSubstr("the kernel killed {m3}"));
  EXPECT_EQ(found[0].support.at(3).metric, "cgroup.killed");
  EXPECT_DOUBLE_EQ(ComputeOf("cgroup.killed@1", EncodeCgroup(start, end))->value, 2);
  EXPECT_DOUBLE_EQ(ComputeOf("cgroup.memory_peak@1", EncodeCgroup(start, end))->value, 200'000'000);
}

TEST(GoQuantity, IsReadAsTheRuntimeReadsIt) {
  EXPECT_EQ(ParseGoQuantity("2"), 2);
  EXPECT_EQ(ParseGoQuantity("230MiB"), 230.0 * 1024 * 1024);
  EXPECT_EQ(ParseGoQuantity("1GiB"), 1024.0 * 1024 * 1024);
  for (const char* text : {"off", "", "1GB", "-1", "1.5GiB"}) EXPECT_EQ(ParseGoQuantity(text), std::nullopt) << text;
}

}  // namespace
}  // namespace hone::metrics
