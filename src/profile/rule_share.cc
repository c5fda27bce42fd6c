// cpu.json, cpu.fmt and cpu.logging: the share of an endpoint's CPU that one function of the user's spends on a
// package.
#include <fmt/format.h>

#include <algorithm>

#include "profile/rule_context.h"
#include "profile/thresholds.h"
#include "stats/proportion.h"

namespace hone::profile {
namespace {

using evidence::FindingDraft;
using golang::SymbolSet;

constexpr ShareRule kShareRules[] = {
    {"cpu.json", SymbolSet::kJson, false, kJsonShare, "`encoding/json`",
     "Send less (fields nobody reads, a page instead of everything), or encode this one type without reflection: a "
     "generated encoder, or an `AppendJSON(b []byte) []byte` by hand, written straight to the response."},
    {"cpu.logging", SymbolSet::kLogging, true, kLoggingShare, "Logging",
     "Log once a request what its rows add up to. What is for debugging only goes behind the level: `slog` or "
     "`zerolog` "
     "with attributes instead of formatted text, and `if logger.Enabled(ctx, slog.LevelDebug)` around what is computed "
     "for it; what must stay goes through a buffered writer that is flushed at intervals and at the end."},
    {"cpu.fmt", SymbolSet::kFmt, true, kFmtShare, "Package `fmt`",
     "Append to one kept or presized `[]byte` instead: `strconv.AppendInt`, `strconv.AppendFloat`, `append(b, s...)` "
     "do "
     "what `%d`, `%f` and `%s` do without parsing a format, boxing the values and making a string of each row."},
};

// A logger formats and encodes: what one line spends on that is told once, as logging.
void DropWhatLoggingTells(std::vector<FindingDraft>& findings) {
  const auto logs_there = [&](const evidence::Subject& subject) {
    return std::ranges::any_of(findings, [&](const FindingDraft& other) {
      return other.rule == "cpu.logging" && other.subject.file == subject.file && other.subject.line == subject.line &&
             other.subject.name == subject.name;
    });
  };
  const auto told = [&](const FindingDraft& draft) {
    return (draft.rule == "cpu.fmt" || draft.rule == "cpu.json") && logs_there(draft.subject);
  };
  std::vector<FindingDraft> kept;
  for (const FindingDraft& draft : findings) {
    if (!told(draft)) kept.push_back(draft);
  }
  findings = std::move(kept);
}

void JudgeShare(RuleContext& context, const ShareRule& rule, const CpuFacts& whole) {
  for (const ChargedFunction& function : ByFunction(SamplesBySite(context, ShareQuery(context, rule, {})))) {
    const Query query = ShareQuery(context, rule, function.site.function);
    const CpuFacts part = FactsFor(context, query);
    if (stats::WilsonInterval(part.samples, whole.samples).lo < rule.least_share) continue;
    if (context.cpu_facts.requests > 0 && part.ns_per_request < kLeastCpuNs) continue;
    FindingDraft draft = CpuDraft(context, rule.rule, function.site, query);
    draft.severity = 2 * part.samples > whole.samples ? evidence::Severity::kHigh : evidence::Severity::kMedium;
    draft.title =
        fmt::format("{} takes {{m0:ci}} of {} CPU, called at {}", rule.what, context.Whose(), Place(draft.subject));
    draft.remedy = rule.remedy;
    context.out.findings.push_back(std::move(draft));
  }
}

}  // namespace

std::span<const ShareRule> ShareRules() { return kShareRules; }

Query ShareQuery(const RuleContext& context, const ShareRule& rule, std::string_view function) {
  Query query = context.For(rule.set, function);
  query.caused = rule.caused;
  return query;
}

void JudgeShares(RuleContext& context, const CpuFacts& whole) {
  for (const ShareRule& rule : ShareRules()) {
    if (context.Wanted(rule.rule)) JudgeShare(context, rule, whole);
  }
  DropWhatLoggingTells(context.out.findings);
}

}  // namespace hone::profile
