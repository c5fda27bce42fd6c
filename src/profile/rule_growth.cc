// alloc.string_concat and alloc.growth: what one function makes larger step by step, told by the sizes that the heap
// profile saw and by what the CPU profile saw beneath its lines.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "profile/rule_context.h"
#include "profile/thresholds.h"

namespace hone::profile {
namespace {

using evidence::FindingDraft;
using golang::SymbolSet;

// What makes something larger step by step, by what runs beneath the line.
struct Grower {
  std::string_view rule;
  SymbolSet set;
  double least_bytes;  // a request
  bool one_size;       // nearly all bytes may be of one size: a large map is made of tables of one size
  bool needs_size;     // no finding where the number cannot be known beforehand
  std::string_view what;
  std::string_view remedy;
};

constexpr Grower kGrowers[] = {
    {"alloc.string_concat", SymbolSet::kConcat, kConcatBytes, false, false, "A string is built piece by piece",
     "Each step copies all that is there so far: write the pieces into one `strings.Builder`, with `Grow` where the "
     "length can be told beforehand, or append them to a `[]byte` that is written straight to the response."},
    {"alloc.growth", SymbolSet::kGrowth, kGrowthBytes, false, true, "A slice grows step by step",
     "Make it with its capacity before the loop that appends: `make([]T, 0, len(source))`; an upper bound will do "
     "where "
     "only some are kept."},
    {"alloc.growth", SymbolSet::kMapGrowth, kGrowthBytes, true, true, "A map grows step by step",
     "Make it with its size before the loop that inserts: `make(map[K]V, len(source))`; an upper bound will do where "
     "only some are kept."},
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
bool GrowsStepByStep(const Sizes& sizes, bool one_size) {
  std::vector<int64_t> seen;  // in order
  double all = 0;
  double most = 0;
  for (const auto& [size, bytes] : sizes) {
    if (size <= 0 || bytes <= 0) continue;
    seen.push_back(size);
    all += bytes;
    most = std::max(most, bytes);
  }
  return seen.size() >= kGrowingSizes && seen.back() >= kGrowingFactor * seen.front() &&
         (one_size || most < kPoolableOneSize * all);
}

Query OwnAllocations(const RuleContext& context, std::string_view function) {
  Query own = context.For({}, function);
  own.own = true;
  return own;
}

// Whether a function's own code allocates as much as a finding takes.
bool AllocatesMuch(const RuleContext& context, std::string_view function, double least_bytes) {
  const Stacked* before = context.allocs_before ? &*context.allocs_before : nullptr;
  const double bytes = AllocatedBetween(before, *context.allocs, OwnAllocations(context, function)).bytes;
  const double requests = context.alloc_facts.requests;
  return bytes >= (requests > 0 ? least_bytes * requests : kPoolableProgramBytes) &&
         bytes >= kGrowingShare * AllocatedBetween(before, *context.allocs, context.Whole()).bytes;
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

// CPU samples beneath each line that makes something larger; where its size matters without those that collect records
// of unknown number.
std::map<Site, double> GrowingBySite(const RuleContext& context, const Grower& grower) {
  std::map<Site, double> sites;
  Query query = context.For(grower.set, {});
  query.caused = true;
  const std::set<std::string_view> readers =
      grower.needs_size ? ReadersOfRecords(context) : std::set<std::string_view>();
  const Profile& profile = context.cpu->profile();
  const size_t type = *profile.Type("samples");
  for (size_t s = 0; s < profile.samples(); ++s) {
    if (!context.cpu->Matches(s, query) || PassesThrough(*context.cpu, s, readers)) continue;
    if (const Line* charged = context.cpu->Charged(s, grower.set))
      sites[context.cpu->SiteOf(*charged)] += static_cast<double>(profile.Value(s, type));
  }
  return sites;
}

bool EnoughCpuSamples(const RuleContext& context) {
  return static_cast<double>(FactsFor(context, context.Whole()).samples) >= kLeastSamples;
}

bool EnoughAllocations(const RuleContext& context) {
  const Stacked* before = context.allocs_before ? &*context.allocs_before : nullptr;
  return AllocatedBetween(before, *context.allocs, context.Whole()).samples >= kLeastSamples;
}

FindingDraft GrowthDraft(const RuleContext& context, const Grower& grower, const Site& site) {
  const bool per_request = context.alloc_facts.requests > 0;
  const Query own = OwnAllocations(context, site.function);
  FindingDraft draft;
  draft.rule = grower.rule;
  draft.subject = context.SubjectOf(site);
  draft.support.push_back(context.Allocs(per_request ? "alloc.bytes_per_request" : "alloc.bytes", "bytes", own));
  draft.support.push_back(context.Allocs("alloc.share", "ratio", own));
  if (per_request) draft.bytes = 0;
  draft.title = fmt::format("{} at {}: {{m0:ci}}{} in sizes that grow, {{m1}} of what {} allocates", grower.what,
                            Place(draft.subject), per_request ? " a request" : "",
                            context.program() ? "the program" : "this endpoint");
  draft.remedy = grower.remedy;
  if (context.cpu_facts.requests > 0 && EnoughCpuSamples(context)) {
    Query growing = context.For(grower.set, site.function);
    growing.caused = true;
    draft.cpu_s_per_1000 = draft.support.size();
    draft.support.push_back(context.Cpu("cpu.seconds_per_1000_requests", "cpu_s", growing));
    draft.time_ns = draft.support.size();
    draft.support.push_back(context.Cpu("cpu.ns_per_request", "ns", growing));
  }
  return draft;
}

using SizesByFunction = std::map<std::string, Sizes, std::less<>>;

SizesByFunction AllSizes(const RuleContext& context) {
  SizesByFunction sizes;
  AddSizes(*context.allocs, context, 1, sizes);
  if (context.allocs_before) AddSizes(*context.allocs_before, context, -1, sizes);
  return sizes;
}

// What of the user's code grows, the most CPU samples first.
std::vector<std::pair<const Grower*, ChargedFunction>> Growing(const RuleContext& context,
                                                               const SizesByFunction& sizes) {
  std::vector<std::pair<const Grower*, ChargedFunction>> out;
  for (const Grower& grower : kGrowers) {
    for (ChargedFunction& function : ByFunction(GrowingBySite(context, grower))) {
      const auto found = sizes.find(function.site.function);
      const bool grows = function.value >= kGrowingSamples && found != sizes.end() &&
                         GrowsStepByStep(found->second, grower.one_size) &&
                         AllocatesMuch(context, function.site.function, grower.least_bytes);
      if (grows) out.emplace_back(&grower, std::move(function));
    }
  }
  std::ranges::stable_sort(out, std::ranges::greater(), [](const auto& entry) { return entry.second.value; });
  return out;
}

}  // namespace

bool GrowthUndecided(const RuleContext& context) {
  if (!context.allocs || !context.cpu || !EnoughAllocations(context) || EnoughCpuSamples(context)) return false;
  const SizesByFunction sizes = AllSizes(context);
  if (!Growing(context, sizes).empty()) return false;
  return std::ranges::any_of(sizes, [&](const auto& entry) {
    return GrowsStepByStep(entry.second, true) && AllocatesMuch(context, entry.first, kGrowthBytes);
  });
}

void JudgeGrowth(RuleContext& context) {
  if (!context.Wanted("alloc.string_concat") && !context.Wanted("alloc.growth")) return;
  if (!context.allocs || !context.cpu || !EnoughAllocations(context)) return;  // said by JudgeAllocs and JudgeCpu
  std::set<std::string> told;                                                  // one function's bytes are one finding's
  for (const auto& [grower, function] : Growing(context, AllSizes(context))) {
    if (!told.insert(function.site.function).second || !context.Wanted(grower->rule)) continue;
    context.out.findings.push_back(GrowthDraft(context, *grower, function.site));
  }
  if (GrowthUndecided(context)) {
    context.NotJudged("growing slices, maps and strings", "too few CPU samples tell what makes them larger",
                      "a longer profile window, or a higher rate");
  }
}

}  // namespace hone::profile
