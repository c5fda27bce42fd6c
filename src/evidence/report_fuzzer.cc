// Any bytes: the reader answers, and what it reads is written as it can be read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "evidence/report.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto report = hone::evidence::ReportFromJson({reinterpret_cast<const char*>(data), size});
  if (!report) return 0;
  const std::string written = hone::evidence::ToJson(*report);
  const auto again = hone::evidence::ReportFromJson(written);
  if (!again || hone::evidence::ToJson(*again) != written) std::abort();
  return 0;
}
