// The thresholds of the rules over profiles, each with the measurement or source behind it.
#pragma once

#include <cstdint>

namespace hone::profile {

// Fewer samples say nothing: a share of 0.3 of 30 samples has an interval of 0.17 to 0.48 (Wilson, 95 %).
inline constexpr double kLeastSamples = 30;

// Below this utilisation a program without known requests is idle: its CPU profile shows the scheduler and system
// calls.
inline constexpr double kIdle = 0.10;

// Measured on go/testbed/shop (Go 1.26, 2 cores, each endpoint alone for 3 s, 8 connections in a closed loop; 70 to 240
// CPU samples each):

// CPU that one request must spend on something before it is worth a finding. Healthy endpoints spend 0.7 to 12 us on
// JSON; the export of 93 KB spends 118 us.
inline constexpr double kLeastCpuNs = 50e3;
// The same as a part of the endpoint's mean response time: what takes less cannot make it noticeably faster.
inline constexpr double kLeastResponseShare = 0.05;

// cpu.json: lower end of the share's interval. The export: 0.53 (0.45 to 0.60); healthy endpoints 0 to 0.12, a cached
// list of 3 us in all 0.21 (0.14 to 0.31).
inline constexpr double kJsonShare = 0.25;

// cpu.fmt, cpu.logging: lower end of the share's interval. Measured on go/testbed/meters (on a machine of which other
// programs had 86 %, each endpoint alone for 6 s): a file of 672 lines by Sprintf 0.51 (0.37 to 0.65), 97 lines of log
// 0.61 (0.50 to 0.72); their twins have none, or less than kLeastCpuNs.
inline constexpr double kFmtShare = 0.15;
inline constexpr double kLoggingShare = 0.15;

// cpu.regexp_compile: any compilation in a request is a defect; these tell "each request" from "once". Compiling one
// expression takes less than a millisecond: three samples of 10 ms are more than one compilation, and so are four
// sampled allocations of 512 KiB. The search allocates 73 KB a request for it; the smallest expression (`a`) takes 1.5
// KB.
inline constexpr int64_t kRegexpSamples = 3;
inline constexpr double kRegexpAllocSamples = 4;
inline constexpr double kRegexpBytes = 256;
// Of a program without known requests, start-up is part of the profile.
inline constexpr double kRegexpProgramShare = 0.02;

// cpu.gc: lower end of the share's interval. Healthy endpoints 0.01 to 0.09 (upper ends to 0.15); with 128 KB of
// garbage a request 0.27 (0.21 to 0.34); two other defects 0.15 and 0.17 (lower ends 0.11 and 0.13).
inline constexpr double kGcShare = 0.20;

// cpu.lock: wait a request, absolute and of the mean response time: 946 us of 3.6 ms for the lock held across work;
// healthy endpoints 0 to 16 us of 2.4 ms (locks of the driver and the metrics).
inline constexpr double kLockWaitNs = 50e3;
inline constexpr double kLockResponseShare = 0.05;
// The multiple of both that the runtime's metric must show where too few stacks were sampled to bear it out: one holder
// that lost its core for a while gave a healthy endpoint 70 us once.
inline constexpr double kLockMetricAlone = 2;
// One lock's share of all waits of the endpoint: 1.0 there.
inline constexpr double kLockSiteShare = 0.3;
// The number of sampled contentions that say something: a count of 10 has an interval of 5.4 to 18.4. At the usual
// fraction of 100 the endpoint above gives 31 in 3 s.
inline constexpr double kLeastContentions = 10;
// ... and where every wait was counted by the runtime's metric, the number that says where: of three, two are more than
// half.
inline constexpr double kContentionsForAPlace = 3;
// Of a program without known requests: half a second in all.
inline constexpr double kLockProgramWaitNs = 500e6;

// alloc.poolable: bytes a request from one function and its share of the endpoint's. The slip: 132 KB, 0.95; its pooled
// twin 0. 32 KiB is where the runtime leaves its size classes and takes memory from the page heap for each object.
inline constexpr double kPoolableBytes = 32 * 1024;
inline constexpr double kPoolableShare = 0.3;
// At the end at most this part of what was allocated is still in use: what is kept cannot be put back into a pool. The
// slip: 0.
inline constexpr double kPoolableRetained = 0.25;
// A slice that the user's code makes itself counts where at least this part of its bytes comes in one size that people
// give buffers; slices grown by append come in a series of sizes, the largest of which has half of the bytes.
inline constexpr int64_t kPoolableBlock = 4096;
inline constexpr double kPoolableOneSize = 0.8;
// alloc.string_concat, alloc.growth: bytes a request that one function's own code allocates in sizes that grow, and
// their share of the endpoint's. go/testbed/meters: 295 KiB (0.97) for a bill of 120 lines by +=; 265 KB for a list of
// 1,440 points, 215 KB for a map of 2,400 texts. Their twins: less than 23 KB; 80 KB of one size; a map that was made
// with its size does not grow.
inline constexpr double kConcatBytes = 64 * 1024;
inline constexpr double kGrowthBytes = 64 * 1024;
inline constexpr double kGrowingShare = 0.3;
// Sizes that grow step by step: at least so many different ones, the largest this many times the smallest, and none of
// them with as many bytes as kPoolableOneSize.
inline constexpr size_t kGrowingSizes = 4;
inline constexpr int64_t kGrowingFactor = 4;
// CPU samples that tell what makes them larger: the concatenation, or append and map.
inline constexpr int64_t kGrowingSamples = 3;
// Of a program without known requests: in all.
inline constexpr double kPoolableProgramBytes = 64 * 1024 * 1024;

// mem.retained and leak.goroutine: what one function's code leaves behind in a window, and again in a later one of the
// same process. go/testbed/meters (on a machine of which other programs had 88 %): 1,000 goroutines (957 to 1,045) in
// 1,000 requests for a channel without room; 1.66 KiB (1.10 to 2.49) a request, of which 1.5 KiB are a text that is
// kept by its beginning. The twins of both gave no reason for a second window.
inline constexpr double kSuspectedRetained = 2;  // sampled objects in the first window that are worth a second one
inline constexpr double kLeastRetained = 10;     // in the second: a count of 10 has an interval of 5.4 to 18.4
inline constexpr double kLeastLeaked = 10;       // likewise
// A request, lower end: a thousand requests a second that leave so much fill a gigabyte in some 70 minutes.
inline constexpr double kRetainedBytes = 256;
// Likewise: a hundred requests a second leave 3,600 goroutines an hour.
inline constexpr double kLeakedPerRequest = 0.01;
// A request of the second window leaves at least this part of what one of the first left (lower end): what fills up (a
// cache, a pool) leaves less and less. And as much of the first window's is still there when the second begins.
inline constexpr double kStillGrows = 0.5;
// Without requests it grows less than this part as fast.
inline constexpr double kIdleGrowth = 0.5;
// What is kept by value is full once each request has come; drawn at random, after twice as many as there are different
// ones 86 % have.
inline constexpr double kRoundsToFill = 2;
// What so many endpoints leave behind in the same function is judged at the one that leaves most.
inline constexpr size_t kSharedBy = 4;

}  // namespace hone::profile
