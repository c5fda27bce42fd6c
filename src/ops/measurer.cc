#include "ops/measurer.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "evidence/claim.h"
#include "ops/registry.h"

namespace hone::ops {
namespace {

using evidence::Measurement;
using evidence::MeasurementSpec;

// Equal for specs that ask for the same thing of the same scope.
std::string Key(const MeasurementSpec& spec) {
  std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", spec.metric, spec.method, spec.seed, spec.scope.service,
                                spec.scope.endpoint, spec.scope.function, spec.scope.query);
  for (const auto id : spec.captures) key += fmt::format("\nc{}", id);
  for (const auto& [name, value] : spec.parameters) key += fmt::format("\n{}={}", name, value);
  return key;
}

std::optional<double> ValueAt(std::optional<size_t> index, const std::vector<Measurement>& support, double divisor) {
  if (!index) return std::nullopt;
  return support.at(*index).value / divisor;
}

}  // namespace

base::Result<evidence::Capture> Measurer::Keep(evidence::Capture capture, std::string_view bytes) {
  capture.run = run_;
  HONE_TRY(captures_.emplace_back(), ledger_->AddCapture(std::move(capture), bytes));
  return captures_.back();
}

base::Result<Measurement> Measurer::Measure(const MeasurementSpec& spec) {
  const std::string key = Key(spec);
  if (const auto known = taken_.find(key); known != taken_.end()) return measurements_[known->second];
  HONE_TRY(Measurement measured, evidence::Compute(*ledger_, AllMethods(), spec));
  HONE_TRY(measured, ledger_->AddMeasurement(run_, std::move(measured)));
  taken_.emplace(key, measurements_.size());
  measurements_.push_back(measured);
  return measured;
}

base::Result<Measurer::Supported> Measurer::Support(const evidence::FindingDraft& draft) {
  std::vector<Measurement> support;
  for (const MeasurementSpec& spec : draft.support) {
    HONE_TRY(support.emplace_back(), Measure(spec));
    const Measurement& measured = support.back();
    if (measured.validity != evidence::Validity::kValid) {
      return Supported{.reason = fmt::format("{} is {} with {} {}", measured.metric, evidence::Name(measured.validity),
                                             measured.n, measured.n_of)};
    }
  }
  evidence::Finding finding{.rule = draft.rule, .severity = draft.severity, .subject = draft.subject};
  HONE_TRY(finding.title, evidence::RenderClaim(draft.title, support));
  HONE_TRY(finding.remedy, evidence::RenderClaim(draft.remedy, support));
  finding.time_ms = ValueAt(draft.time_ns, support, base::kNsPerMs);
  finding.time_loopback_ms = ValueAt(draft.time_loopback_ns, support, base::kNsPerMs);
  finding.cpu_s_per_1000 = ValueAt(draft.cpu_s_per_1000, support, 1);
  finding.bytes = ValueAt(draft.bytes, support, 1);
  if (draft.ceiling) {
    const Measurement& ceiling = support.at(*draft.ceiling);
    finding.ceiling = evidence::Ceiling{ceiling.value, ceiling.unit, draft.ceiling_basis};
  }
  for (const Measurement& measured : support) finding.measurements.push_back(measured.id);
  return Supported{.finding = std::move(finding)};
}

}  // namespace hone::ops
