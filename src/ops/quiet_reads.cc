// What the quiet phase does for statements that return much: whether the answers depend on all of their columns and
// rows.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/ascii.h"
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

// An answer with more places that differ each time shows too little.
constexpr size_t kMostVolatile = 5;

// What was executed.
sql::Query QueryOf(const sql::Recording& recording, const sql::RecordedStatement& statement) {
  const std::vector<std::string_view> parts = sql::SplitStatements(recording.texts[statement.text]);
  return statement.part < parts.size() ? sql::Fingerprint(parts[statement.part]).query : sql::Query();
}

// Of an answer without a list, which says something of a row: the rows that stand there with those before them and the
// next one, which it may be compared with.
std::vector<size_t> WithNext(std::vector<size_t> listed, size_t rows) {
  const size_t end = std::min(listed.empty() ? 0 : listed.back() + 2, rows);
  listed.resize(end);
  std::iota(listed.begin(), listed.end(), size_t{0});
  return listed;
}

// The rows that are none of those (ascending).
std::vector<size_t> Others(const std::vector<size_t>& listed, size_t rows) {
  std::vector<size_t> others;
  for (size_t row = 0; row < rows; ++row) {
    if (!std::ranges::binary_search(listed, row)) others.push_back(row);
  }
  return others;
}

// Whether requests of an endpoint call what a stub stands for: what is sent there is not seen.
bool CallsOthers(const StubCalls& calls) {
  return std::ranges::any_of(calls.windows, [](const CallWindow& window) {
    return std::ranges::any_of(window.calls, [](int64_t count) { return count > 0; });
  });
}

}  // namespace

std::set<std::string> QuietRun::Steadily::Differences(const Brought& one, const Brought& other) {
  constexpr std::array<std::string_view, 2> kNotMeant = {"date", "content-length"};
  std::set<std::string> differences = DifferencesOf(one.body, other.body);
  for (const auto* const from : {&one, &other}) {
    const Brought& to = from == &one ? other : one;
    for (const auto& [name, value] : from->headers) {
      const auto twin = to.headers.find(name);
      const bool meant = std::ranges::find(kNotMeant, name) == kNotMeant.end();
      if (meant && (twin == to.headers.end() || twin->second != value)) differences.insert("header " + name);
    }
  }
  return differences;
}

bool QuietRun::Steadily::IsLike(const Brought& other) const {
  return brought.statements == other.statements && std::ranges::includes(volatile_places, Differences(brought, other));
}

// Values are changed in a database of Hone's own only, and nobody is asked beyond what is accepted.
void QuietRun::NoteLarge(const QuietEndpoint& endpoint, const sql::Recording& recording) {
  const Tried& tried = dry_.tried[endpoint.scenario];
  if (rig_.cluster() == nullptr || endpoint.failed || tried.request_limit || tried.choosy()) return;
  if (CallsOthers(endpoint.stub_calls)) return;
  const auto note = [&](std::vector<sql::LargeRead> reads, std::vector<Large>& noted) {
    for (sql::LargeRead& read : reads) {
      Large large{.endpoint = quiet_.endpoints.size(), .read = std::move(read)};
      for (const sql::LargeExecution& execution : large.read.executions)
        large.assignments.push_back(asked_[execution.request]);
      noted.push_back(std::move(large));
    }
  };
  note(sql::LargeReads(recording, endpoint.exchange), large_);
  note(sql::CountingReads(recording, endpoint.exchange), counting_);
}

base::Result<void> QuietRun::TryLargeReads() {
  constexpr base::Nanos kEachFor = 20 * base::kSecond;
  if (large_.empty() && counting_.empty()) return {};
  HONE_CHECK_OK(UndoWrites());
  struct Trial {
    std::string_view what = {};
    const std::vector<Large>& reads;
    base::Result<void> (QuietRun::*run)(const Large& large, base::Nanos until);
  };
  const std::array<Trial, 3> trials = {{{"columns", large_, &QuietRun::TryColumns},
                                        {"rows", large_, &QuietRun::TryRows},
                                        {"counts", counting_, &QuietRun::TryCounts}}};
  std::set<std::string> left_out;
  for (const Trial& trial : trials) {
    const base::Nanos until = task_.clock().Now() + kEachFor;
    for (const Large& large : trial.reads) {
      const std::string& endpoint = quiet_.endpoints[large.endpoint].endpoint;
      if (task_.clock().Now() >= until) {
        left_out.insert(endpoint);
        continue;
      }
      task_.Report({fmt::format("Looking for {} that {} does not need", trial.what, endpoint)});
      if (const auto tried = (this->*trial.run)(large, until); !tried) {
        HONE_CHECK_OK(Excuse(tried.error(), endpoint));
        HONE_CHECK_OK(StartAfresh(Rig::Before::kAltered));
      }
      if (task_.clock().Now() >= until) left_out.insert(endpoint);  // it may have been cut short
    }
  }
  if (!left_out.empty())
    quiet_.caveats.push_back(fmt::format(
        "there was no time to see whether {} of the endpoints need all that they read or count", left_out.size()));
  HONE_CHECK_OK(FindCallersOf(large_));
  return FindCallersOf(counting_);
}

