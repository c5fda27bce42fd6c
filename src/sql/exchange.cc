#include "sql/exchange.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/ascii.h"
#include "sql/fingerprint.h"
#include "sql/lexer.h"
#include "sql/thresholds.h"
#include "sql/value.h"

namespace hone::sql {
namespace {

// How many elements the longest array has that stands in a text: ANY ('{7,9}').
int64_t LongestArray(std::string_view statement) {
  int64_t longest = 0;
  for (const Token& token : Tokenize(statement)) {
    if (token.text.size() < 4 || !token.text.starts_with("'{") || !token.text.ends_with("}'")) continue;
    longest = std::max(longest, ArrayItems(0, token.text.substr(1, token.text.size() - 2)));
  }
  return longest;
}

// Turns texts and values into queries and tokens, each once.
class Redaction {
 public:
  Redaction(const Recording& recording, const evidence::Redactor& redactor, Exchange& exchange)
      : recording_(&recording), redactor_(&redactor), exchange_(&exchange) {}

  void Statement(const RecordedStatement& recorded, sql::Statement& statement) {
    const Part& part = PartOf(recorded.text, recorded.part);
    statement.query = part.query;
    statement.text_token = part.text_token;
    statement.comment_token = part.comment_token;
    statement.had_literals = part.had_literals;
    statement.list_items = part.list_items;
    statement.array_items = part.array_items;
    for (const uint32_t value : recorded.parameters) statement.parameters.push_back(TokenOf(value));
    for (size_t i = 0; recorded.bind && i < recorded.bind->values.size(); ++i) {
      const auto& value = recorded.bind->values[i];
      if (value)
        statement.array_items =
            std::max(statement.array_items, ArrayItems(FormatOf(recorded.bind->formats, i), *value));
    }
  }

  std::vector<uint32_t> Queries(const std::vector<uint32_t>& texts) {
    std::vector<uint32_t> queries;
    for (const uint32_t text : texts) queries.push_back(PartOf(text, 0).query);
    return queries;
  }

  // To be called when all parameters are known: only values that are some parameter are kept of rows.
  void Rows(const RecordedStatement& recorded, sql::Statement& statement) const {
    for (const RecordedCell& cell : recorded.cells) {
      const auto it = tokens_.find(recording_->values[cell.value].canonical);
      if (it != tokens_.end()) statement.row_values.push_back({cell.column, it->second});
    }
    std::sort(statement.row_values.begin(), statement.row_values.end());
    const auto end = std::unique(statement.row_values.begin(), statement.row_values.end());
    statement.row_values.erase(end, statement.row_values.end());
  }

 private:
  struct Part {
    uint32_t query = 0;
    std::string text_token;
    std::string comment_token;
    bool had_literals = false;
    int64_t list_items = 0;
    int64_t array_items = 0;  // of the longest array that is a literal
  };

  const Part& PartOf(uint32_t text, uint32_t part) {
    const auto key = std::pair(text, part);
    if (const auto it = parts_.find(key); it != parts_.end()) return it->second;
    const std::string& whole = recording_->texts[text];
    const std::vector<std::string_view> statements = SplitStatements(whole);
    const std::string one(part < statements.size() ? statements[part] : std::string_view(whole));
    const bool commented = statements.size() == 1 && (base::Contains(whole, "/*") || base::Contains(whole, "--"));
    const Fingerprinted known = Fingerprint(one);
    return parts_[key] = {QueryIndex(known.query),
                          redactor_->Token(WithoutComments(one)),
                          commented ? redactor_->Token(whole) : std::string(),
                          known.literals > 0,
                          known.list_items,
                          LongestArray(one)};
  }

  uint32_t QueryIndex(const Query& query) {
    const auto [it, is_new] = queries_.try_emplace(query.id, static_cast<uint32_t>(exchange_->queries.size()));
    if (is_new) exchange_->queries.push_back(query);
    return it->second;
  }

  // By content: a recording put together of several may hold a value twice.
  uint32_t TokenOf(uint32_t value) {
    const std::string& canonical = recording_->values[value].canonical;
    const auto [it, is_new] = tokens_.try_emplace(canonical, static_cast<uint32_t>(exchange_->tokens.size()));
    if (is_new) exchange_->tokens.push_back(redactor_->Token(canonical));
    return it->second;
  }

