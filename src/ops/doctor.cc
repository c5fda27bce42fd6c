#include "ops/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <system_error>

#include "base/units.h"
#include "golang/helper.h"
#include "host/child.h"
#include "host/lock.h"
#include "host/machine.h"
#include "host/process_stats.h"
#include "pg/dsn.h"
#include "pg/installation.h"
#include "pg/scratch.h"
#include "project/project.h"
#include "service/go_toolchain.h"
#include "service/known_programs.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;

// A private cluster takes 40 MiB, its template and clone as much as the data each, profiles and captures some ten: with
// less than the first nothing works, with less than the second a larger seed fails.
constexpr uint64_t kLeastDisk = uint64_t{256} << 20;
constexpr uint64_t kGoodDisk = uint64_t{2} << 30;
// The service, its database and Hone (150 MB at most).
constexpr uint64_t kGoodMemory = uint64_t{1} << 30;
constexpr base::Nanos kWatch = 333'000'000;

DoctorCheck Failed(std::string name, const base::Error& error, Health health = Health::kMissing) {
  std::string text = error.subject.empty() ? error.what : error.what + ": " + error.subject;
  return {std::move(name), health, std::move(text), error.remedy};
}

DoctorCheck CheckGo(const fs::path& dir, const host::Guardian& guardian, const base::Task& task) {
  std::error_code error;
  const auto go = service::FindGo(fs::is_directory(dir, error) ? dir : fs::current_path(error), guardian, task);
  return go ? DoctorCheck{"Go", Health::kOk, go->text} : Failed("Go", go.error());
}

DoctorCheck CheckPostgres(const host::Guardian& guardian, const base::Task& task) {
  const auto found = pg::FindInstallation(guardian, task);
  if (!found) return Failed("PostgreSQL", found.error());
  return {"PostgreSQL", Health::kOk, fmt::format("{} in {}", found->version, found->bin.string())};
}

DoctorCheck CheckHelper(const host::Guardian& guardian, const base::Task& task) {
  const auto found = golang::FindHelper(guardian, task);
  if (!found) return Failed("hone-go", found.error(), Health::kNote);
  return {"hone-go", Health::kOk, found->string()};
}

DoctorCheck CheckGit() {
  const char* search = std::getenv("PATH");
  const fs::path git = host::FindExecutable("git", search == nullptr ? "" : search);
  if (!git.empty()) return {"git", Health::kOk, git.string()};
  return {"git", Health::kNote, "not on PATH: reports cannot name the commit", "Install git"};
}

DoctorCheck CheckProject(const fs::path& dir) {
  const auto project = project::ReadProject(dir / "hone.toml");
  if (project) {
    return {"hone.toml", Health::kOk,
            fmt::format("{}: {} scenarios", project->service.name, project->scenarios.size())};
  }
  const bool absent = project.error().code == base::Code::kNotFound;
  return Failed("hone.toml", project.error(), absent ? Health::kNote : Health::kMissing);
}

// Where hone.toml asks for a scratch database: whether the user's server can be entered, and what runs left there.
std::vector<DoctorCheck> CheckScratch(const fs::path& dir) {
  const auto project = project::ReadProject(dir / "hone.toml");
  if (!project || !project->database || !project->database->scratch) return {};
  const auto url = project->database->url.Expand(project::Values());
  if (!url) return {Failed("scratch database", url.error())};
  const auto beside = pg::ParseDsn(*url);
  if (!beside) return {Failed("scratch database", beside.error())};
  const auto left = pg::LeftScratches(*beside);
  if (!left) return {Failed("scratch database", left.error())};
  if (left->empty()) return {{"scratch database", Health::kOk, "none was left on the server"}};
  return {{"scratch database", Health::kNote, fmt::format("left by runs that were killed: {}", fmt::join(*left, ", ")),
           fmt::format("The next run with --yes-write {} drops them", pg::kScratchLeave)}};
}

// What the sidecars of hone.toml are started with; those that are built, or named by a template, are found later.
std::vector<DoctorCheck> CheckSidecars(const fs::path& dir) {
  std::vector<DoctorCheck> checks;
  const auto project = project::ReadProject(dir / "hone.toml");
  if (!project) return checks;
  const char* search = std::getenv("PATH");
  for (const project::Sidecar& sidecar : project->sidecars) {
    const std::string& program = sidecar.run.front().source();
    if (program.find("${") != std::string::npos || program.find('/') != std::string::npos) continue;
    const fs::path found = host::FindExecutable(program, search == nullptr ? "" : search);
    const std::string name = "sidecar " + sidecar.name;
    if (!found.empty()) {
      checks.push_back({name, Health::kOk, found.string()});
      continue;
    }
    const service::KnownProgram* known = service::FindProgram(program);
    checks.push_back({name, Health::kMissing, fmt::format("there is no {} on PATH", program),
                      known == nullptr ? "Install it, or mend its `run` in hone.toml"
                                       : fmt::format("Install it (Debian: `apt-get install {}`)", known->package)});
  }
  return checks;
}

