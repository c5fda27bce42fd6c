#include "sql/texts.h"

#include <map>
#include <optional>
#include <string>

namespace hone::sql {
namespace {

bool IsWarm(const Exchange& exchange, int32_t request) {
  if (request == kNoRequest) return false;
  const RequestWindow& window = exchange.requests[static_cast<size_t>(request)];
  return !window.cold && window.ok;
}

}  // namespace

std::set<int64_t> ListLengths(const Exchange& exchange, uint32_t query) {
  std::set<int64_t> lengths;
  for (const Statement& statement : exchange.statements) {
    if (statement.IsCall(query) && statement.list_items > 0) lengths.insert(statement.list_items);
  }
  return lengths;
}

int64_t TextsWithLiterals(const Exchange& exchange, uint32_t query) {
  std::set<std::string> texts;
  for (const Statement& statement : exchange.statements) {
    if (statement.IsCall(query) && statement.had_literals) texts.insert(statement.text_token);
  }
  return static_cast<int64_t>(texts.size());
}

namespace {

// Different texts with comments that are prepared by a name, of warm requests and of the group with most executions.
template <typename F>
CommentTexts TextsOfGroup(const Exchange& exchange, uint32_t query, F group) {
  std::map<std::string, std::map<std::string, int64_t>> by_group;  // executions of each text
  for (const Statement& statement : exchange.statements) {
    const bool counts = statement.IsCall(query) && statement.executed && !statement.fetch &&
                        statement.protocol == Protocol::kPrepared && IsWarm(exchange, statement.request);
    const std::optional<std::string> name = group(statement);
    if (counts && name && !statement.comment_token.empty()) ++by_group[*name][statement.comment_token];
  }
  CommentTexts most;
  for (const auto& [name, texts] : by_group) {
    CommentTexts here{.texts = std::ssize(texts)};
    for (const auto& [text, executions] : texts) here.executions += executions;
    if (here.executions > most.executions) most = here;
  }
  return most;
}

}  // namespace

CommentTexts TextsByComment(const Exchange& exchange, uint32_t query) {
  // A text may hold constants as well: what it is without its comments is the same then.
  return TextsOfGroup(exchange, query, [](const Statement& statement) { return std::optional(statement.text_token); });
}

CommentTexts TextsByCommentWithoutLiterals(const Exchange& exchange, uint32_t query) {
  return TextsOfGroup(exchange, query, [](const Statement& statement) {
    return statement.had_literals ? std::nullopt : std::optional(std::to_string(statement.list_items));
  });
}

bool IsSentPrepared(const Exchange& exchange, uint32_t query) {
  int64_t prepared = 0;
  int64_t all = 0;
  for (const Statement& statement : exchange.statements) {
    if (!statement.IsCall(query)) continue;
    ++all;
    prepared += statement.protocol == Protocol::kPrepared ? 1 : 0;
  }
  return 2 * prepared > all;
}

namespace {

// When `query` failed on each connection, and when it did not: times of the ends.
using Outcomes = std::map<uint32_t, std::map<base::Nanos, bool>>;

Outcomes FailuresOf(const Exchange& exchange, uint32_t query) {
  Outcomes outcomes;
  for (const Statement& statement : exchange.statements) {
    if (statement.query == query && statement.executed)
      outcomes[exchange.round_trips[statement.round_trip].connection][statement.end_ns] = !statement.sqlstate.empty();
  }
  return outcomes;
}

// A driver (pgx) throws away what it prepared where an execution fails.
bool FollowsFailure(const Outcomes& outcomes, const RoundTrip& trip) {
  const auto connection = outcomes.find(trip.connection);
  if (connection == outcomes.end()) return false;
  const auto later = connection->second.upper_bound(trip.start_ns);
  return later != connection->second.begin() && std::prev(later)->second;
}

}  // namespace

Preparing PreparingOf(const Exchange& exchange, uint32_t query) {
  Preparing preparing;
  const Outcomes outcomes = FailuresOf(exchange, query);
  for (const RoundTrip& trip : exchange.round_trips) {
    if (trip.background || !IsWarm(exchange, trip.request) || FollowsFailure(outcomes, trip)) continue;
    for (const uint32_t prepared : trip.prepared_again) preparing.again += prepared == query ? 1 : 0;
  }
  for (const Statement& statement : exchange.statements) {
    const bool counts = statement.IsCall(query) && statement.executed && !statement.fetch;
    preparing.executions += counts && IsWarm(exchange, statement.request) ? 1 : 0;
  }
  return preparing;
}

std::vector<double> PreparingTrips(const Exchange& exchange, const std::vector<size_t>& requests) {
  std::vector<double> all(exchange.requests.size());
  for (const RoundTrip& trip : exchange.round_trips) {
    const bool prepares = !trip.prepared_again.empty() || !trip.closed.empty();
    if (!prepares || trip.statements > 0 || trip.overlapped || trip.background || trip.request == kNoRequest) continue;
    ++all[static_cast<size_t>(trip.request)];
  }
  std::vector<double> chosen;
  for (const size_t i : requests) chosen.push_back(all[i]);
  return chosen;
}

}  // namespace hone::sql
