#include "sql/recorder.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace hone::sql {
namespace {

constexpr size_t kMaxBindBytes = size_t{16} << 20;  // raw parameters of one recording; beyond that none are kept

}  // namespace

void Recorder::Start(base::Nanos now, size_t max_statements) {
  *this = Recorder();
  max_statements_ = max_statements;
  recording_.start_ns = now;
}

uint32_t Recorder::TextIndex(const std::string& text) {
  if (const auto it = texts_.find(text); it != texts_.end()) return it->second;
  const uint32_t index = static_cast<uint32_t>(recording_.texts.size());
  recording_.texts.push_back(text);
  texts_.emplace(text, index);
  return index;
}

uint32_t Recorder::ValueIndex(const RecordedValue& value) {
  if (const auto it = values_.find(value.canonical); it != values_.end()) return it->second;
  const uint32_t index = static_cast<uint32_t>(recording_.values.size());
  recording_.values.push_back(value);
  values_.emplace(value.canonical, index);
  return index;
}

std::shared_ptr<const RecordedBind> Recorder::KeepBind(std::shared_ptr<const RecordedBind> bind) {
  if (!bind) return nullptr;
  size_t bytes = sizeof(RecordedBind);
  for (const auto& value : bind->values) bytes += sizeof value + value.value_or("").size();
  if (bind_bytes_ + bytes > kMaxBindBytes) return nullptr;
  bind_bytes_ += bytes;
  return bind;
}

void Recorder::Add(uint32_t connection, WireTrip trip) {
  if (trip.start_ns < recording_.start_ns) return;
  if (recording_.statements.size() + trip.statements.size() > max_statements_) {
    dropped_ += trip.statement_count;
    return;
  }
  const uint32_t trip_index = static_cast<uint32_t>(recording_.round_trips.size());
  recording_.round_trips.push_back({.connection = connection,
                                    .kind = trip.kind,
                                    .start_ns = trip.start_ns,
                                    .end_ns = trip.end_ns,
                                    .statements = static_cast<uint32_t>(trip.statement_count),
                                    .overlapped = trip.overlapped});
  for (const Text& text : trip.prepared_again) recording_.round_trips.back().prepared_again.push_back(TextIndex(*text));
  for (const Text& text : trip.closed) recording_.round_trips.back().closed.push_back(TextIndex(*text));
  int64_t kept = 0;
  for (WireStatement& statement : trip.statements) {
    RecordedStatement recorded{.connection = connection,
                               .round_trip = trip_index,
                               .text = TextIndex(*statement.text),
                               .part = statement.part,
                               .protocol = statement.protocol,
                               .start_ns = trip.start_ns,
                               .end_ns = statement.end_ns,
                               .parameters = {},
                               .bind = {},
                               .cells = {},
                               .rows = statement.rows,
                               .bytes = statement.bytes,
                               .sqlstate = std::move(statement.sqlstate),
                               .executed = statement.executed,
                               .fetch = statement.fetch,
                               .in_transaction = trip.in_transaction};
    kept += statement.executed && !statement.fetch ? 1 : 0;
    for (const RecordedValue& value : statement.parameters) recorded.parameters.push_back(ValueIndex(value));
    recorded.bind = KeepBind(std::move(statement.bind));
    for (const WireCell& cell : statement.cells) recorded.cells.push_back({cell.column, ValueIndex(cell.value)});
    recording_.statements.push_back(std::move(recorded));
  }
  dropped_ += trip.statement_count - kept;
}

// Several threads add what they have seen: it may come a little out of order.
void Recorder::Order() {
  std::vector<RecordedTrip>& trips = recording_.round_trips;
  const auto key = [](const RecordedTrip& trip) { return std::tuple(trip.end_ns, trip.connection); };
  if (std::ranges::is_sorted(trips, {}, key)) return;
  std::vector<uint32_t> order(trips.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](uint32_t i) { return key(trips[i]); });
  std::vector<uint32_t> place(trips.size());
  std::vector<RecordedTrip> sorted(trips.size());
  for (uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    sorted[i] = std::move(trips[order[i]]);
  }
  trips = std::move(sorted);
  for (RecordedStatement& statement : recording_.statements) statement.round_trip = place[statement.round_trip];
  std::ranges::stable_sort(recording_.statements, {}, &RecordedStatement::round_trip);
}

Recording Recorder::Take(base::Nanos now) {
  Order();
  Recording taken = std::exchange(recording_, {});
  taken.end_ns = now;
  taken.lost["dropped_events"] = std::exchange(dropped_, 0);
  recording_.start_ns = taken.start_ns;
  texts_.clear();
  values_.clear();
  bind_bytes_ = 0;
  return taken;
}

}  // namespace hone::sql
