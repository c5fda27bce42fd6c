#include "service/instrument.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "host/child.h"
#include "service/go_build.h"
#include "service/instrument_source.h"

namespace hone::service {
namespace {

namespace fs = std::filesystem;

// Output of a quick question to go; empty where it fails: the build itself then says why.
base::Result<std::optional<std::string>> AskGo(std::vector<std::string> argv, const Command& build,
                                               const host::Guardian& guardian, const base::Task& task) {
  host::ChildSpec spec;
  spec.argv = std::move(argv);
  spec.env = MakeEnvironment(build.env);
  spec.cwd = build.dir;
  auto ran = host::RunToEnd(std::move(spec), guardian, std::chrono::minutes(2), task);
  if (!ran && ran.error().code == base::Code::kCancelled) return std::unexpected(ran.error());
  if (!ran || !ran->exit.ok()) return std::optional<std::string>();
  return std::optional(std::move(ran->head));
}

struct Package {
  std::string name;
  fs::path dir;
};

// Reads lines "main /home/me/shop/cmd/shop". Messages such as "go: downloading ..." may stand between them.
std::vector<Package> ReadPackages(const std::string& listed) {
  std::vector<Package> packages;
  std::istringstream lines(listed);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kMark = "hone-package ";
    const size_t blank = line.find(' ', kMark.size());
    if (!line.starts_with(kMark) || blank == std::string::npos) continue;
    packages.push_back({line.substr(kMark.size(), blank - kMark.size()), line.substr(blank + 1)});
  }
  return packages;
}

// A name that no file of the folder has. It must not end in a system's or processor's name, nor in _test.
std::string NewName(const fs::path& dir) {
  std::error_code error;
  for (int i = 0;; ++i) {
    std::string name = fmt::format("zz_hone_pprof{}.go", i == 0 ? "" : std::to_string(i));
    if (!fs::exists(dir / name, error)) return name;
  }
}

bool HoldsOverlay(std::string_view goflags) {
  return goflags.starts_with("-overlay") || goflags.starts_with("--overlay") || goflags.contains(" -overlay") ||
         goflags.contains(" --overlay");
}

Instrumentation Not(std::string why) { return {.why_not = std::move(why)}; }

}  // namespace

base::Result<Instrumentation> Instrument(const Command& build, const fs::path& folder, const host::Guardian& guardian,
                                         const base::Task& task) {
  if (build.argv.empty()) return Not("[service] has no build");
  const auto parsed = ParseGoBuild(build.argv);
  if (!parsed) return Not("its build is no `go build` that hone could add a file to");
  if (parsed->overlay) return Not("its build has an -overlay of its own");
  const auto begin = build.argv.begin();
  std::vector<std::string> env(begin, begin + static_cast<std::ptrdiff_t>(parsed->go + 1));
  env.insert(env.end(), {"env", "GOFLAGS"});
  HONE_TRY(const auto goflags, AskGo(std::move(env), build, guardian, task));
  if (goflags && HoldsOverlay(*goflags)) return Not("GOFLAGS has an -overlay of its own");
  HONE_TRY(const auto listed,
           AskGo(ListCommand(build.argv, *parsed, "hone-package {{.Name}} {{.Dir}}"), build, guardian, task));
  if (!listed) return Not("`go list` does not tell which package it builds");
  const std::vector<Package> packages = ReadPackages(*listed);
  if (packages.size() != 1 || packages.front().name != "main")
    return Not(fmt::format("its build makes {} packages instead of one program", packages.size()));
  const fs::path source = folder / "zz_hone_pprof.go";
  const fs::path overlay = folder / "overlay.json";
  const std::string added = NewName(packages.front().dir);
  nlohmann::json replace;
  replace["Replace"][(packages.front().dir / added).string()] = source.string();
  HONE_CHECK_OK(base::MakeDirectories(folder, 0700));
  HONE_CHECK_OK(base::WriteFile(source, kInstrumentSource, 0600));
  HONE_CHECK_OK(base::WriteFile(overlay, replace.dump(), 0600));
  Command instrumented = build;
  instrumented.argv = WithOverlay(build.argv, *parsed, overlay.string(), added);
  return Instrumentation{.build = std::move(instrumented)};
}

std::optional<PprofListener> ReadPprofListener(const fs::path& file) {
  const auto text = base::ReadFile(file, 256);
  if (!text) return std::nullopt;
  PprofListener listener;
  const size_t blank = text->find(' ');
  const size_t colon = text->rfind(':');
  if (blank == std::string::npos || colon == std::string::npos || colon < blank || !text->ends_with('\n'))
    return std::nullopt;
  const char* const data = text->data();
  const auto pid = std::from_chars(data, data + blank, listener.pid);
  const auto port = std::from_chars(data + colon + 1, data + text->size(), listener.port);
  if (pid.ptr != data + blank || port.ptr + 1 != data + text->size() || listener.pid <= 0 || listener.port == 0)
    return std::nullopt;
  listener.url = fmt::format("http://{}/debug/pprof", text->substr(blank + 1, text->size() - blank - 2));
  return listener;
}

}  // namespace hone::service
