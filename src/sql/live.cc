#include "sql/live.h"

#include <algorithm>

namespace hone::sql {
namespace {

// A pause after which what runs again runs for another request.
constexpr base::Nanos kPause = 100'000'000;

bool IsWork(const RecordedStatement& statement, const Query& query) {
  return IsWork(query.query_class) && statement.executed && !statement.fetch;
}

}  // namespace

void LiveTable::Add(const Recording& recording, base::Nanos now) {
  if (begun_ == 0) begun_ = recording.start_ns;
  round_trips_ += static_cast<int64_t>(recording.round_trips.size());
  Interval interval{.end_ns = now};
  for (const RecordedStatement& statement : recording.statements) {
    const Query& query = fingerprinter_.Of(recording.texts[statement.text]).query;
    if (!IsWork(statement, query)) continue;
    LiveStatement& known = statements_[query.id];
    known.text = query.text;
    ++known.executions;
    known.rows += statement.rows;
    known.errors += statement.sqlstate.empty() ? 0 : 1;
    known.time += statement.end_ns - statement.start_ns;
    ++interval.executions[query.id];
    Run& run = runs_[statement.connection];
    const bool goes_on = run.key == query.id && statement.start_ns - run.end_ns < kPause;
    run = {query.id, goes_on ? run.length + 1 : 1, statement.end_ns};
    known.most_in_a_row = std::max(known.most_in_a_row, run.length);
  }
  recent_.push_back(std::move(interval));
  while (now - recent_.front().end_ns >= kLiveWindow) recent_.pop_front();
  std::erase_if(runs_, [&](const auto& run) { return now - run.second.end_ns >= kLiveWindow; });
}

LiveView LiveTable::View(base::Nanos now) const {
  LiveView view;
  view.round_trips = round_trips_;
  const double seconds = static_cast<double>(std::clamp<base::Nanos>(now - begun_, 1, kLiveWindow)) / 1e9;
  for (const auto& [key, known] : statements_) {
    LiveStatement& shown = view.by_time.emplace_back(known);
    for (const Interval& interval : recent_) {
      const auto executed = interval.executions.find(key);
      if (executed != interval.executions.end()) shown.per_second += static_cast<double>(executed->second) / seconds;
    }
    shown.suspect = known.most_in_a_row >= kSuspectInARow;
    view.statements += known.executions;
    view.rows += known.rows;
    view.statements_per_second += shown.per_second;
  }
  std::ranges::stable_sort(view.by_time, std::ranges::greater(), &LiveStatement::time);
  return view;
}

}  // namespace hone::sql
