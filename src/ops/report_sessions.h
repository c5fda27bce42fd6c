// What a service leaves in the sessions of its database, as a report tells it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "ops/check_facts.h"
#include "ops/report_draft.h"
#include "sql/rules.h"

namespace hone::ops {

// sql.session_state of what belongs to no request: of each kind of thing that is left the first one stands for all.
base::Result<void> JudgeSessions(const CheckFacts& facts, const sql::RuleOptions& options, ReportDraft& draft);

// The normalised statements by which the requests of every endpoint that has statements leave something in their
// sessions.
std::set<std::string> LeftByAll(const Quiet& quiet);

// What would break behind a pooler that hands connections on after each transaction.
std::vector<std::string> SessionNotes(const CheckFacts& facts);

}  // namespace hone::ops
