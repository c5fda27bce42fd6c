#include "profile/aggregate.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

namespace hone::profile {
namespace {

using golang::Origin;
using golang::SymbolSet;

uint32_t Bit(SymbolSet set) { return uint32_t{1} << static_cast<unsigned>(set); }

// Sets whose frames are a cost by themselves, whatever they call.
constexpr uint32_t CauseBits() {
  uint32_t bits = 0;
  for (const SymbolSet set : {SymbolSet::kJson, SymbolSet::kRegexpCompile, SymbolSet::kLogging, SymbolSet::kFmt,
                              SymbolSet::kConcat, SymbolSet::kGrowth, SymbolSet::kMapGrowth}) {
    bits |= uint32_t{1} << static_cast<unsigned>(set);
  }
  return bits;
}
constexpr uint32_t kCauses = CauseBits();

// "/usr/local/go/src/" of the file of a runtime function; empty with -trimpath, or without one.
std::string GoTree(const Profile& profile) {
  for (const Function& function : profile.functions) {
    const size_t at = function.file.rfind("/src/runtime/");
    if (at != std::string::npos && function.name.starts_with("runtime.")) return function.file.substr(0, at + 5);
  }
  return {};
}

}  // namespace

// Visits the frames of a sample from the leaf to the root until `visit` returns false.
template <typename Visit>
void Stacked::Frames(size_t sample, Visit visit) const {
  for (const uint32_t location : profile_.Stack(sample)) {
    for (const Line& line : profile_.Lines(location)) {
      if (!visit(line)) return;
    }
  }
}

Stacked::Stacked(const Profile& profile, std::span<const golang::Module> modules, std::string_view handler)
    : profile_(profile) {
  for (const Function& function : profile.functions) {
    origin_.push_back(golang::Classify(function.name, modules));
    uint32_t sets = 0;
    for (const golang::SymbolPrefix& prefix : golang::SymbolPrefixes()) {
      if (function.name.starts_with(prefix.prefix)) sets |= Bit(prefix.set);
    }
    sets_.push_back(sets);
    in_handler_.push_back(golang::IsWithin(function.name, handler));
  }
  for (size_t s = 0; s < profile.samples(); ++s) {
    uint32_t sets = 0;
    bool in_handler = false;
    Frames(s, [&](const Line& line) {
      sets |= sets_[line.function];
      in_handler = in_handler || in_handler_[line.function];
      return true;
    });
    sample_sets_.push_back(sets);
    sample_in_handler_.push_back(in_handler);
  }
}

bool Stacked::Has(size_t sample, SymbolSet set) const { return (sample_sets_[sample] & Bit(set)) != 0; }

bool Stacked::Within(size_t sample, Stacks stacks) const {
  switch (stacks) {
    case Stacks::kAll:
      return true;
    case Stacks::kRequests:
      return !Has(sample, SymbolSet::kObserver) && (Has(sample, SymbolSet::kHttpServe) || sample_in_handler_[sample]);
    case Stacks::kHandler:
      return sample_in_handler_[sample];
  }
  return false;
}

const Line* Stacked::Charged(size_t sample, std::optional<SymbolSet> set) const {
  const Line* charged = nullptr;
  Frames(sample, [&](const Line& line) {
    if (set && (sets_[line.function] & Bit(*set)) != 0) {
      charged = nullptr;  // a frame of the set further out: start again above it
    } else if (charged == nullptr && IsUser(line)) {
      charged = &line;
      return set.has_value();
    }
    return true;
  });
  return charged;
}

bool Stacked::OnlyThrough(size_t sample, SymbolSet set) const {
  bool only = true;
  bool some = false;
  Frames(sample, [&](const Line& line) {
    if (IsUser(line)) return false;
    const bool in = (sets_[line.function] & Bit(set)) != 0;
    some = some || in;
    only = only && (in || origin_[line.function] == Origin::kRuntime);
    return only;
  });
  return only && some;
}

bool Stacked::ChargedToSelf(size_t sample) const {
  bool self = false;
  Frames(sample, [&](const Line& line) {
    self = IsUser(line);
    return origin_[line.function] == Origin::kRuntime;
  });
  return self;
}

bool Stacked::CalledByUser(size_t sample, SymbolSet set) const {
  bool called = false;
  bool below_in_set = false;
  Frames(sample, [&](const Line& line) {
    if (IsUser(line)) {
      called = below_in_set;
      return false;
    }
    below_in_set = (sets_[line.function] & Bit(set)) != 0;
    return true;
  });
  return called;
}

bool Stacked::Caused(size_t sample, SymbolSet set) const {
  uint32_t outermost = 0;
  bool below = false;  // the frame before this one, but for the runtime's, is a cause
  bool by_user = false;
  Frames(sample, [&](const Line& line) {
    const uint32_t cause = sets_[line.function] & kCauses;
    if (cause != 0) {
      outermost = cause;
    } else if (below && origin_[line.function] == Origin::kRuntime) {
      return true;  // the runtime calls its maps
    } else if (below) {
      by_user = IsUser(line);
    }
    below = cause != 0;
    return true;
  });
  return (outermost & Bit(set)) != 0 && by_user && (set != SymbolSet::kFmt || RunsItself(sample, set));
}

// Whether neither the user's code nor a writer runs below the innermost frame of `set`.
bool Stacked::RunsItself(size_t sample, SymbolSet set) const {
  bool itself = true;
  Frames(sample, [&](const Line& line) {
    if ((sets_[line.function] & Bit(set)) != 0) return false;
    itself = !IsUser(line) && !profile_.functions[line.function].name.ends_with(").Write");
    return itself;
  });
  return itself;
}

bool Stacked::HasFunction(size_t sample, std::string_view name) const {
  bool found = false;
  Frames(sample, [&](const Line& line) {
    found = profile_.functions[line.function].name == name;
    return !found;
  });
  return found;
}

bool Stacked::Matches(size_t sample, const Query& query) const {
  if (!Within(sample, query.stacks)) return false;
  if (query.set && !Has(sample, *query.set)) return false;
  if (query.set && query.caused && !Caused(sample, *query.set)) return false;
  if (query.own && !ChargedToSelf(sample)) return false;
  if (query.function.empty()) return true;
  const Line* charged = Charged(sample, query.set);
  return charged != nullptr && profile_.functions[charged->function].name == query.function &&
         (query.line == 0 || charged->line == query.line);
}

Site Stacked::SiteOf(const Line& line) const {
  const Function& function = profile_.functions[line.function];
  return {function.name, function.file, line.line};
}

int64_t Sum(const Stacked& stacked, size_t type, const Query& query) {
  int64_t sum = 0;
  for (size_t s = 0; s < stacked.profile().samples(); ++s) {
    if (stacked.Matches(s, query)) sum += stacked.profile().Value(s, type);
  }
  return sum;
}

size_t CountSamples(const Stacked& stacked, const Query& query) {
  size_t count = 0;
  for (size_t s = 0; s < stacked.profile().samples(); ++s) count += size_t{stacked.Matches(s, query)};
  return count;
}

std::map<Site, int64_t> SumBySite(const Stacked& stacked, size_t type, const Query& query) {
  std::map<Site, int64_t> sums;
  for (size_t s = 0; s < stacked.profile().samples(); ++s) {
    if (!stacked.Matches(s, query)) continue;
    if (const Line* charged = stacked.Charged(s, query.set))
      sums[stacked.SiteOf(*charged)] += stacked.profile().Value(s, type);
  }
  return sums;
}

std::vector<FunctionTotal> SumByFunction(const Stacked& stacked, size_t type, Stacks stacks) {
  const Profile& profile = stacked.profile();
  std::map<std::string_view, FunctionTotal> totals;
  std::set<std::string_view> seen;
  for (size_t s = 0; s < profile.samples(); ++s) {
    if (!stacked.Within(s, stacks)) continue;
    const int64_t value = profile.Value(s, type);
    bool leaf = true;
    seen.clear();
    for (const uint32_t location : profile.Stack(s)) {
      for (const Line& line : profile.Lines(location)) {
        const std::string_view name = profile.functions[line.function].name;
        if (leaf && golang::InSet(SymbolSet::kPreempt, name)) continue;
        if (seen.insert(name).second) totals[name].cumulative += value;
        if (leaf) totals[name].self += value;
        leaf = false;
      }
    }
  }
  std::vector<FunctionTotal> out;
  for (auto& [name, total] : totals) {
    total.name = std::string(name);
    out.push_back(std::move(total));
  }
  std::sort(out.begin(), out.end(), [](const FunctionTotal& a, const FunctionTotal& b) {
    return std::tie(b.self, b.cumulative, a.name) < std::tie(a.self, a.cumulative, b.name);
  });
  return out;
}

std::vector<golang::Module> GuessModules(const Profile& profile) {
  const std::string tree = GoTree(profile);
  std::set<std::string> packages;
  for (const Function& function : profile.functions) {
    const std::string package = golang::ParseSymbol(function.name).package;
    if (package.empty() || package == "main" || function.file.contains('@') || function.file.contains("/vendor/"))
      continue;
    const bool dotted = package.substr(0, package.find('/')).contains('.');
    // Without Go's tree in the paths (-trimpath), a package without a dot may be Go's own.
    const bool own_tree = tree.empty() ? dotted : !function.file.starts_with(tree);
    if (own_tree && !function.file.empty() && (dotted || function.file.starts_with('/'))) packages.insert(package);
  }
  std::vector<golang::Module> modules;
  for (const std::string& package : packages) modules.push_back({package, ""});
  return modules;
}

}  // namespace hone::profile
