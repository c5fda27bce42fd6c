// cpu.gc and cpu.regexp_compile, and what all rules on CPU time share.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "evidence/claim.h"
#include "profile/rule_context.h"
#include "profile/thresholds.h"
#include "stats/proportion.h"

namespace hone::profile {
namespace {

using evidence::FindingDraft;
using golang::SymbolSet;

void AddMeasurements(RuleContext& context) {
  auto& out = context.out.measurements;
  out.push_back(context.Cpu("cpu.utilisation", "ratio", {}));
  out.push_back(context.Cpu("gc.share", "ratio", {}));
  if (!context.program() && context.cpu_facts.requests > 0) {
    out.push_back(context.Cpu("cpu.seconds_per_1000_requests", "cpu_s", context.Whole()));
  }
}

// The user's line that allocates most, as far as allocations were captured.
std::optional<Site> TopAllocator(const RuleContext& context) {
  if (!context.allocs) return std::nullopt;
  const size_t type = *context.allocs->profile().Type("alloc_space");
  std::map<Site, double> bytes;
  for (const auto& [site, value] : SumBySite(*context.allocs, type, context.Whole()))
    bytes[site] += static_cast<double>(value);
  if (context.allocs_before) {
    const size_t before = *context.allocs_before->profile().Type("alloc_space");
    for (const auto& [site, value] : SumBySite(*context.allocs_before, before, context.Whole()))
      bytes[site] -= static_cast<double>(value);
  }
  const std::vector<ChargedFunction> functions = ByFunction(bytes);
  return functions.empty() || functions.front().value <= 0 ? std::nullopt : std::optional(functions.front().site);
}

void JudgeGc(RuleContext& context) {
  const bool explained = std::any_of(context.out.findings.begin(), context.out.findings.end(),
                                     [](const FindingDraft& f) { return f.rule.starts_with("alloc."); });
  const GcTotals gc = GcSamples(*context.cpu);
  if (explained || static_cast<double>(gc.total) < kLeastSamples) return;
  if (stats::WilsonInterval(gc.gc, gc.total).lo < kGcShare) return;
  if (context.cpu_facts.requests > 0 && gc.gc_ns / context.cpu_facts.requests < kLeastCpuNs) return;
  FindingDraft draft;
  draft.rule = "cpu.gc";
  draft.severity = 2 * gc.gc > gc.total ? evidence::Severity::kHigh : evidence::Severity::kMedium;
  draft.support = {context.Cpu("gc.share", "ratio", {}), context.Cpu("gc.ceiling", "x", {})};
  draft.ceiling = 1;
  draft.ceiling_basis = "Amdahl: the program's CPU without garbage collection";
  if (context.cpu_facts.requests > 0) {
    draft.cpu_s_per_1000 = draft.support.size();
    draft.support.push_back(context.Cpu("gc.seconds_per_1000_requests", "cpu_s", {}));
  }
  draft.title = fmt::format("Garbage collection takes {{m0:ci}} of the CPU while {} runs",
                            context.program() ? std::string(context.Name()) : evidence::Quote(context.Name()));
  if (const std::optional<Site> site = TopAllocator(context)) {
    draft.subject = context.SubjectOf(*site);
    draft.title += fmt::format("; {} allocates most", Place(draft.subject));
    draft.support.push_back(context.Allocs("alloc.share", "ratio", context.For({}, site->function)));
  } else {
    draft.subject = {context.program() ? "service" : "endpoint", std::string(context.Name()), context.window.endpoint,
                     "", 0};
  }
  draft.remedy =
      "Allocate less at the lines that allocate most; where the live heap is small beside the machine's memory, set "
      "`GOMEMLIMIT` and raise "
      "`GOGC`: the collector's work falls as the heap may grow.";
  context.out.findings.push_back(std::move(draft));
}

void TooFewSamples(RuleContext& context, const CpuFacts& facts) {
  const double seconds = WindowSeconds(context);
  const double need =
      facts.samples > 0 ? seconds * kLeastSamples / static_cast<double>(facts.samples) * 1.2 : seconds * 10;
  context.NotJudged("CPU",
                    fmt::format("{} CPU samples in {} are too few", facts.samples, base::FormatDuration(seconds * 1e9)),
                    fmt::format("a profile window of {} at this rate, or a higher rate",
                                base::FormatDuration(std::ceil(need) * 1e9)));
}

// Compilation seen in CPU samples: how many a request's stacks have under it, by the user's function.
bool RegexpByCpu(RuleContext& context) {
  if (!context.cpu) return false;
  const CpuFacts whole = FactsFor(context, context.Whole());
  if (static_cast<double>(whole.samples) < kLeastSamples) return false;
  bool found = false;
  for (const ChargedFunction& function :
       ByFunction(SamplesBySite(context, context.For(SymbolSet::kRegexpCompile, {})))) {
    const Query query = context.For(SymbolSet::kRegexpCompile, function.site.function);
    const CpuFacts part = FactsFor(context, query);
    const double share = static_cast<double>(part.samples) / static_cast<double>(whole.samples);
    if (part.samples < kRegexpSamples || (context.program() && share < kRegexpProgramShare)) continue;
    FindingDraft draft = CpuDraft(context, "cpu.regexp_compile", function.site, query);
    draft.title = fmt::format("A regular expression is compiled at {}{}: {{m0:ci}} of {} CPU", Place(draft.subject),
                              context.program() ? " again and again" : " in each request", context.Whose());
    context.out.findings.push_back(std::move(draft));
    found = true;
  }
  return found;
}

// Compilation seen in allocations, which tell it at rates at which CPU samples are too rare.
bool RegexpByAllocs(RuleContext& context) {
  if (!context.allocs || context.program() || context.alloc_facts.requests <= 0) return false;
  const Stacked* before = context.allocs_before ? &*context.allocs_before : nullptr;
  if (AllocatedBetween(before, *context.allocs, context.Whole()).samples < kLeastSamples) return false;
  std::map<Site, double> sites;
  const Query all = context.For(SymbolSet::kRegexpCompile, {});
  for (const auto& [site, value] : SumBySite(*context.allocs, *context.allocs->profile().Type("alloc_space"), all)) {
    sites[site] = static_cast<double>(value);
  }
  bool found = false;
  for (const ChargedFunction& function : ByFunction(sites)) {
    const Query query = context.For(SymbolSet::kRegexpCompile, function.site.function);
    const AllocTotals totals = AllocatedBetween(before, *context.allocs, query);
    if (totals.samples < kRegexpAllocSamples || totals.bytes / context.alloc_facts.requests < kRegexpBytes) continue;
    FindingDraft draft;
    draft.rule = "cpu.regexp_compile";
    draft.subject = context.SubjectOf(function.site);
    draft.support = {context.Allocs("alloc.bytes_per_request", "bytes", query)};
    draft.bytes = 0;
    draft.title = fmt::format("A regular expression is compiled at {} in each request: {{m0:ci}} allocated for it",
                              Place(draft.subject));
    context.out.findings.push_back(std::move(draft));
    found = true;
  }
  return found;
}

}  // namespace

FindingDraft CpuDraft(const RuleContext& context, std::string_view rule, const Site& site, const Query& query) {
  FindingDraft draft;
  draft.rule = rule;
  draft.subject = context.SubjectOf(site);
  draft.support.push_back(context.Cpu("cpu.share", "ratio", query));
  draft.support.push_back(context.Cpu("cpu.ceiling", "x", query));
  draft.ceiling = 1;
  draft.ceiling_basis = fmt::format("Amdahl: {} CPU without this share", context.Whose());
  if (context.cpu_facts.requests > 0) {
    draft.cpu_s_per_1000 = draft.support.size();
    draft.support.push_back(context.Cpu("cpu.seconds_per_1000_requests", "cpu_s", query));
    draft.time_ns = draft.support.size();
    draft.support.push_back(context.Cpu("cpu.ns_per_request", "ns", query));
  }
  return draft;
}

CpuFacts FactsFor(const RuleContext& context, const Query& query) {
  const Profile& profile = context.cpu->profile();
  CpuFacts facts{Sum(*context.cpu, *profile.Type("samples"), query),
                 static_cast<double>(Sum(*context.cpu, *profile.Type("cpu"), query))};
  if (context.cpu_facts.requests > 0) facts.ns_per_request = facts.ns / context.cpu_facts.requests;
  return facts;
}

double WindowSeconds(const RuleContext& context) {
  const double seconds = context.cpu_facts.seconds;
  return seconds > 0 ? seconds : static_cast<double>(context.cpu->profile().duration_ns) * 1e-9;
}

bool NothingToFind(const RuleContext& context) {
  if (context.cpu_facts.requests <= 0) return false;
  const double period = context.cpu->profile().period > 0 ? static_cast<double>(context.cpu->profile().period) : 10e6;
  const double share = context.window.response_is_bound ? 0 : kLeastResponseShare;
  const double least = std::max(kLeastCpuNs, share * context.window.mean_response_ns);
  const auto surely_cheap = [&](int64_t samples) {
    constexpr double kZ = 1.96;
    const auto n = static_cast<double>(samples);
    const double most = n + kZ * kZ / 2 + kZ * std::sqrt(n + kZ * kZ / 4);  // upper end of a Poisson count's interval
    return most * period / context.cpu_facts.requests < least;
  };
  const bool shares = std::ranges::all_of(ShareRules(), [&](const ShareRule& rule) {
    return surely_cheap(FactsFor(context, ShareQuery(context, rule, {})).samples);
  });
  return shares && surely_cheap(FactsFor(context, context.For(SymbolSet::kRegexpCompile, {})).samples) &&
         surely_cheap(GcSamples(*context.cpu).gc);
}

std::map<Site, double> SamplesBySite(const RuleContext& context, const Query& query) {
  std::map<Site, double> out;
  for (const auto& [site, value] : SumBySite(*context.cpu, *context.cpu->profile().Type("samples"), query)) {
    out[site] = static_cast<double>(value);
  }
  return out;
}

void JudgeCpu(RuleContext& context) {
  if (!context.cpu) {
    const bool wanted =
        std::ranges::any_of(ShareRules(), [&](const ShareRule& rule) { return context.Wanted(rule.rule); });
    if (wanted || context.Wanted("cpu.gc")) {
      context.NotJudged("CPU", "no CPU profile was taken", "set [pprof] url in hone.toml, or give a CPU profile");
    }
    return;
  }
  AddMeasurements(context);
  const double utilisation = Utilisation(context.cpu->profile(), context.cpu_facts);
  if (context.program() && utilisation > 0 && utilisation < kIdle) return;  // idle: no CPU finding
  const CpuFacts whole = FactsFor(context, context.Whole());
  if (static_cast<double>(whole.samples) < kLeastSamples) {
    if (!NothingToFind(context)) TooFewSamples(context, whole);
    return;
  }
  JudgeShares(context, whole);
  if (context.Wanted("cpu.gc")) JudgeGc(context);
}

void JudgeRegexp(RuleContext& context) {
  if (!context.Wanted("cpu.regexp_compile")) return;
  const size_t first = context.out.findings.size();
  if (!RegexpByCpu(context)) RegexpByAllocs(context);
  for (size_t i = first; i < context.out.findings.size(); ++i) {
    context.out.findings[i].remedy =
        "Compile it once: `var re = regexp.MustCompile(...)` at package level, or in the constructor; a "
        "`*regexp.Regexp` is safe for "
        "concurrent use. For patterns that arrive with requests, keep compiled ones in a bounded cache.";
  }
}

}  // namespace hone::profile
