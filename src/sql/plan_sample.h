// The statements of an endpoint whose plans are worth a look, each with parameters that the service really sent.
//
// Holds raw values: it lives in memory only and nothing of it may be stored or printed. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql/exchange.h"
#include "sql/recording.h"

namespace hone::sql {

struct StatementSample {
  uint32_t query = 0;                             // index into the exchange's queries
  std::string text = {};                          // as sent: one statement, with its literals
  std::shared_ptr<const RecordedBind> bind = {};  // empty: it has no parameters
  bool brief = false;     // it takes less than kLeastPlanNs: only the estimates of its plan are worth a look
  double request_ns = 0;  // what a typical request spends on it, on average
  std::vector<StatementSample> before = {};  // what its transaction wrote before, where it writes itself; in order
};

// The statements of a recording in the order of the exchange's that was built from it.
std::vector<const RecordedStatement*> InOrder(const Recording& recording);

// The statement as the service sent it, without the other fields; empty where its parameters were not kept.
std::optional<StatementSample> AsSent(const Recording& recording, const RecordedStatement& statement);

// Reads, updates and deletions that take at least kLeastPlanNs an execution (brief reads kLeastBriefNs) and
// kLeastPlanShare of the endpoint's time in the database, the worst first. Of each the execution with the middle time
// of the typical warm requests. `exchange` was built from `recording`.
std::vector<StatementSample> SlowStatements(const Recording& recording, const Exchange& exchange);

}  // namespace hone::sql
