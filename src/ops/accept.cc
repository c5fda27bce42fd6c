#include "ops/accept.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ranges>
#include <set>
#include <tuple>

#include "base/clock.h"
#include "base/files.h"
#include "base/units.h"
#include "evidence/ledger.h"
#include "evidence/rule_registry.h"
#include "ops/init_settings.h"
#include "project/section.h"
#include "project/toml_tree.h"

namespace hone::ops {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Finding;

constexpr std::string_view kFile = "accepted.toml";
constexpr std::string_view kPreface =
    "# Findings that are as they must be. `hone accept` adds to this file; a finding above its bound is reported as "
    "new.\n";

// --- Reading ---

bool IsDay(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int read = 0;
  if (text.size() != 10 || std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &read) != 3 || read != 10)
    return false;
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)).ok();
}

AcceptedEntry ReadEntry(const project::TomlNode& table, project::Findings& problems) {
  project::Section section(table, "[[accepted]]", problems);
  AcceptedEntry entry{.rule = section.RequiredText("rule"),
                      .subject = section.RequiredText("subject"),
                      .endpoint = section.Text("endpoint").value_or(""),
                      .reason = section.RequiredText("reason"),
                      .owner = section.Text("owner").value_or(""),
                      .until = section.Text("until").value_or(""),
                      .line = table.at.line};
  if (!entry.rule.empty() && evidence::FindRule(entry.rule) == nullptr) {
    std::vector<std::string> known;
    for (const evidence::Rule& rule : evidence::Rules()) known.emplace_back(rule.name);
    problems.Add(section.Find("rule")->at, "there is no rule " + project::Suggest(entry.rule, known));
  }
  if (!entry.until.empty() && !IsDay(entry.until)) {
    problems.Add(section.Find("until")->at, "`until` must be a day such as \"2027-01-31\"");
  }
  if (const project::TomlNode* bound = section.Table("bound")) {
    project::Section columns(*bound, "bound", problems);
    entry.bound = {columns.Number("time_ms", 0), columns.Number("cpu_s_per_1000", 0), columns.Number("bytes", 0)};
    columns.Finish();
  }
  section.Finish();
  return entry;
}

std::unexpected<base::Error> Wrong(const std::vector<project::Problem>& problems) {
  std::string lines;
  for (const project::Problem& problem : problems) {
    lines += fmt::format("{}{}:{}:{}: {}", lines.empty() ? "" : "\n", kFile, problem.at.line, problem.at.column,
                         problem.text);
  }
  return Fail(Code::kInput, lines);
}

// --- Writing ---

std::string TomlBound(const Bound& bound) {
  std::string columns;
  const auto add = [&](std::string_view name, const std::optional<double>& value) {
    if (value) columns += fmt::format("{}{} = {}", columns.empty() ? "" : ", ", name, base::FormatExact(*value));
  };
  add("time_ms", bound.time_ms);
  add("cpu_s_per_1000", bound.cpu_s_per_1000);
  add("bytes", bound.bytes);
  return columns;
}

std::string TomlEntry(const AcceptedEntry& entry) {
  std::string text = "[[accepted]]\n";
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) text += fmt::format("{} = {}\n", key, TomlText(value));
  };
  add("rule", entry.rule);
  add("subject", entry.subject);
  add("endpoint", entry.endpoint);
  if (const std::string bound = TomlBound(entry.bound); !bound.empty())
    text += fmt::format("bound = {{ {} }}\n", bound);
  add("reason", entry.reason);
  add("owner", entry.owner);
  add("until", entry.until);
  return text;
}

bool SameFinding(const AcceptedEntry& a, const AcceptedEntry& b) {
  return std::tie(a.rule, a.subject, a.endpoint) == std::tie(b.rule, b.subject, b.endpoint);
}

