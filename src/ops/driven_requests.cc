#include "ops/driven_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/units.h"

namespace hone::ops {
namespace {

using evidence::NotJudged;
using sql::RequestFate;

constexpr size_t kMostNamed = 5;  // endpoints in one sentence

base::Result<evidence::Measurement> CountOf(const DrivenRequests& requests, Measurer& measurer,
                                            std::optional<RequestFate> fate) {
  evidence::MeasurementSpec spec{.metric = "driver.requests",
                                 .scope = {.service = requests.capture.scope.service},
                                 .unit = "count",
                                 .method = "driver.requests@1",
                                 .captures = {requests.capture.id}};
  if (fate) {
    spec.metric += "." + std::string(sql::Name(*fate));
    spec.parameters["fate"] = sql::Name(*fate);
  }
  return measurer.Measure(spec);
}

base::Result<evidence::Measurement> TimeOf(const DrivenRequests& requests, Measurer& measurer,
                                           const std::string& endpoint, const char* quantile, const char* metric) {
  return measurer.Measure({.metric = metric,
                           .scope = {.service = requests.capture.scope.service, .endpoint = endpoint},
                           .unit = "ns",
                           .method = "driver.response_time@1",
                           .captures = {requests.capture.id},
                           .parameters = {{"endpoint", endpoint}, {"quantile", quantile}}});
}

// "GET /a, GET /b and 3 more".
std::string Listed(const std::vector<std::string>& names) {
  std::string listed;
  for (size_t i = 0; i < names.size() && i < kMostNamed; ++i) listed += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNamed) listed += fmt::format(" and {} more", names.size() - kMostNamed);
  return listed;
}

struct WhyNotKnown {
  RequestFate fate;
  std::string_view reason;
  std::string_view what_would_do;
};
constexpr std::array kWhyNotKnown = {
    WhyNotKnown{RequestFate::kOverlapped,
                "other requests were under way at the same time, so which statement is whose cannot be told",
                "A driver that sends one request at a time, or a traceparent header with each where the service's "
                "statements name it (sqlcommenter)"},
    WhyNotKnown{RequestFate::kUnsettled,
                "the database was still at work for something else when they began, or may have been",
                "A driver that waits 5 ms between its requests"},
    WhyNotKnown{RequestFate::kUnread, "their answers did not pass as a whole, or not as HTTP/1.1",
                "A driver that reads each answer to its end, over HTTP/1.1"}};

// Those of one reason as one.
std::vector<NotJudged> Merged(const std::vector<NotJudged>& all) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> subjects;
  for (const NotJudged& one : all) subjects[{one.reason, one.what_would_do}].push_back(one.subject);
  std::vector<NotJudged> merged;
  for (const auto& [why, named] : subjects) merged.push_back({Listed(named), why.first, why.second});
  return merged;
}

// Endpoints of which nothing is known.
std::vector<std::string> Unknown(const DrivenRequests& requests) {
  std::vector<std::string> unknown;
  std::ranges::copy_if(requests.all, std::back_inserter(unknown), [&](const std::string& endpoint) {
    return std::ranges::none_of(requests.endpoints,
                                [&](const DrivenEndpoint& known) { return known.exchange.endpoint == endpoint; });
  });
  return unknown;
}

// The times of the endpoints that were asked often enough, those asked most first.
base::Result<std::string> Times(const DrivenRequests& requests, Measurer& measurer) {
  std::vector<std::pair<int64_t, std::string>> times;
  for (const std::string& endpoint : requests.all) {
    HONE_TRY(const auto median, TimeOf(requests, measurer, endpoint, "0.5", "driver.response.p50"));
    if (median.validity != evidence::Validity::kValid) continue;
    HONE_TRY(const auto tail, TimeOf(requests, measurer, endpoint, "0.99", "driver.response.p99"));
    std::string text = fmt::format("{} {}", endpoint, base::FormatDuration(median.value));
    if (tail.validity == evidence::Validity::kValid) text += fmt::format(" (p99 {})", base::FormatDuration(tail.value));
    times.emplace_back(-median.n, std::move(text));
  }
  std::ranges::stable_sort(times, {}, &std::pair<int64_t, std::string>::first);
  std::vector<std::string> texts;
  for (auto& [n, text] : times) texts.push_back(std::move(text));
  return Listed(texts);
}

}  // namespace

