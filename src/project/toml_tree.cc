#include "project/toml_tree.h"

#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace hone::project {
namespace {

Position At(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

TomlNode Convert(const toml::node& node) {
  TomlNode result;
  result.at = At(node.source());
  switch (node.type()) {
    case toml::node_type::table:
      result.kind = TomlNode::Kind::kTable;
      for (const auto& [key, value] : *node.as_table()) {
        result.members.push_back({std::string(key.str()), At(key.source()), Convert(value)});
      }
      std::ranges::stable_sort(result.members, {}, &TomlMember::at);
      break;
    case toml::node_type::array:
      result.kind = TomlNode::Kind::kArray;
      for (const toml::node& item : *node.as_array()) result.items.push_back(Convert(item));
      break;
    case toml::node_type::string:
      result.kind = TomlNode::Kind::kString;
      result.text = node.as_string()->get();
      break;
    case toml::node_type::integer:
      result.kind = TomlNode::Kind::kInteger;
      result.integer = node.as_integer()->get();
      result.real = static_cast<double>(result.integer);
      break;
    case toml::node_type::floating_point:
      result.kind = TomlNode::Kind::kFloat;
      result.real = node.as_floating_point()->get();
      break;
    case toml::node_type::boolean:
      result.kind = TomlNode::Kind::kBoolean;
      result.boolean = node.as_boolean()->get();
      break;
    default:
      result.kind = TomlNode::Kind::kDate;
  }
  return result;
}

}  // namespace

std::string_view Describe(TomlNode::Kind kind) {
  switch (kind) {
    case TomlNode::Kind::kString:
      return "text";
    case TomlNode::Kind::kInteger:
      return "a whole number";
    case TomlNode::Kind::kFloat:
      return "a number";
    case TomlNode::Kind::kBoolean:
      return "true or false";
    case TomlNode::Kind::kDate:
      return "a date or time";
    case TomlNode::Kind::kArray:
      return "a list";
    case TomlNode::Kind::kTable:
      return "a table";
  }
  std::unreachable();
}

std::expected<TomlNode, Problem> ParseToml(std::string_view text) {
  try {
    const toml::table root = toml::parse(text);
    TomlNode node = Convert(root);
    node.at = {1, 1};
    return node;
  } catch (const toml::parse_error& error) {
    return std::unexpected(Problem{At(error.source()), "not TOML: " + std::string(error.description())});
  } catch (const std::exception& error) {
    return std::unexpected(Problem{{1, 1}, std::string("not TOML: ") + error.what()});
  }
}

}  // namespace hone::project
