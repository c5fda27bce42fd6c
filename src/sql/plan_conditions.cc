#include "sql/plan_conditions.h"

#include <fmt/format.h>
#include <pg_query.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

namespace hone::sql {
namespace {

constexpr size_t kMaxConditionBytes = 64 << 10;

// The first statement of `text`, as libpg_query's tree.
std::optional<nlohmann::json> Parse(const std::string& text) {
  if (text.size() > kMaxConditionBytes || text.find('\0') != std::string::npos) return std::nullopt;
  const PgQueryParseResult result = pg_query_parse(text.c_str());
  std::optional<nlohmann::json> statement;
  if (result.error == nullptr && result.parse_tree != nullptr) {
    const nlohmann::json tree = nlohmann::json::parse(result.parse_tree, nullptr, false);
    const nlohmann::json::json_pointer path("/stmts/0/stmt");
    if (!tree.is_discarded() && tree.contains(path)) statement = tree.at(path);
  }
  pg_query_free_parse_result(result);
  return statement;
}

const nlohmann::json* Find(const nlohmann::json& json, const char* pointer) {
  const nlohmann::json::json_pointer path(pointer);
  return json.contains(path) ? &json.at(path) : nullptr;
}

// {"String": {"sval": "x"}}
std::string StringOf(const nlohmann::json& node) {
  const nlohmann::json* value = Find(node, "/String/sval");
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::string LastName(const nlohmann::json& names) {
  return names.is_array() && !names.empty() ? StringOf(names.back()) : std::string();
}

// A column, also below the cast with which the server compares varchar as text.
std::optional<ColumnUse> ColumnOf(const nlohmann::json* node) {
  if (node == nullptr) return std::nullopt;
  if (const nlohmann::json* cast = Find(*node, "/TypeCast")) {
    const nlohmann::json* names = Find(*cast, "/typeName/names");
    const std::string type = names != nullptr ? LastName(*names) : "";
    return type == "text" || type == "bpchar" ? ColumnOf(Find(*cast, "/arg")) : std::nullopt;
  }
  const nlohmann::json* fields = Find(*node, "/ColumnRef/fields");
  if (fields == nullptr || !fields->is_array() || fields->empty() || fields->size() > 2) return std::nullopt;
  ColumnUse use{.alias = fields->size() == 2 ? StringOf(fields->front()) : "", .column = StringOf(fields->back())};
  return use.column.empty() ? std::nullopt : std::optional(use);
}

// A column, or what lower() or upper() makes of one.
std::optional<ColumnUse> ColumnOrFolded(const nlohmann::json* node) {
  if (auto use = ColumnOf(node); use || node == nullptr) return use;
  const nlohmann::json* names = Find(*node, "/FuncCall/funcname");
  const nlohmann::json* arguments = Find(*node, "/FuncCall/args");
  const std::string name = names != nullptr ? LastName(*names) : "";
  if ((name != "lower" && name != "upper") || arguments == nullptr || arguments->size() != 1) return std::nullopt;
  auto use = ColumnOf(&arguments->front());
  if (use) use->function = name;
  return use;
}

// Whether a column of `alias` stands anywhere below.
bool Mentions(const nlohmann::json& node, const std::string& alias) {
  if (node.is_object() && node.contains("ColumnRef")) {
    const auto use = ColumnOf(&node);
    return !use || use->alias == alias;
  }
  if (!node.is_structured()) return false;
  return std::ranges::any_of(node, [&](const nlohmann::json& child) { return Mentions(child, alias); });
}

void CollectComparison(const nlohmann::json& expression, std::vector<ColumnUse>& uses) {
  constexpr std::array<std::string_view, 4> kOrder = {"<", "<=", ">", ">="};
  // LIKE, ILIKE and regular expressions, as a plan writes them.
  constexpr std::array<std::string_view, 4> kPatterns = {"~~", "~~*", "~", "~*"};
  const nlohmann::json* names = Find(expression, "/name");
  const std::string name = names != nullptr ? LastName(*names) : "";
  const bool ordered = std::ranges::find(kOrder, name) != kOrder.end();
  const bool pattern = std::ranges::find(kPatterns, name) != kPatterns.end();
  if (name != "=" && !ordered && !pattern) return;
  const nlohmann::json* kind = Find(expression, "/kind");
  const bool plain = kind != nullptr && *kind == "AEXPR_OP";
  const bool any = kind != nullptr && (*kind == "AEXPR_OP_ANY" || *kind == "AEXPR_IN");
  if (!plain && !any) return;
  const nlohmann::json* left = Find(expression, "/lexpr");
  const nlohmann::json* right = Find(expression, "/rexpr");
  const auto take = [&](const nlohmann::json* side, const nlohmann::json* other) {
    auto use = ColumnOrFolded(side);
    if (!use || other == nullptr || Mentions(*other, use->alias)) return;
    use->equality = !ordered && !pattern;
    use->pattern = pattern;
    if (std::ranges::find(uses, *use) == uses.end()) uses.push_back(*std::move(use));
  };
  take(left, right);
  if (plain && !pattern) take(right, left);
}

// An index that finds a row by either of its columns needs all of them.
void CollectPatterns(const nlohmann::json& parts, std::vector<ColumnUse>& uses) {
  std::vector<ColumnUse> patterns;
  for (const nlohmann::json& part : parts) {
    const nlohmann::json* expression = Find(part, "/A_Expr");
    std::vector<ColumnUse> of_part;
    if (expression != nullptr) CollectComparison(*expression, of_part);
    if (of_part.size() != 1 || !of_part.front().pattern) return;
    if (std::ranges::find(patterns, of_part.front()) == patterns.end()) patterns.push_back(of_part.front());
  }
  for (const ColumnUse& use : patterns) {
    if (std::ranges::find(uses, use) == uses.end()) uses.push_back(use);
  }
}

void Collect(const nlohmann::json& node, std::vector<ColumnUse>& uses) {
  if (const nlohmann::json* expression = Find(node, "/A_Expr")) return CollectComparison(*expression, uses);
  if (const nlohmann::json* test = Find(node, "/NullTest")) {
    const nlohmann::json* type = Find(*test, "/nulltesttype");
    const auto use = ColumnOf(Find(*test, "/arg"));
    if (use && type != nullptr && *type == "IS_NULL") uses.push_back(*use);
    return;
  }
  const nlohmann::json* both = Find(node, "/BoolExpr/boolop");
  const nlohmann::json* parts = Find(node, "/BoolExpr/args");
  if (both == nullptr || parts == nullptr || !parts->is_array()) return;
  if (*both == "AND_EXPR") {
    for (const nlohmann::json& part : *parts) Collect(part, uses);
  } else if (*both == "OR_EXPR") {
    CollectPatterns(*parts, uses);
  }
}

// Columns of conditions that most rows fulfil, most of the time: booleans, and IS NOT NULL.
void CollectWeak(const nlohmann::json& node, std::vector<ColumnUse>& uses) {
  if (const auto use = ColumnOf(&node)) return uses.push_back(*use);
  if (const nlohmann::json* test = Find(node, "/NullTest")) {
    auto use = ColumnOf(Find(*test, "/arg"));
    if (!use) return;
    use->equality = false;
    return uses.push_back(*std::move(use));
  }
  const nlohmann::json* both = Find(node, "/BoolExpr/boolop");
  const nlohmann::json* parts = Find(node, "/BoolExpr/args");
  if (both == nullptr || *both == "OR_EXPR" || parts == nullptr || !parts->is_array()) return;
  for (const nlohmann::json& part : *parts) CollectWeak(part, uses);
}

}  // namespace

std::vector<ColumnUse> ColumnsOfCondition(std::string_view condition) {
  std::vector<ColumnUse> uses;
  if (condition.empty()) return uses;
  const auto statement = Parse(fmt::format("SELECT WHERE {}", condition));
  const nlohmann::json* where = statement ? Find(*statement, "/SelectStmt/whereClause") : nullptr;
  if (where == nullptr) return uses;
  Collect(*where, uses);
  if (uses.empty()) CollectWeak(*where, uses);
  return uses;
}

namespace {

constexpr std::array<std::string_view, 7> kComparing = {"=", "<", "<=", ">", ">=", "<>", "!~~"};
constexpr std::array<std::string_view, 6> kComputing = {"+", "-", "*", "/", "%", "||"};

std::string OperatorOf(const nlohmann::json& node) {
  const nlohmann::json* names = Find(node, "/A_Expr/name");
  return names != nullptr ? LastName(*names) : std::string();
}

template <size_t N>
bool IsAmong(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// Whether only columns, values, functions, casts, comparisons and arithmetic stand below.
bool IsPlain(const nlohmann::json& node) {
  if (node.is_object()) {
    for (const char* other : {"SubLink", "RowExpr", "A_ArrayExpr", "A_Indirection", "CaseExpr", "CoalesceExpr"}) {
      if (node.contains(other)) return false;
    }
    if (node.contains("A_Expr")) {
      const std::string name = OperatorOf(node);
      if (!IsAmong(kComparing, name) && !IsAmong(kComputing, name)) return false;
    }
    const nlohmann::json* both = Find(node, "/BoolExpr/boolop");
    if (both != nullptr && *both != "AND_EXPR") return false;
  }
  return !node.is_structured() || std::ranges::all_of(node, IsPlain);
}

bool HoldsColumn(const nlohmann::json& node) {
  if (node.is_object() && node.contains("ColumnRef")) return true;
  return node.is_structured() && std::ranges::any_of(node, HoldsColumn);
}

// What is made of a column, as against the column itself.
bool IsComputed(const nlohmann::json& side) { return !ColumnOrFolded(&side) && HoldsColumn(side); }

bool ComparesComputedIn(const nlohmann::json& node) {
  if (const nlohmann::json* parts = Find(node, "/BoolExpr/args"))
    return std::ranges::any_of(*parts, ComparesComputedIn);
  const std::string name = OperatorOf(node);
  const nlohmann::json* left = Find(node, "/A_Expr/lexpr");
  const nlohmann::json* right = Find(node, "/A_Expr/rexpr");
  if (!IsAmong(kComparing, name) || left == nullptr || right == nullptr) return false;
  if (name == "<>" || name == "!~~") return HoldsColumn(*left) != HoldsColumn(*right);
  return IsComputed(*left) || IsComputed(*right);
}

}  // namespace

bool ComparesComputed(std::string_view condition) {
  const auto statement = Parse(fmt::format("SELECT WHERE {}", condition));
  const nlohmann::json* where = statement ? Find(*statement, "/SelectStmt/whereClause") : nullptr;
  return where != nullptr && IsPlain(*where) && ComparesComputedIn(*where);
}

std::vector<SortColumn> ColumnsOfSort(const std::vector<std::string>& keys) {
  std::vector<SortColumn> columns;
  for (const std::string& key : keys) {
    const auto statement = Parse(fmt::format("SELECT ORDER BY {}", key));
    const nlohmann::json* by = statement ? Find(*statement, "/SelectStmt/sortClause/0/SortBy") : nullptr;
    const auto use = by != nullptr ? ColumnOf(Find(*by, "/node")) : std::nullopt;
    if (!use) return {};
    const nlohmann::json* direction = Find(*by, "/sortby_dir");
    const nlohmann::json* nulls = Find(*by, "/sortby_nulls");
    const bool descending = direction != nullptr && *direction == "SORTBY_DESC";
    const bool usual = nulls == nullptr || *nulls == "SORTBY_NULLS_DEFAULT" ||
                       *nulls == (descending ? "SORTBY_NULLS_FIRST" : "SORTBY_NULLS_LAST");
    columns.push_back({use->alias, use->column, descending, usual});
  }
  return columns;
}

std::string Identifier(const std::string& name) {
  const bool simple = !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  // As a table's name no reserved word is allowed.
  if (simple && Parse(fmt::format("CREATE INDEX ON {} (x)", name))) return name;
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace hone::sql
