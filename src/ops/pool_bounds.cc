#include "ops/pool_bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace hone::ops {
namespace {

base::Result<evidence::Computed> Cap(std::span<const evidence::CaptureBytes> captures, const evidence::Parameters&,
                                     uint64_t) {
  project::Pool pool;
  bool read = captures.size() == 1;
  std::istringstream in(std::string(read ? captures[0].bytes : ""));
  for (const auto& [name, into] : {std::pair("max_connections", &pool.max_connections),
                                   std::pair("reserve", &pool.reserve), std::pair("replicas", &pool.replicas)}) {
    std::string word;
    read = read && (in >> word >> *into) && word == name;
  }
  if (!read || pool.replicas < 1) return base::Fail(base::Code::kInput, "Not a capture of a pool's bounds");
  return evidence::Computed{.value = static_cast<double>(CapOf(pool)), .n = pool.replicas, .n_of = "replicas"};
}

constexpr evidence::Method kMethods[] = {
    {"pool.cap@1", "(max_connections - reserve) / replicas, of hone.toml's [pool]", Cap},
};

}  // namespace

std::string EncodeBounds(const project::Pool& pool) {
  return fmt::format("max_connections {}\nreserve {}\nreplicas {}\n", pool.max_connections, pool.reserve,
                     pool.replicas);
}

int64_t CapOf(const project::Pool& pool) {
  return std::max<int64_t>(1, (pool.max_connections - pool.reserve) / pool.replicas);
}

std::span<const evidence::Method> PoolBoundMethods() { return kMethods; }

}  // namespace hone::ops
