#include "project/scenario_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/units.h"
#include "net/http_response.h"

namespace hone::project {
namespace {

constexpr int64_t kMostInteger = std::numeric_limits<int64_t>::max();
constexpr size_t kMostSizes = 100;

// Adds `own` to `common`; a header of the same name in any case replaces the common one.
Headers Merge(Headers common, const Headers& own) {
  for (const auto& header : own) {
    std::erase_if(common, [&](const auto& other) { return net::EqualsIgnoringCase(other.first, header.first); });
  }
  common.insert(common.end(), own.begin(), own.end());
  return common;
}

// A variable whose `from` is not yet resolved: scenarios may name later ones.
struct Reference {
  size_t scenario = 0;
  size_t variable = 0;
  std::string from = {};
  Position at = {};
};

Login ReadLogin(const TomlNode& table, const Scope& scope, Findings& findings) {
  Section section(table, "[[login]]", findings);
  Login login;
  login.at = table.at;
  login.name = section.RequiredText("name");
  if (!login.name.empty() && !IsIdentifier(login.name)) {
    findings.Add(table.at, fmt::format("login `{}`: its name must be letters, digits and _", login.name));
  }
  login.method = section.Method("method", "POST");
  login.path = section.Path("path", scope, true);
  login.body = section.Filled("body", scope).value_or(Template());
  login.headers = section.HeaderFields("headers", scope);
  login.status = section.Statuses("status");
  login.captures = ReadCaptures(section, "login", login.name);
  section.Finish();
  return login;
}

std::optional<Sizes> ReadSizes(Section& section, const TomlNode& list, const Scope& of_items) {
  Findings& findings = section.findings();
  Sizes sizes;
  if (list.kind != TomlNode::Kind::kArray || list.items.empty() || list.items.size() > kMostSizes) {
    findings.Add(list.at, fmt::format("`sizes` must be a list of 1 to {} whole numbers", kMostSizes));
    return std::nullopt;
  }
  for (const TomlNode& item : list.items) {
    if (item.kind != TomlNode::Kind::kInteger || item.integer < 0) {
      findings.Add(item.at, "`sizes` must hold whole numbers, 0 or more");
      return std::nullopt;
    }
    sizes.values.push_back(item.integer);
  }
  std::ranges::sort(sizes.values);
  if (std::ranges::adjacent_find(sizes.values) != sizes.values.end()) {
    findings.Add(list.at, "`sizes` holds a number twice");
    return std::nullopt;
  }
  sizes.load = sizes.values[sizes.values.size() / 2];
  if (const auto preset = section.Integer("default", 0, kMostInteger)) {
    sizes.load = *preset;
    if (std::ranges::find(sizes.values, *preset) == sizes.values.end()) {
      findings.Add(section.Find("default")->at, fmt::format("`default` must be one of the sizes, not {}", *preset));
    }
  }
  if (const auto items = section.Filled("items", of_items)) sizes.items = *items;
  if (const auto join = section.Text("join")) {
    sizes.join = *join;
    // It stands in a path as it is.
    const auto is_plain = [](char c) { return c > ' ' && c < '\x7f' && c != '#' && c != '%'; };
    if (sizes.items.empty() || join->empty() || !std::ranges::all_of(*join, is_plain))
      section.findings().Add(section.Find("join")->at,
                             "`join` is what stands between `items`, such as \"&id=\": signs that a query may have");
  }
  return sizes;
}

std::optional<Range> ReadRange(const TomlNode& list, Findings& findings) {
  const bool good = list.kind == TomlNode::Kind::kArray && list.items.size() == 2 &&
                    list.items[0].kind == TomlNode::Kind::kInteger && list.items[1].kind == TomlNode::Kind::kInteger;
  if (!good) {
    findings.Add(list.at, "`range` must be two whole numbers: [first, last]");
    return std::nullopt;
  }
  const Range range = {list.items[0].integer, list.items[1].integer};
  if (range.first > range.last) {
    findings.Add(list.at,
                 fmt::format("`range` begins with {}, which is more than its last number {}", range.first, range.last));
    return std::nullopt;
  }
  return range;
}

std::optional<List> ReadList(const TomlNode& list, std::string_view name, Findings& findings) {
  List result;
  const bool filled = list.kind == TomlNode::Kind::kArray && !list.items.empty();
  for (const TomlNode& item : list.items) {
    if (const auto text = ScalarText(item)) result.values.push_back(*text);
  }
  if (filled && result.values.size() == list.items.size()) return result;
  findings.Add(list.at, fmt::format("`{}` must be a list of texts or numbers, not empty", name));
  return std::nullopt;
}

// "orders.id": a table and its column.
std::optional<std::pair<std::string, std::string>> ReadTableAndColumn(Section& section) {
  const std::string name = section.RequiredText("column");
  const size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0 && dot + 1 < name.size())
    return std::pair(name.substr(0, dot), name.substr(dot + 1));
  if (const TomlNode* node = section.Find("column"))
    section.findings().Add(node->at,
                           fmt::format("`column` must be a table and a column such as \"orders.id\", not `{}`", name));
  return std::nullopt;
}

std::optional<OfColumn> ReadColumn(Section& section) {
  auto named = ReadTableAndColumn(section);
  OfColumn of;
  of.as = section.Text("as").value_or("");
  of.plus = section.Text("plus").value_or("");
  if (const TomlNode* node = section.Table("within")) {
    Section inner(*node, "`within`", section.findings());
    auto outer = ReadTableAndColumn(inner);
    std::string value = inner.RequiredText("is");
    inner.Finish();
    if (outer) of.within = Within{std::move(outer->first), std::move(outer->second), std::move(value)};
  }
  if (!named) return std::nullopt;
  of.table = std::move(named->first);
  of.column = std::move(named->second);
  return of;
}

// The variable's values; for `from`, the reference is left in `from`. `of_items`: what may stand in its `items`.
std::optional<Variable> ReadVariable(const TomlMember& member, const Scope& of_items, Findings& findings,
                                     std::optional<std::string>& from) {
  if (!IsIdentifier(member.key)) {
    findings.Add(member.at, fmt::format("`{}` must be letters, digits and _ to be a variable", member.key));
    return std::nullopt;
  }
  if (member.key == "seq" || member.key == "rand") {
    findings.Add(member.at, fmt::format("`{}` is a name of Hone's own: call the variable otherwise", member.key));
    return std::nullopt;
  }
  if (member.value.kind != TomlNode::Kind::kTable) {
    findings.Add(member.value.at,
                 fmt::format("variable `{}` must be a table such as {{ range = [1, 20] }}", member.key));
    return std::nullopt;
  }
  Section section(member.value, "variable `" + member.key + "`", findings);
  Variable variable = {member.key, List{}};
  int kinds = 0;
  bool good = false;
  const auto take = [&](auto value) {
    if (!value) return;
    variable.values = *std::move(value);
    good = true;
  };
  if (const TomlNode* node = section.Find("sizes")) ++kinds, take(ReadSizes(section, *node, of_items));
  if (const TomlNode* node = section.Find("range")) ++kinds, take(ReadRange(*node, findings));
  if (const TomlNode* node = section.Find("list")) ++kinds, take(ReadList(*node, "list", findings));
  if (section.Find("column") != nullptr) ++kinds, take(ReadColumn(section));
  if (section.Find("after") != nullptr) ++kinds, take(std::optional(DaysAfter{section.RequiredText("after")}));
  if (section.Find("from") != nullptr) {
    ++kinds;
    from = section.Text("from");
    const std::string pointer = section.RequiredText("pointer");
    if (!HeaderNamed(pointer) && !IsPointer(pointer)) {
      findings.Add(
          section.Find("pointer")->at,
          fmt::format("`pointer` must be a JSON pointer such as /items/*/id, or header:Name, not `{}`", pointer));
    }
    take(std::optional(FromAnswer{0, pointer}));
  }
  if (const TomlNode* node = section.Find("also")) {
    if (auto also = ReadList(*node, "also", findings)) variable.also = std::move(also->values);
    if (section.Find("column") == nullptr && section.Find("from") == nullptr)
      findings.Add(node->at, "`also` belongs to values by `from` or `column`");
  }
  section.Finish();
  if (kinds != 1) {
    findings.Add(member.value.at,
                 fmt::format("variable `{}` must have one of `sizes`, `range`, `list`, `column`, `from` and `after`",
                             member.key));
    return std::nullopt;
  }
  return good ? std::optional(variable) : std::nullopt;
}

// A span ends so many days after its begin as the size says: both must be there.
void CheckAfter(const TomlNode& table, const Scenario& scenario, Findings& findings) {
  for (const Variable& variable : scenario.vars) {
    const auto* after = std::get_if<DaysAfter>(&variable.values);
    if (after == nullptr) continue;
    const auto begin = std::ranges::find(scenario.vars, after->of, &Variable::name);
    if (begin == scenario.vars.end() || FollowsSize(*begin)) {
      findings.Add(table.at,
                   fmt::format("`after` of variable `{}` must name another variable of its scenario, with days "
                               "or times for values, not `{}`",
                               variable.name, after->of));
    }
    if (scenario.SizeVariable() == nullptr) {
      findings.Add(table.at, fmt::format("variable `{}` has `after`, which needs a variable with `sizes`: so many days",
                                         variable.name));
    }
  }
}

void ReadVariables(Section& section, size_t index, Scenario& scenario, Scope& scope,
                   std::vector<Reference>& references) {
  const TomlNode* table = section.Table("vars");
  if (table == nullptr) return;
  for (const TomlMember& member : table->members) {
    scope.names.push_back(member.key);
    Scope of_items = {.names = {"i", "seq", "rand"}, .ports = false};
    for (const TomlMember& other : table->members) {
      if (&other != &member) of_items.names.push_back(other.key);
    }
    std::optional<std::string> from;
    auto variable = ReadVariable(member, of_items, section.findings(), from);
    if (!variable) continue;
    if (std::holds_alternative<Sizes>(variable->values) && scenario.SizeVariable() != nullptr) {
      section.findings().Add(member.at,
                             fmt::format("only one variable of a scenario may have `sizes`, and `{}` has them",
                                         scenario.SizeVariable()->name));
    }
    if (from) references.push_back({index, scenario.vars.size(), *from, member.value.at});
    scenario.vars.push_back(*std::move(variable));
  }
  CheckAfter(*table, scenario, section.findings());
}

std::optional<BodyCheck> ReadCheck(const TomlNode& table, const Scope& scope, Findings& findings) {
  Section section(table, "[[scenario.check]]", findings);
  BodyCheck check;
  check.at = table.at;
  int kinds = 0;
  const std::pair<std::string_view, BodyCheck::Kind> valued[] = {{"equals", BodyCheck::Kind::kEquals},
                                                                 {"length", BodyCheck::Kind::kLength},
                                                                 {"at_least", BodyCheck::Kind::kAtLeast},
                                                                 {"contains", BodyCheck::Kind::kContains}};
  for (const auto& [key, kind] : valued) {
    const TomlNode* node = section.Find(key);
    if (node == nullptr) continue;
    ++kinds;
    check.kind = kind;
    const auto text = ScalarText(*node);
    if (text) {
      check.value = ReadTemplate(*text, node->at, scope, findings);
    } else {
      section.Wrong(key, *node, "text or a number (write JSON as text)");
    }
  }
  if (const auto exists = section.Boolean("exists")) {
    ++kinds;
    check.exists = *exists;
  }
  const auto pointer = section.Text("pointer");
  section.Finish();
  if (kinds != 1) {
    findings.Add(table.at, "a check must have one of `equals`, `exists`, `length`, `at_least` and `contains`");
    return std::nullopt;
  }
  check.pointer = pointer.value_or("");
  if (check.kind != BodyCheck::Kind::kContains && !pointer) section.Missing("pointer");
  if (check.kind == BodyCheck::Kind::kContains && pointer) {
    findings.Add(table.at, "`contains` looks at the whole body: it takes no `pointer`");
  }
  if (!IsPointer(check.pointer)) {
    findings.Add(section.Find("pointer")->at,
                 fmt::format("`pointer` must be a JSON pointer such as /items, not `{}`", check.pointer));
  }
  return check;
}

// A variable that stands nowhere varies nothing.
void ReportUnused(const Scenario& scenario, const TomlNode& table, Findings& findings) {
  const Variable* size = scenario.SizeVariable();
  for (const Variable& variable : scenario.vars) {
    const auto uses = [&](const Template& text) {
      return text.Uses(variable.name) || text.Uses(variable.name + ".items");
    };
    const auto is_after = [](const Variable& other) { return std::holds_alternative<DaysAfter>(other.values); };
    const bool used = (size != nullptr && uses(std::get<Sizes>(size->values).items)) || uses(scenario.path) ||
                      uses(scenario.body) || (&variable == size && std::ranges::any_of(scenario.vars, is_after)) ||
                      std::ranges::any_of(scenario.headers, [&](const auto& header) { return uses(header.second); });
    if (!used)
      findings.Add(table.at,
                   fmt::format("variable `{}` stands in no path, body or header of its scenario", variable.name));
  }
}

Scenario ReadScenario(const TomlNode& table, size_t index, Scope scope, const Headers& common,
                      std::vector<Reference>& references, Findings& findings) {
  Section section(table, "[[scenario]]", findings);
  Scenario scenario;
  scenario.at = table.at;
  ReadVariables(section, index, scenario, scope, references);
  const Scope answer_scope = scope;
  scope.names.insert(scope.names.end(), {"seq", "rand"});
  const Variable* size = scenario.SizeVariable();
  if (size != nullptr && !std::get<Sizes>(size->values).items.empty()) scope.names.push_back(size->name + ".items");
  scenario.method = section.Method("method", "GET");
  scenario.path = section.Path("path", scope, true);
  scenario.body = section.Filled("body", scope).value_or(Template());
  scenario.weight = section.Number("weight", 0).value_or(1);
  scenario.status = section.Statuses("status");
  const bool reads = scenario.method == "GET" || scenario.method == "HEAD" || scenario.method == "OPTIONS";
  scenario.writes = section.Boolean("writes").value_or(!reads);
  const bool no_auth = section.Boolean("no_auth").value_or(false);
  scenario.headers = Merge(no_auth ? Headers() : common, section.HeaderFields("headers", scope));
  for (const TomlNode* check : section.Tables("check")) {
    if (auto read = ReadCheck(*check, answer_scope, findings)) scenario.checks.push_back(*std::move(read));
  }
  scenario.name = section.Text("name").value_or("");
  if (scenario.name.empty()) scenario.name = EndpointName(scenario);
  section.Finish();
  ReportUnused(scenario, table, findings);
  return scenario;
}

void ReportRepeatedNames(const Project& project, Findings& findings) {
  for (size_t i = 0; i < project.scenarios.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (project.scenarios[i].name != project.scenarios[j].name) continue;
      findings.Add(project.scenarios[i].at,
                   fmt::format("two scenarios are called `{}`, the other one in line {}: give this one a `name`",
                               project.scenarios[i].name, project.scenarios[j].at.line));
      break;
    }
  }
}

