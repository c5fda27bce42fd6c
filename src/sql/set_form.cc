#include "sql/set_form.h"

#include <pg_query.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "sql/lexer.h"

namespace hone::sql {
namespace {

// A text beyond this is no statement that a person would rewrite.
constexpr size_t kLongest = 16 << 10;

std::optional<nlohmann::json> SelectOf(const std::string& statement) {
  const PgQueryParseResult result = pg_query_parse(statement.c_str());
  nlohmann::json tree;
  if (result.error == nullptr && result.parse_tree != nullptr)
    tree = nlohmann::json::parse(result.parse_tree, nullptr, false);
  pg_query_free_parse_result(result);
  if (!tree.is_object() || !tree.contains("stmts") || tree["stmts"].size() != 1) return std::nullopt;
  const nlohmann::json& one = tree["stmts"][0];
  if (!one.contains("stmt") || !one["stmt"].contains("SelectStmt")) return std::nullopt;
  return one["stmt"]["SelectStmt"];
}

// Where `name` is a member somewhere below `node`.
bool Holds(const nlohmann::json& node, std::string_view name) {
  if (node.is_object() && node.contains(name)) return true;
  return node.is_structured() &&
         std::ranges::any_of(node, [&](const nlohmann::json& child) { return Holds(child, name); });
}

// The numbers of the parameters below `node`, each as often as it stands there.
void CollectParameters(const nlohmann::json& node, std::vector<uint32_t>& numbers) {
  if (node.is_object() && node.contains("ParamRef")) numbers.push_back(node["ParamRef"].value("number", 0U));
  if (!node.is_structured()) return;
  for (const nlohmann::json& child : node) CollectParameters(child, numbers);
}

size_t LocationOf(const nlohmann::json& node) { return node.value("location", size_t{0}); }

// The byte at which the leftmost table below `from` stands; empty: something else stands there.
std::optional<size_t> LeftmostTable(const nlohmann::json& from) {
  if (from.contains("RangeVar")) return LocationOf(from["RangeVar"]);
  if (from.contains("JoinExpr") && from["JoinExpr"].contains("larg")) return LeftmostTable(from["JoinExpr"]["larg"]);
  return std::nullopt;
}

// A text with some of its pieces replaced.
class Edited {
 public:
  explicit Edited(std::string_view text) : text_(text) {}
  void Replace(size_t at, size_t length, std::string with) { edits_.push_back({at, length, std::move(with)}); }
  std::string Text() {
    std::ranges::sort(edits_, {}, &Edit::at);
    std::string edited;
    size_t done = 0;
    for (const Edit& edit : edits_) {
      edited += text_.substr(done, edit.at - done);
      edited += edit.with;
      done = edit.at + edit.length;
    }
    return edited + std::string(text_.substr(done));
  }

 private:
  struct Edit {
    size_t at = 0;
    size_t length = 0;
    std::string with = {};
  };
  std::string_view text_;
  std::vector<Edit> edits_;
};

class Rewriter {
 public:
  Rewriter(std::string_view statement, nlohmann::json select)
      : statement_(statement), tokens_(Tokenize(statement)), select_(std::move(select)) {}

  // `key = $n` as one of the conditions that all must hold, in a SELECT that answers rows as they are in its tables.
  std::optional<SetForm> Any(uint32_t parameter) const {
    static const std::set<std::string> kPlain = {"targetList", "fromClause",  "whereClause",
                                                 "sortClause", "limitOption", "op"};
    const bool plain =
        std::ranges::all_of(select_.items(), [&](const auto& item) { return kPlain.contains(item.key()); });
    if (!plain || !select_.contains("targetList") || !select_.contains("whereClause") ||
        select_.value("op", "SETOP_NONE") != "SETOP_NONE")
      return std::nullopt;
    // A function may be an aggregate or return a set.
    for (const char* part : {"targetList", "sortClause"}) {
      if (select_.contains(part) && Holds(select_[part], "FuncCall")) return std::nullopt;
    }
    std::vector<uint32_t> numbers;
    CollectParameters(select_, numbers);
    if (std::ranges::count(numbers, parameter) != 1) return std::nullopt;
    const nlohmann::json* condition = KeyCondition(parameter);
    const auto from = FromAt();
    return condition == nullptr || !from ? std::nullopt : AnyOf(*condition, parameter, *from);
  }

  // A join of the unnested keys with the statement for each of them: for all that a SELECT can be.
  std::optional<SetForm> Unnest(const std::vector<uint32_t>& varying, const std::vector<std::string>& types) const {
    if (select_.contains("intoClause") || Holds(select_, "lockingClause")) return std::nullopt;
    const std::string keys = FreeName({"keys", "wanted_keys", "hone_keys"});
    const std::string found = FreeName({"found", "found_rows", "hone_rows"});
    std::string arrays;
    std::string names;
    std::string columns;
    Edited edited(statement_);
    for (const uint32_t number : varying) {
      const std::string name = varying.size() == 1 ? "key" : "key" + std::to_string(number);
      const std::string parameter = "$" + std::to_string(number);
      arrays += (arrays.empty() ? "" : ", ") + parameter + "::" + types[number - 1] + "[]";
      names += (names.empty() ? "" : ", ") + name;
      columns += keys + "." + name + ", ";
      for (const Token& token : tokens_) {
        if (token.kind == TokenKind::kParameter && token.text == parameter)
          edited.Replace(At(token), token.text.size(), keys + "." + name);
      }
    }
    // The end of a line ends a comment.
    return SetForm{.kind = "unnest",
                   .text = "SELECT " + columns + found + ".* FROM unnest(" + arrays + ") AS " + keys + " (" + names +
                           ") CROSS JOIN LATERAL (" + edited.Text() + "\n) AS " + found,
                   .arrays = varying,
                   .place = KeyPlace::kFirst};
  }

