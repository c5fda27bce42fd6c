#include "evidence/model.h"

#include <array>
#include <charconv>
#include <utility>

namespace hone::evidence {
namespace {

// Indexed by the enumerator.
constexpr std::array<std::string_view, 4> kPhases = {"static", "cold", "quiet", "loaded"};
constexpr std::array<std::string_view, 4> kValidities = {"VALID", "GENERATOR_BOUND", "NOISY", "TOO_FEW"};
constexpr std::array<std::string_view, 3> kSeverities = {"low", "medium", "high"};

template <typename Enum, size_t kCount>
std::optional<Enum> Named(const std::array<std::string_view, kCount>& names, std::string_view name) {
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view Name(Phase phase) { return kPhases[static_cast<size_t>(std::to_underlying(phase))]; }
std::string_view Name(Validity validity) { return kValidities[static_cast<size_t>(std::to_underlying(validity))]; }
std::string_view Name(Severity severity) { return kSeverities[static_cast<size_t>(std::to_underlying(severity))]; }

std::optional<Phase> PhaseNamed(std::string_view name) { return Named<Phase>(kPhases, name); }
std::optional<Validity> ValidityNamed(std::string_view name) { return Named<Validity>(kValidities, name); }
std::optional<Severity> SeverityNamed(std::string_view name) { return Named<Severity>(kSeverities, name); }

std::string IdText(char letter, int64_t id) { return letter + std::to_string(id); }

std::optional<int64_t> ParseId(char letter, std::string_view text) {
  if (!text.starts_with(letter)) return std::nullopt;
  int64_t id = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + 1, end, id);
  if (parsed.ec != std::errc() || parsed.ptr != end || id < 1) return std::nullopt;
  return id;
}

MeasurementSpec SpecOf(const Measurement& measurement) {
  return {.metric = measurement.metric,
          .scope = measurement.scope,
          .unit = measurement.unit,
          .method = measurement.method,
          .captures = measurement.captures,
          .parameters = measurement.parameters,
          .seed = measurement.seed};
}

}  // namespace hone::evidence