std::vector<DoctorCheck> CheckRunFolder() {
  const auto root = host::RunRoot();
  if (!root) return {Failed("folder for runs", root.error())};
  std::vector<DoctorCheck> checks = {{"folder for runs", Health::kOk, root->string()}};
  std::error_code error;
  const fs::space_info space = fs::space(*root, error);
  if (!error) checks.push_back(JudgeDisk(space.available, *root));
  return checks;
}

DoctorCheck CheckLock(const base::Task& task) {
  const auto lock = host::MachineLock::Take("doctor", std::chrono::milliseconds(0), task);
  if (lock) return {"lock", Health::kOk, "no other hone measures"};
  const bool busy = lock.error().code == base::Code::kBusy;
  return Failed("lock", lock.error(), busy ? Health::kNote : Health::kMissing);
}

DoctorCheck CheckNoise(int cores, const base::Task& task) {
  const host::NoiseSample before = host::SampleNoise("/", task.clock());
  const int64_t own_before = host::SampleOwnCost().cpu_ns;
  task.clock().SleepUntil(task.clock().Now() + kWatch);
  const host::NoiseSample after = host::SampleNoise("/", task.clock());
  const host::NoiseVerdict verdict = host::JudgeNoise(before, after, cores, host::SampleOwnCost().cpu_ns - own_before);
  if (verdict.noisy) {
    return {"noise", Health::kNote, fmt::format("{}", fmt::join(verdict.reasons, "; ")), "Measure when less else runs"};
  }
  if (verdict.unknown.empty()) return {"noise", Health::kOk, "quiet"};
  return {"noise", Health::kOk,
          fmt::format("quiet, as far as this kernel tells (not: {})", fmt::join(verdict.unknown, ", "))};
}

std::vector<DoctorCheck> CheckMachine(const base::Task& task) {
  const host::Machine machine = host::ReadMachine();
  std::vector<DoctorCheck> checks = {JudgeCores(machine.usable_cores)};
  if (machine.memory_bytes > 0) checks.push_back(JudgeMemory(machine.memory_bytes));
  if (machine.on_battery) {
    checks.push_back(
        {"power", Health::kNote, "on battery: the clock rate changes by itself", "Plug it in before measuring"});
  }
  checks.push_back(CheckNoise(machine.cores, task));
  return checks;
}

}  // namespace

bool DoctorReport::ok() const {
  return std::ranges::none_of(checks, [](const DoctorCheck& check) { return check.health == Health::kMissing; });
}

DoctorCheck JudgeDisk(uint64_t free_bytes, const fs::path& folder) {
  const std::string text =
      fmt::format("{} free in {}", base::FormatBytes(static_cast<double>(free_bytes)), folder.string());
  if (free_bytes >= kGoodDisk) return {"disk", Health::kOk, text};
  const std::string remedy =
      fmt::format("Make room for {}, or set $TMPDIR", base::FormatBytes(static_cast<double>(kGoodDisk)));
  return {"disk", free_bytes >= kLeastDisk ? Health::kNote : Health::kMissing, text, remedy};
}

DoctorCheck JudgeMemory(uint64_t bytes) {
  const std::string text = base::FormatBytes(static_cast<double>(bytes));
  if (bytes >= kGoodMemory) return {"memory", Health::kOk, text};
  return {"memory", Health::kNote, text + ": little for a service, a database and Hone",
          "Use a machine with 1 GiB or more"};
}

DoctorCheck JudgeCores(double usable_cores) {
  const std::string text = base::FormatCount(usable_cores);
  if (usable_cores >= 2) return {"cores", Health::kOk, text};
  return {"cores", Health::kNote, text + ": the load generator and the service disturb each other",
          "Use a machine with two cores or more"};
}

DoctorReport Doctor(const DoctorRequest& request, const host::Guardian& guardian, const base::Task& task) {
  DoctorReport report;
  const auto add = [&](std::vector<DoctorCheck> checks) {
    for (DoctorCheck& check : checks) report.checks.push_back(std::move(check));
  };
  add({CheckGo(request.dir, guardian, task), CheckPostgres(guardian, task), CheckHelper(guardian, task), CheckGit(),
       CheckProject(request.dir)});
  add(CheckScratch(request.dir));
  add(CheckSidecars(request.dir));
  add(CheckRunFolder());
  add({CheckLock(task)});
  add(CheckMachine(task));
  return report;
}

base::Result<DoctorReport> Doctor(const DoctorRequest& request, const base::Task& task) {
  HONE_TRY(const auto root, host::RunRoot());
  HONE_TRY(const auto guardian, host::Guardian::Start(root));
  return Doctor(request, guardian, task);
}

}  // namespace hone::ops
