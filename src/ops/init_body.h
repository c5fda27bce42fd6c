// Drafts JSON bodies from the Go types that handlers decode.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "golang/inspection.h"

namespace hone::ops {

using base::LowerCase;

// Whether `name`, in any case, is one of the names.
template <size_t N>
bool IsOneOf(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::find(names, LowerCase(name)) != names.end();
}

// Whether `name`, in any case, holds one of the words.
template <size_t N>
bool HoldsOneOf(std::string_view name, const std::array<std::string_view, N>& words) {
  const std::string lower = LowerCase(name);
  return std::ranges::any_of(words, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// A text as JSON.
std::string JsonText(std::string_view text);

// Whether a field is a list of texts or UUIDs; bytes are none.
bool IsListOfTexts(const golang::Field& field);

// What a validation tag says ("required,min=1,max=100", "oneof=a b"), up to a dive.
struct Rules {
  bool required = false;
  bool optional = false;  // omitempty
  std::optional<int64_t> least = {};
  std::optional<int64_t> most = {};
  std::optional<int64_t> length = {};
  std::vector<std::string> choices = {};
  bool email = false;
  bool numeric = false;  // a text that is a number
  bool uuid = false;
  bool url = false;
  std::string layout = {};  // of a date or time, as Go writes it: "2006-01-02"
  std::string above = {};   // the Go name of the member beside it that it must be more than, or later

  // Whether what is left out is refused: it is zero or empty, and that is less than the least, or none of what may be.
  bool RefusesZero() const { return !optional && (least.value_or(0) > 0 || !choices.empty() || uuid || email || url); }
};
Rules ParseRules(std::string_view text);
// Those of a field's tags.
Rules RulesOf(const golang::Field& field);

// A time by a layout of Go's: noon of 13 January 2025, a Monday, so that it can begin a week.
// `later`: two days and six hours after it.
std::string TimeBy(std::string_view layout, bool later = false);

// Whether a time that is called so comes after another one: "ends_at", "checkOut", "valid_until".
bool IsEndOfTime(std::string_view name);

// A list that a body holds, of which a handler may do something for each element.
struct BodyList {
  std::string items = {};  // one of them, for `items` in hone.toml; empty: the body has no such list
  Rules rules = {};        // of the list
};

// Whether DraftBody would draft a list as ${NAME.items}: the body is one of objects, or has one of objects, of ids or
// of texts.
bool HasList(const golang::Shape& shape);

// The text of a body template. `value_of` gives a template for fields that refer to other rows ("${customer_id}"); the
// rest follows from name, kind and rules, with ${seq} where a text should not be the same twice. Where any field says
// that it is required, those that do not are left out. The first list stands as ${NAME.items} for the name in
// `size_name` (empty: has one element), with its element in `list`. Of `example`, a JSON object that documents show
// (empty: none), it takes which fields there are, numbers, dates and words that look like one of a few ("sea",
// "in_transit"); other texts and ids would not be good twice. Nothing, and `obstacle`, where a needed value
// cannot be made up. `answered` are types that answers have as well, without [] and *: their ids are the database's
// own.
using ValueOf = std::function<std::optional<std::string>(const golang::Field& field, std::string_view within)>;
std::optional<std::string> DraftBody(const golang::Shape& shape, const ValueOf& value_of, const std::string& size_name,
                                     BodyList& list, std::string& obstacle, std::string_view example = {},
                                     const std::set<std::string>& answered = {});

}  // namespace hone::ops
