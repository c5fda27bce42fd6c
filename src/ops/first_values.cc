#include "ops/first_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "ops/table_references.h"
#include "pg/connection.h"

namespace hone::ops {
namespace {

constexpr std::string_view kDayPattern = "YYYY-MM-DD";

// The columns of variables that belong together, of the user's own rows.
std::vector<project::OfColumn> OwnColumns(const std::vector<const project::Variable*>& together, ColumnFinder& finder) {
  std::vector<project::OfColumn> columns;
  for (const project::Variable* variable : together)
    columns.push_back(finder.Own(std::get<project::OfColumn>(variable->values)));
  return columns;
}

// Whether a variable is a text in the body of a scenario that writes, of which any may do.
bool IsTextOfBody(const project::Scenario& scenario, const std::string& name) {
  const std::string text = "\"${" + name + "}\"";
  const project::Variable* const size = scenario.SizeVariable();
  const bool in_item = size != nullptr && std::get<project::Sizes>(size->values).items.source().contains(text);
  return scenario.writes && (in_item || scenario.body.source().contains(text)) && !scenario.path.Uses(name);
}

// Whether a column holds texts, and refers to nothing.
bool IsPlainText(const Rig& rig, const project::OfColumn& of) {
  const auto found = rig.AskDatabase(fmt::format(
      "SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass({}) AND a.attname = {} AND a.atttypid IN (25, 1043)"
      " AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conrelid = a.attrelid AND a.attnum = "
      "ANY(f.conkey))",
      pg::QuoteText(QuotedTable(of.table)), pg::QuoteText(of.column)));
  return found && !found->rows.empty();
}

// Keeps rows of such columns together. False where there are none.
bool KeepRowsOf(const Rig& rig, const project::Scenario& scenario,
                const std::vector<const project::Variable*>& together, const std::vector<project::OfColumn>& columns,
                project::Learned& learned) {
  auto rows = ReadColumns(rig, columns);
  if (!rows || rows->empty() || rows->front().empty()) return false;
  std::vector<std::string> names;
  for (const project::Variable* variable : together) names.push_back(variable->name);
  learned.KeepGroup(scenario, {std::move(names), *std::move(rows)});
  return true;
}

std::vector<std::string> MadeUpTexts() {
  constexpr int kMany = 100;
  std::vector<std::string> texts;
  for (int i = 1; i <= kMany; ++i) texts.push_back(fmt::format("hone-{}", i));
  return texts;
}

// The thirty days before today, as PostgreSQL writes them; none where it cannot be asked.
std::vector<std::string> DaysBefore(const Rig& rig, const std::string& pattern) {
  const auto rows = rig.AskDatabase(
      fmt::format("SELECT to_char(now() - n * interval '1 day', {}) FROM generate_series(1, 30) AS n ORDER BY n DESC",
                  pg::QuoteText(pattern)));
  std::vector<std::string> before;
  for (size_t i = 0; rows && i < rows->rows.size(); ++i) before.push_back(rows->rows[i].at(0).value_or(""));
  return before;
}

// Rows for the variables that belong together; where they cannot be read, each has its own values.
void LearnRows(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned) {
  for (const std::vector<const project::Variable*>& together : project::ColumnsTogether(scenario)) {
    if (learned.FindOfRows(together, 0) != nullptr) continue;
    auto rows = ReadColumns(rig, OwnColumns(together, finder));
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
      auto values = ReadColumn(rig, finder.Own(*of));
      std::vector<std::string> made_up;
      if (values && values->empty() && of->as.starts_with(kDayPattern) && of->plus.empty())
        made_up = DaysBefore(rig, of->as);
      if (!made_up.empty()) {
        caveats.push_back(fmt::format("{}.{} has no values for `{}` of {}: it is asked for the last thirty days",
                                      of->table, of->column, variable.name, project::EndpointName(scenario)));
        learned.KeepMadeUp(scenario, variable, std::move(made_up));
      }
      if (values && values->empty() && IsTextOfBody(scenario, variable.name) && IsPlainText(rig, *of)) {
        caveats.push_back(fmt::format("{}.{} has no values for `{}` of {}: it gets texts that were made up", of->table,
                                      of->column, variable.name, project::EndpointName(scenario)));
        learned.KeepMadeUp(scenario, variable, MadeUpTexts());
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

bool LearnShorterSpans(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder,
                       project::Learned& learned) {
  for (const std::vector<const project::Variable*>& together : project::ColumnsTogether(scenario)) {
    std::vector<project::OfColumn> columns = OwnColumns(together, finder);
    bool shortened = false;
    for (project::OfColumn& of : columns) {
      if (!of.plus.ends_with(" days")) continue;
      shortened = true;
      of.plus = kShortSpan;
    }
    if (shortened && KeepRowsOf(rig, scenario, together, columns, learned)) return true;
  }
  return false;
}

bool LearnOwn(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned) {
  bool any = false;
  std::set<std::string> done;
  for (const std::vector<const project::Variable*>& together : project::ColumnsTogether(scenario)) {
    const std::vector<project::OfColumn> columns = OwnColumns(together, finder);
    const bool own = columns.front().within != std::get<project::OfColumn>(together.front()->values).within;
    if (!own || !KeepRowsOf(rig, scenario, together, columns, learned)) continue;
    for (const project::Variable* variable : together) done.insert(variable->name);
    any = true;
  }
  for (const project::Variable& variable : scenario.vars) {
    const auto* said = std::get_if<project::OfColumn>(&variable.values);
    if (done.contains(variable.name) || (said != nullptr && said->within)) continue;
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
