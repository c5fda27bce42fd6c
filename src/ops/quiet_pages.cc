// What the quiet phase does for endpoints that read pages: what the last page costs, where only early ones are asked
// for.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "ops/quiet_phase.h"
#include "ops/sample_parameters.h"
#include "pg/connection.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

// The rows of all pages; empty where the server does not count them.
std::optional<int64_t> CountRows(pg::Session& session, const sql::Page& page) {
  const sql::StatementSample count = sql::CountOfPages(page.statement);
  const auto rows = session.RunPrivately(count.text, ParametersOf(count));
  if (!rows || rows->rows.empty()) return std::nullopt;
  const std::string text = rows->rows[0].at(0).value_or("");
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

// Rows are counted in a database of Hone's own only, and nobody is asked beyond a limit of requests.
void QuietRun::NotePage(const QuietEndpoint& endpoint, const sql::Recording& recording) {
  const project::Scenario& scenario = project_.scenarios[endpoint.scenario];
  const auto limit = dry_.tried[endpoint.scenario].request_limit;
  if (rig_.cluster() == nullptr || endpoint.failed || scenario.writes || limit) return;
  auto page = sql::FindPage(recording, endpoint.exchange);
  // A deep page that is asked for anyway is looked at as it is.
  if (!page || static_cast<double>(page->offset) >= sql::kLeastDiscardedRows) return;
  const project::Assignment& assignment = asked_[page->request];
  if (auto parameter = FindPageParameter(scenario.path, assignment))
    paged_.push_back({quiet_.endpoints.size(), assignment, *std::move(parameter), *std::move(page)});
}

base::Result<void> QuietRun::FindLastPages(std::vector<std::pair<const Paged*, int64_t>>& wanted) {
  HONE_TRY(pg::Session session, pg::Session::Open(rig_.cluster()->dsn(rig_.database_name())));
  HONE_CHECK_OK(session.Run("SET statement_timeout = '5s'"));
  // Which indexes the service uses is counted, too: a count alone must use no other.
  HONE_CHECK_OK(session.Run("SET enable_indexonlyscan = off"));
  for (const Paged& paged : paged_) {
    HONE_CHECK_OK(task_.Check());
    const auto rows = CountRows(session, paged.page);
    const bool many = rows && static_cast<double>(*rows - paged.page.offset) > sql::kLeastDiscardedRows;
    if (const auto value = many ? LastPage(paged.parameter, paged.page, *rows) : std::nullopt)
      wanted.emplace_back(&paged, *value);
  }
  return {};
}

// What the time does not suffice for is left out: no scenario asks for it.
base::Result<void> QuietRun::CountLastPages() {
  constexpr base::Nanos kLastPagesFor = 20 * base::kSecond;
  if (paged_.empty()) return {};
  const base::Nanos until = task_.clock().Now() + kLastPagesFor;
  HONE_CHECK_OK(UndoWrites());
  std::vector<std::pair<const Paged*, int64_t>> wanted;  // and the parameter's value
  if (const auto found = FindLastPages(wanted); !found) HONE_CHECK_OK(Excuse(found.error(), "a last page"));
  for (const auto& [paged, value] : wanted) {
    if (task_.clock().Now() >= until) break;
    const auto read = ReadLastPage(*paged, value);
    if (!read) HONE_CHECK_OK(Excuse(read.error(), quiet_.endpoints[paged->endpoint].endpoint));
  }
  return {};
}

base::Result<void> QuietRun::ReadLastPage(const Paged& paged, int64_t value) {
  QuietEndpoint& endpoint = quiet_.endpoints[paged.endpoint];
  task_.Report({fmt::format("Counting the last page of {}", endpoint.endpoint)});
  project::Scenario scenario = project_.scenarios[endpoint.scenario];
  HONE_TRY(scenario.path, WithPage(scenario.path, paged.parameter, value));
  ForgetRequests();
  HONE_CHECK_OK(rig_.KeepFresh(kFresh));
  Drain();
  const MachineUse before = UseSoFar();
  for (int i = 0; i <= kTypicalRepeats; ++i) {
    HONE_TRY(const Asked asked, AskIn({.cold = i == 0}, scenario, paged.assignment));
    if (asked.wrong) return {};
  }
  const bool busy = ForeignShare(before, UseSoFar()) > kBusyMachine;
  const sql::Recording recording = Drain();
  const sql::Recording whole = sql::Concatenate(idle_recording_, recording);
  LastPageExchange last;
  last.exchange = sql::BuildExchange(
      whole, {.endpoint = endpoint.endpoint, .requests = windows_, .idle = idle_windows_}, redactor_);
  const auto page = sql::FindPage(whole, last.exchange);
  // A service may bound how far one can go.
  if (!page || static_cast<double>(page->offset) < sql::kLeastDiscardedRows) return {};
  last.slow = sql::SlowStatements(whole, last.exchange);
  std::erase_if(last.slow, [](const sql::StatementSample& sample) { return !sql::OffsetOf(sample); });
  if (last.slow.empty()) return {};
  // On a busy machine any time may be the others'.
  last.over_budget = !busy && last.slow.front().request_ns > static_cast<double>(project_.budgets.database_ns);
  HONE_TRY(last.capture, KeepExchange(endpoint.endpoint, last.exchange));
  held_.Heed(recording);
  const auto sought = FindCallers(endpoint, scenario, last.exchange, Suspects({}, last.exchange, last.slow));
  endpoint.last_page = std::move(last);
  return sought;
}

}  // namespace hone::ops
