#include "sql/needed_rows.h"

#include <array>
#include <nlohmann/json.hpp>

#include "sql/effects.h"
#include "sql/json_capture.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Computed;
using Json = nlohmann::ordered_json;

constexpr std::string_view kNeededRowsFormat = "hone.sql.needed_rows/1";

Result<Computed> CountNeeded(std::span<const evidence::CaptureBytes> captures, const evidence::Parameters& parameters,
                             uint64_t) {
  if (captures.size() != 1) return Fail(Code::kInput, "Needed rows are measured from one capture");
  HONE_TRY(const NeededRows needed, DecodeNeededRows(captures[0].bytes));
  HONE_TRY(const bool all, IsFirst(parameters, "rows", "all", "needed"));
  const int64_t value = all ? needed.rows : needed.needed;
  return Computed{.value = static_cast<double>(value), .interval = {}, .n = 1, .n_of = "executions"};
}

constexpr std::array<evidence::Method, 1> kNeededRowsMethods = {{
    {"sql.needed_rows@1", "Rows of one execution, all or those with which alone the answer stayed the same",
     CountNeeded},
}};

}  // namespace

std::string EncodeNeededRows(const NeededRows& needed) {
  const Json json = {{"format", kNeededRowsFormat}, {"endpoint", needed.endpoint}, {"query", needed.query},
                     {"text", needed.text},         {"rows", needed.rows},         {"needed", needed.needed}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<NeededRows> DecodeNeededRows(std::string_view bytes) {
  return ReadJsonCapture<NeededRows>(bytes, kNeededRowsFormat, "count of needed rows", [](const Json& json) {
    NeededRows needed;
    json.at("endpoint").get_to(needed.endpoint);
    json.at("query").get_to(needed.query);
    json.at("text").get_to(needed.text);
    json.at("rows").get_to(needed.rows);
    json.at("needed").get_to(needed.needed);
    return needed;
  });
}

bool AreMostUnneeded(int64_t rows, int64_t needed) {
  const auto all = static_cast<double>(rows);
  return needed > 0 && all >= kLeastUnusedRows && all >= kUnusedTimesShown * static_cast<double>(needed);
}

std::span<const evidence::Method> NeededRowsMethods() { return kNeededRowsMethods; }

}  // namespace hone::sql