// "GET /orders/${id}" and "GET /orders/{id}" name the same endpoint.
std::string AsEndpoint(std::string text) {
  for (size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) text.erase(at, 1);
  return text;
}

void Resolve(const std::vector<Reference>& references, Project& project, Findings& findings) {
  for (const Reference& reference : references) {
    const auto named = std::ranges::find(project.scenarios, reference.from, &Scenario::name);
    const auto found = named != project.scenarios.end()
                           ? named
                           : std::ranges::find(project.scenarios, AsEndpoint(reference.from), EndpointName);
    if (found == project.scenarios.end()) {
      std::vector<std::string> known;
      for (const Scenario& scenario : project.scenarios) known.push_back(scenario.name);
      findings.Add(reference.at, "`from` names no scenario: there is no " + Suggest(reference.from, known));
      continue;
    }
    Variable& variable = project.scenarios[reference.scenario].vars[reference.variable];
    std::get<FromAnswer>(variable.values).scenario = static_cast<size_t>(found - project.scenarios.begin());
  }
}

// Depth first, in the order of the file.
class Ordering {
 public:
  Ordering(Project& project, Findings& findings)
      : project_(project), findings_(findings), state_(project.scenarios.size()) {}
  void Run() {
    for (size_t i = 0; i < project_.scenarios.size(); ++i) Visit(i);
  }

