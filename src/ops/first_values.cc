#include "ops/first_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace hone::ops {
namespace {

// The columns' values in the user's own rows; in all of them where the user has none.
base::Result<std::vector<std::vector<std::string>>> ReadOwnRows(const Rig& rig, const ColumnFinder& finder,
                                                                const std::vector<project::OfColumn>& columns) {
  std::vector<project::OfColumn> own;
  for (const project::OfColumn& of : columns) own.push_back(finder.Own(of));
  if (own != columns) {
    auto rows = ReadColumns(rig, own);
    if (rows && !rows->front().empty()) return rows;
  }
  return ReadColumns(rig, columns);
}

base::Result<std::vector<std::string>> ReadOwnColumn(const Rig& rig, const ColumnFinder& finder,
                                                     const project::OfColumn& of) {
  const project::OfColumn own = finder.Own(of);
  if (own != of) {
    auto values = ReadColumn(rig, own);
    if (values && !values->empty()) return values;
  }
  return ReadColumn(rig, of);
}

// Whether a variable is a text in the body of a scenario that writes, of which any may do.
bool IsTextOfBody(const project::Scenario& scenario, const std::string& name) {
  const std::string text = "\"${" + name + "}\"";
  const project::Variable* const size = scenario.SizeVariable();
  const bool in_item = size != nullptr && std::get<project::Sizes>(size->values).items.source().contains(text);
  return scenario.writes && (in_item || scenario.body.source().contains(text)) && !scenario.path.Uses(name);
}

std::vector<std::string> MadeUpTexts() {
  constexpr int kMany = 100;
  std::vector<std::string> texts;
  for (int i = 1; i <= kMany; ++i) texts.push_back(fmt::format("hone-{}", i));
  return texts;
}

// Rows for the variables that belong together; where they cannot be read, each has its own values.
void LearnRows(const Rig& rig, const project::Scenario& scenario, const ColumnFinder& finder,
               project::Learned& learned) {
  for (const std::vector<const project::Variable*>& together : project::ColumnsTogether(scenario)) {
    if (learned.FindOfRows(together, 0) != nullptr) continue;
    std::vector<project::OfColumn> columns;
    for (const project::Variable* variable : together) columns.push_back(std::get<project::OfColumn>(variable->values));
    auto rows = ReadOwnRows(rig, finder, columns);
    if (rows) learned.KeepRows(together, *std::move(rows));
  }
}

}  // namespace

void LearnColumns(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned,
                  std::vector<std::string>& caveats) {
  LearnRows(rig, scenario, finder, learned);
  for (const project::Variable& variable : scenario.vars) {
    const auto* of = std::get_if<project::OfColumn>(&variable.values);
    const bool from = std::holds_alternative<project::FromAnswer>(variable.values);
    if ((of == nullptr && !from) || learned.Find(variable) != nullptr) continue;
    if (of != nullptr) {
      auto values = ReadOwnColumn(rig, finder, *of);
      if (values && values->empty() && IsTextOfBody(scenario, variable.name)) {
        caveats.push_back(fmt::format("{}.{} has no values for `{}` of {}: it gets texts that were made up", of->table,
                                      of->column, variable.name, project::EndpointName(scenario)));
        values = MadeUpTexts();
      }
      if (values) {
        learned.Keep(variable, *std::move(values));
      } else {
        caveats.push_back(fmt::format("variable `{}` of {}: {}", variable.name, project::EndpointName(scenario),
                                      base::Sentence(values.error())));
      }
    } else if (auto found = finder.Find(scenario, variable)) {
      caveats.push_back(
          fmt::format("no answer listed values for `{}` of {}: they were taken out of the database, {}.{}",
                      variable.name, project::EndpointName(scenario), found->of.table, found->of.column));
      learned.Keep(variable, std::move(found->values));
    }
  }
}

bool LearnShorterSpans(const Rig& rig, const project::Scenario& scenario, const ColumnFinder& finder,
                       project::Learned& learned) {
  for (const std::vector<const project::Variable*>& together : project::ColumnsTogether(scenario)) {
    std::vector<project::OfColumn> columns;
    std::vector<std::string> names;
    bool shortened = false;
    for (const project::Variable* variable : together) {
      names.push_back(variable->name);
      columns.push_back(std::get<project::OfColumn>(variable->values));
      if (!columns.back().plus.ends_with(" days")) continue;
      shortened = true;
      columns.back().plus = kShortSpan;
    }
    auto rows = shortened ? ReadOwnRows(rig, finder, columns) : std::vector<std::vector<std::string>>();
    if (!rows || rows->empty() || rows->front().empty()) continue;
    learned.KeepGroup(scenario, {std::move(names), *std::move(rows)});
    return true;
  }
  return false;
}

bool LearnOwn(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned) {
  bool any = false;
  for (const project::Variable& variable : scenario.vars) {
    const std::vector<std::string>* const values = project::IsLearned(variable) ? learned.Find(variable) : nullptr;
    const auto of = values == nullptr ? std::nullopt : finder.ColumnOf(scenario, variable, *values);
    if (!of || !of->within) continue;
    auto own = ReadColumn(rig, *of);
    if (!own || own->empty() || *own == *values) continue;
    learned.KeepGroup(scenario, {{variable.name}, {*std::move(own)}});
    any = true;
  }
  return any;
}

}  // namespace hone::ops
