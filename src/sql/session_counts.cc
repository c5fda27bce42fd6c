#include "sql/session_counts.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "sql/json_capture.h"

namespace hone::sql {
namespace {

constexpr std::string_view kSessionCountsFormat = "hone.sql.session_counts/1";

constexpr std::array<std::pair<std::string_view, int64_t SessionCounts::*>, 4> kSessionCountNames = {{
    {"changed_plans", &SessionCounts::changed_plans},
    {"unknown_prepared", &SessionCounts::unknown_prepared},
    {"prepared_twice", &SessionCounts::prepared_twice},
    {"cancels", &SessionCounts::cancels},
}};

base::Result<evidence::Computed> SumOfCounts(std::span<const evidence::CaptureBytes> captures,
                                             const evidence::Parameters& parameters, uint64_t) {
  const auto wanted = parameters.find("count");
  for (const auto& [name, member] : kSessionCountNames) {
    if (wanted == parameters.end() || wanted->second != name) continue;
    evidence::Computed computed{.value = 0, .n = std::ssize(captures), .n_of = "phases"};
    for (const evidence::CaptureBytes& capture : captures) {
      HONE_TRY(const SessionCounts counts, DecodeSessionCounts(capture.bytes));
      computed.value += static_cast<double>(counts.*member);
    }
    if (captures.empty()) computed.validity = evidence::Validity::kTooFew;
    return computed;
  }
  return base::Fail(base::Code::kInput, "This measurement needs the parameter count");
}

}  // namespace

std::string Encode(const SessionCounts& counts) {
  nlohmann::ordered_json json = {{"format", kSessionCountsFormat}, {"phase", counts.phase}};
  for (const auto& [name, member] : kSessionCountNames) json[std::string(name)] = counts.*member;
  return json.dump() + "\n";
}

base::Result<SessionCounts> DecodeSessionCounts(std::string_view bytes) {
  return ReadJsonCapture<SessionCounts>(bytes, kSessionCountsFormat, "counts of sessions", [](const auto& json) {
    SessionCounts counts{.phase = json.at("phase").template get<std::string>()};
    for (const auto& [name, member] : kSessionCountNames)
      counts.*member = json.at(std::string(name)).template get<int64_t>();
    return counts;
  });
}

std::span<const evidence::Method> SessionCountMethods() {
  static constexpr std::array<evidence::Method, 1> kMethods = {
      {{"sql.session_count@1", "sum over phases of what the proxy counted", SumOfCounts}}};
  return kMethods;
}

}  // namespace hone::sql
