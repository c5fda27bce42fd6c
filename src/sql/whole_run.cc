#include "sql/whole_run.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sql/mapped_texts.h"
#include "sql/rule_context.h"

namespace hone::sql {

QuietPhase WholeRun(const Recording& recording) {
  RequestWindow window;
  window.start_ns = recording.start_ns;
  window.first_byte_ns = window.end_ns = window.drained_ns = recording.end_ns;
  return {.requests = {window}};
}

evidence::Judgement JudgeWholeRun(const Exchange& exchange, const evidence::Capture& capture,
                                  const RuleOptions& options) {
  evidence::Judgement judgement;
  const bool lost = std::ranges::any_of(exchange.lost, [](const auto& what) { return what.second > 0; });
  if (lost) {
    judgement.not_judged.push_back({"statements", "the proxy could not read or keep all of them",
                                    "A shorter run, over plain connections (sslmode=disable)"});
    return judgement;
  }
  const RuleContext context(exchange, capture, options);
  for (const char* metric : {"sql.statements", "sql.round_trips", "sql.prepare_trips", "sql.rows"})
    judgement.measurements.push_back(context.Spec(metric, "count", std::nullopt, context.AtTypicalSize()));
  for (uint32_t query = 0; query < exchange.queries.size(); ++query) {
    if (context.IsWork(query)) JudgeTexts(context, query, judgement);
  }
  for (evidence::FindingDraft& draft : judgement.findings) {
    // The time in the database is the whole run's, which says nothing of a request.
    draft.support.resize(1);
    draft.ceiling = draft.time_ns = draft.time_loopback_ns = std::nullopt;
    draft.ceiling_basis.clear();
  }
  MappedTexts mapped;
  mapped.TakeFrom(judgement, exchange, options);
  std::ranges::move(std::move(mapped).Told(options), std::back_inserter(judgement.findings));
  return judgement;
}

}  // namespace hone::sql