 private:
  size_t At(const Token& token) const { return static_cast<size_t>(token.text.data() - statement_.data()); }

  static bool IsKeyCondition(const nlohmann::json& node, uint32_t parameter) {
    if (!node.contains("A_Expr")) return false;
    const nlohmann::json& expression = node["A_Expr"];
    const bool whole = expression.contains("name") && expression.contains("lexpr") && expression.contains("rexpr");
    if (!whole || expression.value("kind", "") != "AEXPR_OP") return false;
    const nlohmann::json& name = expression["name"];
    const bool equal = name.size() == 1 && name[0].contains("String") &&
                       (name[0]["String"].value("sval", name[0]["String"].value("str", "")) == "=");
    const nlohmann::json& value = expression["rexpr"];
    return equal && expression["lexpr"].contains("ColumnRef") && value.contains("ParamRef") &&
           value["ParamRef"].value("number", 0U) == parameter;
  }

  const nlohmann::json* KeyCondition(uint32_t parameter) const {
    const nlohmann::json& where = select_["whereClause"];
    if (IsKeyCondition(where, parameter)) return &where["A_Expr"];
    if (!where.contains("BoolExpr") || where["BoolExpr"].value("boolop", "") != "AND_EXPR") return nullptr;
    for (const nlohmann::json& argument : where["BoolExpr"]["args"]) {
      if (IsKeyCondition(argument, parameter)) return &argument["A_Expr"];
    }
    return nullptr;
  }

  // The word FROM of the statement itself: the last one before its first table.
  std::optional<size_t> FromAt() const {
    if (!select_.contains("fromClause") || select_["fromClause"].empty()) return std::nullopt;
    const auto table = LeftmostTable(select_["fromClause"][0]);
    std::optional<size_t> from;
    for (const Token& token : tokens_) {
      if (!table || At(token) >= *table) break;
      if (token.kind == TokenKind::kWord && SameWord(token.text, "from")) from = At(token);
    }
    return from;
  }

  // The end of the last token before `at`.
  size_t EndBefore(size_t at) const {
    size_t end = 0;
    for (const Token& token : tokens_) {
      if (At(token) >= at) break;
      end = At(token) + token.text.size();
    }
    return end;
  }

  std::optional<SetForm> AnyOf(const nlohmann::json& condition, uint32_t parameter, size_t from) const {
    const nlohmann::json& column = condition["lexpr"]["ColumnRef"];
    const size_t value = LocationOf(condition["rexpr"]["ParamRef"]);
    const size_t begin = LocationOf(column);
    const size_t end = EndBefore(LocationOf(condition));
    const auto token = std::ranges::find(tokens_, value, [&](const Token& each) { return At(each); });
    if (begin >= end || token == tokens_.end() || token->kind != TokenKind::kParameter) return std::nullopt;
    SetForm form{.kind = "any", .text = {}, .arrays = {parameter}, .place = KeyPlace::kLast};
    Edited edited(statement_);
    edited.Replace(value, token->text.size(), "ANY(" + std::string(token->text) + ")");
    if (const auto own = OwnColumn(column)) {
      form.place = KeyPlace::kOwn;
      form.own_column = *own;
    } else {
      edited.Replace(EndBefore(from), 0, ", " + std::string(statement_.substr(begin, end - begin)));
    }
    form.text = edited.Text();
    return form;
  }

  // The place of the key among the answer's columns, as far as those before it can be counted.
  std::optional<size_t> OwnColumn(const nlohmann::json& column) const {
    const nlohmann::json& targets = select_["targetList"];
    for (size_t i = 0; i < targets.size(); ++i) {
      if (Holds(targets[i], "A_Star")) return std::nullopt;
      const nlohmann::json value = targets[i].value("/ResTarget/val"_json_pointer, nlohmann::json::object());
      if (value.contains("ColumnRef") &&
          value["ColumnRef"].value("fields", nlohmann::json()) == column.value("fields", nlohmann::json()))
        return i;
    }
    return std::nullopt;
  }

  // The first of the names that is no word of the statement.
  std::string FreeName(const std::array<const char*, 3>& names) const {
    for (const char* name : names) {
      const bool taken = std::ranges::any_of(tokens_, [&](const Token& token) { return SameWord(token.text, name); });
      if (!taken) return name;
    }
    return names.back();
  }

  std::string_view statement_;
  std::vector<Token> tokens_;
  nlohmann::json select_;
};

}  // namespace

std::vector<SetForm> SetForms(std::string_view statement, const std::vector<uint32_t>& varying,
                              const std::vector<std::string>& types) {
  if (statement.size() > kLongest || varying.empty() || statement.find('\0') != std::string_view::npos) return {};
  const auto select = SelectOf(std::string(statement));
  if (!select) return {};
  std::vector<uint32_t> numbers;
  CollectParameters(*select, numbers);
  const bool known = std::ranges::all_of(varying, [&](uint32_t number) {
    return number >= 1 && number <= types.size() && std::ranges::find(numbers, number) != numbers.end();
  });
  if (!known) return {};
  const Rewriter rewriter(statement, *select);
  std::vector<SetForm> forms;
  if (varying.size() == 1) {
    if (auto form = rewriter.Any(varying[0])) forms.push_back(*std::move(form));
  }
  if (auto form = rewriter.Unnest(varying, types)) forms.push_back(*std::move(form));
  return forms;
}

}  // namespace hone::sql
