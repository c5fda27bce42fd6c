// Texts with ${...} in them: parsed once, filled in often.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hone::project {

// Names and what they stand for: "db.url", "port.debug", "login.customer.token". Names of Hone's own environment
// ("env.HOME") need not be in it.
using Values = std::map<std::string, std::string, std::less<>>;

// The value of `name`: from `values`, or for "env.NAME" from this process's environment. Empty if there is none.
std::optional<std::string> Find(const Values& values, std::string_view name);

// A text with ${name} in it; $${ is a literal ${, and any other $ is itself. A value.
class Template {
 public:
  struct Part {
    bool is_name = false;
    std::string text = {};  // literal text, or the name without ${ and }
    size_t offset = 0;      // of the part in source()
    bool operator==(const Part&) const = default;
  };
  using Lookup = std::function<std::optional<std::string>(std::string_view name)>;
  // Turns a value into what may stand at its place; `before` is the text so far.
  using Encode = std::function<std::string(std::string_view value, std::string_view before)>;

  // kInput for a ${ without }, and for a name that holds something other than letters, digits, _ . and -.
  static base::Result<Template> Parse(std::string_view text);
  Template() = default;

  // With each name replaced by what `lookup` knows, through `encode` if there is one. kInput for an unknown name.
  base::Result<std::string> Expand(const Lookup& lookup, const Encode& encode = {}) const;
  base::Result<std::string> Expand(const Values& values) const;

  const std::string& source() const { return source_; }
  std::span<const Part> parts() const { return parts_; }
  bool empty() const { return source_.empty(); }
  // Whether ${name} stands in it.
  bool Uses(std::string_view name) const;
  bool operator==(const Template&) const = default;

 private:
  std::string source_ = {};
  std::vector<Part> parts_ = {};
};

}  // namespace hone::project