bool SameText(const AcceptedEntry& a, const AcceptedEntry& b) {
  return SameFinding(a, b) &&
         std::tie(a.bound, a.reason, a.owner, a.until) == std::tie(b.bound, b.reason, b.owner, b.until);
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

bool IsRemark(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos || line[first] == '#';
}

// Puts `block` where entry `index` stands. Remarks between its lines go behind it, those before the next entry are left
// to that.
std::string Replaced(std::string_view text, const std::vector<AcceptedEntry>& entries, size_t index,
                     const std::string& block) {
  const std::vector<std::string> lines = Lines(text);
  const size_t begin = entries[index].line - 1;
  const size_t end = index + 1 < entries.size() ? entries[index + 1].line - 1 : lines.size();
  std::string result;
  for (size_t i = 0; i < begin; ++i) result += lines[i];
  result += block;
  for (size_t i = begin; i < end; ++i) {
    if (IsRemark(lines[i])) result += lines[i];
  }
  for (size_t i = end; i < lines.size(); ++i) result += lines[i];
  return result;
}

std::string Appended(std::string_view text, const std::string& block) {
  if (text.empty()) return std::string(kPreface) + "\n" + block;
  return std::string(text) + (text.ends_with('\n') ? "\n" : "\n\n") + block;
}

// --- Covering ---

// The first column in which a finding is above its bound, as a sentence has it; empty if there is none.
std::string Outgrown(const Bound& bound, const Finding& finding) {
  const std::array<std::tuple<std::string_view, std::optional<double>, std::optional<double>>, 3> columns = {
      {{"time_ms", bound.time_ms, finding.time_ms},
       {"cpu_s_per_1000", bound.cpu_s_per_1000, finding.cpu_s_per_1000},
       {"bytes", bound.bytes, finding.bytes}}};
  for (const auto& [name, most, is] : columns) {
    if (most && is && *is > *most)
      return fmt::format("{} is {}, above {}", name, base::FormatCount(*is), base::FormatCount(*most));
  }
  return {};
}

bool Concerns(const AcceptedEntry& entry, const Finding& finding) {
  return entry.rule == finding.rule && entry.subject == finding.subject.name &&
         (entry.endpoint.empty() || entry.endpoint == finding.subject.endpoint);
}

// Whether the report says enough of the entry's endpoint for the lack of a finding to mean something.
bool WasJudged(const AcceptedEntry& entry, const evidence::Report& report) {
  // `hone pool` judges pools and nothing else, and no other verb does.
  if (entry.rule.starts_with("pool.") != (report.verb == "pool")) return false;
  if (entry.endpoint.empty()) return report.not_judged.empty();
  const auto speaks_of_it = [&](const std::string& subject) { return subject.contains(entry.endpoint); };
  if (std::ranges::any_of(report.not_judged, speaks_of_it, &evidence::NotJudged::subject)) return false;
  return std::ranges::any_of(report.healthy, speaks_of_it, &evidence::Healthy::subject) ||
         std::ranges::any_of(report.findings,
                             [&](const Finding& finding) { return finding.subject.endpoint == entry.endpoint; });
}

// What is to be said of an entry that covered nothing.
std::string Complaint(const AcceptedEntry& entry, bool expired, const std::string& outgrown, bool concerned,
                      const evidence::Report& report) {
  if (concerned && expired) return "expired on " + entry.until + "; the finding is reported again";
  if (concerned) return "outgrew its bound (" + outgrown + "); the finding is reported again";
  if (!WasJudged(entry, report)) return {};
  return "is stale: there is no such finding any more; remove the entry";
}

void MarkByEntry(const AcceptedEntry& entry, std::string_view today, evidence::Report& report) {
  const bool expired = !entry.until.empty() && entry.until < today;
  bool concerned = false;
  std::string outgrown;
  bool uncovered = false;
  for (Finding& finding : report.findings) {
    if (!Concerns(entry, finding)) continue;
    concerned = true;
    const std::string excess = Outgrown(entry.bound, finding);
    if (!expired && excess.empty()) {
      finding.accepted = entry.reason;
    } else {
      uncovered = true;
      outgrown = excess;
    }
  }
  if (concerned && !uncovered) return;
  const std::string complaint = Complaint(entry, expired, outgrown, concerned, report);
  if (complaint.empty()) return;
  const std::string where = entry.endpoint.empty() ? "" : " at " + entry.endpoint;
  report.caveats.push_back(fmt::format("{}:{}: {}{} {}", kFile, entry.line, entry.rule, where, complaint));
}

// Three digits, rounded up.
std::optional<double> BoundFor(const std::optional<double>& worth) {
  if (!worth || !(*worth > 0) || !std::isfinite(*worth)) return std::nullopt;
  const double most = *worth * kBoundMargin;
  const double exponent = std::floor(std::log10(most)) - 2;
  // Above a thousand the step is whole, below it its reciprocal is: either way one correctly rounded operation.
  if (exponent >= 0) return std::ceil(most / std::pow(10, exponent)) * std::pow(10, exponent);
  return std::ceil(most * std::pow(10, -exponent)) / std::pow(10, -exponent);
}

Result<Finding> FindFinding(const AcceptRequest& request) {
  const auto id = evidence::ParseId('f', request.finding.starts_with('f') ? request.finding : "f" + request.finding);
  if (!id)
    return Fail(Code::kUsage, "Not a finding's number", request.finding,
                "hone show lists the findings of the last run");
  HONE_TRY(const auto ledger, evidence::Ledger::Open(request.ledger, {.create = false}));
  HONE_TRY(const int64_t run, request.run ? Result<int64_t>(*request.run) : ledger->NewestRunWithFindings());
  HONE_TRY(const evidence::Report report, ledger->ReadReport(run));
  const auto found = std::ranges::find(report.findings, *id, &Finding::id);
  if (found != report.findings.end()) return *found;
  return Fail(Code::kNotFound, fmt::format("Run {} has no finding {}", run, *id), {}, "hone show lists its findings");
}

}  // namespace

