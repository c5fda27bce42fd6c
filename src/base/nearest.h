// "Did you mean": the known name nearest to one that is not known.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hone::base {

// The candidate with the smallest optimal-string-alignment distance (insert, delete, replace, swap neighbours) to
// `name`, where that distance is at most a third of the longer length (and at least 1); ties go to the first. Empty if
// none is near.
std::optional<std::string> NearestName(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace hone::base
