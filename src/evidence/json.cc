#include "evidence/json.h"

#include <nlohmann/json.hpp>
#include <type_traits>

namespace hone::evidence {
namespace {

constexpr auto kReplace = Json::error_handler_t::replace;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json Ids(char letter, const std::vector<int64_t>& ids) {
  Json list = Json::array();
  for (const int64_t id : ids) list.push_back(IdText(letter, id));
  return list;
}

// An empty map is an object, too.
template <typename T>
Json Object(const std::map<std::string, T>& map) {
  Json object = Json::object();
  for (const auto& [key, value] : map) object[key] = value;
  return object;
}

template <typename T>
base::Result<std::map<std::string, T>> Parse(std::string_view text) {
  const auto damaged = [] { return base::Fail(base::Code::kCorrupt, "The ledger holds a map that cannot be read"); };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return damaged();
  std::map<std::string, T> map;
  for (const auto& [key, value] : json.items()) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (!value.is_string()) return damaged();
    } else {
      if (!value.is_number_integer()) return damaged();
    }
    map[key] = value.template get<T>();
  }
  return map;
}

}  // namespace

Json JsonOf(const Scope& scope) {
  Json json = Json::object();
  if (!scope.service.empty()) json["service"] = scope.service;
  if (!scope.endpoint.empty()) json["endpoint"] = scope.endpoint;
  if (!scope.function.empty()) json["function"] = scope.function;
  if (!scope.query.empty()) json["query"] = scope.query;
  return json;
}

Json JsonOf(const Measurement& measurement) {
  const auto& interval = measurement.interval;
  return {{"id", IdText('m', measurement.id)},
          {"metric", measurement.metric},
          {"scope", JsonOf(measurement.scope)},
          {"unit", measurement.unit},
          {"value", measurement.value},
          {"ci", interval ? Json::array({interval->lo, interval->hi}) : Json(nullptr)},
          {"level", interval ? Json(interval->level) : Json(nullptr)},
          {"n", measurement.n},
          {"n_of", measurement.n_of},
          {"method", measurement.method},
          {"parameters", Object(measurement.parameters)},
          // As text: readers whose numbers are doubles would round it.
          {"seed", std::to_string(measurement.seed)},
          {"validity", Name(measurement.validity)},
          {"captures", Ids('c', measurement.captures)},
          {"recompute", "hone evidence recompute " + IdText('m', measurement.id)}};
}

Json JsonOf(const Capture& capture) {
  return {{"id", IdText('c', capture.id)},
          {"run", capture.run},
          {"kind", capture.kind},
          {"phase", Name(capture.phase)},
          {"blob", "sha256:" + capture.blob},
          {"bytes", capture.bytes},
          {"scope", JsonOf(capture.scope)},
          {"start_ns", capture.start_ns},
          {"end_ns", capture.end_ns},
          {"rate", capture.rate},
          {"through_proxy", capture.through_proxy},
          {"profiler_on", capture.profiler_on},
          {"versions", Object(capture.versions)},
          {"parameters", Object(capture.parameters)},
          {"lost", Object(capture.lost)}};
}

// What only some subjects have is left out of the others.
static Json JsonOf(const Subject& subject) {
  Json json = {{"kind", subject.kind}, {"name", subject.name}, {"endpoint", subject.endpoint},
               {"file", subject.file}, {"line", subject.line}, {"function", subject.function}};
  if (!subject.located.empty()) json["located"] = subject.located;
  for (const Frame& frame : subject.stack)
    json["stack"].push_back({{"function", frame.function}, {"file", frame.file}, {"line", frame.line}});
  return json;
}

Json JsonOf(const Finding& finding) {
  Json ceiling = nullptr;
  if (finding.ceiling) {
    ceiling = {{"value", finding.ceiling->value}, {"unit", finding.ceiling->unit}, {"basis", finding.ceiling->basis}};
  }
  return {{"id", IdText('f', finding.id)},
          {"rule", finding.rule},
          {"severity", Name(finding.severity)},
          {"title", finding.title},
          {"subject", JsonOf(finding.subject)},
          {"worth",
           {{"time_ms", OrNull(finding.time_ms)},
            {"time_loopback_ms", OrNull(finding.time_loopback_ms)},
            {"cpu_s_per_1000", OrNull(finding.cpu_s_per_1000)},
            {"bytes", OrNull(finding.bytes)}}},
          {"measurements", Ids('m', finding.measurements)},
          {"ceiling", ceiling},
          {"remedy", finding.remedy},
          {"accepted", OrNull(finding.accepted)}};
}

std::string MapText(const std::map<std::string, std::string>& map) {
  return Object(map).dump(-1, ' ', false, kReplace);
}

base::Result<std::map<std::string, std::string>> ParseMap(std::string_view text) { return Parse<std::string>(text); }

std::string MapText(const std::map<std::string, int64_t>& map) { return Object(map).dump(-1, ' ', false, kReplace); }

base::Result<std::map<std::string, int64_t>> ParseCounters(std::string_view text) { return Parse<int64_t>(text); }

std::string Print(const Json& json) { return json.dump(2, ' ', false, kReplace) + "\n"; }

}  // namespace hone::evidence
