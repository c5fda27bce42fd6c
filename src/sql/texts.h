// What the texts of a statement do to prepared statements: lists of varying length, values in the text, and preparing
// again what was thrown away.
//
// All functions are pure; background statements are left out.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "sql/exchange.h"

namespace hone::sql {

// The different lengths of the lists in the texts of `query`, over all requests: how many values IN and ARRAY, and how
// many rows VALUES hold.
std::set<int64_t> ListLengths(const Exchange& exchange, uint32_t query);

// Different texts with literals of `query`, over all requests, whatever the protocol.
int64_t TextsWithLiterals(const Exchange& exchange, uint32_t query);

// Different texts of `query` that are prepared by a name and differ in their comments only. Of warm requests and of the
// text without comments that was sent most often.
struct CommentTexts {
  int64_t texts = 0;
  int64_t executions = 0;
};
CommentTexts TextsByComment(const Exchange& exchange, uint32_t query);
// As runs of earlier versions counted them: of texts without a literal, of the list length that was sent most often.
CommentTexts TextsByCommentWithoutLiterals(const Exchange& exchange, uint32_t query);

// Whether most executions of `query` were those of statements prepared by a name.
bool IsSentPrepared(const Exchange& exchange, uint32_t query);

struct Preparing {
  // Times that a connection prepared the statement though it had prepared it before, and it did not fail the last time.
  int64_t again = 0;
  int64_t executions = 0;  // of it
};
// Of `query` in warm requests that answered as expected.
Preparing PreparingOf(const Exchange& exchange, uint32_t query);

// Round trips of each request that only prepare again or close statements; none of them executes one.
std::vector<double> PreparingTrips(const Exchange& exchange, const std::vector<size_t>& requests);

}  // namespace hone::sql
