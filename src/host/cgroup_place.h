// Which control group this process is in: the one of version 2, or that of one controller of version 1.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace hone::host {

struct OwnCgroup {
  std::filesystem::path mount = {};   // the hierarchy's top, as far as it can be seen here
  std::filesystem::path folder = {};  // the group itself; `mount` or below it
};

// Empty where version 2 does not rule: it is not what is mounted at /sys/fs/cgroup. `root` is "/" except in tests.
std::optional<OwnCgroup> OwnCgroupV2(const std::filesystem::path& root);

// Of the hierarchy of version 1 that holds this controller ("cpu", "memory"), by /proc/self/cgroup and
// /proc/self/mountinfo (proc(5)). Empty where none is mounted below /sys/fs/cgroup, or the group is above what is.
std::optional<OwnCgroup> OwnCgroupV1(const std::filesystem::path& root, std::string_view controller);

}  // namespace hone::host
