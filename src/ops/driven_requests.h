// What a driver's requests tell of endpoints: which statements are whose, as far as that is certain, and why not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "evidence/model.h"
#include "evidence/redaction.h"
#include "ops/measurer.h"
#include "ops/request_log.h"
#include "sql/exchange.h"
#include "sql/recording.h"

namespace hone::ops {

struct DrivenEndpoint {
  sql::Exchange exchange = {};
  evidence::Capture capture = {};  // that holds it
};

struct DrivenRequests {
  RequestLog log = {};
  evidence::Capture capture = {};                    // that holds the log
  std::vector<std::string> all = {};                 // endpoints that were asked
  std::vector<DrivenEndpoint> endpoints = {};        // those of which any request's statements are known
  std::vector<evidence::NotJudged> not_judged = {};  // of single endpoints
};

// Keeps the log, with the fate of each request, and an exchange for each endpoint of which anything is known. Without a
// recording there are no statements to know.
base::Result<DrivenRequests> KeepRequests(RequestLog log, const std::optional<sql::Recording>& recording,
                                          const std::vector<sql::IdleWindow>& idle, const std::string& service,
                                          const evidence::Redactor& redactor, Measurer& measurer);

// Of how many requests the statements are not known, and why; and `not_judged`, those of one reason together. Measures
// what it says.
base::Result<std::vector<evidence::NotJudged>> NotKnown(const DrivenRequests& requests, Measurer& measurer);

// How many requests passed, of how many the statements are known, and the times of answers. Measures what it says.
base::Result<std::vector<std::string>> DescribeRequests(const DrivenRequests& requests, Measurer& measurer);

}  // namespace hone::ops
