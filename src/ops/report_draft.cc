#include "ops/report_draft.h"

#include <algorithm>
#include <string>
#include <utility>

namespace hone::ops {

void ReportDraft::AddNotJudged(const evidence::NotJudged& entry) {
  const bool known = std::ranges::any_of(report_.not_judged, [&](const evidence::NotJudged& other) {
    return other.subject == entry.subject && other.reason == entry.reason;
  });
  if (!known) report_.not_judged.push_back(entry);
}

base::Result<void> ReportDraft::Take(const evidence::Judgement& judgement) {
  for (const evidence::MeasurementSpec& spec : judgement.measurements) HONE_CHECK_OK(measurer_.Measure(spec));
  for (const evidence::FindingDraft& draft : judgement.findings) {
    HONE_TRY(Measurer::Supported supported, measurer_.Support(draft));
    if (!supported.finding) {
      const std::string& subject = draft.subject.endpoint.empty() ? draft.subject.name : draft.subject.endpoint;
      AddNotJudged({draft.rule + " of " + subject, "not enough evidence: " + supported.reason,
                    "A longer window: [limits] in hone.toml"});
      continue;
    }
    // Who waited for the reply of a query, else where such a text stands.
    const evidence::Subject& subject = supported.finding->subject;
    sources_.Locate(*supported.finding, FindCaller(quiet_, subject.endpoint, subject.name));
    report_.findings.push_back(*std::move(supported.finding));
  }
  for (const evidence::NotJudged& entry : judgement.not_judged) AddNotJudged(entry);
  return {};
}

}  // namespace hone::ops
