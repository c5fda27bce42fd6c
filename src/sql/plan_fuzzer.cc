// Any bytes as EXPLAIN's answer, and as a stored study of a plan: no crash; what can be read is written back alike.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sql/plan_candidates.h"
#include "sql/plan_study.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto plan = hone::sql::ParseExplain(bytes)) {
    const hone::sql::PlanStudy study{.endpoint = "GET /x", .plan = *plan};
    (void)hone::sql::ProposeIndexes(study);
    (void)hone::sql::ProposeStatistics(study);
    const auto again = hone::sql::DecodeStudy(hone::sql::EncodeStudy(study));
    if (!again || hone::sql::EncodeStudy(*again) != hone::sql::EncodeStudy(study)) std::abort();
  }
  (void)hone::sql::DecodeStudy(bytes);
  return 0;
}
