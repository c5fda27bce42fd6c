#include "ops/report_load.h"

#include <cmath>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "load/capture.h"

namespace hone::ops {
namespace {

using evidence::MeasurementSpec;

// How a variable of Go's runtime stands to a limit: GOMAXPROCS may be the limit rounded up, GOMEMLIMIT is to be below
// it.
metrics::RuntimeSetting StandOf(const project::Environment& environment, const std::string& name, double limit) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty() || found->second.source() == "off")
    return metrics::RuntimeSetting::kUnset;
  const auto value = metrics::ParseGoQuantity(found->second.source());
  if (!value) return metrics::RuntimeSetting::kUnset;
  return *value <= std::ceil(limit) ? metrics::RuntimeSetting::kWithin : metrics::RuntimeSetting::kAbove;
}

// What Go's runtime says of itself under load, as far as the service exports it: a metric that is not there is no
// measurement.
void MeasureRuntime(const project::Service& service, const Latency& latency, ReportDraft& draft) {
  if (latency.metrics_captures.size() < 2) return;
  const std::vector<evidence::CaptureId> ends = {latency.metrics_captures.front(), latency.metrics_captures.back()};
  const evidence::Scope scope{.service = service.name};
  (void)draft.measurer().Measure({.metric = "runtime.goroutines",
                                  .scope = scope,
                                  .unit = "count",
                                  .method = "metrics.gauge@1",
                                  .captures = ends,
                                  .parameters = {{"name", "go_goroutines"}}});
  (void)draft.measurer().Measure(
      {.metric = "runtime.gc_cpu",
       .scope = scope,
       .unit = "ns",
       .method = "metrics.counter_per_request@1",
       .captures = ends,
       .parameters = {{"name", "go_cpu_classes_gc_total_cpu_seconds_total"}, {"scale", "1e9"}}});
}

// What the service's own limits did to it under load.
base::Result<void> JudgeLimits(const project::Service& service, const Latency& latency, ReportDraft& draft) {
  if (!latency.cgroup) return {};
  const auto all = load::Merged(latency.result, load::Timing::kService, load::Outcome::kOk);
  metrics::CgroupOptions options;
  options.service = service.name;
  options.mean_response_ns = all && all->count() > 0 ? all->Mean() : 0;
  options.cores = std::thread::hardware_concurrency();
  options.gomaxprocs = StandOf(service.env, "GOMAXPROCS", service.limits.cpus.value_or(0));
  options.gomemlimit = StandOf(service.env, "GOMEMLIMIT", static_cast<double>(service.limits.memory_bytes.value_or(0)));
  return draft.Take(metrics::JudgeCgroup(*latency.cgroup, latency.cgroup_capture, options));
}

}  // namespace

base::Result<void> ReportLatency(const project::Service& service, const Latency& latency, ReportDraft& draft) {
  if (latency.validity != evidence::Validity::kValid) {
    draft.AddNotJudged({"response times under load", latency.validity_reason,
                        "Run on a machine with a core to spare, or lower [limits] rate"});
  }
  MeasureRuntime(service, latency, draft);
  HONE_CHECK_OK(JudgeLimits(service, latency, draft));
  for (const char* metric : {"process.service_cores", "process.database_cores", "process.service_rss"}) {
    const bool bytes = std::string_view(metric).ends_with("rss");
    HONE_CHECK_OK(draft.measurer().Measure({.metric = metric,
                                            .scope = {.service = service.name},
                                            .unit = bytes ? "bytes" : "cores",
                                            .method = std::string(metric) + "@1",
                                            .captures = {latency.process_capture.id}}));
  }
  for (const std::string& endpoint : latency.result.endpoints) {
    for (const char* metric : {"load.response.p50", "load.response.p99", "load.service.p50", "load.sent",
                               "load.answered", "load.failed.status", "load.censored"}) {
      const bool time = std::string_view(metric).find(".p") != std::string_view::npos;
      MeasurementSpec spec{.metric = metric,
                           .scope = {.service = service.name, .endpoint = endpoint},
                           .unit = time ? "ns" : "count",
                           .method = std::string(metric) + "@1",
                           .captures = {latency.capture.id}};
      spec.parameters["endpoint"] = endpoint;
      HONE_CHECK_OK(draft.measurer().Measure(spec));
    }
  }
  return {};
}

}  // namespace hone::ops
