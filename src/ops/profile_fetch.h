// Fetching profiles from a service's pprof endpoints: CPU while load runs, the others at once.
#pragma once

#include <future>
#include <string>

#include "base/error.h"

namespace hone::ops {

// A CPU profile that is being taken on a thread of its own.
class ProfileFetch {
 public:
  // Asks `pprof_url`/profile for `seconds` (whole ones: what Go's handler takes).
  void Start(const std::string& pprof_url, int seconds);
  // Waits for it: the profile's bytes as the service sent them. kService if it answered something else than 200.
  base::Result<std::string> Take();

 private:
  std::future<base::Result<std::string>> bytes_;
};

// `pprof_url`/`name` ("allocs", "mutex") as it is now.
base::Result<std::string> FetchProfile(const std::string& pprof_url, const std::string& name);

}  // namespace hone::ops
