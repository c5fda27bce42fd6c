// Gzip, inflated into memory with a bound.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hone::profile {

bool LooksGzipped(std::string_view bytes);

// All members of a gzip file. kInput if it is truncated, corrupt, followed by something else, or inflates to more than
// `limit` bytes.
base::Result<std::string> Gunzip(std::string_view bytes, size_t limit);

}  // namespace hone::profile
