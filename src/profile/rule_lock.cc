// cpu.lock: requests that wait for a mutex held across work.
#include <fmt/format.h>

#include <algorithm>

#include "profile/rule_context.h"
#include "profile/thresholds.h"

namespace hone::profile {
namespace {

using evidence::FindingDraft;
using golang::SymbolSet;

constexpr std::string_view kRemedy =
    "Hold the lock only around the shared data: compute before `Lock` or after `Unlock` on a copy, keep counters in "
    "`atomic` values, split the "
    "lock by key, or give readers an immutable snapshot (`atomic.Pointer`). An `RWMutex` helps only where nearly all "
    "hold it to read.";

// Delay charged to each line of the user's that lets go of a lock itself; locks inside libraries are theirs.
std::map<Site, double> WaitBySite(const RuleContext& context) {
  std::map<Site, double> sites;
  const auto add = [&](const Stacked& stacked, double sign) {
    const size_t type = *stacked.profile().Type("delay");
    for (size_t s = 0; s < stacked.profile().samples(); ++s) {
      if (!stacked.Within(s, context.stacks) || !stacked.CalledByUser(s, SymbolSet::kLock)) continue;
      const Line* charged = stacked.Charged(s, SymbolSet::kLock);
      if (charged != nullptr)
        sites[stacked.SiteOf(*charged)] += sign * static_cast<double>(stacked.profile().Value(s, type));
    }
  };
  add(*context.mutex, 1);
  if (context.mutex_before) add(*context.mutex_before, -1);
  return sites;
}

// Whether a file of a profile is `file`, which is relative to some folder of the sources.
bool IsFileOf(std::string_view profiled, std::string_view file) {
  return profiled == file || (profiled.ends_with(file) && profiled[profiled.size() - file.size() - 1] == '/');
}

// Where the lock is taken that is let go of at `site`. A deferred unlock runs where its function returns, and the
// profile has that line: the innermost function around it that defers one tells where it took it.
Site TakenAt(const RuleContext& context, const Site& site) {
  const golang::DeferredUnlock* found = nullptr;
  for (const golang::DeferredUnlock& lock : context.window.locks) {
    const bool around = IsFileOf(site.file, lock.origin.file) && lock.first <= site.line && site.line <= lock.last &&
                        lock.origin.line <= site.line;
    if (around && (found == nullptr || lock.first > found->first ||
                   (lock.first == found->first && lock.origin.line > found->origin.line))) {
      found = &lock;
    }
  }
  if (found != nullptr && std::ranges::find(found->unlocks, site.line) != found->unlocks.end()) return site;
  return found == nullptr ? site : Site{site.function, site.file, found->origin.line};
}

// The wait from which a lock is a finding, in all of the window.
double LeastWait(const RuleContext& context) {
  const double requests = context.mutex_facts.requests;
  if (requests <= 0) return kLockProgramWaitNs;
  return requests * std::max(kLockWaitNs, kLockResponseShare * context.window.mean_response_ns);
}

void JudgeSites(RuleContext& context, const LockTotals& whole) {
  const bool per_request = context.mutex_facts.requests > 0;
  for (const ChargedFunction& function : ByFunction(WaitBySite(context))) {
    if (function.value < LeastWait(context) || function.value < kLockSiteShare * whole.wait_ns) continue;
    const Query query = context.For(SymbolSet::kLock, function.site.function);
    FindingDraft draft;
    draft.rule = "cpu.lock";
    draft.severity = evidence::Severity::kHigh;
    draft.subject = context.SubjectOf(TakenAt(context, function.site));
    draft.support = {context.Mutex(per_request ? "lock.wait_per_request" : "lock.wait", "ns", query),
                     context.Mutex("lock.share", "ratio", query)};
    if (per_request) draft.time_ns = 0;
    draft.title =
        per_request
            ? fmt::format("Requests wait {{m0}} for the lock that {} holds while it works", Place(draft.subject))
            : fmt::format("Goroutines waited {{m0}} for the lock that {} holds while it works", Place(draft.subject));
    if (per_request) {
      draft.ceiling = 0;
      draft.ceiling_basis = "the wait itself, at this rate";
    }
    draft.remedy = kRemedy;
    context.out.findings.push_back(std::move(draft));
  }
}

bool SaysThatRequestsWait(const RuleContext& context, const std::optional<Cited>& metric, double times = 1) {
  return metric && !context.program() &&
         metric->value >= times * std::max(kLockWaitNs, kLockResponseShare * context.window.mean_response_ns);
}

// The user's line that most of the sampled waits are charged to, where there are enough to name one.
std::optional<Site> MostWaitedFor(const RuleContext& context, const LockTotals& whole) {
  if (!context.mutex || whole.sampled < kContentionsForAPlace) return std::nullopt;
  const std::vector<ChargedFunction> functions = ByFunction(WaitBySite(context));
  if (functions.empty() || functions.front().value < 0.5 * whole.wait_ns) return std::nullopt;
  return functions.front().site;
}

// Without enough stacks the runtime's own metric, which counts every wait, still tells that requests wait.
void JudgeByMetric(RuleContext& context, const Cited& wait, const LockTotals& whole) {
  FindingDraft draft;
  draft.rule = "cpu.lock";
  draft.severity = evidence::Severity::kMedium;
  draft.subject = {"endpoint", context.window.endpoint, context.window.endpoint, "", 0};
  draft.support = {wait.spec};
  draft.time_ns = 0;
  draft.ceiling = 0;
  draft.ceiling_basis = "the wait itself, at this rate";
  draft.title = "Requests wait {m0} for mutexes; the mutex profile does not say which";
  draft.remedy = std::string("Let the service set `runtime.SetMutexProfileFraction(100)` and measure again. ") +
                 std::string(kRemedy);
  if (const std::optional<Site> site = MostWaitedFor(context, whole)) {
    draft.subject = context.SubjectOf(TakenAt(context, *site));
    draft.title = fmt::format("Requests wait {{m0}} for mutexes, most of it for the lock that {} holds while it works",
                              Place(draft.subject));
    draft.remedy = kRemedy;
  }
  context.out.findings.push_back(std::move(draft));
}

}  // namespace

std::optional<double> ContentionsWanted(const RuleContext& context) {
  if (!context.mutex || context.window.overloaded) return std::nullopt;
  const Stacked* before = context.mutex_before ? &*context.mutex_before : nullptr;
  const LockTotals whole = WaitedBetween(before, *context.mutex, context.Whole(), context.mutex_facts.mutex_fraction);
  const bool waits = whole.wait_ns >= LeastWait(context) || SaysThatRequestsWait(context, context.window.mutex_wait_ns);
  if (!waits || whole.sampled >= kLeastContentions) return std::nullopt;
  return 1.5 * kLeastContentions / std::max(1.0, whole.sampled);
}

void JudgeLocks(RuleContext& context) {
  if (!context.Wanted("cpu.lock")) return;
  const std::optional<Cited>& metric = context.window.mutex_wait_ns;
  if (metric) context.out.measurements.push_back(metric->spec);
  const Stacked* before = context.mutex_before ? &*context.mutex_before : nullptr;
  LockTotals whole;
  if (context.mutex) {
    whole = WaitedBetween(before, *context.mutex, context.Whole(), context.mutex_facts.mutex_fraction);
    if (context.mutex_facts.requests > 0) {
      context.out.measurements.push_back(context.Mutex("lock.wait_per_request", "ns", context.Whole()));
    }
  }
  const bool profiled =
      (context.mutex && context.mutex->profile().samples() > 0) || context.mutex_facts.mutex_fraction > 0;
  if (!profiled) {
    if (metric && !context.program()) {
      if (SaysThatRequestsWait(context, metric, kLockMetricAlone)) JudgeByMetric(context, *metric, whole);
    } else if (!context.program() || !context.mutex) {
      context.NotJudged("locks",
                        context.mutex ? "the mutex profile is empty: its rate may be 0" : "no mutex profile was taken",
                        "call runtime.SetMutexProfileFraction(100) in the service, or give a mutex profile");
    }
    return;
  }
  if (whole.sampled < kLeastContentions && !context.window.overloaded &&
      SaysThatRequestsWait(context, metric, kLockMetricAlone)) {
    JudgeByMetric(context, *metric, whole);
    return;
  }
  const bool waits = whole.wait_ns >= LeastWait(context) || SaysThatRequestsWait(context, metric);
  if (whole.sampled < kLeastContentions && !context.window.overloaded && waits) {
    context.NotJudged("locks", "requests wait for locks, but too few contentions were sampled",
                      "a longer window, or a higher rate");
    return;
  }
  if (whole.wait_ns < LeastWait(context)) return;
  if (context.window.overloaded) {
    context.NotJudged("locks", "more requests came than it carries at any rate tried, and the waits are the queue's",
                      "a run on a quiet machine, or a lower rate");
    return;
  }
  JudgeSites(context, whole);
}

}  // namespace hone::profile
