// What the proxy counted in one phase and no exchange shows: statements that failed for what a session has prepared,
// and requests to cancel. A capture ("sql.session_counts") and its measurement. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "evidence/method.h"

namespace hone::sql {

inline constexpr std::string_view kSessionCountsKind = "sql.session_counts";

struct SessionCounts {
  std::string phase = {};  // "the dry run"
  int64_t changed_plans = 0;
  int64_t unknown_prepared = 0;
  int64_t prepared_twice = 0;
  int64_t cancels = 0;
  bool operator==(const SessionCounts&) const = default;
  bool empty() const { return changed_plans + unknown_prepared + prepared_twice + cancels == 0; }
};

std::string Encode(const SessionCounts& counts);
// kInput for other bytes.
base::Result<SessionCounts> DecodeSessionCounts(std::string_view bytes);

// sql.session_count@1: the sum over captures of the count that the parameter `count` names ("changed_plans",
// "unknown_prepared", "prepared_twice" or "cancels").
std::span<const evidence::Method> SessionCountMethods();

}  // namespace hone::sql
