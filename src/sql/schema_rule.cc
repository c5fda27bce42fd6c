// sql.schema_change.
#include <string>
#include <utility>
#include <vector>

#include "sql/rule_context.h"
#include "sql/schema_change.h"

namespace hone::sql {
namespace {

// Tells the first of those statements, with how many there are by that metric.
evidence::FindingDraft DraftOf(const RuleContext& context, const std::vector<size_t>& statements,
                               evidence::Severity severity, const char* metric) {
  const uint32_t first = context.exchange().statements[statements.front()].query;
  evidence::FindingDraft draft = context.Draft("sql.schema_change", severity, first);
  draft.support = {context.Spec(metric, "count", std::nullopt)};
  return draft;
}

void JudgeEnsuredTables(const RuleContext& context, evidence::Judgement& judgement) {
  const std::vector<size_t> ensured = TablesEnsuredBy(context.exchange());
  if (ensured.empty()) return;
  evidence::FindingDraft draft = DraftOf(context, ensured, evidence::Severity::kLow, "sql.tables_ensured");
  draft.title =
      "Its requests make sure each time that a table exists: a statement more, by a user who must be allowed to make "
      "tables. Executions that do so: {m0}";
  draft.remedy = "Leave the schema to migrations, or make sure of the table once, when the service starts";
  judgement.findings.push_back(std::move(draft));
}

}  // namespace

void JudgeSchemaChanges(const RuleContext& context, evidence::Judgement& judgement) {
  const std::vector<size_t> changes = SchemaChangesOf(context.exchange());
  if (changes.empty()) {
    JudgeEnsuredTables(context, judgement);
    return;
  }
  evidence::FindingDraft draft = DraftOf(context, changes, evidence::Severity::kMedium, "sql.schema_changes");
  draft.title =
      "Its requests change the schema: what such a statement changes is locked until its transaction ends, and every "
      "session plans its statements anew. Executions that do so: {m0}";
  draft.remedy =
      "Leave the schema to migrations. What comes and goes with requests belongs into rows (a table of attributes, a "
      "`jsonb` column), and what a request needs for itself into a temporary table with `ON COMMIT DROP`";
  judgement.findings.push_back(std::move(draft));
}

}  // namespace hone::sql
