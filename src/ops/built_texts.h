// Statements whose texts the service puts together with values of its requests. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "golang/inspection.h"
#include "net/http_client.h"
#include "sql/recording.h"

namespace hone::ops {

// A text with literals as it was sent, which is a raw value: in memory only.
struct LiteralText {
  std::string query = {};  // normalised
  std::string text = {};
};

// The different ones of a recording that are short enough, some dozens at most.
std::vector<LiteralText> LiteralTextsOf(const sql::Recording& recording);

// The values of a request: the elements of its path, the values of its query, the scalars of a JSON body.
std::set<std::string> ValuesOf(const net::HttpRequest& request);

// Whether a literal of the text stands where one of the sources' texts has a piece that is known at run time only, and
// is a value of a request that holds a digit: words may be one of a few that the code allows. LIMIT and OFFSET do not
// count.
bool HoldsValues(const std::vector<golang::Query>& written, std::string_view text, const std::set<std::string>& values);

}  // namespace hone::ops
