// What service and database use while they are under load: sampled on a thread of its own, kept as a capture.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ticker.h"
#include "evidence/method.h"

namespace hone::ops {

inline constexpr std::string_view kProcessKind = "host.process";

// One moment. Counters since the processes' start; -1: unknown.
struct ProcessPoint {
  base::Nanos at_ns = 0;
  int64_t service_cpu_ns = -1;
  int64_t service_rss_bytes = -1;
  int64_t service_threads = -1;
  int64_t database_cpu_ns = -1;  // the server with all its backends
  bool operator==(const ProcessPoint&) const = default;
};

// Samples from construction to Stop (or destruction), and at both ends.
class ProcessWatch {
 public:
  // `database` 0: none that may be looked at.
  ProcessWatch(pid_t service, pid_t database);
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;
  std::vector<ProcessPoint> Stop();

 private:
  pid_t service_;
  pid_t database_;
  std::vector<ProcessPoint> points_;
  base::Ticker ticker_;
};

ProcessPoint SampleProcesses(pid_t service, pid_t database);

// The capture's bytes: a header line, then the fields of one point a line.
std::string Encode(std::span<const ProcessPoint> points);
base::Result<std::vector<ProcessPoint>> DecodeProcessPoints(std::string_view bytes);

// CPU seconds a second between the first and the last point; 0 where unknown.
double ServiceCores(std::span<const ProcessPoint> points);
double DatabaseCores(std::span<const ProcessPoint> points);

// process.service_cores@1, process.database_cores@1 (ratio to one core), process.service_rss@1 (bytes, the highest
// seen).
std::span<const evidence::Method> ProcessMethods();

}  // namespace hone::ops
