// Dumps from anywhere: what was read and written again reads the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "golang/goroutines.h"
#include "golang/query_caller.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone::golang;
  const std::string_view dump(reinterpret_cast<const char*>(data), size);
  const auto goroutines = ParseGoroutines(dump, 1000);
  if (ParseGoroutines(FormatGoroutines(goroutines), 1000) != goroutines) std::abort();
  const Module module{"example.com/shop", "/src/shop"};
  FindCaller({}, goroutines, {&module, 1});
  return 0;
}
