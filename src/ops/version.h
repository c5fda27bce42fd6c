// The version of this hone.
#pragma once

namespace hone::ops {

inline constexpr char kVersion[] = HONE_VERSION;

}  // namespace hone::ops