base::Result<DrivenRequests> KeepRequests(RequestLog log, const std::optional<sql::Recording>& recording,
                                          const std::vector<sql::IdleWindow>& idle, const std::string& service,
                                          const evidence::Redactor& redactor, Measurer& measurer) {
  DrivenRequests requests{.log = std::move(log)};
  requests.all = Endpoints(requests.log);
  sql::Attribution known;
  if (recording) {
    known = sql::AttributeRequests(*recording, requests.log.requests, idle);
    requests.log.fates = known.fates;
  }
  evidence::Capture capture;
  capture.kind = kRequestLogKind;
  capture.scope.service = service;
  capture.phase = evidence::Phase::kLoaded;
  if (!requests.log.requests.empty()) {
    capture.start_ns = requests.log.requests.front().start_ns;
    capture.end_ns = requests.log.requests.back().end_ns;
  }
  capture.through_proxy = recording.has_value();
  capture.lost = {{"connections", requests.log.lost_connections}, {"requests", requests.log.dropped}};
  HONE_TRY(requests.capture, measurer.Keep(capture, Encode(requests.log)));
  if (!recording) return requests;
  for (const std::string& name : requests.all) {
    DrivenEndpoint endpoint;
    endpoint.exchange = sql::BuildEndpoint(*recording, requests.log.requests, known, name, redactor);
    if (endpoint.exchange.requests.empty()) continue;
    capture.kind = sql::kExchangeKind;
    capture.scope.endpoint = name;
    capture.lost = endpoint.exchange.lost;
    HONE_TRY(endpoint.capture, measurer.Keep(capture, sql::Encode(endpoint.exchange)));
    requests.endpoints.push_back(std::move(endpoint));
  }
  return requests;
}

base::Result<std::vector<NotJudged>> NotKnown(const DrivenRequests& requests, Measurer& measurer) {
  std::vector<NotJudged> not_judged;
  for (const auto& [fate, reason, what_would_do] : kWhyNotKnown) {
    HONE_TRY(const auto count, CountOf(requests, measurer, fate));
    if (count.value > 0) {
      not_judged.push_back({fmt::format("statements of {} of the driver's requests", base::FormatCount(count.value)),
                            std::string(reason), std::string(what_would_do)});
    }
  }
  const std::vector<std::string> unknown = Unknown(requests);
  if (!unknown.empty() && !requests.log.fates.empty()) {
    not_judged.push_back({Listed(unknown), "of no request with a status below 400 it is known which statements are its",
                          "A driver that sends one request at a time"});
  }
  const std::vector<NotJudged> merged = Merged(requests.not_judged);
  not_judged.insert(not_judged.end(), merged.begin(), merged.end());
  return not_judged;
}

base::Result<std::vector<std::string>> DescribeRequests(const DrivenRequests& requests, Measurer& measurer) {
  std::vector<std::string> sentences;
  HONE_TRY(const auto all, CountOf(requests, measurer, std::nullopt));
  HONE_TRY(const auto alone, CountOf(requests, measurer, RequestFate::kAlone));
  HONE_TRY(const auto traced, CountOf(requests, measurer, RequestFate::kTraced));
  std::string passed = fmt::format("{} of the driver's requests passed", base::FormatCount(all.value));
  if (alone.value > 0)
    passed += fmt::format("; the statements of {} are known because they were alone", base::FormatCount(alone.value));
  if (traced.value > 0) passed += fmt::format("; of {} by their traces", base::FormatCount(traced.value));
  sentences.push_back(std::move(passed));
  HONE_TRY(const std::string times, Times(requests, measurer));
  if (!times.empty()) sentences.push_back("median times of the driver's answers, while no profile was taken: " + times);
  if (requests.log.unreachable > 0) {
    sentences.push_back(
        fmt::format("the service did not take {} of the driver's connections", requests.log.unreachable));
  }
  return sentences;
}

}  // namespace hone::ops
