// Sums over the stacks of a profile: each stack counted once, runtime and library frames charged to the user's line
// above them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "golang/symbol_sets.h"
#include "golang/symbols.h"
#include "profile/pprof.h"

namespace hone::profile {

// Which stacks a question is about.
enum class Stacks {
  kAll,
  kRequests,  // those that serve HTTP (and goroutines of `handler`), without profiler's and scraper's handlers
  kHandler,   // those through `handler`
};

// A line of the user's.
struct Site {
  std::string function = {};  // full Go symbol
  std::string file = {};      // as in the profile
  int64_t line = 0;
  auto operator<=>(const Site&) const = default;
};

struct Query {
  Stacks stacks = Stacks::kAll;
  std::string handler = {};
  std::optional<golang::SymbolSet> set = {};  // only stacks with a frame of it
  std::string function = {};                  // only stacks charged to this function of the user's; empty: all
  int64_t line = 0;                           // and this line; 0: all
  bool caused = false;                        // only stacks that `set` is the cause of: Stacked::Caused
  bool own = false;                           // only stacks whose leaf is the user's code: Stacked::ChargedToSelf
};

// A profile with what its symbols mean. Refers to the profile, which must outlive it.
class Stacked {
 public:
  Stacked(const Profile& profile, std::span<const golang::Module> modules, std::string_view handler);

  const Profile& profile() const { return profile_; }
  bool Has(size_t sample, golang::SymbolSet set) const;
  bool Within(size_t sample, Stacks stacks) const;
  // The user's frame to which a stack is charged: the first one above the outermost frame of `set`, or, without a set,
  // above the leaf. Absent where no frame of the stack is the user's. Valid as long as the profile.
  const Line* Charged(size_t sample, std::optional<golang::SymbolSet> set = {}) const;
  // Whether every frame below the charged one (without a set) is of `set` or the runtime's, and at least one is of
  // `set`.
  bool OnlyThrough(size_t sample, golang::SymbolSet set) const;
  // Whether the frame right below the charged one of `set` is of that set: the user's code calls it, not a library's.
  bool CalledByUser(size_t sample, golang::SymbolSet set) const;
  // Whether `set` is why this stack is there: of its frames that are costs by themselves (json, regexp_compile,
  // logging, fmt, concat, growth, map_growth) the outermost is of `set`, and the user's code calls it. Of fmt only what
  // it does itself: no method and no writer of others.
  bool Caused(size_t sample, golang::SymbolSet set) const;
  bool Matches(size_t sample, const Query& query) const;
  Site SiteOf(const Line& line) const;
  bool IsUser(const Line& line) const { return origin_[line.function] == golang::Origin::kUser; }
  bool ChargedToSelf(size_t sample) const;  // the leaf is the user's own, but for the runtime's frames
  bool HasFunction(size_t sample, std::string_view name) const;

 private:
  bool RunsItself(size_t sample, golang::SymbolSet set) const;
  template <typename Visit>
  void Frames(size_t sample, Visit visit) const;

  const Profile& profile_;
  std::vector<golang::Origin> origin_;  // by function
  std::vector<uint32_t> sets_;          // by function: bit of each SymbolSet
  std::vector<bool> in_handler_;        // by function
  std::vector<uint32_t> sample_sets_;   // by sample: all frames' sets
  std::vector<bool> sample_in_handler_;
};

// The sum of one value type over the stacks that match. Exact: decoded values add up within 64 bits.
int64_t Sum(const Stacked& stacked, size_t type, const Query& query);
size_t CountSamples(const Stacked& stacked, const Query& query);

// The same, by the user's line to which each stack is charged; stacks without one are left out.
std::map<Site, int64_t> SumBySite(const Stacked& stacked, size_t type, const Query& query);

// A function's own and cumulative value, each stack counted once.
struct FunctionTotal {
  std::string name = {};
  int64_t self = 0;
  int64_t cumulative = 0;
};
// By self, then cumulative, then name. runtime.asyncPreempt is charged to its caller.
std::vector<FunctionTotal> SumByFunction(const Stacked& stacked, size_t type, Stacks stacks);

// Modules for a profile of which nothing is known: the packages whose files lie in no module cache, no vendor folder
// and not in Go's own tree. Their import paths serve as module paths.
std::vector<golang::Module> GuessModules(const Profile& profile);

}  // namespace hone::profile
