#include "ops/listed_rows.h"

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

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

// "2026-01-01 00:10:00.5" of "2026-01-01T00:10:00.500Z" and "2026-01-01 00:10:00.5+00"; what else there is as it is.
std::string Comparable(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00 00:00:00";
  std::string same(text);
  if (text.size() < kForm.size()) return same;
  if (same[10] == 'T') same[10] = ' ';
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '0' ? !base::IsDigit(same[i]) : same[i] != kForm[i]) return std::string(text);
  }
  size_t end = kForm.size();
  if (end < same.size() && same[end] == '.') end = std::min(same.find_first_not_of("0123456789", end + 1), same.size());
  const std::string_view zone = std::string_view(same).substr(end);
  if (!zone.empty() && zone != "Z" && zone != "+00" && zone != "+00:00") return std::string(text);
  same.resize(end);
  while (same.size() > kForm.size() && (same.back() == '0' || same.back() == '.')) same.pop_back();
  return same;
}

// The rows whose value of a column is among those.
std::vector<size_t> RowsWith(const pg::Rows& rows, size_t column, const std::unordered_set<std::string>& values) {
  std::vector<size_t> with;
  for (size_t row = 0; row < rows.rows.size(); ++row) {
    const auto& value = rows.rows[row].at(column);
    if (value && values.contains(Comparable(*value))) with.push_back(row);
  }
  return with;
}

std::unordered_set<std::string> AllComparable(const std::unordered_set<std::string>& values) {
  std::unordered_set<std::string> all;
  for (const std::string& value : values) all.insert(Comparable(value));
  return all;
}

}  // namespace

std::vector<size_t> ListedRows(const pg::Rows& rows, const std::unordered_set<std::string>& values) {
  const std::unordered_set<std::string> wanted = AllComparable(values);
  std::vector<size_t> most;
  for (size_t column = 0; column < rows.columns.size(); ++column) {
    if (!IsKey(rows, column)) continue;
    if (auto listed = RowsWith(rows, column, wanted); listed.size() > most.size()) most = std::move(listed);
  }
  return most;
}

std::vector<std::vector<size_t>> AskedRows(const pg::Rows& rows, const std::unordered_set<std::string>& values) {
  constexpr size_t kMostColumns = 3;
  const std::unordered_set<std::string> wanted = AllComparable(values);
  std::vector<std::vector<size_t>> all;
  for (size_t column = 0; column < rows.columns.size(); ++column) {
    auto asked = RowsWith(rows, column, wanted);
    if (!asked.empty() && asked.size() < rows.rows.size()) all.push_back(std::move(asked));
  }
  std::ranges::stable_sort(all, {}, &std::vector<size_t>::size);
  all.resize(std::min(all.size(), kMostColumns));
  return all;
}

}  // namespace hone::ops
