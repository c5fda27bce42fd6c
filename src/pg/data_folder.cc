#include "pg/data_folder.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "base/files.h"
#include "base/hash.h"

namespace hone::pg {
namespace {

namespace fs = std::filesystem;

// Part of the cache's name: another way of making a data folder is another entry.
constexpr std::string_view kRecipe = "utf8-scram-1";
constexpr std::string_view kPasswordFile = "hone-password";  // written last: an entry without it is incomplete

std::string Hex(std::string_view bytes) { return base::Sha256Hex(bytes).substr(0, 32); }

base::Result<void> CopyTree(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  if (error) return base::FailErrno(error.value(), "Cannot copy the database's files", to.string());
  return {};
}

base::Result<void> GiveTree(const fs::path& path, const std::optional<host::Identity>& identity) {
  if (!identity) return {};
  if (::lchown(path.c_str(), identity->uid, identity->gid) != 0)
    return base::FailErrno(errno, "Cannot give a folder away", path.string());
  std::error_code error;
  if (!fs::is_directory(path, error)) return {};
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    if (::lchown(entry.path().c_str(), identity->uid, identity->gid) != 0) {
      return base::FailErrno(errno, "Cannot give a file away", entry.path().string());
    }
  }
  return {};
}

base::Result<void> RunInitdb(const Installation& installation, const fs::path& data, const fs::path& password_file,
                             const std::optional<host::Identity>& identity, const host::Guardian& guardian,
                             const base::Task& task) {
  host::ChildSpec spec;
  spec.argv = {(installation.bin / "initdb").string(),
               "-D",
               data.string(),
               "-U",
               "postgres",
               "-E",
               "UTF8",
               "--locale=C.UTF-8",
               "-A",
               "scram-sha-256",
               "--pwfile=" + password_file.string(),
               "--no-sync"};
  spec.env = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
  spec.cwd = data.parent_path();
  spec.run_as = identity;
  HONE_TRY(const host::Finished ran, host::RunToEnd(std::move(spec), guardian, std::chrono::minutes(2), task));
  if (ran.exit.ok()) return {};
  const size_t full = ran.tail.find("No space left");
  if (full != std::string::npos) {
    const size_t line = ran.tail.rfind('\n', full) + 1;
    return base::Fail(base::Code::kNoSpace, "The disk is full: initdb could not make a database",
                      ran.tail.substr(line, ran.tail.find('\n', full) - line), "Free some disk space and run again");
  }
  return base::Fail(base::Code::kEnvironment, fmt::format("initdb failed ({})", ran.exit.Text()),
                    ran.tail.substr(0, ran.tail.find_last_not_of('\n') + 1));
}

// Keeps a fresh data folder; another hone that did so first wins. A cache that cannot be written costs time, not the
// run.
void Cache(const fs::path& data, const std::string& password, const fs::path& entry) {
  const fs::path part = entry.string() + ".part" + std::to_string(::getpid());
  std::error_code ignored;
  fs::remove_all(entry, ignored);
  const bool kept = base::MakeDirectories(part.parent_path(), 0700) && CopyTree(data, part) &&
                    base::WriteFile(part / kPasswordFile, password, 0600);
  if (kept) fs::rename(part, entry, ignored);
  fs::remove_all(part, ignored);
}

}  // namespace

std::optional<host::Identity> ServerIdentity() {
  if (::geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = ::getpwnam(name)) return host::Identity{user->pw_uid, user->pw_gid};
  }
  constexpr uid_t kNobody = 65534;
  return host::Identity{kNobody, kNobody};
}

fs::path DefaultCache() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return fs::path(cache) / "hone";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return fs::path(home) / ".cache" / "hone";
  return fmt::format("/tmp/hone-cache-{}", ::geteuid());
}

base::Result<DataFolder> MakeDataFolder(const Installation& installation, const fs::path& parent, const fs::path& cache,
                                        const std::optional<host::Identity>& identity, const host::Guardian& guardian,
                                        const base::Task& task, CacheUse use) {
  const fs::path entry = cache / fmt::format("pg-{}-{}", installation.version, kRecipe);
  DataFolder folder{.path = parent / "data"};
  auto password = base::ReadFile(entry / kPasswordFile);
  if (use == CacheUse::kTake && password) {
    folder.password = *std::move(password);
    folder.cached = true;
    if (CopyTree(entry, folder.path)) {
      std::error_code ignored;
      fs::remove(folder.path / kPasswordFile, ignored);
      HONE_CHECK_OK(GiveTree(folder.path, identity));
      return folder;
    }
    host::RemoveTree(folder.path);
    folder.cached = false;
  }
  folder.password = Hex(base::RandomBytes(32));
  const fs::path password_file = parent / "password";
  HONE_CHECK_OK(base::WriteFile(password_file, folder.password, 0600));
  HONE_CHECK_OK(GiveTree(password_file, identity));
  HONE_CHECK_OK(RunInitdb(installation, folder.path, password_file, identity, guardian, task));
  std::error_code ignored;
  fs::remove(password_file, ignored);
  Cache(folder.path, folder.password, entry);
  return folder;
}

}  // namespace hone::pg