Result<std::vector<AcceptedEntry>> ParseAccepted(std::string_view text) {
  const auto tree = project::ParseToml(text);
  if (!tree) return Wrong({tree.error()});
  project::Findings problems;
  project::Section root(*tree, "", problems);
  std::vector<AcceptedEntry> entries;
  for (const project::TomlNode* table : root.Tables("accepted")) {
    const AcceptedEntry entry = ReadEntry(*table, problems);
    const bool twice =
        std::ranges::any_of(entries, [&](const AcceptedEntry& other) { return SameFinding(entry, other); });
    if (twice) problems.Add(table->at, "this finding has an entry already");
    entries.push_back(entry);
  }
  root.Finish();
  if (!problems.empty()) return Wrong(problems.Take());
  return entries;
}

Result<std::string> WithEntry(std::string_view text, const AcceptedEntry& entry) {
  HONE_TRY(std::vector<AcceptedEntry> entries, ParseAccepted(text));
  const auto known =
      std::ranges::find_if(entries, [&](const AcceptedEntry& other) { return SameFinding(entry, other); });
  const auto index = static_cast<size_t>(known - entries.begin());
  const bool replaces = known != entries.end();
  std::string edited = replaces ? Replaced(text, entries, index, TomlEntry(entry)) : Appended(text, TomlEntry(entry));
  if (replaces) {
    entries[index] = entry;
  } else {
    entries.push_back(entry);
  }
  // Texts over several lines or inline tables can defeat an edit by lines: then nothing is written.
  const auto again = ParseAccepted(edited);
  if (again && std::ranges::equal(*again, entries, SameText)) return edited;
  return Fail(Code::kInput, "accepted.toml is written such that hone cannot edit it", {},
              "Add this by hand:\n" + TomlEntry(entry));
}

void MarkAccepted(const std::vector<AcceptedEntry>& entries, std::string_view today, evidence::Report& report) {
  for (const AcceptedEntry& entry : entries) MarkByEntry(entry, today, report);
}

Result<void> ApplyAccepted(const std::filesystem::path& dir, evidence::Report& report) {
  HONE_TRY(const auto text, base::ReadFileIfPresent(dir / kFile));
  if (!text) return {};
  HONE_TRY(const auto entries, ParseAccepted(*text));
  MarkAccepted(entries, base::FormatUtc(base::WallSeconds()).substr(0, 10), report);
  return {};
}

Result<AcceptedEntry> Accept(const AcceptRequest& request) {
  if (request.reason.empty())
    return Fail(Code::kUsage, "A finding is accepted for a reason", {}, "Give one with --reason");
  if (!request.until.empty() && !IsDay(request.until)) {
    return Fail(Code::kUsage, "Not a day", request.until, "Write it as 2027-01-31");
  }
  HONE_TRY(const Finding finding, FindFinding(request));
  AcceptedEntry entry{.rule = finding.rule,
                      .subject = finding.subject.name,
                      .endpoint = finding.subject.endpoint,
                      .bound = {BoundFor(finding.time_ms), BoundFor(finding.cpu_s_per_1000), BoundFor(finding.bytes)},
                      .reason = request.reason,
                      .owner = request.owner,
                      .until = request.until};
  const std::filesystem::path file = request.dir / kFile;
  HONE_TRY(const auto text, base::ReadFileIfPresent(file));
  HONE_TRY(const std::string edited, WithEntry(text.value_or(""), entry));
  HONE_CHECK_OK(base::WriteFile(file, edited));
  return entry;
}

}  // namespace hone::ops
