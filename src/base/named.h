// What is known by names, found by a view of one.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hone::base {

struct NameHash {
  using is_transparent = void;
  size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
};

template <typename T>
using Named = std::unordered_map<std::string, T, NameHash, std::equal_to<>>;

}  // namespace hone::base
