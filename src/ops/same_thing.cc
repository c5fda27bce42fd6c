#include "ops/same_thing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <variant>

#include "base/ascii.h"
#include "ops/dry_run.h"
#include "ops/init_version.h"
#include "ops/size_trials.h"
#include "ops/table_references.h"
#include "pg/connection.h"

namespace hone::ops {
namespace {

constexpr uint64_t kSeed = 1;
constexpr size_t kMostThings = 60;
constexpr size_t kMostAsked = 180;  // for one scenario, whatever else is tried with it
constexpr size_t kFewest = 3;

// Whether two variables take their values from the same place.
bool AreOfOnePlace(const project::Variable& a, const project::Variable& b) {
  const auto* from = std::get_if<project::FromAnswer>(&a.values);
  const auto* other = std::get_if<project::FromAnswer>(&b.values);
  if (from != nullptr && other != nullptr) return *from == *other;
  const auto* of = std::get_if<project::OfColumn>(&a.values);
  const auto* column = std::get_if<project::OfColumn>(&b.values);
  return of != nullptr && column != nullptr && *of == *column;
}

// The scenario's groups without those that name one of the things, whose other names become things as well.
std::vector<project::Learned::Group> OtherGroups(const project::Scenario& scenario, const project::Learned& learned,
                                                 const std::vector<std::string>& taken,
                                                 std::vector<std::string>& things) {
  std::vector<project::Learned::Group> others;
  for (const project::Learned::Group& group : learned.Groups(scenario)) {
    const auto concerns = [&](const std::string& name) { return base::Has(things, name) || base::Has(taken, name); };
    if (std::ranges::none_of(group.names, concerns)) {
      others.push_back(group);
      continue;
    }
    for (const std::string& name : group.names) {
      if (!concerns(name)) things.push_back(name);
    }
  }
  return others;
}

// Keeps rows of values for the names, in the place of the groups that name one of them.
void KeepRows(const project::Scenario& scenario, std::vector<project::Learned::Group> others,
              project::Learned::Group rows, project::Learned& learned) {
  learned.ForgetGroups(scenario);
  for (project::Learned::Group& group : others) learned.KeepGroup(scenario, std::move(group));
  learned.KeepGroup(scenario, std::move(rows));
}

}  // namespace

std::map<std::string, std::string> SharedThings(const project::Scenario& scenario, const project::Scenario& source) {
  std::map<std::string, std::string> shared;
  std::set<std::string> used;
  for (const project::Variable& variable : source.vars) {
    if (!project::StandsInPath(source, variable.name)) continue;
    const project::Variable* found = nullptr;
    for (const project::Variable& own : scenario.vars) {
      const bool alike = AreOfOnePlace(own, variable) || own.name == variable.name;
      if (!alike || used.contains(own.name) || !project::StandsInPath(scenario, own.name)) continue;
      if (found == nullptr || own.name == variable.name) found = &own;
    }
    if (found == nullptr) return {};
    used.insert(found->name);
    shared[variable.name] = found->name;
  }
  return shared;
}

bool IsOfThing(const project::Project& project, const project::Scenario& scenario, const project::Variable& variable) {
  if (!scenario.writes || project::StandsInPath(scenario, variable.name) ||
      project::StandsInItems(scenario, variable.name))
    return false;
  if (const auto* of = std::get_if<project::OfColumn>(&variable.values)) return IsVersion(of->column);
  const auto* from = std::get_if<project::FromAnswer>(&variable.values);
  if (from == nullptr || from->pointer.contains('*')) return false;
  const project::Scenario& source = project.scenarios[from->scenario];
  return !source.writes && !SharedThings(scenario, source).empty();
}

base::Result<void> SameThing::Learn(const project::Scenario& scenario, project::Learned& learned) {
  std::map<size_t, Lesson> lessons;
  for (const project::Variable& variable : scenario.vars) {
    if (!IsOfThing(project_, scenario, variable)) continue;
    const auto* from = std::get_if<project::FromAnswer>(&variable.values);
    if (from == nullptr) {
      LearnVersion(scenario, variable, learned);
      continue;
    }
    Lesson& lesson = lessons[from->scenario];
    lesson.source = from->scenario;
    lesson.taken.push_back(&variable);
  }
  for (auto& [index, lesson] : lessons) {
    lesson.shared = SharedThings(scenario, project_.scenarios[index]);
    for (const auto& [name, own] : lesson.shared) lesson.things.push_back(own);
    HONE_CHECK_OK(LearnFrom(scenario, std::move(lesson), learned));
  }
  return {};
}

base::Result<std::pair<SameThing::Taken, bool>> SameThing::Ask(const Lesson& lesson, const project::Assignment& set) {
  std::vector<std::string> key;
  for (const auto& [name, own] : lesson.shared) key.push_back(set.at(name));
  for (const project::Variable* variable : lesson.taken)
    key.push_back(std::get<project::FromAnswer>(variable->values).pointer);
  const auto [known, is_new] = known_.try_emplace({lesson.source, std::move(key)});
  if (!is_new) return std::pair(known->second, true);
  HONE_TRY(const Asked asked, user_.Ask(project_.scenarios[lesson.source], set));
  if (asked.wrong) return std::pair(Taken(), asked.answer && IsOfState(asked.answer->status));
  std::vector<std::string> values;
  for (const project::Variable* variable : lesson.taken) {
    auto found = project::ValuesAt(*asked.answer, std::get<project::FromAnswer>(variable->values).pointer);
    if (found && found->size() == 1) values.push_back(std::move(found->front()));
  }
  if (values.size() == lesson.taken.size()) known->second = std::move(values);
  return std::pair(known->second, !AnnouncedLimit(*asked.answer));
}

base::Result<void> SameThing::LearnFrom(const project::Scenario& scenario, Lesson lesson, project::Learned& learned) {
  const auto wanted =
      project::QuietAssignments(scenario, learned, kSeed, {.per_size = kMostThings, .different = kMostThings});
  const auto usual = project::QuietAssignments(project_.scenarios[lesson.source], learned, kSeed);
  if (!wanted || !usual) return {};
  project::Learned::Group rows;
  for (const project::Variable* variable : lesson.taken) rows.names.push_back(variable->name);
  std::vector<project::Learned::Group> others = OtherGroups(scenario, learned, rows.names, lesson.things);
  rows.names.insert(rows.names.begin(), lesson.things.begin(), lesson.things.end());
  rows.columns.resize(rows.names.size());
  std::set<std::vector<std::string>> things;
  size_t& asked = asked_[scenario.name];
  for (const project::Assignment& each : *wanted) {
    std::vector<std::string> row;
    for (const std::string& name : lesson.things) row.push_back(each.at(name));
    if (things.size() == kMostThings || asked == kMostAsked) break;
    if (!things.insert(row).second) continue;
    project::Assignment set = usual->front();
    for (const auto& [name, own] : lesson.shared) set[name] = each.at(own);
    ++asked;
    HONE_TRY(const auto answered, Ask(lesson, set));
    const auto& [taken, go_on] = answered;
    if (taken) {
      row.insert(row.end(), taken->begin(), taken->end());
      for (size_t i = 0; i < row.size(); ++i) rows.columns[i].push_back(row[i]);
    }
    if (!go_on) break;
  }
  if (rows.columns.front().size() < std::min(kFewest, things.size())) return {};
  if (!rows.columns.front().empty()) KeepRows(scenario, std::move(others), std::move(rows), learned);
  return {};
}

// The versions of the rows that the scenario may ask about, out of their own table.
void SameThing::LearnVersion(const project::Scenario& scenario, const project::Variable& version,
                             project::Learned& learned) {
  const auto& of = std::get<project::OfColumn>(version.values);
  if (rig_.databases() == nullptr) return;
  const AskFunction ask = [&](const std::string& text) { return rig_.AskDatabase(text); };
  for (const project::Variable& thing : scenario.vars) {
    const std::vector<std::string>* const values = project::IsLearned(thing) ? learned.Find(thing) : nullptr;
    if (values == nullptr || !project::StandsInPath(scenario, thing.name)) continue;
    const auto key = finder_.ColumnOf(scenario, thing, *values);
    if (!key || key->column == of.column) continue;
    const auto of_key = FullName(ask, key->table);
    const auto of_version = FullName(ask, of.table);
    if (!of_key || !of_version || *of_key != *of_version) continue;
    project::Learned::Group rows{.names = {thing.name}};
    std::vector<project::Learned::Group> others = OtherGroups(scenario, learned, {version.name}, rows.names);
    const auto wanted =
        project::QuietAssignments(scenario, learned, kSeed, {.per_size = kMostThings, .different = kMostThings});
    std::string keys;
    for (size_t i = 0; wanted && i < wanted->size(); ++i)
      keys += (i == 0 ? "" : ", ") + pg::QuoteText((*wanted)[i].at(thing.name));
    const auto found =
        ask(fmt::format("SELECT {0}::text, {1}::text FROM {2} WHERE {0}::text IN ({3})", pg::QuoteName(key->column),
                        pg::QuoteName(of.column), QuotedTable(key->table), keys));
    if (!wanted || !found || found->rows.empty()) return;
    std::map<std::string, std::string> versions;
    for (const auto& row : found->rows) versions[row.at(0).value_or("")] = row.at(1).value_or("");
    rows.columns.resize(rows.names.size() + 1);
    std::set<std::vector<std::string>> kept;
    for (const project::Assignment& each : *wanted) {
      const auto own = versions.find(each.at(thing.name));
      std::vector<std::string> row;
      for (const std::string& name : rows.names) row.push_back(each.at(name));
      if (own == versions.end() || !kept.insert(row).second) continue;
      row.push_back(own->second);
      for (size_t i = 0; i < row.size(); ++i) rows.columns[i].push_back(row[i]);
    }
    rows.names.push_back(version.name);
    KeepRows(scenario, std::move(others), std::move(rows), learned);
    return;
  }
}

}  // namespace hone::ops
