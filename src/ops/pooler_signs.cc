#include "ops/pooler_signs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <system_error>
#include <vector>

#include "base/ascii.h"
#include "base/files.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
using golang::NamedValue;

constexpr int kDeepestPoolerFile = 4;          // folders below the repository's own
constexpr size_t kMostPoolerEntries = 20'000;  // of them that are looked at

std::string SignOf(const NamedValue& value) {
  const std::string name = base::LowerCase(value.name);
  const std::string text = base::LowerCase(value.value);
  if (name.ends_with("pool_mode") && text == "transaction") return fmt::format("sets {} to transaction", value.name);
  if (base::Contains(text, ".pooler.supabase.com:6543"))
    return "names Supabase's pooler for transactions in " + value.name;
  if (base::Contains(text, "pgbouncer=true")) return "says pgbouncer=true in " + value.name;
  if (base::Contains(text, "-pooler.") && base::Contains(text, ".neon.tech"))
    return "names Neon's pooler in " + value.name;
  return {};
}

std::optional<PoolerSign> SignIn(const std::vector<NamedValue>& values, std::string_view file) {
  for (const NamedValue& value : values) {
    std::string what = SignOf(value);
    if (what.empty()) continue;
    const bool placed = !value.origin.file.empty();
    return PoolerSign{placed ? golang::ToString(value.origin) : std::string(file), std::move(what)};
  }
  return std::nullopt;
}

bool IsPoolerFile(std::string_view name) {
  return (name.starts_with("pgbouncer") && name.ends_with(".ini")) ||
         (name.starts_with("pgcat") && name.ends_with(".toml"));
}

std::optional<PoolerSign> SignInFiles(const fs::path& repository) {
  static const std::set<std::string, std::less<>> kSkipped = {".git", "node_modules", "testdata", "vendor"};
  std::error_code error;
  size_t seen = 0;
  std::set<fs::path> files;
  for (fs::recursive_directory_iterator at(repository, fs::directory_options::skip_permission_denied, error), end;
       !error && at != end && ++seen < kMostPoolerEntries; at.increment(error)) {
    std::error_code ignored;
    const std::string name = at->path().filename().string();
    if (at->is_directory(ignored) && (kSkipped.contains(name) || at.depth() >= kDeepestPoolerFile))
      at.disable_recursion_pending();
    if (IsPoolerFile(name) && at->is_regular_file(ignored)) files.insert(at->path());
  }
  for (const fs::path& file : files) {
    const auto text = base::ReadFile(file);
    const auto line = text ? TransactionModeLine(*text) : std::nullopt;
    if (line) {
      return PoolerSign{fmt::format("{}:{}", file.lexically_relative(repository).generic_string(), *line),
                        "sets pool_mode to transaction"};
    }
  }
  return std::nullopt;
}

// A pooler whose mode nobody names: its image, or its usual port.
std::optional<PoolerSign> UnnamedIn(const std::vector<NamedValue>& values, std::string_view file) {
  for (const NamedValue& value : values) {
    const bool port = base::LowerCase(value.name).ends_with("port") && value.value == "6432";
    if (!port && !base::Contains(value.value, ":6432")) continue;
    return PoolerSign{value.origin.file.empty() ? std::string(file) : golang::ToString(value.origin),
                      fmt::format("{} holds PgBouncer's usual port", value.name)};
  }
  return std::nullopt;
}

std::optional<PoolerSign> UnnamedPooler(const golang::Inspection& inspection) {
  constexpr std::array<std::string_view, 3> kImages = {"pgbouncer", "pgcat", "odyssey"};
  for (const golang::ComposeService& service : inspection.compose) {
    const std::string image = base::LowerCase(service.image);
    for (const std::string_view name : kImages) {
      if (base::Contains(image, name)) return PoolerSign{golang::ToString(service.origin), service.image};
    }
    if (auto sign = UnnamedIn(service.env, service.origin.file)) return sign;
  }
  for (const golang::Workload& workload : inspection.workloads) {
    if (auto sign = UnnamedIn(workload.env, workload.origin.file)) return sign;
  }
  for (const golang::EnvFile& file : inspection.env_files) {
    if (auto sign = UnnamedIn(file.values, file.file)) return sign;
  }
  for (const golang::ConfigFile& file : inspection.config) {
    if (auto sign = UnnamedIn(file.keys, file.file)) return sign;
  }
  for (const golang::Connect& connect : inspection.connects) {
    if (base::Contains(connect.dsn.value + connect.dsn.resolved, ":6432"))
      return PoolerSign{golang::ToString(connect.origin), "PgBouncer's usual port"};
  }
  return std::nullopt;
}

}  // namespace

PoolerDraft DraftPooler(const golang::Inspection& inspection, const std::optional<PoolerSign>& transaction) {
  constexpr std::string_view kLine = "pooler = \"transaction\"  # {}: {}\n";
  if (transaction) {
    return {.line = fmt::format(kLine, transaction->place, transaction->what),
            .found = fmt::format("a pooler in transaction mode before the database ({})", transaction->place)};
  }
  if (!inspection.unprepared.empty()) {
    const golang::Unprepared& setting = inspection.unprepared.front();
    const std::string place = golang::ToString(setting.origin);
    return {
        .line = fmt::format(kLine, place, setting.what + ", as such a pooler wants it; take it out if there is none"),
        .found =
            fmt::format("{} ({}): a pooler in transaction mode before the database is likely", setting.what, place)};
  }
  if (const auto unnamed = UnnamedPooler(inspection)) {
    return {.line = fmt::format("# pooler = \"transaction\"  # {}: {}; \"session\" where it is in session mode\n",
                                unnamed->place, unnamed->what),
            .missing = fmt::format("the mode of the pooler before the database ({}: {}): set `pooler` in [database]",
                                   unnamed->place, unnamed->what)};
  }
  return {};
}

std::optional<int> TransactionModeLine(std::string_view text) {
  std::optional<int> found;
  int number = 0;
  for (const std::string_view whole : base::Lines(text)) {
    ++number;
    std::string line = base::LowerCase(whole);
    std::erase_if(line, [](char c) { return base::Contains(" \t\r\"'", std::string_view(&c, 1)); });
    if (line == "pool_mode=transaction") found = number;
  }
  return found;
}

std::optional<PoolerSign> FindTransactionPooler(const golang::Inspection& inspection, const fs::path& repository) {
  for (const golang::ComposeService& service : inspection.compose) {
    if (auto sign = SignIn(service.env, service.origin.file)) return sign;
  }
  for (const golang::Workload& workload : inspection.workloads) {
    if (auto sign = SignIn(workload.env, workload.origin.file)) return sign;
  }
  for (const golang::EnvFile& file : inspection.env_files) {
    if (auto sign = SignIn(file.values, file.file)) return sign;
  }
  for (const golang::ConfigFile& file : inspection.config) {
    if (auto sign = SignIn(file.keys, file.file)) return sign;
  }
  return SignInFiles(repository);
}

}  // namespace hone::ops