base::Result<QuietRun::Brought> QuietRun::AskFor(const Large& large, size_t execution) {
  const QuietEndpoint& endpoint = quiet_.endpoints[large.endpoint];
  const std::string& read = endpoint.exchange.queries[large.read.query].text;
  Drain();
  HONE_TRY(Asked asked, AskIn({}, project_.scenarios[endpoint.scenario], large.assignments[execution]));
  const sql::Recording recording = Drain();
  Brought brought;
  int64_t rows = -1;
  for (const sql::RecordedStatement& statement : recording.statements) {
    const sql::Query query = QueryOf(recording, statement);
    ++brought.statements[query.text];
    brought.tables[query.text] = query.reads;
    if (query.text == read) rows = statement.rows;
    if (query.text == read || query.query_class != sql::QueryClass::kRead) continue;
    auto sample = sql::AsSent(recording, statement);
    brought.knows_others = brought.knows_others && sample;
    if (sample) brought.others.push_back(*std::move(sample));
  }
  const bool refused = asked.answer && asked.answer->status / 100 == 4;
  if (!asked.wrong || refused) brought.read = rows;
  if (asked.wrong || !asked.answer) return brought;
  brought.body = std::move(asked.answer->body);
  for (const auto& [name, value] : asked.answer->headers) brought.headers[base::LowerCase(name)] += value + "\n";
  brought.rows = rows;
  return brought;
}

// Whether all that one request executed beyond another is about other tables than those of a statement: what a service
// looks up once and keeps, such as who asks.
bool QuietRun::IsKeptElsewhere(const Brought& first, const Brought& later, const std::string& read) {
  const auto of_read = first.tables.find(read);
  if (of_read == first.tables.end()) return false;
  return std::ranges::all_of(first.statements, [&](const auto& executed) {
    const auto again = later.statements.find(executed.first);
    if (again != later.statements.end() && again->second >= executed.second) return true;
    const std::vector<std::string>& tables = first.tables.at(executed.first);
    return !tables.empty() &&
           std::ranges::none_of(tables, [&](const std::string& table) { return base::Has(of_read->second, table); });
  });
}

// Empty where two requests do not bring the same, but for few places of the answer. What the service looks up once and
// keeps the first one may have brought.
base::Result<std::optional<QuietRun::Steadily>> QuietRun::AskTwice(const Large& large, size_t execution) {
  HONE_CHECK_OK(rig_.KeepFresh(kFresh));
  ForgetRequests();
  HONE_TRY(Brought before, AskFor(large, execution));
  HONE_TRY(Brought again, AskFor(large, execution));
  const std::string& read = quiet_.endpoints[large.endpoint].exchange.queries[large.read.query].text;
  if (before.statements != again.statements && IsKeptElsewhere(before, again, read)) {
    before = std::move(again);
    HONE_TRY(again, AskFor(large, execution));
  }
  std::set<std::string> places = Steadily::Differences(before, again);
  if (again.rows < 0 || before.rows != again.rows || before.statements != again.statements || places.contains("") ||
      places.size() > kMostVolatile)
    return std::optional<Steadily>();
  return Steadily{std::move(again), std::move(places)};
}

// Which columns of one execution its answer does not need: each of those whose values do not stand in it gets others,
// one after the other.
class QuietRun::ColumnTrial {
 public:
  ColumnTrial(QuietRun& run, const Large& large, size_t execution, base::Nanos until)
      : run_(run), large_(large), execution_(execution), until_(until) {}

  // Empty: too few, or it cannot be seen. The database is as it was.
  base::Result<std::optional<sql::ColumnProof>> Run() {
    HONE_TRY(const bool begun, Begin());
    if (!begun) return std::optional<sql::ColumnProof>();
    sql::ColumnProof proof{.rows = columns_->rows(), .columns = columns_->columns()};
    std::vector<size_t> suspects;
    for (const size_t column : columns_->Wide()) {
      proof.columns[column].unused = !columns_->StandsIn(column, steadily_->brought.body);
      if (proof.columns[column].unused) suspects.push_back(column);
    }
    bool altered = false;
    for (const size_t column : suspects) {
      if (!sql::IsMuchUnused(proof)) break;
      altered = true;
      HONE_TRY(const int64_t answers, AnswersWithout(column));
      proof.answers += answers;
      if (answers > 0) continue;
      // What hangs on it may hang on the next one, too, which is not seen while this one is altered.
      proof.columns[column].unused = false;
      altered = false;
      HONE_CHECK_OK(PutBack());
      HONE_TRY(const bool again, Begin());
      if (!again) return std::optional<sql::ColumnProof>();
    }
    if (altered) HONE_CHECK_OK(PutBack());
    return sql::IsMuchUnused(proof) ? std::optional(std::move(proof)) : std::nullopt;
  }

