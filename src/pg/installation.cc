#include "pg/installation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>

#include "host/child.h"

namespace hone::pg {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPresets[] = {"usr/lib/postgresql/*/bin", "usr/pgsql-*/bin",
                                         "opt/homebrew/opt/postgresql@*/bin", "usr/local/opt/postgresql@*/bin",
                                         "usr/local/pgsql/bin"};

int MajorOf(std::string_view name) {
  const size_t digit = name.find_first_of("0123456789");
  if (digit == std::string_view::npos) return 0;
  int major = 0;
  std::from_chars(name.data() + digit, name.data() + name.size(), major);
  return major;
}

// The folders that a pattern with at most one `*` stands for, the highest version first.
std::vector<fs::path> Matches(const fs::path& root, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return {root / pattern};
  const size_t slash = pattern.rfind('/', star);
  const fs::path parent = root / pattern.substr(0, slash);
  const std::string_view prefix = pattern.substr(slash + 1, star - slash - 1);
  const std::string_view rest = pattern.substr(star + 2);
  std::vector<std::pair<int, fs::path>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix)) found.emplace_back(MajorOf(name.substr(prefix.size())), entry.path() / rest);
  }
  std::ranges::sort(found, std::greater<>());
  std::vector<fs::path> paths;
  for (auto& [major, path] : found) paths.push_back(std::move(path));
  return paths;
}

bool HasServer(const fs::path& bin) {
  std::error_code ignored;
  return fs::exists(bin / "postgres", ignored) && fs::exists(bin / "initdb", ignored);
}

}  // namespace

std::optional<std::string> ParseVersion(std::string_view text) {
  constexpr std::string_view kMark = "(PostgreSQL) ";
  const size_t at = text.find(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + kMark.size());
  const size_t end = text.find_first_of(" \r\n");
  const std::string_view version = text.substr(0, end);
  if (version.empty() || version.front() < '0' || version.front() > '9') return std::nullopt;
  return std::string(version);
}

std::vector<fs::path> CandidateFolders(const std::function<std::string(std::string_view)>& getenv,
                                       const fs::path& root) {
  if (const std::string chosen = getenv("HONE_PG_BIN"); !chosen.empty()) return {chosen};
  std::vector<fs::path> folders;
  const std::string path = getenv("PATH");
  for (size_t at = 0; at <= path.size();) {
    const size_t colon = std::min(path.find(':', at), path.size());
    const fs::path folder = path.substr(at, colon - at);
    if (folder.is_absolute() && HasServer(folder)) folders.push_back(folder);
    at = colon + 1;
  }
  for (const std::string_view preset : kPresets) {
    for (fs::path& folder : Matches(root, preset)) {
      if (HasServer(folder)) folders.push_back(std::move(folder));
    }
  }
  return folders;
}

base::Result<Installation> FindInstallation(const host::Guardian& guardian, const base::Task& task) {
  constexpr int kOldest = 12;
  const auto environment = [](std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    return std::string(value == nullptr ? "" : value);
  };
  std::string too_old;
  for (const fs::path& bin : CandidateFolders(environment)) {
    host::ChildSpec spec;
    spec.argv = {(bin / "postgres").string(), "--version"};
    const auto ran = host::RunToEnd(std::move(spec), guardian, std::chrono::seconds(20), task);
    if (!ran && ran.error().code == base::Code::kCancelled) return std::unexpected(ran.error());
    const auto version = ran && ran->exit.ok() ? ParseVersion(ran->head) : std::nullopt;
    if (!version || !HasServer(bin)) continue;
    const int major = MajorOf(*version);
    if (major >= kOldest) return Installation{bin, *version, major};
    too_old = *version;
  }
  if (const std::string chosen = environment("HONE_PG_BIN"); !chosen.empty()) {
    return base::Fail(base::Code::kEnvironment, "HONE_PG_BIN holds no PostgreSQL server", chosen,
                      "It must be the folder of postgres and initdb");
  }
  if (!too_old.empty()) {
    return base::Fail(base::Code::kEnvironment,
                      fmt::format("PostgreSQL {} is too old: hone needs {} or later", too_old, kOldest));
  }
  return base::Fail(base::Code::kEnvironment, "No PostgreSQL server is installed here", "",
                    "Install one (Debian, Ubuntu: apt-get install postgresql), or name its folder in HONE_PG_BIN");
}

}  // namespace hone::pg
