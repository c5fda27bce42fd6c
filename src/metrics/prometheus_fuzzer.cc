// Metrics from anywhere: what parses is a fixed point of redaction (but for the tokens), and has deltas.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "metrics/prometheus.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone::metrics;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto same = [](std::string_view value) { return std::string(value); };
  const auto once = Redact(text, same);
  if (!once) return 0;
  const auto twice = Redact(*once, same);
  if (!twice || *twice != *once) std::abort();
  const auto snapshot = Parse(*once);
  if (!snapshot || snapshot->skipped_lines != 0) std::abort();
  RuntimeBetween(*snapshot, *snapshot);
  PoolBetween(*snapshot, *snapshot);
  return 0;
}
