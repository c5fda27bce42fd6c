// Pages of rows by LIMIT and OFFSET: another page than the one that was asked for. Pure.
//
// Samples hold raw values: see plan_sample.h.
#pragma once

#include <cstdint>
#include <optional>

#include "sql/exchange.h"
#include "sql/plan_sample.h"

namespace hone::sql {

// The OFFSET of a statement as it was sent, a parameter or a number in its text; empty: it has none, or neither.
std::optional<int64_t> OffsetOf(const StatementSample& sample);

// The same statement with another OFFSET; only of one that has one.
StatementSample WithOffset(const StatementSample& sample, int64_t offset);

// A statement that counts the rows of all pages; only of one that has an OFFSET or a LIMIT.
StatementSample CountOfPages(const StatementSample& sample);

// A page that requests of an endpoint read.
struct Page {
  size_t request = 0;              // index into the exchange's requests: a warm one of the typical size
  StatementSample statement = {};  // without request_ns
  int64_t offset = 0;
  int64_t rows = 0;  // that it returned
};

// The last one that was read. Where no statement has an OFFSET, it is the one with a LIMIT that returned most rows, as
// the first page: ORMs leave an OFFSET of 0 out. Empty: there is neither, or it returned nothing. `exchange` was built
// from `recording`.
std::optional<Page> FindPage(const Recording& recording, const Exchange& exchange);

}  // namespace hone::sql
