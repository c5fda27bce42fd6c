// The version of this hone.
#pragma once

namespace hone::cli {

inline constexpr char kVersion[] = HONE_VERSION;

}  // namespace hone::cli
