// In what two answers to the same request differ. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace hone::ops {

// The places of two bodies that are not alike: of JSON documents the paths ("/items/*/at"; a star is any place in a
// list, and a list of another length differs as such), of anything else, and of bodies larger than 4 MiB, the whole
// ("").
std::set<std::string> DifferencesOf(std::string_view body, std::string_view other);

}  // namespace hone::ops
