// The table of `hone sql proxy --live`.
#pragma once

#include <cstddef>
#include <string>

#include "ops/sql_proxy.h"

namespace hone::cli {

// A headline, then at most `most` statements, those that took most time first, a line of `width` columns each.
std::string LiveText(const sql::LiveView& view, size_t width, size_t most);

}  // namespace hone::cli
