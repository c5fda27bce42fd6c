// What bounds a replica's pool from above: the capture "pool.bounds" out of hone.toml's [pool].
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "evidence/method.h"
#include "project/project.h"

namespace hone::ops {

inline constexpr std::string_view kBoundsKind = "pool.bounds";

// "max_connections 100\nreserve 3\nreplicas 2\n".
std::string EncodeBounds(const project::Pool& pool);

// The most connections that one replica may have: (max_connections - reserve) / replicas, rounded down.
int64_t CapOf(const project::Pool& pool);

// pool.cap@1: that, of one "pool.bounds" capture.
std::span<const evidence::Method> PoolBoundMethods();

}  // namespace hone::ops
