#include "sql/set_form.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "sql/lexer.h"
#include "sql/select_text.h"

namespace hone::sql {
namespace {

// The numbers of the parameters below `node`, each as often as it stands there.
void CollectParameters(const nlohmann::json& node, std::vector<uint32_t>& numbers) {
  if (node.is_object() && node.contains("ParamRef")) numbers.push_back(node["ParamRef"].value("number", 0U));
  if (!node.is_structured()) return;
  for (const nlohmann::json& child : node) CollectParameters(child, numbers);
}

class Rewriter {
 public:
  explicit Rewriter(const SelectText& text) : text_(text), select_(text.tree()) {}

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
    const auto from = text_.FromAt();
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
    EditedText edited(text_.statement());
    for (const uint32_t number : varying) {
      const std::string name = varying.size() == 1 ? "key" : "key" + std::to_string(number);
      const std::string parameter = "$" + std::to_string(number);
      arrays += (arrays.empty() ? "" : ", ") + parameter + "::" + types[number - 1] + "[]";
      names += (names.empty() ? "" : ", ") + name;
      columns += keys + "." + name + ", ";
      for (const Token& token : text_.tokens()) {
        if (token.kind == TokenKind::kParameter && token.text == parameter)
          edited.Replace(text_.At(token), token.text.size(), keys + "." + name);
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

  std::optional<SetForm> AnyOf(const nlohmann::json& condition, uint32_t parameter, size_t from) const {
    const nlohmann::json& column = condition["lexpr"]["ColumnRef"];
    const size_t value = LocationIn(condition["rexpr"]["ParamRef"]);
    const size_t begin = LocationIn(column);
    const size_t end = text_.EndBefore(LocationIn(condition));
    const auto token = std::ranges::find(text_.tokens(), value, [&](const Token& each) { return text_.At(each); });
    if (begin >= end || token == text_.tokens().end() || token->kind != TokenKind::kParameter) return std::nullopt;
    SetForm form{.kind = "any", .text = {}, .arrays = {parameter}, .place = KeyPlace::kLast};
    EditedText edited(text_.statement());
    edited.Replace(value, token->text.size(), "ANY(" + std::string(token->text) + ")");
    if (const auto own = OwnColumn(column)) {
      form.place = KeyPlace::kOwn;
      form.own_column = *own;
    } else {
      edited.Replace(text_.EndBefore(from), 0, ", " + std::string(text_.statement().substr(begin, end - begin)));
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
      const bool taken =
          std::ranges::any_of(text_.tokens(), [&](const Token& token) { return SameWord(token.text, name); });
      if (!taken) return name;
    }
    return names.back();
  }

  const SelectText& text_;
  const nlohmann::json& select_;
};

}  // namespace

std::vector<SetForm> SetForms(std::string_view statement, const std::vector<uint32_t>& varying,
                              const std::vector<std::string>& types) {
  if (varying.empty()) return {};
  const auto select = SelectText::Parse(statement);
  if (!select) return {};
  std::vector<uint32_t> numbers;
  CollectParameters(select->tree(), numbers);
  const bool known = std::ranges::all_of(varying, [&](uint32_t number) {
    return number >= 1 && number <= types.size() && std::ranges::find(numbers, number) != numbers.end();
  });
  if (!known) return {};
  const Rewriter rewriter(*select);
  std::vector<SetForm> forms;
  if (varying.size() == 1) {
    if (auto form = rewriter.Any(varying[0])) forms.push_back(*std::move(form));
  }
  if (auto form = rewriter.Unnest(varying, types)) forms.push_back(*std::move(form));
  return forms;
}

}  // namespace hone::sql
