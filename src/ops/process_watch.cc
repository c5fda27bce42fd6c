#include "ops/process_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "host/process_stats.h"

namespace hone::ops {
namespace {

constexpr std::string_view kProcessHeader = "at_ns service_cpu_ns service_rss_bytes service_threads database_cpu_ns\n";
constexpr base::Nanos kProcessEvery = 200'000'000;

double Cores(std::span<const ProcessPoint> points, int64_t ProcessPoint::* cpu) {
  if (points.size() < 2 || points.front().*cpu < 0 || points.back().*cpu < 0) return 0;
  const auto wall = static_cast<double>(points.back().at_ns - points.front().at_ns);
  return wall > 0 ? static_cast<double>(points.back().*cpu - points.front().*cpu) / wall : 0;
}

base::Result<std::vector<ProcessPoint>> OnlyCapture(std::span<const evidence::CaptureBytes> captures) {
  if (captures.size() != 1) return base::Fail(base::Code::kInput, "The method takes one host.process capture");
  return DecodeProcessPoints(captures.front().bytes);
}

evidence::Computed Answer(double value, const std::vector<ProcessPoint>& points) {
  evidence::Computed computed;
  computed.value = value;
  computed.n = static_cast<int64_t>(points.size());
  computed.n_of = "samples";
  computed.validity = points.size() < 2 ? evidence::Validity::kTooFew : evidence::Validity::kValid;
  return computed;
}

using Captures = std::span<const evidence::CaptureBytes>;

base::Result<evidence::Computed> ComputeServiceCores(Captures captures, const evidence::Parameters&, uint64_t) {
  HONE_TRY(const auto points, OnlyCapture(captures));
  return Answer(ServiceCores(points), points);
}

base::Result<evidence::Computed> ComputeDatabaseCores(Captures captures, const evidence::Parameters&, uint64_t) {
  HONE_TRY(const auto points, OnlyCapture(captures));
  return Answer(DatabaseCores(points), points);
}

base::Result<evidence::Computed> ComputeServiceRss(Captures captures, const evidence::Parameters&, uint64_t) {
  HONE_TRY(const auto points, OnlyCapture(captures));
  int64_t highest = 0;
  for (const ProcessPoint& point : points) highest = std::max(highest, point.service_rss_bytes);
  return Answer(static_cast<double>(highest), points);
}

}  // namespace

ProcessPoint SampleProcesses(pid_t service, pid_t database) {
  ProcessPoint point;
  point.at_ns = base::SystemClock().Now();
  if (const auto sample = host::SampleProcess(service)) {
    point.service_cpu_ns = sample->cpu_ns;
    point.service_rss_bytes = static_cast<int64_t>(sample->rss_bytes);
    point.service_threads = sample->threads;
  }
  if (database > 0) {
    if (const auto sample = host::SampleTree(database)) point.database_cpu_ns = sample->cpu_ns;
  }
  return point;
}

ProcessWatch::ProcessWatch(pid_t service, pid_t database)
    : service_(service),
      database_(database),
      points_{SampleProcesses(service, database)},
      ticker_(kProcessEvery, [this] { points_.push_back(SampleProcesses(service_, database_)); }) {}

std::vector<ProcessPoint> ProcessWatch::Stop() {
  ticker_.Stop();
  points_.push_back(SampleProcesses(service_, database_));
  return std::move(points_);
}

std::string Encode(std::span<const ProcessPoint> points) {
  std::string text(kProcessHeader);
  for (const ProcessPoint& point : points) {
    text += fmt::format("{} {} {} {} {}\n", point.at_ns, point.service_cpu_ns, point.service_rss_bytes,
                        point.service_threads, point.database_cpu_ns);
  }
  return text;
}

base::Result<std::vector<ProcessPoint>> DecodeProcessPoints(std::string_view bytes) {
  const auto broken = [] { return base::Fail(base::Code::kInput, "Not a host.process capture"); };
  if (!bytes.starts_with(kProcessHeader)) return broken();
  bytes.remove_prefix(kProcessHeader.size());
  std::vector<ProcessPoint> points;
  while (!bytes.empty()) {
    ProcessPoint& point = points.emplace_back();
    const std::array<int64_t*, 5> fields = {&point.at_ns, &point.service_cpu_ns, &point.service_rss_bytes,
                                            &point.service_threads, &point.database_cpu_ns};
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), *fields[i]);
      const auto used = static_cast<size_t>(end - bytes.data());
      if (error != std::errc() || used >= bytes.size() || bytes[used] != (i + 1 == fields.size() ? '\n' : ' '))
        return broken();
      bytes.remove_prefix(used + 1);
    }
  }
  return points;
}

double ServiceCores(std::span<const ProcessPoint> points) { return Cores(points, &ProcessPoint::service_cpu_ns); }

double DatabaseCores(std::span<const ProcessPoint> points) { return Cores(points, &ProcessPoint::database_cpu_ns); }

std::span<const evidence::Method> ProcessMethods() {
  static constexpr std::array<evidence::Method, 3> kMethods = {{
      {"process.service_cores@1", "CPU seconds a second of the service's process, from /proc, first to last sample",
       ComputeServiceCores},
      {"process.database_cores@1", "the same of the database server with its backends", ComputeDatabaseCores},
      {"process.service_rss@1", "the highest resident set of the service's process among the samples",
       ComputeServiceRss},
  }};
  return kMethods;
}

}  // namespace hone::ops
