#include "host/cgroup_place.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/files.h"
#include "host/proc_files.h"

namespace hone::host {
namespace {

namespace fs = std::filesystem;

// Whether a list with commas holds `word`.
bool ListHolds(std::string_view list, std::string_view word) {
  for (;;) {
    const size_t end = list.find(',');
    if (list.substr(0, end) == word) return true;
    if (end == std::string_view::npos) return false;
    list.remove_prefix(end + 1);
  }
}

// The path of the line "N:CONTROLLERS:PATH" of /proc/self/cgroup whose list `is` the one; above the root of this
// namespace ("/../a") nothing can be made.
template <typename Predicate>
std::optional<fs::path> PathOf(const fs::path& root, Predicate is) {
  const auto text = base::ReadFile(root / "proc/self/cgroup");
  if (!text) return std::nullopt;
  for (const std::string_view line : base::Lines(*text)) {
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos || !is(line.substr(0, first), line.substr(first + 1, second - first - 1)))
      continue;
    const std::string_view path = line.substr(second + 1);
    if (path.starts_with('/') && path.find("..") == std::string_view::npos) return fs::path(path);
  }
  return std::nullopt;
}

// What of the hierarchy is mounted where.
struct Mounted {
  fs::path inside = {};  // "/" unless it is a part (a container's, without a namespace of its own)
  fs::path at = {};
};

// "36 35 98:0 /inside /at options - cgroup source rw,cpu": the words behind the dash are the type, source and options.
std::optional<Mounted> MountOf(const fs::path& root, std::string_view controller) {
  const auto text = base::ReadFile(root / "proc/self/mountinfo");
  if (!text) return std::nullopt;
  for (const std::string_view line : base::Lines(*text)) {
    const std::vector<std::string_view> fields = Fields(line);
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() < 6 || fields.end() - dash < 4 || dash[1] != "cgroup" || !ListHolds(dash[3], controller))
      continue;
    if (fields[4].starts_with("/sys/fs/cgroup/")) return Mounted{fields[3], fields[4]};
  }
  return std::nullopt;
}

}  // namespace

std::optional<OwnCgroup> OwnCgroupV2(const fs::path& root) {
  if (!base::ReadFile(root / "sys/fs/cgroup/cgroup.controllers")) return std::nullopt;
  const auto path =
      PathOf(root, [](std::string_view number, std::string_view names) { return number == "0" && names.empty(); });
  if (!path) return std::nullopt;
  const fs::path mount = root / "sys/fs/cgroup";
  return OwnCgroup{mount, path->has_relative_path() ? mount / path->relative_path() : mount};
}

std::optional<OwnCgroup> OwnCgroupV1(const fs::path& root, std::string_view controller) {
  const auto path =
      PathOf(root, [&](std::string_view, std::string_view names) { return ListHolds(names, controller); });
  const auto mounted = MountOf(root, controller);
  if (!path || !mounted) return std::nullopt;
  const fs::path mount = root / mounted->at.relative_path();
  const fs::path below = path->lexically_relative(mounted->inside);
  if (below.empty() || *below.begin() == "..") return std::nullopt;
  return OwnCgroup{mount, below == "." ? mount : mount / below};
}

}  // namespace hone::host
