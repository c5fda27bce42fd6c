// Statements whose texts the service puts together with values of its requests. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "golang/inspection.h"
#include "net/http_client.h"
#include "sql/recording.h"

namespace hone::ops {

// A text with literals as it was sent, which is a raw value: in memory only.
struct LiteralText {
  std::string query = {};  // normalised
  std::string text = {};
  std::set<std::string> values = {};  // that all requests had which sent it (ValuesOf)
};

// The requests of an endpoint: when, and with which values.
struct AskedValues {
  base::Nanos start_ns = 0;
  base::Nanos end_ns = 0;
  std::set<std::string> values = {};
};

// The different texts of a recording's requests that are short enough, some dozens at most.
std::vector<LiteralText> LiteralTextsOf(const sql::Recording& recording, const std::vector<AskedValues>& asked);

// The values of a request: the elements of its path, the values of its query, the scalars of a JSON body.
std::set<std::string> ValuesOf(const net::HttpRequest& request);

// Whether a literal of the text is what one of the sources' texts leaves open between two known pieces, and is a value
// of the requests that sent it, with a digit in it: words may be one of a few that the code allows. Row counts and
// numbers of one digit, which meet by chance, do not count.
bool HoldsValues(const std::vector<golang::Query>& written, const LiteralText& sent);

// The queries of which several texts differ in a literal that one of the sources' texts leaves open in that way, row
// counts aside: the code puts it in, whatever the driver does with parameters.
std::set<std::string> QueriesWithOpenLiterals(const std::vector<golang::Query>& written,
                                              const std::vector<LiteralText>& sent);

}  // namespace hone::ops