 private:
  base::Result<bool> Begin() {
    auto columns = AlteredColumns::Read(*run_.rig_.cluster(), run_.rig_.database_name(), Read());
    if (!columns || columns->Wide().empty()) return false;
    columns_.emplace(*std::move(columns));
    HONE_TRY(steadily_, run_.AskTwice(large_, execution_));
    return steadily_ && steadily_->brought.rows == columns_->rows();
  }

  base::Result<void> PutBack() {
    columns_.reset();  // its session is in the way
    return run_.StartAfresh(Rig::Before::kAltered);
  }

  const sql::LoopSource& Read() const { return large_.read.executions[execution_].read; }

  // How many answers stayed the same with other values in the column; 0: one did not, or they could not be changed.
  base::Result<int64_t> AnswersWithout(size_t column) {
    int64_t same = 0;
    for (const auto alter : {&AlteredColumns::Exchange, &AlteredColumns::Empty, &AlteredColumns::Clear}) {
      if (run_.task_.clock().Now() >= until_) return 0;
      HONE_TRY(const bool changed, ((*columns_).*alter)(column));
      const bool may_fail = alter == &AlteredColumns::Clear;
      if (!changed && may_fail) continue;
      if (!changed) return 0;
      HONE_TRY(const Brought now, run_.AskFor(large_, execution_));
      // Who reads a text that may be missing into one that may not, fails; that says nothing.
      if (now.rows < 0 && may_fail) continue;
      if (now.rows != steadily_->brought.rows || !steadily_->IsLike(now)) return 0;
      ++same;
    }
    return same;
  }

  QuietRun& run_;
  const Large& large_;
  size_t execution_;
  base::Nanos until_;
  std::optional<AlteredColumns> columns_;
  std::optional<Steadily> steadily_;
};

// What is needed with one set of values is needed.
base::Result<void> QuietRun::TryColumns(const Large& large, base::Nanos until) {
  if (large.read.bytes < sql::kLeastUnusedBytes) return {};
  std::optional<sql::ColumnProof> proof;
  for (size_t execution = 0; execution < large.read.executions.size(); ++execution) {
    HONE_TRY(auto found, ColumnTrial(*this, large, execution, until).Run());
    if (!found || (proof && found->columns.size() != proof->columns.size())) return {};
    if (proof) {
      for (size_t i = 0; i < proof->columns.size(); ++i)
        proof->columns[i].unused = proof->columns[i].unused && found->columns[i].unused;
      proof->answers += found->answers;
    } else {
      proof = std::move(found);
    }
  }
  if (!proof || !sql::IsMuchUnused(*proof)) return {};
  QuietEndpoint& endpoint = quiet_.endpoints[large.endpoint];
  const sql::Query& query = endpoint.exchange.queries[large.read.query];
  proof->endpoint = endpoint.endpoint;
  proof->query = query.id;
  proof->text = query.text;
  for (sql::FetchedColumn& column : proof->columns) column.name = redactor_.Scrub(column.name);
  endpoint.columns.push_back({*std::move(proof), large.read.executions.front().read.statement});
  return {};
}

base::Result<QuietRun::Brought> QuietRun::AskWithRows(const Large& large, size_t execution,
                                                      const std::vector<size_t>& kept) {
  auto thinned = ThinnedRows::Find(*rig_.cluster(), rig_.database_name(), large.read.executions[execution].read);
  Brought brought;
  if (thinned && *thinned) {
    // Once more, for what a service that was just started keeps.
    if (just_started_) {
      HONE_TRY(brought, AskFor(large, execution));
      brought = {};
    }
    const auto done = (*thinned)->KeepThese(kept);
    if (done && *done) {
      HONE_TRY(brought, AskFor(large, execution));
    }
    thinned->reset();  // its session is in the way
  }
  HONE_CHECK_OK(StartAfresh(Rig::Before::kAltered));
  return brought;
}

