#include "host/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/files.h"

namespace hone::host {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Pair;

TEST(Parsers, ReadWhatTheKernelWrites) {
  const auto cpu = ParseProcStat("cpu  100 10 50 1000 20 3 2 40 7 0\ncpu0 1 2 3\n", 100);
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->busy_ns, 160 * 10'000'000);
  EXPECT_EQ(cpu->steal_ns, 40 * 10'000'000);
  EXPECT_EQ(
      ParsePressureSomeNs("some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\nfull avg10=0 avg60=0 avg300=0 total=9\n"),
      1234000);
  EXPECT_EQ(ParseSchedstatRunDelay(
                "version 15\ntimestamp 1\ncpu0 0 0 0 0 0 0 100 30 5\ndomain0 3 1\ncpu1 0 0 0 0 0 0 100 12 5\n"),
            42);
  EXPECT_EQ(ParseLoadAverage("1.25 0.50 0.10 1/200 4711\n"), 1.25);
  EXPECT_EQ(ParseStatusField("Name:\thone\nnonvoluntary_ctxt_switches:\t17\n", "nonvoluntary_ctxt_switches"), 17);
  EXPECT_EQ(ParseStatusField("nr_throttled 3\nthrottled_usec 500\n", "throttled_usec"), 500);
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
}

TEST(Parsers, AreEmptyForAnythingElse) {
  for (const char* text : {"", "cpu", "cpu a b c d e f g h", "\n\n", "max 100000", "some avg10=1"}) {
    EXPECT_FALSE(ParseProcStat(text, 100)) << text;
    EXPECT_FALSE(ParsePressureSomeNs(text)) << text;
    EXPECT_FALSE(ParseSchedstatRunDelay(text)) << text;
    EXPECT_FALSE(ParseLoadAverage(text)) << text;
    EXPECT_FALSE(ParseStatusField(text, "x")) << text;
    EXPECT_FALSE(ParseCpuMax(text)) << text;
  }
}

class MachineTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) const {
    ASSERT_TRUE(base::MakeDirectories((folder_.path() / path).parent_path()));
    ASSERT_TRUE(base::WriteFile(folder_.path() / path, text));
  }
  base::TemporaryDirectory folder_ = *base::TemporaryDirectory::Create("machine");
};

TEST_F(MachineTest, ReadsALaptopInAContainer) {
  Write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 3GHz\nflags\t\t: fpu vme hypervisor sse\n");
  Write("proc/meminfo", "MemTotal:  8388608 kB\nSwapTotal: 0 kB\n");
  Write("proc/self/cgroup", "0::/user/app\n");
  Write("proc/sys/kernel/osrelease", "6.1.0\n");
  Write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  Write("sys/fs/cgroup/user/cpu.max", "50000 100000\n");
  Write("sys/fs/cgroup/user/app/cpu.max", "max 100000\n");
  Write("sys/fs/cgroup/user/app/memory.max", "1073741824\n");
  Write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  Write("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400000\n");
  Write("sys/class/power_supply/BAT0/type", "Battery\n");
  Write("sys/class/power_supply/BAT0/status", "Discharging\n");
  const Machine machine = ReadMachine(folder_.path());
  EXPECT_EQ(machine.usable_cores, 0.5);
  EXPECT_EQ(machine.memory_bytes, uint64_t{1} << 30);
  EXPECT_TRUE(machine.virtual_machine);
  EXPECT_TRUE(machine.on_battery);
  EXPECT_THAT(
      machine.facts,
      IsSupersetOf({Pair("cpu", "Some CPU @ 3GHz"), Pair("cpu quota", "0.5 cores"), Pair("memory limit", "1.00 GiB"),
                    Pair("governor", "powersave"), Pair("frequency", "2400 MHz"), Pair("power", "battery"),
                    Pair("hypervisor", "yes"), Pair("kernel", "6.1.0"), Pair("load", "unknown")}));
  EXPECT_THAT(CaptureText(machine.facts), HasSubstr("\ngovernor: powersave\n"));
}

