// sql.session_state of what a service does outside of requests: when a connection begins, and in the background. Pure.
#pragma once

#include "evidence/model.h"
#include "sql/exchange.h"
#include "sql/rules.h"

namespace hone::sql {

// Judges the statements of `exchange` that leave something in their sessions and are no request's; findings have no
// endpoint. Nothing without RuleOptions::transaction_pooler. `capture` is the one that holds `exchange`.
evidence::Judgement JudgeSessionsOfService(const Exchange& exchange, const evidence::Capture& capture,
                                           const RuleOptions& options);

}  // namespace hone::sql
