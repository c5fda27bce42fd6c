// Any text: no crash, no hang, and normalising is stable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sql/lexer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view statement : hone::sql::SplitStatements(text)) {
    const hone::sql::NormalText normal = hone::sql::Normalize(statement);
    if (hone::sql::Normalize(normal.text).literals != 0) std::abort();
  }
  return 0;
}
