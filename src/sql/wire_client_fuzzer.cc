// Any bytes from the client: the parser must neither crash nor lose count of what it did not understand.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "sql/wire.h"
#include "sql/wire_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  hone::sql::TextPool texts;
  hone::sql::WireParser parser(texts);
  std::vector<hone::sql::WireTrip> trips;
  const size_t half = size / 2;
  parser.FromClient(bytes.substr(0, half), 1, true, trips);
  parser.FromServer(hone::sql::messages::AuthenticationOk() + hone::sql::messages::Ready(), 2, true, trips);
  parser.FromClient(bytes.substr(half), 3, true, trips);
  parser.Finish(4, trips);
  if (parser.unparsed_bytes() < 0 || parser.unparsed_bytes() > static_cast<int64_t>(size) + 64) std::abort();
  return 0;
}
