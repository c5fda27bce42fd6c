#include "ops/listed_rows.h"

#include <string_view>

namespace hone::ops {
namespace {

// Whether each row has a value of its own in a column.
bool IsKey(const pg::Rows& rows, size_t column) {
  std::unordered_set<std::string_view> known;
  for (const auto& row : rows.rows) {
    if (!row.at(column) || !known.insert(*row.at(column)).second) return false;
  }
  return true;
}

}  // namespace

std::vector<size_t> ListedRows(const pg::Rows& rows, const std::unordered_set<std::string>& values) {
  std::vector<size_t> most;
  for (size_t column = 0; column < rows.columns.size(); ++column) {
    if (!IsKey(rows, column)) continue;
    std::vector<size_t> listed;
    for (size_t row = 0; row < rows.rows.size(); ++row) {
      if (values.contains(*rows.rows[row][column])) listed.push_back(row);
    }
    if (listed.size() > most.size()) most = std::move(listed);
  }
  return most;
}

}  // namespace hone::ops