 private:
  enum class State { kNew, kOpen, kDone };
  void Visit(size_t index) {
    if (state_[index] == State::kDone) return;
    const Scenario& scenario = project_.scenarios[index];
    if (state_[index] == State::kOpen) {
      findings_.Add(scenario.at,
                    fmt::format("scenario `{}` takes values from answers that need its own", scenario.name));
      return;
    }
    state_[index] = State::kOpen;
    for (const Variable& variable : scenario.vars) {
      if (const auto* from = std::get_if<FromAnswer>(&variable.values)) Visit(from->scenario);
    }
    state_[index] = State::kDone;
    project_.order.push_back(index);
  }

  Project& project_;
  Findings& findings_;
  std::vector<State> state_;
};

}  // namespace

std::optional<std::string> ScalarText(const TomlNode& node) {
  switch (node.kind) {
    case TomlNode::Kind::kString:
      return node.text;
    case TomlNode::Kind::kInteger:
      return std::to_string(node.integer);
    case TomlNode::Kind::kFloat:
      return base::FormatExact(node.real);
    case TomlNode::Kind::kBoolean:
      return node.boolean ? "true" : "false";
    default:
      return std::nullopt;
  }
}

bool IsIdentifier(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::vector<Capture> ReadCaptures(Section& section, std::string_view kind, std::string_view name) {
  std::vector<Capture> captures;
  const TomlNode* table = section.Table("capture");
  if (table == nullptr) return captures;
  Findings& findings = section.findings();
  for (const auto& [key, at, value] : table->members) {
    if (!IsIdentifier(key)) {
      findings.Add(at,
                   fmt::format("`{}` must be letters, digits and _ to be used as ${{{}.{}.{}}}", key, kind, name, key));
    } else if (value.kind != TomlNode::Kind::kString) {
      section.Wrong(key, value, "text: a JSON pointer, header:Name or cookie:Name");
    } else if (const auto header = HeaderNamed(value.text)) {
      captures.push_back({key, Capture::Source::kHeader, std::string(*header)});
    } else if (value.text.starts_with("cookie:") && value.text.size() > 7) {
      captures.push_back({key, Capture::Source::kCookie, value.text.substr(7)});
    } else if (value.text.starts_with('/') && IsPointer(value.text)) {
      captures.push_back({key, Capture::Source::kPointer, value.text});
    } else {
      findings.Add(value.at,
                   fmt::format("`{}` must be a JSON pointer such as /token, header:Name or cookie:Name, not `{}`", key,
                               value.text));
    }
  }
  return captures;
}

bool IsPointer(std::string_view pointer) {
  if (!pointer.empty() && pointer[0] != '/') return false;
  for (size_t at = pointer.find('~'); at != std::string_view::npos; at = pointer.find('~', at + 1)) {
    if (at + 1 == pointer.size() || (pointer[at + 1] != '0' && pointer[at + 1] != '1')) return false;
  }
  return true;
}

void ReadLogins(Section& root, Scope& scope, Project& project) {
  for (const TomlNode* table : root.Tables("login")) {
    Login login = ReadLogin(*table, scope, root.findings());
    if (std::ranges::find(project.logins, login.name, &Login::name) != project.logins.end()) {
      root.findings().Add(login.at, fmt::format("two logins are called `{}`", login.name));
    }
    for (const Capture& capture : login.captures)
      scope.names.push_back(fmt::format("login.{}.{}", login.name, capture.key));
    project.logins.push_back(std::move(login));
  }
}

void ReadScenarios(Section& root, const Scope& scope, Project& project) {
  const Headers common = root.HeaderFields("headers", scope);
  std::vector<Reference> references;
  for (const TomlNode* table : root.Tables("scenario")) {
    project.scenarios.push_back(
        ReadScenario(*table, project.scenarios.size(), scope, common, references, root.findings()));
  }
  if (project.scenarios.empty())
    root.findings().Add({1, 1}, "there is no [[scenario]]: Hone would have nothing to drive");
  ReportRepeatedNames(project, root.findings());
  Resolve(references, project, root.findings());
  // An unresolved reference points at scenario 0 and would look like a cycle.
  if (root.findings().empty()) Ordering(project, root.findings()).Run();
}

}  // namespace hone::project
