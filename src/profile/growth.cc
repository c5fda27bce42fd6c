#include "profile/growth.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

namespace hone::profile {
namespace {

using golang::SymbolSet;

// runtime/pprof/pprof.go, writeHeapInternal: MemStats.StackInuse, and what the system gave.
constexpr std::string_view kStackKey = "# Stack = ";

// The function that a closure is written in; itself where it is none.
std::string_view OuterFunction(std::string_view name) {
  const std::string closure = golang::ParseSymbol(name).closure;
  if (closure.empty() || closure.size() + 1 >= name.size() || !name.ends_with(closure)) return name;
  name.remove_suffix(closure.size() + 1);
  return name;
}

// The frame that a stack without code of the user's is told by: the innermost one outside of the runtime.
const Line* OutsideRuntime(const Profile& profile, size_t sample) {
  const Line* last = nullptr;
  for (const uint32_t location : profile.Stack(sample)) {
    for (const Line& line : profile.Lines(location)) {
      last = &line;
      if (golang::Classify(profile.functions[line.function].name, {}) != golang::Origin::kRuntime) return last;
    }
  }
  return last;
}

// What the frame `below` calls, or, without one, where the stack ends: there a goroutine waits.
std::string_view CalledBy(const Profile& profile, size_t sample, const Line* below) {
  std::string_view called;
  for (const uint32_t location : profile.Stack(sample)) {
    for (const Line& line : profile.Lines(location)) {
      if (&line == below) return called;
      if (below != nullptr || called.empty()) called = profile.functions[line.function].name;
    }
  }
  return called;
}

// Whether a stack is one of the service's own that may be left behind.
bool MayRemain(Remains what, const Stacked& stacked, size_t sample) {
  if (stacked.Has(sample, SymbolSet::kObserver)) return false;
  return what == Remains::kMemory || !stacked.Has(sample, SymbolSet::kHttpServe) || stacked.Charged(sample) != nullptr;
}

bool IsOwnedBy(const Stacked& stacked, size_t sample, std::string_view owner) {
  if (owner == kEverybody) return true;
  const Line* charged = stacked.Charged(sample);
  if (owner == kNobodyOfUser || charged == nullptr) return owner == kNobodyOfUser && charged == nullptr;
  return OuterFunction(stacked.profile().functions[charged->function].name) == owner;
}

// What one profile holds, with the variance that sampling gives it: one sampled object of size s stands for 1 / p of
// its like, p = 1 - exp(-s / rate).
struct HeapSum {
  double in_use = 0;
  double in_use_variance = 0;
  double allocated_variance = 0;