// Which rows an answer may need, the likelier ones first: those that stand in it, or that have what is asked for.
std::vector<QuietRun::Selection> QuietRun::Selections(const pg::Rows& rows, const std::string& body,
                                                      const project::Assignment& asked) {
  std::vector<Selection> selections;
  std::vector<size_t> listed = ListedRows(rows, ValuesIn(body));
  // Rows that are no elements of the list may be looked up for them.
  const int64_t elements = ReadElements(body).count;
  if (elements > 0 && std::ssize(listed) >= elements && std::ssize(listed) <= 2 * elements)
    selections.push_back({listed, /*certain=*/true});
  if (elements == 0 && !listed.empty()) {
    selections.push_back({WithNext(listed, rows.rows.size())});
    selections.push_back({std::move(listed)});
  }
  std::unordered_set<std::string> values;
  for (const auto& [name, value] : asked) values.insert(value);
  for (std::vector<size_t>& of_column : AskedRows(rows, values)) selections.push_back({std::move(of_column)});
  std::erase_if(selections, [&](const Selection& selection) {
    return selection.rows.empty() || !sql::AreMostUnneeded(std::ssize(rows.rows), std::ssize(selection.rows));
  });
  return selections;
}

// Of how many rows, and which of them the answer needs. Empty: it cannot be told, or it needs many.
base::Result<std::optional<QuietRun::Needed>> QuietRun::RowsNeeded(const Large& large, size_t execution) {
  pg::Rows rows;
  {
    auto source = ThinnedRows::Find(*rig_.cluster(), rig_.database_name(), large.read.executions[execution].read);
    if (!source || !*source) return std::optional<Needed>();
    HONE_TRY(rows, (*source)->Read());
  }
  HONE_TRY(const auto steadily, AskTwice(large, execution));
  if (!steadily || steadily->brought.rows != std::ssize(rows.rows)) return std::optional<Needed>();
  const project::Scenario& scenario = project_.scenarios[quiet_.endpoints[large.endpoint].scenario];
  const project::Assignment asked = project::WithoutSize(scenario, large.assignments[execution]);
  std::optional<Needed> uncertain;
  for (const Selection& selection : Selections(rows, steadily->brought.body, asked)) {
    HONE_TRY(const Brought with, AskWithRows(large, execution, selection.rows));
    if (with.rows != std::ssize(selection.rows) || !steadily->IsLike(with)) continue;
    Needed needed{.rows = std::ssize(rows.rows), .needed = with.rows, .certain = selection.certain};
    if (!needed.certain) {
      // What all rows have ("all are done") is the same with some of them, and with the others.
      const std::vector<size_t> others = Others(selection.rows, rows.rows.size());
      HONE_TRY(const Brought without, AskWithRows(large, execution, others));
      needed.certain = without.read == std::ssize(others) && !(without.rows >= 0 && steadily->IsLike(without));
    }
    if (needed.certain) return std::optional(needed);
    if (!uncertain) uncertain = needed;
  }
  return uncertain;
}

// What the answer is when rows are gone that it does not show, nor are asked for, with each set of values.
base::Result<void> QuietRun::TryRows(const Large& large, base::Nanos until) {
  if (large.read.feeds_another) return {};
  std::optional<Needed> first;
  for (size_t execution = 0; execution < large.read.executions.size(); ++execution) {
    const sql::LoopSource& read = large.read.executions[execution].read;
    if (static_cast<double>(read.rows) < sql::kLeastUnusedRows) continue;  // by these values it returns little
    if (task_.clock().Now() >= until) return {};
    HONE_TRY(const auto needed, RowsNeeded(large, execution));
    if (!needed) return {};
    // Some answers (an empty one) are the same with the others, too; those of other values must tell.
    if (!first || !first->certain) first = needed;
  }
  return first && first->certain ? KeepUnneeded(large, first->rows, first->needed) : base::Result<void>();
}

base::Result<void> QuietRun::KeepUnneeded(const Large& large, int64_t rows, int64_t needed) {
  QuietEndpoint& endpoint = quiet_.endpoints[large.endpoint];
  const sql::Query& query = endpoint.exchange.queries[large.read.query];
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

base::Result<void> QuietRun::FindCallersOf(const std::vector<Large>& reads) {
  for (const Large& large : reads) {
    QuietEndpoint& endpoint = quiet_.endpoints[large.endpoint];
    const sql::Query& query = endpoint.exchange.queries[large.read.query];
    const auto is_its = [&](const auto& found) { return found.proof.query == query.id; };
    const bool told =
        std::ranges::any_of(endpoint.columns, is_its) || std::ranges::any_of(endpoint.counts, is_its) ||
        std::ranges::find(endpoint.unneeded_rows, query.id, &UnneededRows::query) != endpoint.unneeded_rows.end();
    const bool known = std::ranges::find(endpoint.callers, query.text, &QueryCaller::query) != endpoint.callers.end();
    if (!told || known || !held_.usable()) continue;
    HONE_TRY(auto caller, held_.Find(project_.scenarios[endpoint.scenario], large.assignments.front(), query,
                                     endpoint.capture.scope, /*refusals=*/false));
    (void)rig_.proxy()->WaitQuiet(kQuietFor, task_.clock().Now() + kDrainAtMost);
    Drain();
    if (caller) endpoint.callers.push_back(*std::move(caller));
  }
  return {};
}

}  // namespace hone::ops
