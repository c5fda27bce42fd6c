#include "cli/setup_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/text_layout.h"

namespace hone::cli {
namespace {

std::string_view Name(ops::Health health) {
  switch (health) {
    case ops::Health::kOk:
      return "ok";
    case ops::Health::kNote:
      return "note";
    case ops::Health::kMissing:
      return "missing";
  }
  return "";
}

Style StyleOf(ops::Health health) {
  return health == ops::Health::kOk ? Style::kGreen : health == ops::Health::kNote ? Style::kYellow : Style::kRed;
}

std::string Print(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string InitText(const ops::InitResult& result, const ScreenOptions& options) {
  std::string out;
  const auto list = [&](std::string_view title, const std::vector<std::string>& sentences) {
    if (sentences.empty()) return;
    out += "\n" + Styled(title, Style::kBold, options.color) + "\n";
    for (const std::string& sentence : sentences) out += Wrap(Printable(sentence), options.width, "    ", "      ");
  };
  for (const ops::InitFile& file : result.files) {
    out += fmt::format("{}Wrote {} with {} scenarios.\n", out.empty() ? "" : "\n", file.file.string(),
                       file.draft.scenarios);
    list("Found", file.draft.found);
    list("Not found", file.draft.missing);
  }
  out += "\n" + Styled("Next", Style::kBold, options.color) + "\n    hone doctor\n";
  if (result.files.size() == 1) return out + "    hone init --check\n    hone check\n";
  const std::string dir = result.files[0].file.parent_path().lexically_relative(
      result.files[0].file.parent_path().parent_path().parent_path());
  return out + fmt::format("    hone init --check --dir {0}\n    hone check --dir {0}\n", dir);
}

std::string InitJson(const ops::InitResult& result) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const ops::InitFile& file : result.files) {
    files.push_back({{"file", file.file.string()},
                     {"main", file.main},
                     {"scenarios", file.draft.scenarios},
                     {"found", file.draft.found},
                     {"missing", file.draft.missing}});
  }
  const ops::InitFile& first = result.files.at(0);
  return Print({{"schema", "hone.init/1"},
                {"file", first.file.string()},
                {"scenarios", first.draft.scenarios},
                {"found", first.draft.found},
                {"missing", first.draft.missing},
                {"files", files}});
}

std::string InitCheckText(const ops::InitCheckResult& result, const ScreenOptions& options) {
  std::string out = fmt::format("{}: what `hone check` would do with it. Nothing was started.\n", result.file.string());
  for (const ops::InitCheckSection& section : result.sections) {
    if (section.lines.empty()) continue;
    out += "\n" + Styled(section.title, Style::kBold, options.color) + "\n";
    for (const std::string& line : section.lines) out += Wrap(Printable(line), options.width, "    ", "      ");
  }
  return out;
}

std::string InitCheckJson(const ops::InitCheckResult& result) {
  nlohmann::ordered_json document = {{"schema", "hone.init_check/1"}, {"file", result.file.string()}};
  for (const ops::InitCheckSection& section : result.sections) document[section.key] = section.lines;
  return Print(document);
}

std::string DoctorText(const ops::DoctorReport& report, const ScreenOptions& options) {
  std::string out;
  for (const ops::DoctorCheck& check : report.checks) {
    out += fmt::format("{}{} ", Styled(Name(check.health), StyleOf(check.health), options.color),
                       std::string(8 - Name(check.health).size(), ' '));
    const std::string lines =
        Wrap(Printable(check.name + ": " + check.text), options.width - 9, "", std::string(11, ' '));
    out += lines;
    if (!check.remedy.empty()) out += Wrap(Printable(check.remedy), options.width, "           ", "           ");
  }
  return out + (report.ok() ? "\nhone check can run here.\n"
                            : "\nhone check cannot run here until what is missing is there.\n");
}

std::string DoctorJson(const ops::DoctorReport& report) {
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const ops::DoctorCheck& check : report.checks) {
    checks.push_back(
        {{"name", check.name}, {"health", Name(check.health)}, {"text", check.text}, {"remedy", check.remedy}});
  }
  return Print({{"schema", "hone.doctor/1"}, {"ok", report.ok()}, {"checks", checks}});
}

}  // namespace hone::cli
