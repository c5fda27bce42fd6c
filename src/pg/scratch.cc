#include "pg/scratch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/hash.h"

namespace hone::pg {
namespace {

constexpr size_t kDigits = 12;

bool IsScratch(std::string_view name) {
  if (!name.starts_with(kScratchPrefix) || name.size() != kScratchPrefix.size() + kDigits) return false;
  return name.substr(kScratchPrefix.size()).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Of a copy: the scratch database that it is one of.
std::string_view OriginalOf(std::string_view name) { return name.substr(0, kScratchPrefix.size() + kDigits); }

base::Result<Databases> Enter(const Dsn& beside) {
  HONE_TRY(const Rows rows, RunOnce(beside, "SHOW server_version_num"));
  constexpr int kPerMajor = 10'000;
  const int version = std::atoi(rows.rows.at(0).at(0).value_or("0").c_str());
  return Databases(beside, version / kPerMajor, Standing::kGuest);
}

// Scratch databases and their copies.
base::Result<std::vector<std::string>> OfThisUser(const Dsn& beside) {
  HONE_TRY(const Rows rows, RunOnce(beside,
                                    "SELECT d.datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba "
                                    "WHERE r.rolname = current_user ORDER BY d.datname"));
  std::vector<std::string> names;
  for (const auto& row : rows.rows) {
    const std::string name = row.at(0).value_or("");
    const bool copy = name.size() > OriginalOf(name).size() && name.substr(OriginalOf(name).size()).starts_with("__");
    if (IsScratch(OriginalOf(name)) && (copy || IsScratch(name))) names.push_back(name);
  }
  return names;
}

}  // namespace

std::string NewScratchName() {
  return std::string(kScratchPrefix) + base::Sha256Hex(base::RandomBytes(32)).substr(0, kDigits);
}

base::Result<Scratch> Scratch::Create(const Dsn& beside, const std::string& name) {
  HONE_TRY(Databases databases, Enter(beside));
  HONE_TRY(const Rows may,
           RunOnce(beside, "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"));
  if (may.rows.empty() || may.rows[0].at(0) != "t") {
    return base::Fail(
        base::Code::kPermission,
        fmt::format("The user {} may not make databases, so there can be no scratch database beside {}", beside.user,
                    beside.database),
        "", fmt::format("ALTER ROLE {} CREATEDB, or mode = \"embedded\" in hone.toml", QuoteName(beside.user)));
  }
  HONE_TRY(Session alive, Session::Open(beside));
  HONE_CHECK_OK(alive.Run("SET application_name = " + QuoteText(name)));
  HONE_CHECK_OK(databases.Create(name));
  return Scratch(name, std::move(databases), std::move(alive));
}

base::Result<void> DropScratch(const Dsn& beside, std::string_view name) {
  constexpr int kTries = 20;  // the server's own autovacuum may be at work in it
  constexpr base::Nanos kPause = 200'000'000;
  if (!IsScratch(name)) return base::Fail(base::Code::kUsage, "Not the name of a scratch database", std::string(name));
  base::Result<void> dropped;
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) base::SystemClock().SleepUntil(base::SystemClock().Now() + kPause);
    dropped = {};
    HONE_TRY(const Databases databases, Enter(beside));
    HONE_TRY(const auto names, OfThisUser(beside));
    for (const std::string& each : names) {
      if (OriginalOf(each) != name) continue;
      if (auto one = databases.Drop(each); !one) dropped = std::move(one);
    }
    if (dropped) break;
  }
  return dropped;
}

base::Result<std::vector<std::string>> LeftScratches(const Dsn& beside) {
  HONE_TRY(const auto names, OfThisUser(beside));
  HONE_TRY(const Rows sessions, RunOnce(beside, "SELECT DISTINCT application_name FROM pg_stat_activity"));
  std::set<std::string> living;
  for (const auto& row : sessions.rows) living.insert(row.at(0).value_or(""));
  std::set<std::string> left;
  for (const std::string& name : names) {
    const std::string original(OriginalOf(name));
    if (!living.contains(original)) left.insert(original);
  }
  return std::vector<std::string>(left.begin(), left.end());
}

}  // namespace hone::pg