TEST_F(MachineTest, ReadsControlGroupsOfVersion1) {
  Write("proc/meminfo", "MemTotal:  8388608 kB\n");
  Write("proc/self/cgroup", "5:memory:/jobs/one\n4:cpu,cpuacct:/jobs/one\n");
  Write("proc/self/mountinfo",
        "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_THAT(ReadMachine(folder_.path()).facts,
              IsSupersetOf({Pair("cpu quota", "none"), Pair("memory limit", "none")}));
  Write("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "50000\n");
  Write("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "100000\n");
  Write("sys/fs/cgroup/cpu,cpuacct/jobs/one/cpu.stat", "nr_throttled 3\nthrottled_time 7000\n");
  Write("sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes", "1073741824\n");
  const Machine machine = ReadMachine(folder_.path());
  EXPECT_EQ(machine.usable_cores, 0.5);
  EXPECT_EQ(machine.memory_bytes, uint64_t{1} << 30);
  EXPECT_EQ(SampleNoise(folder_.path()).throttled_ns, 7000);
}

TEST_F(MachineTest, SaysUnknownWhereNothingIsTold) {
  const Machine machine = ReadMachine(folder_.path());
  EXPECT_GT(machine.usable_cores, 0);
  EXPECT_FALSE(machine.on_battery);
  for (const char* key : {"cpu", "cpu quota", "memory", "memory limit", "kernel", "hypervisor", "governor", "power"}) {
    EXPECT_THAT(machine.facts, Contains(Pair(key, "unknown")));
  }
  const NoiseSample sample = SampleNoise(folder_.path());
  EXPECT_FALSE(sample.steal_ns || sample.stall_io_ns || sample.load_1min || sample.frequency_khz ||
               sample.throttled_ns);
}

TEST_F(MachineTest, SamplesTheFiles) {
  Write("proc/stat", "cpu  100 0 0 0 0 0 0 4 0 0\n");
  Write("proc/pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
  Write("proc/self/cgroup", "0::/\n");
  Write("sys/fs/cgroup/cgroup.controllers", "cpu\n");
  Write("sys/fs/cgroup/cpu.stat", "usage_usec 5\nthrottled_usec 9\n");
  Write("sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "3\n");
  const NoiseSample sample = SampleNoise(folder_.path());
  EXPECT_GT(sample.steal_ns.value_or(0), 0);
  EXPECT_EQ(sample.stall_io_ns, 7000);
  EXPECT_EQ(sample.throttled_ns, 9000);
  EXPECT_EQ(sample.thermal_throttles, 3);
  EXPECT_FALSE(sample.stall_cpu_ns);
}

TEST(ThisMachine, IsDescribed) {
  const Machine machine = ReadMachine();
  EXPECT_GE(machine.cores, 1);
  EXPECT_GT(machine.usable_cores, 0);
  EXPECT_GT(machine.memory_bytes, uint64_t{1} << 20);
}

NoiseSample Quiet(base::Nanos at) {
  NoiseSample sample;
  sample.at = at;
  sample.steal_ns = sample.busy_ns = sample.run_delay_ns = 0;
  sample.stall_cpu_ns = sample.stall_io_ns = sample.stall_memory_ns = 0;
  sample.throttled_ns = sample.thermal_throttles = sample.involuntary_switches = 0;
  sample.load_1min = 0.1;
  sample.frequency_khz = 3'000'000;
  return sample;
}

TEST(JudgeNoise, CallsAQuietWindowQuiet) {
  NoiseSample after = Quiet(base::kSecond);
  after.busy_ns = 2 * base::kSecond;  // both cores full, by our own
  after.run_delay_ns = base::kSecond;
  const NoiseVerdict verdict = JudgeNoise(Quiet(0), after, 2, 2 * base::kSecond);
  EXPECT_FALSE(verdict.noisy);
  EXPECT_THAT(verdict.reasons, IsEmpty());
  EXPECT_THAT(verdict.unknown, IsEmpty());
  EXPECT_THAT(verdict.facts, Contains(Pair("run_delay_ns", "1000000000")));
}

TEST(JudgeNoise, NamesEverySourceOfNoise) {
  NoiseSample after = Quiet(base::kSecond);
  after.steal_ns = base::kSecond / 10;
  after.busy_ns = base::kSecond;
  after.stall_io_ns = base::kSecond / 2;
  after.stall_memory_ns = base::kSecond / 2;
  after.throttled_ns = base::kSecond / 5;
  after.thermal_throttles = 1;
  after.frequency_khz = 1'500'000;
  const NoiseVerdict verdict = JudgeNoise(Quiet(0), after, 2, 0);
  EXPECT_TRUE(verdict.noisy);
  EXPECT_THAT(verdict.reasons,
              ElementsAre("the hypervisor took CPU time (5.0 %)", "other programs used the CPU (50.0 %)",
                          "tasks waited for memory (50.0 %)", "tasks waited for storage (50.0 %)",
                          "the CPU quota held tasks back (20.0 %)", "the CPU was slowed down by heat",
                          "the clock frequency fell (50.0 %)"));
}

TEST(JudgeNoise, DoesNotTakeUnknownForQuiet) {
  const NoiseVerdict verdict = JudgeNoise({}, {.at = base::kSecond}, 2, 0);
  EXPECT_FALSE(verdict.noisy);
  EXPECT_THAT(verdict.unknown,
              IsSupersetOf({"steal", "foreign_cpu", "stall.memory", "stall.io", "throttled", "frequency"}));
}

}  // namespace
}  // namespace hone::host
