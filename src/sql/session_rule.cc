// sql.session_state.
#include "sql/session_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "sql/rule_context.h"
#include "sql/session_state.h"

namespace hone::sql {
namespace {

std::string RemedyOfState(std::string_view what) {
  if (what == "a setting")
    return "`SET LOCAL`, or `set_config` with `true` as its third argument, in the transaction that needs it; what is "
           "the same for all sessions belongs to the role: `ALTER ROLE ... SET`";
  if (what == "a LISTEN")
    return "Listen on a connection of its own, outside of the pool and past any pooler, and publish anywhere (`NOTIFY` "
           "needs no session)";
  if (what == "a prepared statement")
    return "Leave preparing to the driver, which does it by the protocol (a pooler can carry that), or send the "
           "statement as it is";
  if (what == "a cursor")
    return "Read the cursor to its end within the transaction that declares it, or page by the last key (`WHERE id > "
           "$1 ORDER BY id LIMIT $2`)";
  if (what == "a temporary table")
    return "`CREATE TEMP TABLE ... ON COMMIT DROP`, and all that uses it, in one transaction; often an array parameter "
           "or a `WITH` does";
  return "`pg_advisory_xact_lock` in the transaction that needs it, which ends with it; a lock that must last longer "
         "needs a connection of its own, outside of the pool and past any pooler";
}

std::string_view WhenOf(SessionPlace place) {
  switch (place) {
    case SessionPlace::kRequest:
      return "";
    case SessionPlace::kBeginning:
      return " when a connection begins";
    case SessionPlace::kBackground:
      return " outside of requests";
  }
  return "";
}

std::string_view WhatBreaks(const RuleContext& context, const SessionStatement& left) {
  if (context.options().transaction_pooler)
    return "behind the pooler in transaction mode the next transaction has another session";
  if (left.kept) return "nothing took it back before the pool gave the session to another request";
  return "an error or a deadline before its unlock hands the connection on with it";
}

evidence::FindingDraft SessionDraft(const RuleContext& context, const SessionStatement& left) {
  evidence::FindingDraft draft = context.Draft("sql.session_state", evidence::Severity::kMedium, left.query);
  const std::string_view breaks = WhatBreaks(context, left);
  draft.title = fmt::format("Leaves {} in its session{}: {}. Executions that do so: {{m0}}", left.what,
                            WhenOf(left.place), breaks);
  draft.support = {context.Spec("sql.session_state", "count", left.query, {{"place", std::string(Name(left.place))}})};
  draft.remedy = RemedyOfState(left.what);
  return draft;
}

}  // namespace

void JudgeSessionState(const RuleContext& context, evidence::Judgement& judgement) {
  const RuleOptions& options = context.options();
  for (const SessionStatement& left : SessionStatements(context.exchange())) {
    const bool leaks = (left.kept || IsLockOfRequest(left)) && !options.left_by_all.contains(left.text);
    const bool breaks = options.transaction_pooler ? !IsRestoredByPoolers(left.text) : leaks;
    if (left.place == SessionPlace::kRequest && breaks) judgement.findings.push_back(SessionDraft(context, left));
  }
}

evidence::Judgement JudgeSessionsOfService(const Exchange& exchange, const evidence::Capture& capture,
                                           const RuleOptions& options) {
  evidence::Judgement judgement;
  if (!options.transaction_pooler) return judgement;
  const RuleContext context(exchange, capture, options);
  for (const SessionStatement& left : SessionStatements(exchange)) {
    if (left.place == SessionPlace::kRequest || IsRestoredByPoolers(left.text)) continue;
    evidence::FindingDraft draft = SessionDraft(context, left);
    draft.subject.endpoint.clear();
    for (evidence::MeasurementSpec& spec : draft.support) {
      spec.scope.endpoint.clear();
      spec.scope.service = capture.scope.service;
    }
    judgement.findings.push_back(std::move(draft));
  }
  return judgement;
}

}  // namespace hone::sql
