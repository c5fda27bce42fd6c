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
  std::string out = fmt::format("Wrote {} with {} scenarios.\n", result.file.string(), result.draft.scenarios);
  const auto list = [&](std::string_view title, const std::vector<std::string>& sentences) {
    if (sentences.empty()) return;
    out += "\n" + Styled(title, Style::kBold, options.color) + "\n";
    for (const std::string& sentence : sentences) out += Wrap(Printable(sentence), options.width, "    ", "      ");
  };
  list("Found", result.draft.found);
  list("Not found", result.draft.missing);
  return out + "\n" + Styled("Next", Style::kBold, options.color) + "\n    hone doctor\n    hone check\n";
}

std::string InitJson(const ops::InitResult& result) {
  return Print({{"schema", "hone.init/1"},
                {"file", result.file.string()},
                {"scenarios", result.draft.scenarios},
                {"found", result.draft.found},
                {"missing", result.draft.missing}});
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
