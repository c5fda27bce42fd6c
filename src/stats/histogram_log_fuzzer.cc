#include <cstddef>
#include <cstdint>
#include <string_view>

#include "stats/histogram_log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)hone::stats::ReadHistogramLog(text);
  (void)hone::stats::Histogram::Decode(text);
  return 0;
}
