// A TOML text as a tree of values that know where they stand.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "project/project.h"

namespace hone::project {

struct TomlMember;

struct TomlNode {
  enum class Kind { kString, kInteger, kFloat, kBoolean, kDate, kArray, kTable };
  Kind kind = Kind::kTable;
  Position at = {};
  std::string text = {};  // of a string
  int64_t integer = 0;
  double real = 0;  // of a float or an integer
  bool boolean = false;
  std::vector<TomlNode> items = {};  // of an array
  std::vector<TomlMember>
      members;  // of a table, in the order of the text; no initialiser: the type is not complete yet
};

struct TomlMember {
  std::string key = {};
  Position at = {};  // of the key
  TomlNode value = {};
};

// "text", "a whole number", "a list", ... as messages say it.
std::string_view Describe(TomlNode::Kind kind);

// The root table, or what breaks TOML's rules (TOML 1.0) and where.
std::expected<TomlNode, Problem> ParseToml(std::string_view text);

}  // namespace hone::project
