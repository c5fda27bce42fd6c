// The parts of the `hone.report/1` document as JSON values, for whoever writes another document of them.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "evidence/model.h"
#include "evidence/report.h"

namespace hone::evidence {

using Json = nlohmann::ordered_json;

Json JsonOf(const Scope& scope);
Json JsonOf(const Measurement& measurement);
Json JsonOf(const Capture& capture);
Json JsonOf(const Finding& finding);

// A flat object of texts, and back (kCorrupt where it is not one).
std::string MapText(const std::map<std::string, std::string>& map);
base::Result<std::map<std::string, std::string>> ParseMap(std::string_view text);
std::string MapText(const std::map<std::string, int64_t>& map);
base::Result<std::map<std::string, int64_t>> ParseCounters(std::string_view text);

// Indented by two spaces, ending in a newline; bytes that are not UTF-8 become U+FFFD.
std::string Print(const Json& json);

}  // namespace hone::evidence
