#include "load/size_methods.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "load/capture.h"
#include "load/size_windows.h"
#include "load/thresholds.h"

namespace hone::load {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Computed;
using evidence::Parameters;
using evidence::Validity;
using Captures = std::span<const evidence::CaptureBytes>;

Result<int> Whole(const std::map<std::string, std::string>& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  int value = 0;
  if (found == parameters.end()) return Fail(Code::kInput, "A sweep's measurement needs the parameter " + name);
  const char* end = found->second.data() + found->second.size();
  const auto [rest, error] = std::from_chars(found->second.data(), end, value);
  if (error != std::errc() || rest != end || value < 1) return Fail(Code::kInput, "Not a whole number from 1 on", name);
  return value;
}

Result<std::vector<SizeWindow>> Windows(Captures captures) {
  std::vector<SizeWindow> windows;
  for (const evidence::CaptureBytes& one : captures) {
    if (one.capture == nullptr || one.capture->kind != kCaptureKind)
      return Fail(Code::kInput, "A sweep's measurement takes captures of kind load.hdr");
    HONE_TRY(const int size, Whole(one.capture->parameters, "pool_size"));
    HONE_TRY(const int round, Whole(one.capture->parameters, "pool_round"));
    HONE_TRY(const LoadResult result, Decode(one.bytes));
    windows.push_back(WindowOf(result, size, round));
  }
  return windows;
}

struct Answer {
  SizeDecision decision = {};
  Validity validity = Validity::kValid;  // of what is said about all sizes
};

// Windows without the evidence for a decision give an empty one, with the reason in the validity.
Result<Answer> Decide(Captures captures, uint64_t seed) {
  HONE_TRY(const std::vector<SizeWindow> windows, Windows(captures));
  const bool late = std::ranges::any_of(windows, [](const SizeWindow& window) { return !window.valid; });
  Answer answer;
  auto decision = DecideSize(windows, seed, kSizeResamples, kLeastWindows);
  if (decision) answer.decision = *std::move(decision);
  // A size with too few windows may be left out only where it is worse than the best: a generator is late for fast
  // sizes first, because less lateness is borne there.
  const auto best = std::ranges::find(answer.decision.sizes, answer.decision.best, &SizeEstimate::size);
  const bool open = std::ranges::any_of(windows, [&](const SizeWindow& window) {
    const auto found = std::ranges::find(answer.decision.sizes, window.size, &SizeEstimate::size);
    if (found == answer.decision.sizes.end() || best == answer.decision.sizes.end()) return true;
    if (found->windows >= kLeastWindows) return false;
    return found->value <= best->value || (found->pairs > 0 && found->ratio_interval.lo <= kAsGood);
  });
  if (open) answer.validity = late ? Validity::kGeneratorBound : Validity::kTooFew;
  if (!open && answer.decision.quantile < kLeastQuantile) answer.validity = Validity::kTooFew;
  return answer;
}

template <bool kIsRatio>
Result<Computed> OfSize(Captures captures, const Parameters& parameters, uint64_t seed) {
  HONE_TRY(const int size, Whole(parameters, "size"));
  HONE_TRY(const Answer answer, Decide(captures, seed));
  const auto found = std::ranges::find(answer.decision.sizes, size, &SizeEstimate::size);
  if (found == answer.decision.sizes.end()) return Computed{.n_of = "requests", .validity = Validity::kTooFew};
  if (kIsRatio && found->pairs == 0) return Computed{.n_of = "requests", .validity = Validity::kTooFew};
  Computed computed{.value = kIsRatio ? found->ratio : found->value,
                    .interval = evidence::ForRecord(kIsRatio ? found->ratio_interval : found->interval),
                    .n = found->n,
                    .n_of = "requests"};
  if ((kIsRatio ? found->pairs : found->windows) < kLeastWindows) computed.validity = Validity::kTooFew;
  return computed;
}

Result<Computed> Size(Captures captures, const Parameters&, uint64_t seed) {
  HONE_TRY(const Answer answer, Decide(captures, seed));
  Computed computed{.value = static_cast<double>(answer.decision.chosen),
                    .n = static_cast<int64_t>(captures.size()),
                    .n_of = "windows",
                    .validity = answer.validity};
  for (const SizeEstimate& size : answer.decision.sizes) {
    if (!size.overlaps) continue;
    computed.interval = {computed.value, static_cast<double>(size.size), 0.95};
  }
  return computed;
}

Result<Computed> BestSize(Captures captures, const Parameters&, uint64_t seed) {
  HONE_TRY(const Answer answer, Decide(captures, seed));
  return Computed{.value = static_cast<double>(answer.decision.best),
                  .n = static_cast<int64_t>(captures.size()),
                  .n_of = "windows",
                  .validity = answer.validity};
}

Result<Computed> Quantile(Captures captures, const Parameters&, uint64_t seed) {
  HONE_TRY(const Answer answer, Decide(captures, seed));
  return Computed{.value = answer.decision.quantile,
                  .n = static_cast<int64_t>(captures.size()),
                  .n_of = "windows",
                  .validity = answer.validity};
}

constexpr std::string_view kResponse =
    "quantile of response times from the intended send time over all windows of a size, unanswered ones above all; "
    "bootstrap over rounds and seconds (Davison, Hinkley 3.8)";

constexpr std::array kSizeMethods = {
    evidence::Method{"pool.response@2", kResponse, OfSize<false>},
    evidence::Method{"pool.response_ratio@2",
                     "ratio of that quantile to the best size's in the rounds that have both; paired bootstrap",
                     OfSize<true>},
    evidence::Method{
        "pool.size@2",
        "the smallest size whose paired interval of the ratio to the best reaches 1.03, itself at most 1.10", Size},
    evidence::Method{"pool.best_size@2", "the size with the lowest quantile over all its windows", BestSize},
    evidence::Method{
        "pool.quantile@2",
        "the highest of 0.99, 0.95, 0.9 and 0.5 with ten requests beyond it of each size that could be the answer",
        Quantile},
};

}  // namespace

std::span<const evidence::Method> SizeMethods() { return kSizeMethods; }

}  // namespace hone::load
