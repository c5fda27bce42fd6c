// What requests leave behind: goroutines that do not end and memory that a collection does not free, by the user's
// function that waits or that allocated. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profile/aggregate.h"

namespace hone::profile {

enum class Remains { kGoroutines, kMemory };

// The owner of a stack is the user's function that it is charged to, together with the closures written in it.
inline constexpr std::string_view kEverybody;           // all owners
inline constexpr std::string_view kNobodyOfUser = "-";  // stacks without the user's code

// How much more of a profile's goroutines, or of its bytes in use, there is than before; negative: less.
struct Growth {
  double value = 0;
  // The effective number of sampled objects behind it. Each goroutine is one; of a heap it is bounded from below: what
  // is in use in both profiles adds no error to their difference.
  double samples = 0;
};

// Both profiles are of the kind that `what` asks for (Kind::kGoroutine, Kind::kHeap). Left out are the handlers of
// profilers, and goroutines that hold a connection of HTTP without running code of the user's.
Growth GrowthBetween(Remains what, const Stacked& before, const Stacked& after, std::string_view owner);

struct Owned {
  std::string owner = {};  // kNobodyOfUser where no code of the user's is on the stack
  Site site = {};          // the line with most of it; of kNobodyOfUser the frame outside of the runtime, without file
  std::string waits = {};  // of goroutines: the function that this line calls and that does not return
  Growth growth = {};
};
// The owners of what there is more of, the most first.
std::vector<Owned> GrownOwners(Remains what, const Stacked& before, const Stacked& after);

// The line of heap?debug=1 that tells how much memory stacks take, which is all of that text that is kept: absent where
// there is none. And its number of bytes.
std::optional<std::string> StackLine(std::string_view heap_text);
std::optional<double> StackBytes(std::string_view line);

}  // namespace hone::profile
