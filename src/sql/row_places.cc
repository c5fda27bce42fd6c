#include "sql/row_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sql/select_text.h"

namespace hone::sql {
namespace {

std::string Quoted(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

// What the tables below a node of FROM are called in the statement.
void CollectTables(const nlohmann::json& from, std::vector<std::string>& names) {
  if (from.contains("RangeVar")) {
    const nlohmann::json& table = from["RangeVar"];
    names.push_back(table.contains("alias") ? table["alias"].value("aliasname", "") : table.value("relname", ""));
  } else if (from.contains("JoinExpr")) {
    for (const char* side : {"larg", "rarg"}) {
      if (from["JoinExpr"].contains(side)) CollectTables(from["JoinExpr"][side], names);
    }
  }
}

std::string Gathered(std::string_view place) { return fmt::format("string_agg(DISTINCT {}, ' ')", place); }

const Token* TokenAt(const SelectText& select, size_t at) {
  const auto found = std::ranges::find(select.tokens(), at, [&](const Token& token) { return select.At(token); });
  return found == select.tokens().end() ? nullptr : &*found;
}

// Makes the LIMIT `most`; one that is neither a parameter nor a constant stays.
void WidenLimit(const SelectText& select, int64_t most, EditedText& edited, RowPlaces& places) {
  const nlohmann::json limit = select.tree().value("limitCount", nlohmann::json::object());
  if (limit.contains("ParamRef")) {
    if (const int number = limit["ParamRef"].value("number", 0); number > 0)
      places.limits.push_back(static_cast<size_t>(number - 1));
  } else if (limit.contains("A_Const")) {
    const Token* const constant = TokenAt(select, LocationIn(limit["A_Const"]));
    if (constant != nullptr) edited.Replace(select.At(*constant), constant->text.size(), std::to_string(most));
  }
}

// The word DISTINCT of the statement itself, before its targets; nullptr: it has none.
const Token* Distinct(const SelectText& select) {
  if (!select.tree().contains("distinctClause")) return nullptr;
  const auto found = std::ranges::find_if(select.tokens(), [](const Token& token) {
    return token.kind == TokenKind::kWord && SameWord(token.text, "distinct");
  });
  return found == select.tokens().end() ? nullptr : &*found;
}

// Whether rows are alike by an expression of their own, or one stands for several columns.
bool IsBeyond(const nlohmann::json& tree) {
  const bool on = tree.contains("distinctClause") && std::ranges::any_of(tree["distinctClause"], [](const auto& each) {
                    return each.is_object() && !each.empty();
                  });
  return on || (tree.contains("distinctClause") && Holds(tree["targetList"], "A_Star"));
}

// Only the places of the rows of `text`, whose last of `columns` + 1 columns they are; of a DISTINCT those of alike
// rows together.
std::string OnlyPlaces(std::string_view text, std::optional<size_t> distinct_columns, int64_t most) {
  while (text.ends_with(';') || text.ends_with(' ') || text.ends_with('\n')) text.remove_suffix(1);
  if (!distinct_columns) return fmt::format("SELECT hone_place FROM ({}\n) AS placed LIMIT {}", text, most);
  std::string names;
  for (size_t i = 0; i < *distinct_columns; ++i) names += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
  return fmt::format("SELECT {2} FROM ({1}\n) AS placed({0}, hone_place) GROUP BY {0} LIMIT {3}", names, text,
                     Gathered("hone_place"), most);
}

}  // namespace

std::vector<RowPlaces> PlacesOfRows(std::string_view statement, int64_t most) {
  const auto select = SelectText::Parse(statement);
  const auto from = select ? select->FromAt() : std::nullopt;
  if (!from || !select->tree().contains("targetList") || IsBeyond(select->tree())) return {};
  const bool grouped = select->tree().contains("groupClause");
  const Token* const distinct = Distinct(*select);
  if (grouped && distinct != nullptr) return {};
  std::vector<std::string> names;
  for (const nlohmann::json& each : select->tree()["fromClause"]) CollectTables(each, names);
  std::vector<RowPlaces> all;
  for (const std::string& name : names) {
    RowPlaces places;
    EditedText edited(statement);
    const std::string place = fmt::format("{0}.tableoid::text || {0}.ctid::text", Quoted(name));
    edited.Replace(select->EndBefore(*from), 0, fmt::format(", {} AS hone_place", grouped ? Gathered(place) : place));
    WidenLimit(*select, most, edited, places);
    if (distinct != nullptr) edited.Replace(select->At(*distinct), distinct->text.size(), "");
    const auto columns = distinct == nullptr ? std::nullopt : std::optional(select->tree()["targetList"].size());
    places.text = OnlyPlaces(edited.Text(), columns, most);
    all.push_back(std::move(places));
  }
  return all;
}

std::vector<std::string_view> SplitPlaces(std::string_view value) {
  std::vector<std::string_view> places;
  while (!value.empty()) {
    const size_t end = std::min(value.find(' '), value.size());
    if (end > 0) places.push_back(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return places;
}

}  // namespace hone::sql
