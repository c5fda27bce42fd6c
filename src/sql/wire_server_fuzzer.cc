// Any bytes from the server behind requests of every kind.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sql/wire.h"
#include "sql/wire_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone::sql::messages;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  hone::sql::TextPool texts;
  hone::sql::WireParser parser(texts);
  std::vector<hone::sql::WireTrip> trips;
  parser.FromClient(Startup(), 1, true, trips);
  parser.FromServer(AuthenticationOk() + Ready(), 1, true, trips);
  parser.FromClient(Parse("s", "select $1") + DescribeStatement("s") + Bind("s", {"4"}, 0, 1) + Execute() + Sync() +
                        Query("select 1; copy t from stdin"),
                    2, true, trips);
  const size_t half = size / 2;
  parser.FromServer(bytes.substr(0, half), 3, true, trips);
  parser.FromClient(CopyData("x") + CopyDone() + Sync() + CloseStatement("s") + Bind("s", {}) + Execute() + Flush(), 4,
                    true, trips);
  parser.FromServer(bytes.substr(half), 5, true, trips);
  parser.Finish(6, trips);
  return 0;
}
