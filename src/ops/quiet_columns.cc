// What the quiet phase does for statements that return much: whether the answers depend on all of their columns.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ops/altered_columns.h"
#include "ops/answer_differences.h"
#include "ops/quiet_phase.h"
#include "sql/fingerprint.h"
#include "sql/lexer.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

// The normalised text of what was executed.
std::string TextOf(const sql::Recording& recording, const sql::RecordedStatement& statement) {
  const std::vector<std::string_view> parts = sql::SplitStatements(recording.texts[statement.text]);
  return statement.part < parts.size() ? sql::Fingerprint(parts[statement.part]).query.text : std::string();
}

// Whether one answer differs from another only where two did anyway.
bool IsSame(const std::string& body, const std::string& other, const std::set<std::string>& volatile_places) {
  const std::set<std::string> differences = DifferencesOf(body, other);
  return std::ranges::includes(volatile_places, differences);
}

}  // namespace

// Values are changed in a database of Hone's own only, and nobody is asked beyond what is accepted.
void QuietRun::NoteWide(const QuietEndpoint& endpoint, const sql::Recording& recording) {
  const Tried& tried = dry_.tried[endpoint.scenario];
  const bool writes = project_.scenarios[endpoint.scenario].writes;
  if (rig_.cluster() == nullptr || endpoint.failed || writes || tried.request_limit || tried.choosy()) return;
  for (sql::WideRead& wide : sql::WideReads(recording, endpoint.exchange))
    wide_.push_back({quiet_.endpoints.size(), asked_[wide.request], std::move(wide.read)});
}

base::Result<void> QuietRun::TryColumns() {
  constexpr base::Nanos kColumnsFor = 20 * base::kSecond;
  if (wide_.empty()) return {};
  HONE_CHECK_OK(StartAfresh());  // writers may have run
  const base::Nanos until = task_.clock().Now() + kColumnsFor;
  bool altered = false;
  for (const Wide& wide : wide_) {
    if (task_.clock().Now() >= until) break;
    const std::string& endpoint = quiet_.endpoints[wide.endpoint].endpoint;
    task_.Report({fmt::format("Looking for columns that {} does not need", endpoint)});
    const auto tried = TryColumnsOf(wide);
    if (!tried) HONE_CHECK_OK(Excuse(tried.error(), endpoint));
    altered = altered || !tried || *tried;
  }
  if (!altered) return {};
  HONE_CHECK_OK(StartAfresh(Rig::Before::kAltered));
  return FindCallersOfColumns();
}

base::Result<QuietRun::AskedWide> QuietRun::AskForColumns(const Wide& wide) {
  const QuietEndpoint& endpoint = quiet_.endpoints[wide.endpoint];
  const std::string& read = endpoint.exchange.queries[wide.read.statement.query].text;
  Drain();
  HONE_TRY(Asked asked, AskIn({}, project_.scenarios[endpoint.scenario], wide.assignment));
  const sql::Recording recording = Drain();
  AskedWide brought;
  if (asked.wrong || !asked.answer) return brought;
  brought.body = std::move(asked.answer->body);
  for (const sql::RecordedStatement& statement : recording.statements) {
    const std::string text = TextOf(recording, statement);
    ++brought.statements[text];
    if (text == read) brought.rows = statement.rows;
  }
  return brought;
}

// One column after the other: what the answer is with its values exchanged between rows, and with it empty. After a
// column that is used the answer with its altered values is what those with the next one's are compared with.
base::Result<bool> QuietRun::TryColumnsOf(const Wide& wide) {
  QuietEndpoint& endpoint = quiet_.endpoints[wide.endpoint];
  HONE_CHECK_OK(rig_.KeepFresh(kFresh));
  ForgetRequests();
  auto columns = AlteredColumns::Read(*rig_.cluster(), rig_.database_name(), wide.read);
  if (!columns || columns->Wide().empty()) return false;
  HONE_TRY(AskedWide before, AskForColumns(wide));
  HONE_TRY(AskedWide again, AskForColumns(wide));
  if (again.rows != columns->rows() || before.statements != again.statements) return false;
  const std::set<std::string> volatile_places = DifferencesOf(before.body, again.body);
  UnusedColumns found{.sample = wide.read.statement};
  found.proof.columns = columns->columns();
  std::vector<size_t> suspects;
  for (const size_t column : columns->Wide()) {
    found.proof.columns[column].unused = !columns->StandsIn(column, again.body);
    if (found.proof.columns[column].unused) suspects.push_back(column);
  }
  if (!sql::IsMuchUnused(found.proof)) return false;
  for (const size_t column : suspects) {
    bool unused = true;
    int64_t same = 0;
    for (const bool empty : {false, true}) {
      HONE_TRY(const bool changed, empty ? columns->Empty(column) : columns->Exchange(column));
      if (!changed) unused = false;
      if (!unused) break;
      HONE_TRY(AskedWide now, AskForColumns(wide));
      unused =
          now.rows == again.rows && now.statements == again.statements && IsSame(again.body, now.body, volatile_places);
      if (unused) {
        ++same;
      } else if (now.rows != again.rows) {
        return true;  // it cannot be asked like that any more
      } else {
        again = std::move(now);
      }
    }
    found.proof.columns[column].unused = unused;
    if (unused) found.proof.answers += same;
  }
  if (!sql::IsMuchUnused(found.proof)) return true;
  const sql::Query& query = endpoint.exchange.queries[wide.read.statement.query];
  found.proof.endpoint = endpoint.endpoint;
  found.proof.query = query.id;
  found.proof.text = query.text;
  found.proof.rows = columns->rows();
  endpoint.columns.push_back(std::move(found));
  return true;
}

base::Result<void> QuietRun::FindCallersOfColumns() {
  for (const Wide& wide : wide_) {
    QuietEndpoint& endpoint = quiet_.endpoints[wide.endpoint];
    const sql::Query& query = endpoint.exchange.queries[wide.read.statement.query];
    const auto is_found = [&](const UnusedColumns& found) { return found.proof.query == query.id; };
    const bool known = std::ranges::find(endpoint.callers, query.text, &QueryCaller::query) != endpoint.callers.end();
    if (known || !held_.usable() || std::ranges::none_of(endpoint.columns, is_found)) continue;
    HONE_TRY(auto caller, held_.Find(project_.scenarios[endpoint.scenario], wide.assignment, query,
                                     endpoint.capture.scope, /*refusals=*/false));
    (void)rig_.proxy()->WaitQuiet(kQuietFor, task_.clock().Now() + kDrainAtMost);
    Drain();
    if (caller) endpoint.callers.push_back(*std::move(caller));
  }
  return {};
}

}  // namespace hone::ops
