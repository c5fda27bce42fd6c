#include "golang/helper.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "host/child.h"

namespace hone::golang {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Fail;

constexpr std::chrono::minutes kInspectTime(2);
constexpr std::chrono::minutes kBuildTime(10);
constexpr uint64_t kMostAnswer = uint64_t{256} << 20;

bool IsProgram(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

// Go needs the user's environment as it is: GOPATH, GOPROXY, GOFLAGS, HOME.
std::vector<std::string> OwnEnvironment() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return environment;
}

fs::path CacheFolder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] == '/')
    return fs::path(cache) / "hone";
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/')
    return fs::path(home) / ".cache" / "hone";
  return {};
}

// What the sources are, so that a newer hone builds its own.
base::Result<std::string> HashOf(const fs::path& sources) {
  std::vector<fs::path> files;
  std::error_code error;
  for (auto entry = fs::directory_iterator(sources, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  std::string all;
  for (const fs::path& file : files) {
    HONE_TRY(const std::string text, base::ReadFile(file));
    all += fmt::format("{} {}\n{}", file.filename().string(), text.size(), text);
  }
  return base::Sha256Hex(all).substr(0, 16);
}

base::Result<fs::path> Build(const fs::path& sources, const host::Guardian& guardian, const base::Task& task) {
  const fs::path cache = CacheFolder();
  if (cache.empty()) return Fail(Code::kEnvironment, "hone-go is not built, and there is no $HOME to build it in");
  HONE_TRY(const std::string hash, HashOf(sources));
  const fs::path binary = cache / ("hone-go-" + hash);
  if (IsProgram(binary)) return binary;
  HONE_CHECK_OK(base::MakeDirectories(cache, 0700));
  task.Report({"Building hone-go, the first time only"});
  // Built beside its place and renamed, so that two hones do not disturb each other.
  const fs::path partial = fmt::format("{}.{}", binary.string(), getpid());
  host::ChildSpec spec;
  spec.argv = {"go", "build", "-trimpath", "-o", partial.string(), "."};
  spec.env = OwnEnvironment();
  spec.cwd = sources;
  auto finished = host::RunToEnd(std::move(spec), guardian, kBuildTime, task);
  std::error_code error;
  if (!finished && finished.error().code == Code::kNotFound) {
    return Fail(Code::kEnvironment, "There is no Go on PATH, which hone-go is built with", {},
                "Install Go from https://go.dev/dl");
  }
  if (!finished) return std::unexpected(std::move(finished).error());
  if (!finished->exit.ok()) {
    fs::remove(partial, error);
    return Fail(Code::kEnvironment,
                fmt::format("hone-go does not build ({}): {}", finished->exit.Text(), finished->head.substr(0, 2000)),
                sources.string(), "Go needs its module proxy for this, once");
  }
  fs::rename(partial, binary, error);
  if (error) return base::FailErrno(error.value(), "Cannot keep hone-go", binary.string());
  return binary;
}

}  // namespace

base::Result<fs::path> FindHelper(const fs::path& executable, const host::Guardian& guardian, const base::Task& task) {
  if (const char* named = std::getenv("HONE_GO"); named != nullptr && named[0] != '\0') {
    if (IsProgram(named)) return fs::path(named);
    return Fail(Code::kEnvironment, "$HONE_GO names no program", named);
  }
  const fs::path prefix = executable.parent_path().parent_path();
  const fs::path installed = prefix / "libexec" / "hone" / "hone-go";
  if (IsProgram(installed)) return installed;
  const fs::path sources = prefix / "share" / "hone" / "go" / "hone-go";
  std::error_code error;
  if (fs::is_regular_file(sources / "go.mod", error)) return Build(sources, guardian, task);
  return Fail(Code::kEnvironment, "hone-go, the program that reads Go code, is not installed", installed.string(),
              "Install hone anew, or name it with $HONE_GO");
}

base::Result<fs::path> FindHelper(const host::Guardian& guardian, const base::Task& task) {
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  if (error) return base::FailErrno(error.value(), "Cannot tell where hone is", "/proc/self/exe");
  return FindHelper(executable, guardian, task);
}

base::Result<Inspection> Inspect(const fs::path& helper, const fs::path& dir, const host::Guardian& guardian,
                                 const base::Task& task) {
  HONE_TRY(const base::TemporaryDirectory folder, base::TemporaryDirectory::Create("inspect"));
  host::ChildSpec spec;
  spec.argv = {helper.string(), "inspect", "--dir", dir.string()};
  spec.env = OwnEnvironment();
  // The answer is longer than what a child's output is kept of in memory.
  spec.log = folder.path() / "answer";
  spec.log_limit = kMostAnswer;
  HONE_TRY(const host::Finished finished, host::RunToEnd(std::move(spec), guardian, kInspectTime, task));
  if (!finished.exit.ok()) {
    std::string said = finished.head.substr(0, finished.head.find('\n'));
    if (said.starts_with("hone-go: ")) said.erase(0, 9);
    if (said.empty()) said = finished.exit.Text();
    return Fail(Code::kInput, "The Go code cannot be read: " + said, dir.string());
  }
  HONE_TRY(const std::string answer, base::ReadFile(folder.path() / "answer", kMostAnswer));
  return ParseInspection(answer);
}

}  // namespace hone::golang
