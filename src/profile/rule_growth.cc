// alloc.string_concat and alloc.growth: what one function makes larger step by step, told by the sizes that the heap
// profile saw and by what the CPU profile saw beneath its lines.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "profile/rule_context.h"
#include "profile/thresholds.h"

namespace hone::profile {
namespace {

using evidence::FindingDraft;
using golang::SymbolSet;

struct GrowthRule {
  std::string_view rule;
  SymbolSet set;
  double least_bytes;  // a request
  std::string_view what;
  std::string_view remedy;
};

constexpr GrowthRule kGrowthRules[] = {
    {"alloc.string_concat", SymbolSet::kConcat, kConcatBytes, "A string is built piece by piece",
     "Each step copies all that is there so far: write the pieces into one `strings.Builder`, with `Grow` where the "
     "length can be told beforehand, or append them to a `[]byte` that is written straight to the response."},
    {"alloc.growth", SymbolSet::kGrowth, kGrowthBytes, "A slice or map grows step by step",
     "Make it with its size: `make([]T, 0, len(source))` before the loop that appends, `make(map[K]V, len(source))` "
     "before the one that inserts; an upper bound will do where only some are kept."},
};

// The bytes that one function's own code allocates, by the size of the object.
using Sizes = std::map<int64_t, double>;

void AddSizes(const Stacked& stacked, const RuleContext& context, double sign,
              std::map<std::string, Sizes, std::less<>>& functions) {
  const Profile& profile = stacked.profile();
  const size_t type = *profile.Type("alloc_space");
  for (size_t s = 0; s < profile.samples(); ++s) {
    if (!stacked.Within(s, context.stacks) || !stacked.ChargedToSelf(s)) continue;
    const Line* charged = stacked.Charged(s);
    if (charged == nullptr) continue;
    functions[profile.functions[charged->function].name][profile.block_bytes[s]] +=
        sign * static_cast<double>(profile.Value(s, type));
  }
}

// Whether these are the sizes of something that is made larger again and again.
bool GrowsStepByStep(const Sizes& sizes) {
  std::vector<int64_t> seen;  // in order
  double all = 0;
  double most = 0;
  for (const auto& [size, bytes] : sizes) {
    if (size <= 0 || bytes <= 0) continue;
    seen.push_back(size);
    all += bytes;
    most = std::max(most, bytes);
  }
  return seen.size() >= kGrowingSizes && seen.back() >= kGrowingFactor * seen.front() && most < kPoolableOneSize * all;
}

// Functions of the user's that read records until there are no more: what they collect has no size that they know.
std::set<std::string_view> ReadersOfRecords(const RuleContext& context) {
  std::set<std::string_view> readers;
  const Profile& profile = context.cpu->profile();
  for (size_t s = 0; s < profile.samples(); ++s) {
    if (!context.cpu->Has(s, SymbolSet::kCursor)) continue;
    if (const Line* charged = context.cpu->Charged(s, SymbolSet::kCursor))
      readers.insert(profile.functions[charged->function].name);
  }
  return readers;
}

bool PassesThrough(const Stacked& stacked, size_t sample, const std::set<std::string_view>& functions) {
  return std::ranges::any_of(functions, [&](std::string_view name) { return stacked.HasFunction(sample, name); });
}

// CPU samples of a growth rule by line; without those that collect records of unknown number.
std::map<Site, double> GrowingBySite(const RuleContext& context, const GrowthRule& rule) {
  std::map<Site, double> sites;
  Query query = context.For(rule.set, {});
  query.caused = true;
  const bool needs_size = rule.set == SymbolSet::kGrowth;
  const std::set<std::string_view> readers = needs_size ? ReadersOfRecords(context) : std::set<std::string_view>();
  const Profile& profile = context.cpu->profile();
  const size_t type = *profile.Type("samples");
  for (size_t s = 0; s < profile.samples(); ++s) {
    if (!context.cpu->Matches(s, query) || PassesThrough(*context.cpu, s, readers)) continue;
    if (const Line* charged = context.cpu->Charged(s, rule.set))
      sites[context.cpu->SiteOf(*charged)] += static_cast<double>(profile.Value(s, type));
  }
  return sites;
}

FindingDraft GrowthDraft(const RuleContext& context, const GrowthRule& rule, const Site& site, const Query& own) {
  const bool per_request = context.alloc_facts.requests > 0;
  FindingDraft draft;
  draft.rule = rule.rule;
  draft.subject = context.SubjectOf(site);
  draft.support.push_back(context.Allocs(per_request ? "alloc.bytes_per_request" : "alloc.bytes", "bytes", own));
  draft.support.push_back(context.Allocs("alloc.share", "ratio", own));
  if (per_request) draft.bytes = 0;
  draft.title = fmt::format("{} at {}: {{m0:ci}}{} in sizes that grow, {{m1}} of what {} allocates", rule.what,
                            Place(draft.subject), per_request ? " a request" : "",
                            context.program() ? "the program" : "this endpoint");
  draft.remedy = rule.remedy;
  if (context.cpu_facts.requests > 0) {
    Query growing = context.For(rule.set, site.function);
    growing.caused = true;
    draft.cpu_s_per_1000 = draft.support.size();
    draft.support.push_back(context.Cpu("cpu.seconds_per_1000_requests", "cpu_s", growing));
    draft.time_ns = draft.support.size();
    draft.support.push_back(context.Cpu("cpu.ns_per_request", "ns", growing));
  }
  return draft;
}

void JudgeGrowthRule(RuleContext& context, const GrowthRule& rule,
                     const std::map<std::string, Sizes, std::less<>>& sizes) {
  const Stacked* before = context.allocs_before ? &*context.allocs_before : nullptr;
  const AllocTotals whole = AllocatedBetween(before, *context.allocs, context.Whole());
  const double requests = context.alloc_facts.requests;
  for (const ChargedFunction& function : ByFunction(GrowingBySite(context, rule))) {
    if (function.value < kGrowingSamples) continue;
    const auto found = sizes.find(function.site.function);
    if (found == sizes.end() || !GrowsStepByStep(found->second)) continue;
    Query own = context.For({}, function.site.function);
    own.own = true;
    const double bytes = AllocatedBetween(before, *context.allocs, own).bytes;
    if (bytes < (requests > 0 ? rule.least_bytes * requests : kPoolableProgramBytes)) continue;
    if (bytes < kGrowingShare * whole.bytes) continue;
    context.out.findings.push_back(GrowthDraft(context, rule, function.site, own));
  }
}

}  // namespace

void JudgeGrowth(RuleContext& context) {
  if (!context.allocs || !context.cpu) return;  // said by JudgeAllocs and JudgeCpu
  const Stacked* before = context.allocs_before ? &*context.allocs_before : nullptr;
  if (AllocatedBetween(before, *context.allocs, context.Whole()).samples < kLeastSamples) return;
  if (static_cast<double>(FactsFor(context, context.Whole()).samples) < kLeastSamples) return;
  std::map<std::string, Sizes, std::less<>> sizes;
  AddSizes(*context.allocs, context, 1, sizes);
  if (context.allocs_before) AddSizes(*context.allocs_before, context, -1, sizes);
  for (const GrowthRule& rule : kGrowthRules) {
    if (context.Wanted(rule.rule)) JudgeGrowthRule(context, rule, sizes);
  }
}

}  // namespace hone::profile