  double freed_variance() const { return std::max(0.0, allocated_variance - in_use_variance); }
};

double SamplingVariance(int64_t count, int64_t bytes, int64_t rate) {
  if (count <= 0 || bytes <= 0) return 0;
  const auto objects = static_cast<double>(count);
  const auto size = static_cast<double>(bytes);
  const double chance = rate > 1 ? -std::expm1(-size / objects / static_cast<double>(rate)) : 1;
  return size * size / (objects * chance);
}

HeapSum SumHeap(const Stacked& stacked, std::string_view owner) {
  const Profile& profile = stacked.profile();
  const auto allocated = profile.Type("alloc_space");
  const auto objects = profile.Type("alloc_objects");
  const auto in_use = profile.Type("inuse_space");
  const auto in_use_objects = profile.Type("inuse_objects");
  HeapSum sum;
  if (!allocated || !objects || !in_use || !in_use_objects) return sum;
  for (size_t s = 0; s < profile.samples(); ++s) {
    if (!MayRemain(Remains::kMemory, stacked, s) || !IsOwnedBy(stacked, s, owner)) continue;
    sum.in_use += static_cast<double>(profile.Value(s, *in_use));
    sum.in_use_variance +=
        SamplingVariance(profile.Value(s, *in_use_objects), profile.Value(s, *in_use), profile.period);
    sum.allocated_variance +=
        SamplingVariance(profile.Value(s, *objects), profile.Value(s, *allocated), profile.period);
  }
  return sum;
}

Growth HeapGrowth(const Stacked& before, const Stacked& after, std::string_view owner) {
  const HeapSum first = SumHeap(before, owner);
  const HeapSum second = SumHeap(after, owner);
  // Only objects that are in use in one of the two make the difference err: those made meanwhile, and those freed.
  const double made = std::max(0.0, second.allocated_variance - first.allocated_variance);
  const double freed = std::max(0.0, second.freed_variance() - first.freed_variance());
  const double variance = std::min(second.in_use_variance, made) + std::min(first.in_use_variance, freed);
  Growth growth{.value = second.in_use - first.in_use};
  if (variance > 0 && growth.value > 0) growth.samples = growth.value * growth.value / variance;
  return growth;
}

double CountGoroutines(const Stacked& stacked, std::string_view owner) {
  const Profile& profile = stacked.profile();
  const auto type = profile.Type("goroutine");
  double count = 0;
  for (size_t s = 0; type && s < profile.samples(); ++s) {
    if (MayRemain(Remains::kGoroutines, stacked, s) && IsOwnedBy(stacked, s, owner))
      count += static_cast<double>(profile.Value(s, *type));
  }
  return count;
}

// What the stacks of an owner hold, by line.
struct Holding {
  double value = 0;
  std::map<Site, double> sites = {};
  std::map<std::string_view, double> waits = {};
};

void AddHoldings(Remains what, const Stacked& stacked, double sign, std::map<std::string_view, Holding>& owners) {
  const Profile& profile = stacked.profile();
  const auto type = profile.Type(what == Remains::kMemory ? "inuse_space" : "goroutine");
  for (size_t s = 0; type && s < profile.samples(); ++s) {
    if (!MayRemain(what, stacked, s)) continue;
    const Line* charged = stacked.Charged(s);
    const Line* line = charged != nullptr ? charged : OutsideRuntime(profile, s);
    if (line == nullptr) continue;
    const std::string_view name = profile.functions[line->function].name;
    Holding& holding = owners[charged != nullptr ? OuterFunction(name) : kNobodyOfUser];
    const double value = sign * static_cast<double>(profile.Value(s, *type));
    holding.value += value;
    holding.sites[charged != nullptr ? stacked.SiteOf(*charged) : Site{std::string(name), {}, 0}] += value;
    if (what == Remains::kGoroutines) holding.waits[CalledBy(profile, s, charged)] += value;
  }
}

template <typename Key>
const Key& MostOf(const std::map<Key, double>& values) {
  return std::ranges::max_element(values, {}, &std::pair<const Key, double>::second)->first;
}

}  // namespace

Growth GrowthBetween(Remains what, const Stacked& before, const Stacked& after, std::string_view owner) {
  if (what == Remains::kMemory) return HeapGrowth(before, after, owner);
  const double more = CountGoroutines(after, owner) - CountGoroutines(before, owner);
  return {more, std::max(0.0, more)};
}

std::vector<Owned> GrownOwners(Remains what, const Stacked& before, const Stacked& after) {
  std::map<std::string_view, Holding> owners;
  AddHoldings(what, after, 1, owners);
  AddHoldings(what, before, -1, owners);
  std::vector<Owned> out;
  for (const auto& [owner, holding] : owners) {
    if (holding.value <= 0) continue;
    Owned owned{std::string(owner), MostOf(holding.sites), {}, GrowthBetween(what, before, after, owner)};
    if (!holding.waits.empty()) owned.waits = MostOf(holding.waits);
    out.push_back(std::move(owned));
  }
  std::ranges::stable_sort(out, std::ranges::greater(), [](const Owned& owned) { return owned.growth.value; });
  return out;
}

std::optional<double> StackBytes(std::string_view line) {
  if (!line.starts_with(kStackKey)) return std::nullopt;
  line.remove_prefix(kStackKey.size());
  int64_t bytes = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), bytes);
  if (error != std::errc() || bytes < 0) return std::nullopt;
  return static_cast<double>(bytes);
}

std::optional<std::string> StackLine(std::string_view heap_text) {
  const size_t at = heap_text.find(kStackKey);
  if (at == std::string_view::npos) return std::nullopt;
  const auto bytes = StackBytes(heap_text.substr(at));
  if (!bytes) return std::nullopt;
  return std::string(kStackKey) + std::to_string(static_cast<int64_t>(*bytes)) + "\n";
}

}  // namespace hone::profile
