#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evidence/ledger.h"

namespace hone::evidence {
namespace {

using base::Code;
using base::Fail;
using base::Result;

std::unexpected<base::Error> UnknownMethod(std::span<const Method> methods, const std::string& wanted) {
  const std::string_view name = std::string_view(wanted).substr(0, wanted.find('@') + 1);
  std::string known;
  for (const Method& method : methods) {
    if (!name.ends_with('@') || !method.name.starts_with(name)) continue;
    known += (known.empty() ? "" : ", ") + std::string(method.name);
  }
  return Fail(
      Code::kNotFound, "This hone does not know the method " + wanted, {},
      known.empty() ? "Another version of hone computed it" : "It knows " + known + ", which computes something else");
}

// The captures of a measurement with their bytes, alive as long as this is.
struct Loaded {
  std::vector<Capture> captures = {};
  std::vector<std::shared_ptr<const std::string>> blobs = {};

  std::vector<CaptureBytes> Views() const {
    std::vector<CaptureBytes> views;
    for (size_t i = 0; i < captures.size(); ++i) views.push_back({&captures[i], *blobs[i]});
    return views;
  }
};

Result<Loaded> Load(const Ledger& ledger, const std::vector<CaptureId>& ids) {
  Loaded loaded;
  for (const CaptureId id : ids) {
    HONE_TRY(loaded.captures.emplace_back(), ledger.ReadCapture(id));
    HONE_TRY(loaded.blobs.emplace_back(), ledger.ReadBlob(loaded.captures.back().blob));
  }
  return loaded;
}

}  // namespace

Result<Measurement> Compute(const Ledger& ledger, std::span<const Method> methods, const MeasurementSpec& spec) {
  const auto method = std::ranges::find(methods, std::string_view(spec.method), &Method::name);
  if (method == methods.end()) return UnknownMethod(methods, spec.method);
  HONE_TRY(const Loaded loaded, Load(ledger, spec.captures));
  HONE_TRY(const Computed computed, method->compute(loaded.Views(), spec.parameters, spec.seed));
  const auto& interval = computed.interval;
  if (!std::isfinite(computed.value) || (interval && !(std::isfinite(interval->lo) && std::isfinite(interval->hi)))) {
    return Fail(Code::kCorrupt, fmt::format("The method {} answered no finite number", spec.method), spec.metric);
  }
  return Measurement{.metric = spec.metric,
                     .scope = spec.scope,
                     .unit = spec.unit,
                     .value = computed.value + 0.0,  // no negative zero: the ledger does not keep its sign
                     .interval = computed.interval,
                     .n = computed.n,
                     .n_of = computed.n_of,
                     .method = spec.method,
                     .seed = spec.seed,
                     .captures = spec.captures,
                     .parameters = spec.parameters,
                     .validity = computed.validity};
}

}  // namespace hone::evidence
