#include "ops/load_run.h"

#include <fmt/format.h>

#include <numeric>

#include "base/units.h"
#include "evidence/claim.h"
#include "load/capture.h"
#include "load/engine.h"
#include "load/validity.h"
#include "net/http_client.h"
#include "net/url.h"
#include "ops/session.h"

namespace hone::ops {
namespace {

base::Result<void> CheckTarget(const net::Address& address, bool yes_remote) {
  HONE_TRY(const auto resolved, net::Resolve(address));
  for (const auto& socket : resolved) {
    if (!net::IsPrivate(socket) && !yes_remote) {
      return base::Fail(base::Code::kPermission, "Load is not sent to an address that is neither loopback nor private",
                        net::ToString(socket), "Add --yes-remote if that server is yours to load");
    }
  }
  return {};
}

base::Result<net::HttpRequest> MakeRequest(const LoadRunRequest& request, const net::Url& url) {
  net::HttpRequest http;
  http.method = request.method;
  http.target = net::Target(url);
  http.body = request.body;
  for (const std::string& header : request.headers) {
    const size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0) {
      return base::Fail(base::Code::kUsage, "Not a header", header, "Write it as 'Name: value'");
    }
    const size_t value = header.find_first_not_of(' ', colon + 1);
    http.headers.emplace_back(header.substr(0, colon), value == std::string::npos ? "" : header.substr(value));
  }
  return http;
}

base::Result<load::LoadPlan> MakePlan(const LoadRunRequest& request) {
  HONE_TRY(const net::Url url, net::ParseUrl(request.url));
  HONE_CHECK_OK(CheckTarget(url.address, request.yes_remote));
  HONE_TRY(const net::HttpRequest http, MakeRequest(request, url));
  load::LoadPlan plan;
  plan.address = url.address;
  plan.rate = request.rate;
  HONE_TRY(plan.duration, base::ParseDuration(request.duration));
  plan.arrivals = request.poisson ? load::Arrivals::kPoisson : load::Arrivals::kConstant;
  plan.connections = request.connections;
  plan.seed = request.seed;
  load::LoadEndpoint endpoint;
  endpoint.name = request.method + " " + url.path;
  endpoint.head = request.method == "HEAD";
  HONE_TRY(endpoint.variants.emplace_back(), net::Serialise(http, url.address));
  endpoint.statuses = request.statuses;
  if (endpoint.statuses.empty()) {
    constexpr int kFirstSuccess = 200;
    endpoint.statuses.resize(200);
    std::iota(endpoint.statuses.begin(), endpoint.statuses.end(), kFirstSuccess);
  }
  plan.endpoints.push_back(std::move(endpoint));
  return plan;
}

evidence::MeasurementSpec Spec(const std::string& metric, const std::string& unit, const evidence::Capture& capture) {
  return {.metric = metric, .scope = capture.scope, .unit = unit, .method = metric + "@1", .captures = {capture.id}};
}

// All that is printed of a run; the answer says whether its times may be believed.
base::Result<evidence::Validity> MeasureAll(Measurer& measurer, const evidence::Capture& capture) {
  for (const std::string name : {"sent", "answered", "censored", "failed.status", "failed.refused", "failed.reset",
                                 "failed.timeout", "failed.protocol"}) {
    HONE_CHECK_OK(measurer.Measure(Spec("load." + name, "count", capture)));
  }
  evidence::Validity validity = evidence::Validity::kValid;
  for (const std::string timing : {"response", "service", "lateness"}) {
    for (const std::string quantile : {"p50", "p90", "p99", "p999", "max"}) {
      HONE_TRY(const auto measured, measurer.Measure(Spec(fmt::format("load.{}.{}", timing, quantile), "ns", capture)));
      if (timing == "response" && quantile == "p50") validity = measured.validity;
    }
  }
  return validity;
}

std::string Headline(const load::LoadResult& result, evidence::Validity validity) {
  const auto& counts = result.counts.front();
  const double seconds = static_cast<double>(result.end - result.start) / 1e9;
  std::string text = fmt::format("{} of {} requests answered as expected in {}", counts.ended[0], counts.arrivals,
                                 base::FormatDuration(seconds * 1e9));
  if (result.interrupted) text += " (interrupted)";
  if (validity == evidence::Validity::kGeneratorBound) {
    text += "; " + load::Judge(result).reason + ", so the times are no evidence about the service";
  }
  if (validity == evidence::Validity::kTooFew) text += "; too few for the percentiles";
  return text;
}

}  // namespace

base::Result<evidence::Report> LoadRun(const LoadRunRequest& request, base::Task& task) {
  HONE_TRY(const load::LoadPlan plan, MakePlan(request));
  HONE_TRY(const auto session, Session::Begin("load run", request.dir));
  task.Report({fmt::format("Sending {} requests a second for {}", base::FormatCount(request.rate), request.duration),
               static_cast<double>(plan.duration) / 1e9});
  HONE_TRY(const load::LoadResult result, load::Run(plan, task));
  evidence::Capture capture;
  capture.kind = load::kCaptureKind;
  capture.scope.endpoint = plan.endpoints.front().name;
  capture.phase = evidence::Phase::kLoaded;
  capture.start_ns = result.start;
  capture.end_ns = result.end;
  capture.rate = plan.rate;
  HONE_TRY(capture, session->measurer().Keep(capture, load::Encode(result)));
  HONE_TRY(const evidence::Validity validity, MeasureAll(session->measurer(), capture));
  evidence::Report report;
  report.verdict = validity == evidence::Validity::kValid            ? "valid"
                   : validity == evidence::Validity::kGeneratorBound ? "generator_bound"
                                                                     : "inconclusive";
  report.headline = Headline(result, validity);
  report.environment = {{"endpoint", capture.scope.endpoint},
                        {"address", net::ToString(plan.address)},
                        {"arrivals", std::string(load::Name(plan.arrivals))},
                        {"rate", base::FormatCount(plan.rate) + " requests a second"}};
  return session->End(std::move(report));
}

}  // namespace hone::ops
