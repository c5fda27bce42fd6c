#include "cli/screen.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "cli/text_layout.h"
#include "evidence/claim.h"

namespace hone::cli {
namespace {

using evidence::Finding;
using evidence::Report;

Style VerdictStyle(std::string_view verdict) {
  if (verdict == "clean" || verdict == "no_change" || verdict == "improved" || verdict == "valid" ||
      verdict == "well_sized")
    return Style::kGreen;
  return verdict == "inconclusive" ? Style::kYellow : Style::kRed;
}

std::string Section(std::string_view name, const ScreenOptions& options) {
  return "\n" + Styled(name, Style::kBold, options.color) + "\n";
}

std::string Place(const evidence::Subject& subject) {
  if (subject.file.empty()) return "";
  return subject.line > 0 ? fmt::format("{}:{}", subject.file, subject.line) : subject.file;
}

// The three columns of worth that are known, never summed.
std::string Worth(const Finding& finding) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (finding.time_ms) {
    std::string time = base::FormatDuration(*finding.time_ms * 1e6) + " of response time";
    if (finding.time_loopback_ms && *finding.time_loopback_ms != *finding.time_ms) {
      time += fmt::format(" ({} on loopback)", base::FormatDuration(*finding.time_loopback_ms * 1e6));
    }
    add(time);
  }
  if (finding.cpu_s_per_1000) add(base::FormatDuration(*finding.cpu_s_per_1000 * 1e6) + " of CPU");
  if (finding.bytes) add(base::FormatBytes(*finding.bytes) + " of memory");
  return text.empty() ? text : text + " a request";
}

std::string CeilingText(const Finding& finding) {
  if (!finding.ceiling) return "";
  evidence::Measurement value;
  value.unit = finding.ceiling->unit;
  value.value = finding.ceiling->value;
  return fmt::format("at best {} ({})", evidence::FormatValue(value), finding.ceiling->basis);
}

// A place and the function there as Go's tools write it, in one line.
std::string PlaceLine(std::string_view begin, const std::string& place, const std::string& function,
                      const ScreenOptions& options) {
  return Shorten(fmt::format("{}{}  {}", begin, place, function.substr(function.rfind('/') + 1)), options.width) + "\n";
}

std::string FullFinding(size_t rank, const Finding& finding, const ScreenOptions& options) {
  constexpr std::string_view kIndent = "    ";
  std::string out =
      fmt::format("\n{:>2}  {}  {}\n", rank, Styled(finding.rule, Style::kBold, options.color),
                  Printable(finding.subject.endpoint.empty() ? finding.subject.name : finding.subject.endpoint));
  out += Wrap(Printable(finding.title), options.width, kIndent, kIndent);
  const std::string place = Place(finding.subject);
  if (!place.empty()) {
    const std::string function =
        Printable(finding.subject.kind == "function" ? finding.subject.name : finding.subject.function);
    out += PlaceLine("    at    ", place + (finding.subject.located == "text" ? " (guess by its text)" : ""), function,
                     options);
  }
  if (finding.subject.kind == "query") {
    out += fmt::format("    query {}\n", Shorten(Printable(finding.subject.name), options.width - 10));
  }
  const std::string worth = Worth(finding);
  if (!worth.empty()) out += Wrap(worth, options.width, "    worth ", "          ");
  const std::string ceiling = CeilingText(finding);
  if (!ceiling.empty()) out += Wrap(ceiling, options.width, "    gain  ", "          ");
  if (!finding.remedy.empty()) out += Wrap(Printable(finding.remedy), options.width, "    fix   ", "          ");
  if (finding.accepted) out += Wrap(Printable(*finding.accepted), options.width, "    accepted: ", "          ");
  return out;
}

// `count` findings of one rule at one endpoint, of which `finding` is the first.
std::string ShortFindings(size_t rank, size_t count, const Finding& finding, const ScreenOptions& options) {
  const std::string ranks = count == 1 ? fmt::format("{:>2}", rank) : fmt::format("{:>2}-{}", rank, rank + count - 1);
  const std::string more = count == 1 ? "" : fmt::format(" and {} more", count - 1);
  return Shorten(fmt::format("{}  {}  {}  {}{}", ranks, finding.rule, Printable(finding.subject.endpoint),
                             Place(finding.subject), more),
                 options.width) +
         "\n";
}

std::string Findings(const Report& report, const ScreenOptions& options) {
  if (report.findings.empty()) return "";
  std::string out = Section("Findings, by worth", options);
  const std::vector<Finding>& findings = report.findings;
  const size_t full = std::min(findings.size(), options.full_findings);
  for (size_t i = 0; i < full; ++i) out += FullFinding(i + 1, findings[i], options);
  if (full < findings.size()) out += "\n";
  for (size_t i = full; i < findings.size();) {
    const auto alike = [&](const Finding& other) {
      return other.rule == findings[i].rule && other.subject.endpoint == findings[i].subject.endpoint &&
             !other.subject.endpoint.empty();
    };
    size_t next = i + 1;
    while (next < findings.size() && alike(findings[next])) ++next;
    out += ShortFindings(i + 1, next - i, findings[i], options);
    i = next;
  }
  return out;
}

// The times of a load run by quantile: what was waited, what the service took, how late the generator was.
std::string LoadTable(const Report& report, const ScreenOptions& options) {
  if (!report.verb.starts_with("load")) return "";
  const auto value = [&](const std::string& metric) -> std::string {
    const auto measured = std::ranges::find(report.measurements, metric, &evidence::Measurement::metric);
    if (measured == report.measurements.end()) return "-";
    return evidence::FormatValue(*measured) + (measured->validity == evidence::Validity::kValid ? "" : " ?");
  };
  std::string out = Section("Times", options);
  out += fmt::format("    {:<6}{:>14}{:>14}{:>14}\n", "", "response", "service", "lateness");
  for (const char* quantile : {"p50", "p90", "p99", "p999", "max"}) {
    out +=
        fmt::format("    {:<6}{:>14}{:>14}{:>14}\n", quantile, value(fmt::format("load.response.{}", quantile)),
                    value(fmt::format("load.service.{}", quantile)), value(fmt::format("load.lateness.{}", quantile)));
  }
  out += "    `?`: too few answers, or the generator was the limit\n" + Section("Requests", options);
  for (const char* count : {"sent", "answered", "failed.status", "failed.refused", "failed.reset", "failed.timeout",
                            "failed.protocol", "censored"}) {
    out += fmt::format("    {:<16}{:>12}\n", count, value(fmt::format("load.{}", count)));
  }
  return out;
}

// One text for all that the same thing is the matter with: "budgets of GET /a, GET /b: the reason. What would do".
std::vector<std::string> NotJudgedTexts(std::span<const evidence::NotJudged> entries) {
  struct Group {
    const evidence::NotJudged* first;
    std::string what;  // "budgets of "; empty where the subject is a name alone
    std::string subjects;
  };
  std::vector<Group> groups;
  for (const evidence::NotJudged& entry : entries) {
    const size_t of = entry.subject.find(" of ");
    const std::string what = of == std::string::npos ? "" : entry.subject.substr(0, of + 4);
    const auto same = std::ranges::find_if(groups, [&](const Group& group) {
      return group.what == what && group.first->reason == entry.reason &&
             group.first->what_would_do == entry.what_would_do;
    });
    if (same == groups.end()) {
      groups.push_back({&entry, what, entry.subject});
    } else {
      same->subjects += ", " + entry.subject.substr(what.size());
    }
  }
  std::vector<std::string> texts;
  for (const Group& group : groups) {
    texts.push_back(group.subjects + ": " + group.first->reason);
    if (!group.first->what_would_do.empty()) texts.back() += ". " + group.first->what_would_do;
  }
  return texts;
}

// What a sweep over sizes of a pool measured.
std::string SizeTable(const Report& report, const ScreenOptions& options) {
  const auto text = [](const evidence::Measurement& measured) {
    constexpr double kNever = 3.59e12;  // the end of a histogram, where unanswered requests are counted
    if (measured.n == 0) return std::string("-");
    if (measured.unit == "ns" && measured.value > kNever) return std::string("not all answered");
    const bool valid = measured.validity == evidence::Validity::kValid;
    return evidence::FormatValueWithInterval(measured) + (valid ? "" : " ?");
  };
  std::string out;
  bool doubtful = false;
  for (const evidence::Measurement& measured : report.measurements) {
    if (measured.metric != "pool.response") continue;
    const auto size = measured.parameters.find("size");
    const auto ratio = std::ranges::find_if(report.measurements, [&](const evidence::Measurement& other) {
      return other.metric == "pool.response_ratio" && other.parameters == measured.parameters;
    });
    if (size == measured.parameters.end() || ratio == report.measurements.end()) continue;
    doubtful = doubtful || ratio->validity != evidence::Validity::kValid;
    const std::string line = fmt::format("    {:>11}  {:<32}  {}", size->second, text(measured), text(*ratio));
    out += Shorten(line, options.width) + "\n";
  }
  if (out.empty()) return out;
  if (doubtful) out += "    `?`: too few windows\n";
  const auto quantile = std::ranges::find(report.measurements, "pool.quantile", &evidence::Measurement::metric);
  const double named = quantile == report.measurements.end() ? 0 : quantile->value;
  return Section("Sizes", options) +
         fmt::format("    {:>11}  {:<32}  {}\n", "connections", fmt::format("p{:.0f} of responses", 100 * named),
                     "of the best") +
         out;
}

std::string Settings(const Report& report, const ScreenOptions& options) {
  if (report.advice.empty()) return "";
  std::string out = Section("Settings", options);
  for (const evidence::Advice& advice : report.advice) {
    out += Wrap(Printable(fmt::format("{} = {}", advice.setting, advice.value)), options.width, "    ", "      ");
    out += Wrap(Printable(advice.reason), options.width, "        ", "        ");
  }
  return out;
}

std::string SeenOnly(const Report& report, const ScreenOptions& options) {
  if (report.seen_only.empty()) return "";
  std::string out = Section("Seen only: counted, not measured", options);
  for (const evidence::SeenOnly& seen : report.seen_only) {
    const std::string what = seen.what.empty() ? seen.address : fmt::format("{} at {}", seen.what, seen.address);
    out += Wrap(Printable(fmt::format("{}: {}", what, seen.text)), options.width, "    ", "      ");
  }
  return out;
}

std::string HealthyAndNotJudged(const Report& report, const ScreenOptions& options) {
  std::string out;
  if (!report.healthy.empty()) {
    out += Section("Healthy", options);
    for (const auto& healthy : report.healthy) {
      out += Shorten(Printable(fmt::format("    {}: {}", healthy.subject, healthy.text)), options.width) + "\n";
    }
  }
  if (!report.not_judged.empty()) {
    out += Section("Not judged", options);
    for (const std::string& text : NotJudgedTexts(report.not_judged))
      out += Wrap(Printable(text), options.width, "    ", "      ");
  }
  return out;
}

std::string Tail(const Report& report, const ScreenOptions& options) {
  std::string out;
  if (!report.caveats.empty()) {
    out += Section("Caveats", options);
    for (const auto& caveat : report.caveats) out += Wrap(Printable(caveat), options.width, "    ", "      ");
  }
  if (report.cost.wall_seconds > 0) {
    const double share = report.cost.cpu_seconds / report.cost.wall_seconds;
    out += Section("Cost", options);
    out += Wrap(fmt::format("hone took {} and used {} of CPU ({:.0f} % of one core) and {} of memory at its peak",
                            base::FormatDuration(report.cost.wall_seconds * 1e9),
                            base::FormatDuration(report.cost.cpu_seconds * 1e9), share * 100,
                            base::FormatBytes(report.cost.peak_rss_bytes)),
                options.width, "    ", "    ");
  }
  if (!report.next.empty()) {
    out += Section("Next", options);
    for (const auto& command : report.next) out += "    " + command + "\n";
  }
  return out;
}

}  // namespace

