// What can be said of a run's statements when nobody knows which request each belongs to. Pure.
#pragma once

#include "evidence/model.h"
#include "sql/exchange.h"
#include "sql/recording.h"
#include "sql/rules.h"

namespace hone::sql {

// A recording as an exchange of one request that took all of its time: every statement counts, none is the
// background's.
QuietPhase WholeRun(const Recording& recording);

// Judges an exchange of WholeRun by what needs no requests: the texts of statements (sql.simple_protocol,
// sql.in_list_texts, sql.statement_cache_thrash). Values in texts count as varying from kLeastPreparedTexts different
// ones on, whatever the protocol. Findings have no worth: there is no request that it would be of. `capture` is the one
// that holds `exchange`.
evidence::Judgement JudgeWholeRun(const Exchange& exchange, const evidence::Capture& capture,
                                  const RuleOptions& options);

}  // namespace hone::sql
