// Profiles from anywhere: decoding answers or refuses, and what it accepts is a fixed point of redaction.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "profile/pprof.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const hone::profile::Limits limits{
      .compressed_bytes = 1 << 20, .bytes = 4 << 20, .entries = 1 << 16, .name_bytes = 1 << 12};
  const auto once = hone::profile::Redact(bytes, limits);
  if (!once) return 0;
  const auto twice = hone::profile::Redact(*once);
  if (!twice || *twice != *once) std::abort();
  return 0;
}
