// sql.rows_unused.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sql/analysis.h"
#include "sql/rule_context.h"
#include "sql/thresholds.h"
#include "stats/quantile_interval.h"

namespace hone::sql {
namespace {

double MedianRows(const std::vector<RequestAccount>& accounts, const std::vector<size_t>& requests) {
  std::vector<double> rows;
  for (const size_t i : requests) rows.push_back(static_cast<double>(accounts[i].rows));
  return stats::MedianOf(rows).value;
}

// Whether the answers list what was asked for: never more than the size, and several lengths.
bool AnswersFollowSizes(const Exchange& exchange) {
  std::set<int64_t> lengths;
  for (const size_t i : WarmRequests(exchange)) {
    const RequestWindow& request = exchange.requests[i];
    if (request.body_elements < 0 || request.body_elements > request.size) return false;
    lengths.insert(request.body_elements);
  }
  return lengths.size() >= kLeastRowCounts;
}

// Whether a query runs once in each request and returns many times the rows that any answer lists, as many for a short
// list as for a long one; and what else is read are fewer rows than are listed, so that the list is its.
bool ReturnsMoreThanIsShown(const Exchange& exchange, uint32_t query) {
  const std::vector<RequestAccount> accounts = AccountQuery(exchange, query);
  const std::vector<RequestAccount> all = Account(exchange);
  for (const size_t i : WarmRequests(exchange)) {
    const auto rows = static_cast<double>(accounts[i].rows);
    const auto shown = static_cast<double>(exchange.requests[i].body_elements);
    if (accounts[i].statements != 1 || rows < kLeastUnusedRows || rows < kUnusedTimesShown * shown) return false;
  }
  const std::vector<int64_t> sizes = Sizes(exchange);
  const std::vector<size_t> largest = WarmRequests(exchange, sizes.back());
  const bool steady = MedianRows(accounts, largest) < 2 * MedianRows(accounts, WarmRequests(exchange, sizes.front()));
  return steady && std::ranges::all_of(largest, [&](size_t i) {
           return all[i].rows - accounts[i].rows < exchange.requests[i].body_elements;
         });
}

// Whether a query runs once in each request, and most of its rows do not stand in the answer, which lists the others.
bool ReturnsWhatIsNotListed(const Exchange& exchange, uint32_t query) {
  const std::vector<RequestAccount> accounts = AccountQuery(exchange, query);
  const std::vector<double> listed = RowsListed(exchange, query, WarmRequests(exchange));
  int64_t lists = 0;
  for (const size_t i : WarmRequests(exchange)) {
    if (accounts[i].statements != 1) return false;
    lists += exchange.requests[i].body_elements > 0 ? 1 : 0;
  }
  if (listed.size() < kLeastRequests || std::ssize(listed) < lists) return false;
  for (const size_t i : WarmRequests(exchange)) {
    const auto rows = static_cast<double>(accounts[i].rows);
    if (FeedsAnother(exchange, query, i, rows)) return false;
    if (exchange.requests[i].body_elements > 0 && rows < kUnusedTimesShown * RowsListed(exchange, query, {i}).at(0))
      return false;
  }
  return true;
}

evidence::FindingDraft UnusedDraft(const RuleContext& context, uint32_t query) {
  evidence::FindingDraft draft = context.Draft("sql.rows_unused", evidence::Severity::kMedium, query);
  draft.ceiling = 2;
  draft.ceiling_basis = "the whole time of this statement; what the service does with its rows comes on top";
  draft.remedy =
      "Let the database choose: the conditions into `WHERE`, the order and the length into `ORDER BY ... LIMIT`, and "
      "an index for both";
  return draft;
}

evidence::FindingDraft OfSizes(const RuleContext& context, uint32_t query) {
  const std::string largest = std::to_string(Sizes(context.exchange()).back());
  evidence::FindingDraft draft = UnusedDraft(context, query);
  draft.title =
      "A statement returns {m0} rows however few are asked for, and the answer lists {m1}: the service throws the "
      "others away";
  draft.support = {context.Spec("sql.rows", "count", query, {{"size", largest}}),
                   context.Spec("answer.elements", "count", std::nullopt, {{"size", largest}}),
                   context.Spec("sql.db_time", "ns", query, context.AtTypicalSize())};
  return draft;
}

evidence::FindingDraft OfAnswers(const RuleContext& context, uint32_t query) {
  evidence::FindingDraft draft = UnusedDraft(context, query);
  draft.title =
      "A statement returns {m0} rows, and {m1} of them stand in the answer: the service throws the others away";
  draft.support = {context.Spec("sql.rows", "count", query, context.AtTypicalSize()),
                   context.Spec("sql.rows_listed", "count", query, context.AtTypicalSize()),
                   context.Spec("sql.db_time", "ns", query, context.AtTypicalSize())};
  return draft;
}

evidence::FindingDraft OfNeeded(const RuleContext& context, uint32_t query, evidence::CaptureId needed) {
  evidence::FindingDraft draft = UnusedDraft(context, query);
  draft.title =
      "A statement returns {m0} rows, and the answer is the same with {m1} of them alone: the service throws the "
      "others "
      "away";
  for (const char* const rows : {"all", "needed"}) {
    evidence::MeasurementSpec& spec =
        draft.support.emplace_back(context.Spec("sql.needed_rows", "count", query, {{"rows", rows}}));
    spec.captures = {needed};
  }
  draft.support.push_back(context.Spec("sql.db_time", "ns", query, context.AtTypicalSize()));
  return draft;
}

}  // namespace

void JudgeUnusedRows(const RuleContext& context, evidence::Judgement& judgement) {
  const Exchange& exchange = context.exchange();
  if (exchange.IsThinned()) return;
  const bool sized =
      !exchange.size_variable.empty() && Sizes(exchange).size() >= kLeastRowCounts && AnswersFollowSizes(exchange);
  for (uint32_t query = 0; query < exchange.queries.size(); ++query) {
    if (exchange.queries[query].query_class != QueryClass::kRead) continue;
    if (sized && ReturnsMoreThanIsShown(exchange, query)) {
      judgement.findings.push_back(OfSizes(context, query));
    } else if (ReturnsWhatIsNotListed(exchange, query)) {
      judgement.findings.push_back(OfAnswers(context, query));
    } else if (const auto needed = context.options().needed_rows.find(exchange.queries[query].id);
               needed != context.options().needed_rows.end()) {
      judgement.findings.push_back(OfNeeded(context, query, needed->second));
    }
  }
}

}  // namespace hone::sql
