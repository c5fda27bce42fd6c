// What the quiet phase does for statements that return much: whether the answers depend on all of their columns and
// rows.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ops/altered_columns.h"
#include "ops/answer_differences.h"
#include "ops/answer_elements.h"
#include "ops/listed_rows.h"
#include "ops/quiet_phase.h"
#include "ops/thinned_rows.h"
#include "sql/fingerprint.h"
#include "sql/lexer.h"
#include "sql/needed_rows.h"
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
void QuietRun::NoteLarge(const QuietEndpoint& endpoint, const sql::Recording& recording) {
  const Tried& tried = dry_.tried[endpoint.scenario];
  const bool writes = project_.scenarios[endpoint.scenario].writes;
  if (rig_.cluster() == nullptr || endpoint.failed || writes || tried.request_limit || tried.choosy()) return;
  for (sql::LargeRead& read : sql::LargeReads(recording, endpoint.exchange)) {
    const size_t request = read.request;
    large_.push_back({quiet_.endpoints.size(), asked_[request], std::move(read)});
  }
}

// Columns first: that leaves all rows where they are.
base::Result<void> QuietRun::TryLargeReads() {
  constexpr base::Nanos kEachFor = 20 * base::kSecond;
  if (large_.empty()) return {};
  HONE_CHECK_OK(UndoWrites());
  bool altered = false;
  for (const bool rows : {false, true}) {
    const base::Nanos until = task_.clock().Now() + kEachFor;
    for (const Large& large : large_) {
      if (task_.clock().Now() >= until) break;
      // Rows that were taken out are missing from others' answers.
      if (rows && altered) HONE_CHECK_OK(StartAfresh(Rig::Before::kAltered));
      if (rows) altered = false;
      const std::string& endpoint = quiet_.endpoints[large.endpoint].endpoint;
      task_.Report({fmt::format("Looking for {} that {} does not need", rows ? "rows" : "columns", endpoint)});
      const auto tried = rows ? TryRows(large) : TryColumns(large);
      if (!tried) HONE_CHECK_OK(Excuse(tried.error(), endpoint));
      altered = altered || !tried || *tried;
    }
  }
  if (altered) HONE_CHECK_OK(StartAfresh(Rig::Before::kAltered));
  return FindCallersOfReads();
}

base::Result<QuietRun::Brought> QuietRun::AskFor(const Large& large) {
  const QuietEndpoint& endpoint = quiet_.endpoints[large.endpoint];
  const std::string& read = endpoint.exchange.queries[large.read.read.statement.query].text;
  Drain();
  HONE_TRY(Asked asked, AskIn({}, project_.scenarios[endpoint.scenario], large.assignment));
  const sql::Recording recording = Drain();
  Brought brought;
  if (asked.wrong || !asked.answer) return brought;
  brought.body = std::move(asked.answer->body);
  for (const sql::RecordedStatement& statement : recording.statements) {
    const std::string text = TextOf(recording, statement);
    ++brought.statements[text];
    if (text == read) brought.rows = statement.rows;
  }
  return brought;
}

base::Result<std::optional<QuietRun::Steadily>> QuietRun::AskTwice(const Large& large) {
  HONE_CHECK_OK(rig_.KeepFresh(kFresh));
  ForgetRequests();
  HONE_TRY(const Brought before, AskFor(large));
  HONE_TRY(Brought again, AskFor(large));
  if (again.rows < 0 || before.rows != again.rows || before.statements != again.statements)
    return std::optional<Steadily>();
  std::set<std::string> volatile_places = DifferencesOf(before.body, again.body);
  return Steadily{std::move(again), std::move(volatile_places)};
}

