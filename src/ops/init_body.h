// Drafts JSON bodies from the Go types that handlers decode.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
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

// A text as JSON.
std::string JsonText(std::string_view text);

// What a validation tag says ("required,min=1,max=100", "oneof=a b"), up to a dive.
struct Rules {
  bool required = false;
  bool optional = false;  // omitempty
  std::optional<int64_t> least = {};
  std::optional<int64_t> most = {};
  std::optional<int64_t> length = {};
  std::vector<std::string> choices = {};
  bool email = false;
  bool uuid = false;
  bool url = false;
};
Rules ParseRules(std::string_view text);

// A list that a body holds, of which a handler may do something for each element.
struct BodyList {
  std::string items = {};  // one of them, for `items` in hone.toml; empty: the body has no such list
  Rules rules = {};        // of the list
};

// Whether DraftBody would draft a list as ${NAME.items}: the body is one of objects, or has one of objects or of ids.
bool HasList(const golang::Shape& shape);

// The text of a body template. `value_of` gives a template for fields that refer to other rows ("${customer_id}"); the
// rest follows from name, kind and rules, with ${seq} where a text should not be the same twice. Where any field says
// that it is required, those that do not are left out. The first list stands as ${NAME.items} for the name in
// `size_name` (empty: has one element), with its element in `list`. Nothing, and `obstacle`, where a needed value
// cannot be made up.
using ValueOf = std::function<std::optional<std::string>(const golang::Field& field)>;
std::optional<std::string> DraftBody(const golang::Shape& shape, const ValueOf& value_of, const std::string& size_name,
                                     BodyList& list, std::string& obstacle);

}  // namespace hone::ops
