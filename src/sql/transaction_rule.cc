// sql.idle_in_transaction.
#include <utility>

#include "sql/rule_context.h"
#include "sql/thresholds.h"
#include "sql/transaction.h"
#include "stats/quantile_interval.h"

namespace hone::sql {

void JudgeTransactions(const RuleContext& context, evidence::Judgement& judgement) {
  const Exchange& exchange = context.exchange();
  const std::vector<size_t>& requests = context.typical_requests();
  const auto idle = stats::MedianOf(LongIdleInTransaction(exchange, requests, kLeastIdleGapNs));
  if (!idle.interval || idle.interval->lo < kLeastIdleInTransactionNs) return;
  const auto query = LastBeforeIdling(exchange, requests, [](const IdleGap& gap) {
    const base::Nanos lasts = gap.end_ns - gap.start_ns;
    return lasts >= kLeastIdleGapNs ? lasts : 0;
  });
  if (!query) return;
  evidence::FindingDraft draft = context.Draft("sql.idle_in_transaction", evidence::Severity::kMedium, *query);
  draft.title =
      "A transaction stays open for {m0:ci} of a request while none of its statements runs, most of it behind this one";
  draft.support = {context.Spec("sql.idle_in_transaction", "ns", std::nullopt, context.AtTypicalSize())};
  draft.ceiling = 0;
  draft.ceiling_basis = "the time for which a connection and its locks are held for nothing";
  draft.remedy = std::string(kIdleRemedy);
  judgement.findings.push_back(std::move(draft));
}

}  // namespace hone::sql
