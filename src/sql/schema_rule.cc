// sql.schema_change.
#include <string>
#include <utility>
#include <vector>

#include "sql/rule_context.h"
#include "sql/schema_change.h"

namespace hone::sql {

namespace {

void JudgeEnsuredTables(const RuleContext& context, evidence::Judgement& judgement) {
  const Exchange& exchange = context.exchange();
  const std::vector<size_t> ensured = TablesEnsuredBy(exchange);
  if (ensured.empty()) return;
  const uint32_t first = exchange.statements[ensured.front()].query;
  evidence::FindingDraft draft = context.Draft("sql.schema_change", evidence::Severity::kLow, first);
  draft.title =
      "Its requests make sure each time that a table exists: a statement more, by a user who must be allowed to make "
      "tables. Executions that do so: {m0}";
  draft.support = {context.Spec("sql.tables_ensured", "count", std::nullopt)};
  draft.remedy = "Leave the schema to migrations, or make sure of the table once, when the service starts";
  judgement.findings.push_back(std::move(draft));
}

}  // namespace

void JudgeSchemaChanges(const RuleContext& context, evidence::Judgement& judgement) {
  const Exchange& exchange = context.exchange();
  const std::vector<size_t> changes = SchemaChangesOf(exchange);
  if (changes.empty()) {
    JudgeEnsuredTables(context, judgement);
    return;
  }
  const uint32_t first = exchange.statements[changes.front()].query;
  evidence::FindingDraft draft = context.Draft("sql.schema_change", evidence::Severity::kMedium, first);
  draft.title =
      "Its requests change the schema: what such a statement changes is locked until its transaction ends, and every "
      "session plans its statements anew. Executions that do so: {m0}";
  draft.support = {context.Spec("sql.schema_changes", "count", std::nullopt)};
  draft.remedy =
      "Leave the schema to migrations. What comes and goes with requests belongs into rows (a table of attributes, a "
      "`jsonb` column), and what a request needs for itself into a temporary table with `ON COMMIT DROP`";
  judgement.findings.push_back(std::move(draft));
}

}  // namespace hone::sql