std::string RenderReport(const Report& report, const ScreenOptions& options) {
  std::string environment;
  for (const auto& [name, value] : report.environment)
    environment += (environment.empty() ? "" : " · ") + Printable(value);
  std::string out = Styled("hone " + report.verb, Style::kBold, options.color) + "\n";
  if (!environment.empty()) out += Wrap(environment, options.width, "", "");
  std::string verdict = report.verdict;
  std::ranges::transform(verdict, verdict.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  out += "\n" + Wrap(verdict + ": " + Printable(report.headline), options.width, "", "  ");
  if (options.color) {
    const size_t at = out.rfind(verdict + ":");
    out.replace(at, verdict.size(), Styled(verdict, VerdictStyle(report.verdict), true));
  }
  return out + LoadTable(report, options) + SizeTable(report, options) + Findings(report, options) +
         Settings(report, options) + HealthyAndNotJudged(report, options) + SeenOnly(report, options) +
         Tail(report, options);
}

std::string RenderFinding(const Finding& finding, std::span<const evidence::Measurement> measurements,
                          const ScreenOptions& options) {
  std::string out = FullFinding(static_cast<size_t>(finding.id), finding, options);
  if (finding.subject.kind == "query")
    out += Section("Statement", options) + Wrap(Printable(finding.subject.name), options.width, "    ", "    ");
  if (!finding.subject.stack.empty()) out += Section("Called from", options);
  for (const evidence::Frame& frame : finding.subject.stack)
    out +=
        PlaceLine("    ", Printable(fmt::format("{}:{}", frame.file, frame.line)), Printable(frame.function), options);
  out += Section("Measured", options);
  for (const auto& measurement : measurements) {
    if (std::ranges::find(finding.measurements, measurement.id) == finding.measurements.end()) continue;
    out += fmt::format("    m{}  {} = {}\n", measurement.id, measurement.metric,
                       evidence::FormatValueWithInterval(measurement));
    out += Wrap(fmt::format("n = {} {}, by {}, {}", measurement.n, measurement.n_of, measurement.method,
                            evidence::Name(measurement.validity)),
                options.width, "        ", "        ");
  }
  out += Section("Next", options);
  if (!finding.measurements.empty()) {
    out += fmt::format("    hone evidence recompute m{}\n", finding.measurements.front());
  }
  out += fmt::format("    hone accept {} --reason 'why this is as it must be'\n", finding.id);
  return out;
}

}  // namespace hone::cli
