#include "sql/recording.h"

#include <algorithm>

namespace hone::sql {

Recording Concatenate(Recording first, const Recording& second) {
  const auto texts = static_cast<uint32_t>(first.texts.size());
  const auto values = static_cast<uint32_t>(first.values.size());
  const auto trips = static_cast<uint32_t>(first.round_trips.size());
  if (first.start_ns == 0) first.start_ns = second.start_ns;
  first.end_ns = std::max(first.end_ns, second.end_ns);
  first.texts.insert(first.texts.end(), second.texts.begin(), second.texts.end());
  first.values.insert(first.values.end(), second.values.begin(), second.values.end());
  for (RecordedTrip trip : second.round_trips) {
    for (uint32_t& text : trip.prepared_again) text += texts;
    for (uint32_t& text : trip.closed) text += texts;
    first.round_trips.push_back(std::move(trip));
  }
  for (RecordedStatement statement : second.statements) {
    statement.round_trip += trips;
    statement.text += texts;
    for (uint32_t& parameter : statement.parameters) parameter += values;
    for (RecordedCell& cell : statement.cells) cell.value += values;
    first.statements.push_back(std::move(statement));
  }
  for (const auto& [what, count] : second.lost) first.lost[what] += count;
  return first;
}

bool IsEmptyStatement(std::string_view text) {
  while (!text.empty()) {
    if (text.starts_with("--")) {
      const size_t newline = text.find('\n');
      text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    } else if (text.starts_with("/*")) {
      const size_t end = text.find("*/", 2);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    } else if (std::string_view(" \t\r\n;").find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace hone::sql