  const Recording* recording_;
  const evidence::Redactor* redactor_;
  Exchange* exchange_;
  std::unordered_map<std::string, uint32_t> tokens_;  // of parameters
  std::map<std::pair<uint32_t, uint32_t>, Part> parts_;
  std::map<std::string, uint32_t> queries_;
};

using Cells = std::unordered_set<std::string_view>;

// The traced values of each row, by that of its first column.
std::unordered_map<std::string_view, Cells> RowsById(const Recording& recording, const RecordedStatement& recorded) {
  std::unordered_map<std::string_view, Cells> rows;
  Cells* row = nullptr;
  for (const RecordedCell& cell : recorded.cells) {
    const std::string_view value = recording.values[cell.value].canonical;
    if (cell.column == 0) row = &rows[value];
    if (row != nullptr && cell.column > 0) row->insert(value);
  }
  return rows;
}

// A service that reads decimals as numbers of the machine writes 12 for "12.00".
bool HoldsNumber(const Cells& row, const std::string& number) {
  constexpr std::array<std::string_view, 5> kZeros = {"", ".0", ".00", ".000", ".0000"};
  return std::ranges::any_of(kZeros, [&](std::string_view zeros) { return row.contains(number + std::string(zeros)); });
}

// How many of a statement's rows stand in the answer, by the values of their first column, which must be another one in
// each row. -1: not known, as an element has no row. Small numbers meet by chance: an element must share another value
// with its row, and its whole numbers must be that row's, not counts of others; at least one row must be traced whole.
int64_t RowsListed(const Recording& recording, const RecordedStatement& recorded, const ListedValues& listed) {
  const auto rows = RowsById(recording, recorded);
  if (std::ssize(rows) != recorded.rows) return -1;
  bool checked = false;
  for (const ListedElement& element : listed.elements) {
    const auto row = rows.find(element.id);
    if (row == rows.end()) return -1;
    if (row->second.empty()) continue;
    const auto is_of_row = [&](const std::string& value) { return row->second.contains(value); };
    const auto is_number_of_row = [&](const std::string& number) { return HoldsNumber(row->second, number); };
    if (std::ranges::none_of(element.others, is_of_row) ||
        !std::ranges::all_of(element.whole_numbers, is_number_of_row))
      return -1;
    checked = true;
  }
  if (!checked) return -1;
  return std::ranges::count_if(rows, [&](const auto& row) { return listed.all.contains(std::string(row.first)); });
}

int32_t RequestAt(const std::vector<RequestWindow>& requests, base::Nanos time) {
  const auto after =
      std::upper_bound(requests.begin(), requests.end(), time,
                       [](base::Nanos at, const RequestWindow& request) { return at < request.start_ns; });
  if (after == requests.begin() || time > std::prev(after)->drained_ns) return kNoRequest;
  return static_cast<int32_t>(std::prev(after) - requests.begin());
}

bool IsIdleAt(const std::vector<IdleWindow>& idle, base::Nanos time) {
  const auto after = std::ranges::upper_bound(idle, time, {}, &IdleWindow::start_ns);
  return after != idle.begin() && time <= std::prev(after)->end_ns;
}

using Cell = std::pair<int64_t, bool>;  // size, cold

// The statements of one query, by request.
using ByRequest = std::map<int32_t, std::vector<Statement*>>;

// Marks all but `keep` of a request's statements of one query: the last ones of the connections that did least for the
// request.
void MarkExcess(std::vector<Statement*> statements, size_t keep,
                const std::map<std::pair<int32_t, uint32_t>, int64_t>& foreground) {
  std::stable_sort(statements.begin(), statements.end(), [&](const Statement* a, const Statement* b) {
    const auto work = [&](const Statement* s) {
      const auto it = foreground.find({s->request, s->connection});
      return it == foreground.end() ? int64_t{0} : it->second;
    };
    return work(a) > work(b);
  });
  for (size_t i = keep; i < statements.size(); ++i) statements[i]->background = true;
}

// How often a poller of `per_ns` may have come by in so long a time: its mean and three standard deviations (Poisson),
// and half a time for its phase.
double OftenAtMost(double per_ns, base::Nanos time) {
  constexpr double kDeviations = 3;
  const double mean = per_ns * static_cast<double>(time);
  return mean + kDeviations * std::sqrt(mean) + 0.5;
}

void MarkBackgroundStatements(Exchange& exchange) {
  std::map<uint32_t, double> seen_idle;  // and how often, in each nanosecond
  base::Nanos idle = 0;
  for (const IdleWindow& window : exchange.idle) idle += window.end_ns - window.start_ns;
  for (const Statement& statement : exchange.statements) {
    if (statement.request == kNoRequest && IsIdleAt(exchange.idle, statement.start_ns))
      seen_idle[statement.query] += 1 / static_cast<double>(std::max<base::Nanos>(idle, 1));
  }
  std::map<uint32_t, ByRequest> suspects;
  std::map<std::pair<int32_t, uint32_t>, int64_t>
      foreground;  // statements of a request on a connection that are no suspects
  for (Statement& statement : exchange.statements) {
    if (statement.request == kNoRequest) {
      statement.background = true;
    } else if (seen_idle.contains(statement.query)) {
      suspects[statement.query][statement.request].push_back(&statement);
    } else {
      ++foreground[{statement.request, statement.connection}];
    }
  }
  for (const auto& [query, by_request] : suspects) {
    std::map<Cell, size_t> fewest;
    std::map<Cell, size_t> asked;
    std::map<Cell, base::Nanos> shortest;
    for (size_t i = 0; i < exchange.requests.size(); ++i) {
      const RequestWindow& request = exchange.requests[i];
      const auto it = by_request.find(static_cast<int32_t>(i));
      const size_t count = it == by_request.end() ? 0 : it->second.size();
      const auto [cell, is_new] = fewest.try_emplace(Cell{request.size, request.cold}, count);
      if (!is_new) cell->second = std::min(cell->second, count);
      ++asked[cell->first];
      const base::Nanos took = request.drained_ns - request.start_ns;
      base::Nanos& least = shortest.try_emplace(cell->first, took).first->second;
      least = std::min(least, took);
    }
    // In requests that take long a poller comes by each time.
    for (auto& [cell, count] : fewest) {
      if (static_cast<double>(count) <= OftenAtMost(seen_idle.at(query), shortest[cell])) count = 0;
    }
    for (auto& [cell, count] : fewest) {
      const auto warm = fewest.find({cell.first, false});
      if (cell.second && asked[cell] == 1 && warm != fewest.end()) count = std::min(count, warm->second);
    }
    for (const auto& [request, statements] : by_request) {
      const RequestWindow& window = exchange.requests[static_cast<size_t>(request)];
      MarkExcess(statements, fewest[{window.size, window.cold}], foreground);
    }
  }
}

// A round trip is the background's when all of its statements are; one without statements when all others of its
// connection are.
void MarkBackgroundTrips(Exchange& exchange) {
  std::vector<int> of_request(exchange.round_trips.size());
  std::vector<int> of_background(exchange.round_trips.size());
  std::map<std::pair<int32_t, uint32_t>, std::pair<bool, bool>>
      connections;  // had (request's, background's) statements
  for (const Statement& statement : exchange.statements) {
    ++(statement.background ? of_background : of_request)[statement.round_trip];
    auto& had = connections[{statement.request, statement.connection}];
    (statement.background ? had.second : had.first) = true;
  }
  for (size_t i = 0; i < exchange.round_trips.size(); ++i) {
    RoundTrip& trip = exchange.round_trips[i];
    trip.background = trip.request == kNoRequest || (of_background[i] > 0 && of_request[i] == 0);
    if (of_background[i] + of_request[i] > 0 || trip.background) continue;
    const auto it = connections.find({trip.request, trip.connection});
    trip.background = it != connections.end() && it->second.second && !it->second.first;
  }
}

void MarkBackground(Exchange& exchange) {
  MarkBackgroundStatements(exchange);
  MarkBackgroundTrips(exchange);
}

// A statement as recorded, with what holds no value.
Statement StatementOf(const RecordedStatement& recorded, uint32_t round_trip) {
  Statement statement;
  statement.connection = recorded.connection;
  statement.round_trip = round_trip;
  statement.protocol = recorded.protocol;
  statement.start_ns = recorded.start_ns;
  statement.end_ns = recorded.end_ns;
  statement.rows = recorded.rows;
  statement.bytes = recorded.bytes;
  statement.sqlstate = recorded.sqlstate;
  statement.executed = recorded.executed;
  statement.fetch = recorded.fetch;
  statement.in_transaction = recorded.in_transaction;
  return statement;
}

}  // namespace

void Attribute(Exchange& exchange) {
  for (RoundTrip& trip : exchange.round_trips) trip.request = RequestAt(exchange.requests, trip.start_ns);
  for (Statement& statement : exchange.statements) {
    statement.request = RequestAt(exchange.requests, statement.start_ns);
    statement.background = false;
  }
  MarkBackground(exchange);
}

Exchange BuildExchange(const Recording& recording, QuietPhase phase, const evidence::Redactor& redactor) {
  Exchange exchange;
  exchange.endpoint = std::move(phase.endpoint);
  exchange.size_variable = std::move(phase.size_variable);
  exchange.default_size = phase.default_size;
  exchange.requests = std::move(phase.requests);
  exchange.idle = std::move(phase.idle);
  exchange.lost = recording.lost;
  const std::vector<int32_t> owners = std::move(phase.owners);
  const auto left_out = [&](size_t trip) { return !owners.empty() && owners[trip] == kLeftOut; };
  std::vector<uint32_t> kept;  // the recording's round trips by the exchange's
  std::vector<uint32_t> place(recording.round_trips.size());
  for (size_t i = 0; i < recording.round_trips.size(); ++i) {
    if (left_out(i)) continue;
    const RecordedTrip& trip = recording.round_trips[i];
    place[i] = static_cast<uint32_t>(kept.size());
    kept.push_back(static_cast<uint32_t>(i));
    exchange.round_trips.push_back({.request = owners.empty() ? kNoRequest : owners[i],
                                    .background = false,
                                    .connection = trip.connection,
                                    .kind = trip.kind,
                                    .start_ns = trip.start_ns,
                                    .end_ns = trip.end_ns,
                                    .statements = trip.statements,
                                    .overlapped = trip.overlapped,
                                    .prepared_again = {},
                                    .closed = {}});
  }
  Redaction redaction(recording, redactor, exchange);
  for (size_t i = 0; i < kept.size(); ++i) {
    exchange.round_trips[i].prepared_again = redaction.Queries(recording.round_trips[kept[i]].prepared_again);
    exchange.round_trips[i].closed = redaction.Queries(recording.round_trips[kept[i]].closed);
  }
  std::vector<const RecordedStatement*> sources;
  for (const RecordedStatement& recorded : recording.statements) {
    if (left_out(recorded.round_trip)) continue;
    sources.push_back(&recorded);
    Statement statement = StatementOf(recorded, place[recorded.round_trip]);
    redaction.Statement(recorded, statement);
    const int32_t asking = RequestAt(exchange.requests, recorded.start_ns);
    const auto listed =
        asking < 0 ? phase.listed.end() : phase.listed.find(exchange.requests[static_cast<size_t>(asking)].start_ns);
    if (listed != phase.listed.end() && static_cast<double>(recorded.rows) >= kLeastUnusedRows)
      statement.rows_listed = RowsListed(recording, recorded, listed->second);
    exchange.statements.push_back(std::move(statement));
  }
  for (size_t i = 0; i < sources.size(); ++i) redaction.Rows(*sources[i], exchange.statements[i]);
  // They come in the order in which round trips ended.
  std::ranges::stable_sort(exchange.statements, {}, &Statement::start_ns);
  if (owners.empty()) {
    Attribute(exchange);
  } else {
    for (Statement& statement : exchange.statements)
      statement.request = exchange.round_trips[statement.round_trip].request;
    MarkBackground(exchange);
  }
  return exchange;
}

}  // namespace hone::sql
