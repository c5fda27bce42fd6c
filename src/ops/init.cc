#include "ops/init.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

#include "base/ascii.h"
#include "base/files.h"
#include "golang/helper.h"
#include "host/child.h"
#include "ops/init_draft.h"
#include "ops/init_mains.h"
#include "pg/psql_script.h"
#include "project/project.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Fail;

constexpr char kIgnored[] = ".hone/";

// Adds .hone/ to the folder's .gitignore unless it stands there.
base::Result<void> Ignore(const fs::path& folder) {
  HONE_TRY(const std::optional<std::string> present, base::ReadFileIfPresent(folder / ".gitignore"));
  std::string text = present.value_or("");
  if (("\n" + text).find(std::string("\n") + kIgnored) != std::string::npos) return {};
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  return base::WriteFile(folder / ".gitignore", text + kIgnored + "\n");
}

base::Result<void> MayWrite(const fs::path& file, bool force) {
  std::error_code error;
  if (!fs::exists(file, error) || force) return {};
  return Fail(Code::kInput, "There is a hone.toml already", file.string(), "Overwrite it with --force");
}

// What `hone check` would say of the draft: a reader finds it at once instead of later.
void NoteProblems(const fs::path& file, InitDraft& draft) {
  const auto project = project::ParseProject(draft.text, file);
  if (project) return;
  for (const project::Problem& problem : project.error()) {
    draft.missing.push_back(fmt::format("hone.toml:{}:{}: {}", problem.at.line, problem.at.column, problem.text));
  }
}

// As the service is started: with hone's own PATH.
bool IsInstalled(std::string_view program) {
  const char* path = std::getenv("PATH");
  return path != nullptr && !host::FindExecutable(program, path).empty();
}

}  // namespace

InitDraft DraftProject(const golang::Inspection& inspection, const std::vector<SourceText>& texts,
                       std::string_view name, const fs::path& dir, const Installed& installed,
                       const std::optional<PoolerSign>& pooler) {
  const golang::MainPackage* main = ChooseMain(inspection);
  if (main == nullptr) return {};
  // What everybody's binary is called says less than the repository.
  constexpr std::array<std::string_view, 6> kAnybody = {"", "server", "main", "app", "cmd", "service"};
  const bool anybody = std::ranges::find(kAnybody, main->binary) != kAnybody.end();
  return DraftFor(inspection, *main, texts, anybody ? name : main->binary, dir, installed, pooler);
}

std::vector<InitFile> DraftProjects(const golang::Inspection& inspection, const std::vector<SourceText>& texts,
                                    std::string_view name, const fs::path& dir, const Installed& installed,
                                    const std::optional<PoolerSign>& pooler) {
  std::vector<const golang::MainPackage*> serving;
  for (const golang::MainPackage& main : inspection.mains) {
    const auto of_main = [&](const auto& thing) { return base::Has(thing.mains, main.package); };
    if (std::ranges::any_of(inspection.listeners, of_main) && std::ranges::any_of(inspection.routes, of_main) &&
        !StandsInForOthers(inspection, main))
      serving.push_back(&main);
  }
  if (serving.size() < 2) {
    const golang::MainPackage* main = ChooseMain(inspection);
    return {{dir / "hone.toml", main == nullptr ? "" : main->package,
             DraftProject(inspection, texts, name, dir, installed, pooler)}};
  }
  std::vector<InitFile> files;
  for (const golang::MainPackage* main : serving) {
    const std::string own = ServiceName(*main, serving);
    InitDraft draft = DraftFor(inspection, *main, texts, own, dir / own, installed, pooler);
    std::erase_if(draft.found, [&](const std::string& sentence) {
      return std::ranges::any_of(serving,
                                 [&](const golang::MainPackage* other) { return sentence == UnusedMain(*other); });
    });
    files.push_back({dir / own / "hone.toml", main->package, std::move(draft)});
  }
  return files;
}

// Notes which scripts that seed hold commands that only psql can do.
void NotePsql(const fs::path& repository, golang::Inspection& inspection) {
  for (golang::CommandGuess& guess : inspection.seed) {
    if (!guess.file.ends_with(".sql")) continue;
    pg::PsqlVariables variables;
    for (const golang::NamedValue& variable : guess.vars)
      variables[variable.name] = variable.value.empty() ? "1" : variable.value;
    const auto parts = pg::ReadScript(repository / guess.file, std::move(variables));
    guess.needs_psql = !parts && pg::NeedsPsql(parts.error());
  }
}

base::Result<InitResult> Init(const InitRequest& request, const host::Guardian& guardian, const base::Task& task) {
  std::error_code error;
  const fs::path repository = fs::canonical(request.repository, error);
  if (error) return base::FailErrno(error.value(), "Cannot open the repository", request.repository.string());
  const fs::path dir = fs::path(request.dir).lexically_normal();
  if (dir.is_absolute() || dir.begin()->string() == "..") {
    return Fail(Code::kUsage, "The folder for hone.toml must lie in the repository", request.dir);
  }
  HONE_CHECK_OK(MayWrite(repository / dir / "hone.toml", request.force));
  task.Report({"Reading the Go code"});
  HONE_TRY(const fs::path helper, golang::FindHelper(guardian, task));
  HONE_TRY(golang::Inspection inspection, golang::Inspect(helper, repository, guardian, task));
  NotePsql(repository, inspection);
  if (inspection.mains.empty()) {
    return Fail(Code::kInput, "There is no main package to build", repository.string(),
                "Go to the repository of a service");
  }
  const std::vector<SourceText> texts = ReadSourceTexts(repository, dir.filename().string(), inspection.ignored);
  InitResult result = {DraftProjects(inspection, texts, repository.filename().string(), dir, IsInstalled,
                                     FindTransactionPooler(inspection, repository))};
  for (InitFile& file : result.files) {
    file.file = repository / file.file;
    NoteProblems(file.file, file.draft);
    HONE_CHECK_OK(MayWrite(file.file, request.force));
  }
  for (const InitFile& file : result.files) {
    HONE_CHECK_OK(base::MakeDirectories(file.file.parent_path()));
    HONE_CHECK_OK(base::WriteFile(file.file, file.draft.text));
  }
  HONE_CHECK_OK(Ignore(repository / dir));
  return result;
}

base::Result<InitResult> Init(const InitRequest& request, const base::Task& task) {
  HONE_TRY(const auto root, host::RunRoot());
  HONE_TRY(const auto guardian, host::Guardian::Start(root));
  return Init(request, guardian, task);
}

}  // namespace hone::ops