// One column after the other: what the answer is with its values exchanged between rows, and with it empty. After a
// column that is used the answer with its altered values is what those with the next one's are compared with.
base::Result<bool> QuietRun::TryColumns(const Large& large) {
  QuietEndpoint& endpoint = quiet_.endpoints[large.endpoint];
  if (large.read.bytes < sql::kLeastUnusedBytes) return false;
  auto columns = AlteredColumns::Read(*rig_.cluster(), rig_.database_name(), large.read.read);
  if (!columns || columns->Wide().empty()) return false;
  HONE_TRY(auto steadily, AskTwice(large));
  if (!steadily || steadily->brought.rows != columns->rows()) return false;
  Brought& known = steadily->brought;
  UnusedColumns found{.sample = large.read.read.statement};
  found.proof.columns = columns->columns();
  std::vector<size_t> suspects;
  for (const size_t column : columns->Wide()) {
    found.proof.columns[column].unused = !columns->StandsIn(column, known.body);
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
      HONE_TRY(Brought now, AskFor(large));
      if (now.rows != known.rows) return true;  // it cannot be asked like that any more
      unused = now.statements == known.statements && IsSame(known.body, now.body, steadily->volatile_places);
      same += unused ? 1 : 0;
      if (!unused) known = std::move(now);
    }
    found.proof.columns[column].unused = unused;
    if (unused) found.proof.answers += same;
  }
  if (!sql::IsMuchUnused(found.proof)) return true;
  const sql::Query& query = endpoint.exchange.queries[large.read.read.statement.query];
  found.proof.endpoint = endpoint.endpoint;
  found.proof.query = query.id;
  found.proof.text = query.text;
  found.proof.rows = columns->rows();
  endpoint.columns.push_back(std::move(found));
  return true;
}

// What the answer is when the rows are gone of which no value stands in it.
base::Result<bool> QuietRun::TryRows(const Large& large) {
  if (static_cast<double>(large.read.read.rows) < sql::kLeastUnusedRows || large.read.feeds_another) return false;
  auto thinned = ThinnedRows::Find(*rig_.cluster(), rig_.database_name(), large.read.read);
  if (!thinned || !*thinned) return false;
  HONE_TRY(const auto steadily, AskTwice(large));
  if (!steadily) return false;
  HONE_TRY(const pg::Rows rows, (*thinned)->Read());
  const std::vector<size_t> listed = ListedRows(rows, ValuesIn(steadily->brought.body));
  const bool as_seen = steadily->brought.rows == std::ssize(rows.rows);
  if (!as_seen || !sql::AreMostUnneeded(std::ssize(rows.rows), std::ssize(listed))) return false;
  const auto kept = (*thinned)->KeepThese(listed);
  if (!kept || !*kept) return true;
  HONE_TRY(const Brought now, AskFor(large));
  if (now.rows == std::ssize(listed) && now.statements == steadily->brought.statements &&
      IsSame(steadily->brought.body, now.body, steadily->volatile_places))
    HONE_CHECK_OK(KeepUnneeded(large, std::ssize(rows.rows), now.rows));
  return true;
}

base::Result<void> QuietRun::KeepUnneeded(const Large& large, int64_t rows, int64_t needed) {
  QuietEndpoint& endpoint = quiet_.endpoints[large.endpoint];
  const sql::Query& query = endpoint.exchange.queries[large.read.read.statement.query];
  evidence::Capture capture{.kind = std::string(sql::kNeededRowsKind), .scope = endpoint.capture.scope};
  capture.scope.query = query.text;
  capture.phase = evidence::Phase::kQuiet;
  capture.through_proxy = true;
  const sql::NeededRows proof{
      .endpoint = endpoint.endpoint, .query = query.id, .text = query.text, .rows = rows, .needed = needed};
  HONE_TRY(const evidence::Capture kept, measurer_.Keep(std::move(capture), sql::EncodeNeededRows(proof)));
  endpoint.unneeded_rows.push_back({query.id, kept.id});
  return {};
}

base::Result<void> QuietRun::FindCallersOfReads() {
  for (const Large& large : large_) {
    QuietEndpoint& endpoint = quiet_.endpoints[large.endpoint];
    const sql::Query& query = endpoint.exchange.queries[large.read.read.statement.query];
    const bool told =
        std::ranges::any_of(endpoint.columns, [&](const auto& found) { return found.proof.query == query.id; }) ||
        std::ranges::find(endpoint.unneeded_rows, query.id, &UnneededRows::query) != endpoint.unneeded_rows.end();
    const bool known = std::ranges::find(endpoint.callers, query.text, &QueryCaller::query) != endpoint.callers.end();
    if (!told || known || !held_.usable()) continue;
    HONE_TRY(auto caller, held_.Find(project_.scenarios[endpoint.scenario], large.assignment, query,
                                     endpoint.capture.scope, /*refusals=*/false));
    (void)rig_.proxy()->WaitQuiet(kQuietFor, task_.clock().Now() + kDrainAtMost);
    Drain();
    if (caller) endpoint.callers.push_back(*std::move(caller));
  }
  return {};
}

}  // namespace hone::ops
