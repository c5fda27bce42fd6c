#include "sql/row_places.h"

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

}  // namespace

std::vector<std::string> RowPlaces(std::string_view statement) {
  const auto select = SelectText::Parse(statement);
  const auto from = select ? select->FromAt() : std::nullopt;
  if (!from || !select->tree().contains("targetList")) return {};
  std::vector<std::string> names;
  for (const nlohmann::json& each : select->tree()["fromClause"]) CollectTables(each, names);
  std::vector<std::string> texts;
  for (const std::string& name : names) {
    EditedText edited(statement);
    edited.Replace(select->EndBefore(*from), 0, ", " + Quoted(name) + ".tableoid, " + Quoted(name) + ".ctid");
    texts.push_back(edited.Text());
  }
  return texts;
}

}  // namespace hone::sql
