#include "ops/same_thing.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ops/dry_run.h"
#include "ops/init_version.h"
#include "ops/table_references.h"

namespace hone::ops {
namespace {

constexpr uint64_t kSeed = 1;
constexpr size_t kMostThings = 60;

// Whether two variables take their values from the same place, so that they may be of the same thing.
bool AreOfOneKind(const project::Variable& a, const project::Variable& b) {
  if (const auto* from = std::get_if<project::FromAnswer>(&a.values))
    return std::holds_alternative<project::FromAnswer>(b.values) && *from == std::get<project::FromAnswer>(b.values);
  if (const auto* of = std::get_if<project::OfColumn>(&a.values))
    return std::holds_alternative<project::OfColumn>(b.values) && *of == std::get<project::OfColumn>(b.values);
  return a.name == b.name;
}

// By the names of a source's variables in its path, those of the scenario that stand for the same; empty where one of
// them has none.
std::map<std::string, std::string> Shared(const project::Scenario& scenario, const project::Scenario& source) {
  std::map<std::string, std::string> shared;
  for (const project::Variable& variable : source.vars) {
    if (!project::StandsInPath(source, variable.name)) continue;
    const auto own = std::ranges::find_if(scenario.vars, [&](const project::Variable& each) {
      return project::StandsInPath(scenario, each.name) && AreOfOneKind(each, variable);
    });
    if (own == scenario.vars.end()) return {};
    shared[variable.name] = own->name;
  }
  return shared;
}

// What is learned of one source: with the values of `things` those of `taken`.
struct Lesson {
  const project::Scenario& source;
  std::map<std::string, std::string> shared = {};  // by the source's name, the scenario's
  std::vector<const project::Variable*> taken = {};
  std::vector<std::string> things = {};  // the scenario's names
};

// The scenario's groups without those that name one of the things, whose other names become things as well.
std::vector<project::Learned::Group> OtherGroups(const project::Scenario& scenario, const project::Learned& learned,
                                                 Lesson& lesson) {
  std::vector<project::Learned::Group> others;
  for (const project::Learned::Group& group : learned.Groups(scenario)) {
    const auto is_thing = [&](const std::string& name) { return base::Has(lesson.things, name); };
    if (std::ranges::none_of(group.names, is_thing)) {
      others.push_back(group);
      continue;
    }
    for (const std::string& name : group.names) {
      const bool taken = std::ranges::any_of(lesson.taken, [&](const auto* each) { return each->name == name; });
      if (!taken && !is_thing(name)) lesson.things.push_back(name);
    }
  }
  return others;
}

// The values that an answer about the things has for what is taken; nothing where it lacks one.
std::optional<std::vector<std::string>> ValuesIn(const net::HttpAnswer& answer, const Lesson& lesson) {
  std::vector<std::string> values;
  for (const project::Variable* variable : lesson.taken) {
    auto found = project::ValuesOf(answer, std::get<project::FromAnswer>(variable->values).pointer);
    if (!found || found->size() != 1) return std::nullopt;
    values.push_back(std::move(found->front()));
  }
  return values;
}

base::Result<void> Learn(User& user, const project::Scenario& scenario, Lesson& lesson, project::Learned& learned) {
  const auto wanted =
      project::QuietAssignments(scenario, learned, kSeed, {.per_size = kMostThings, .different = kMostThings});
  const auto asked = project::QuietAssignments(lesson.source, learned, kSeed);
  if (!wanted || !asked) return {};
  std::vector<project::Learned::Group> groups = OtherGroups(scenario, learned, lesson);
  project::Learned::Group rows{.names = lesson.things};
  for (const project::Variable* variable : lesson.taken) rows.names.push_back(variable->name);
  rows.columns.resize(rows.names.size());
  std::set<std::vector<std::string>> known;
  for (const project::Assignment& each : *wanted) {
    std::vector<std::string> row;
    for (const std::string& name : lesson.things) row.push_back(each.at(name));
    if (known.size() == kMostThings || !known.insert(row).second) continue;
    project::Assignment set = asked->front();
    for (const auto& [name, own] : lesson.shared) set[name] = each.at(own);
    HONE_TRY(const Asked answered, user.Ask(lesson.source, set));
    if (answered.wrong && (!answered.answer || !IsOfState(answered.answer->status))) break;
    const auto values = answered.wrong ? std::nullopt : ValuesIn(*answered.answer, lesson);
    if (!values) continue;
    row.insert(row.end(), values->begin(), values->end());
    for (size_t i = 0; i < row.size(); ++i) rows.columns[i].push_back(row[i]);
  }
  if (rows.columns.front().empty()) return {};
  groups.push_back(std::move(rows));
  learned.ForgetGroups(scenario);
  for (project::Learned::Group& group : groups) learned.KeepGroup(scenario, std::move(group));
  return {};
}

}  // namespace

base::Result<void> LearnOfSameThing(User& user, const project::Project& project, const project::Scenario& scenario,
                                    project::Learned& learned) {
  std::map<size_t, Lesson> lessons;
  for (const project::Variable& variable : scenario.vars) {
    const auto* from = std::get_if<project::FromAnswer>(&variable.values);
    if (from == nullptr || from->pointer.contains('*') || project::StandsInPath(scenario, variable.name)) continue;
    const project::Scenario& source = project.scenarios[from->scenario];
    Lesson& lesson = lessons.try_emplace(from->scenario, Lesson{.source = source}).first->second;
    lesson.taken.push_back(&variable);
    lesson.shared = Shared(scenario, source);
  }
  for (auto& [index, lesson] : lessons) {
    if (lesson.shared.empty() || lesson.source.writes) continue;
    for (const auto& [name, own] : lesson.shared) lesson.things.push_back(own);
    HONE_CHECK_OK(Learn(user, scenario, lesson, learned));
  }
  return {};
}

void LearnVersions(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned) {
  if (!scenario.writes || rig.databases() == nullptr) return;
  const AskFunction ask = [&](const std::string& text) { return rig.AskDatabase(text); };
  for (const project::Variable& version : scenario.vars) {
    const auto* of = std::get_if<project::OfColumn>(&version.values);
    if (of == nullptr || !IsVersion(of->column)) continue;
    for (const project::Variable& thing : scenario.vars) {
      const bool learns = std::holds_alternative<project::FromAnswer>(thing.values) ||
                          std::holds_alternative<project::OfColumn>(thing.values);
      const std::vector<std::string>* const values = learns ? learned.Find(thing) : nullptr;
      if (values == nullptr || !project::StandsInPath(scenario, thing.name)) continue;
      const auto key = finder.ColumnOf(scenario, thing, *values);
      if (!key || key->column == of->column) continue;
      const auto of_key = FullName(ask, key->table);
      const auto of_version = FullName(ask, of->table);
      if (!of_key || !of_version || *of_key != *of_version) continue;
      auto rows = ReadColumns(rig, {*key, *of});
      if (!rows || rows->empty() || rows->front().empty()) return;
      learned.KeepGroup(scenario, {{thing.name, version.name}, *std::move(rows)});
      return;
    }
  }
}

}  // namespace hone::ops
