#include "sql/sasl.h"

#include <gtest/gtest.h>

#include <string>

#include "sql/wire_messages.h"

namespace hone::sql {
namespace {

using messages::Message;

const std::string kBoth =
    Message('R', std::string("\0\0\0\x0a", 4) + "SCRAM-SHA-256-PLUS" + '\0' + "SCRAM-SHA-256" + '\0' + '\0');
const std::string kPlain = Message('R', std::string("\0\0\0\x0a", 4) + "SCRAM-SHA-256" + '\0' + '\0');
const std::string kNotice = Message('v', std::string("\0\3\0\0\0\0\0\0", 8));

std::string Choice(const std::string& mechanism, const std::string& first) {
  return Message('p', mechanism + '\0' + std::string("\0\0\0\x20", 4) + first);
}

// What passes of `bytes` in pieces of `size`.
std::string InPieces(SaslFilter& filter, const std::string& bytes, size_t size, bool server) {
  std::string passed;
  for (size_t at = 0; at < bytes.size(); at += size) {
    const std::string_view piece = std::string_view(bytes).substr(at, size);
    passed += server ? filter.FromServer(piece) : filter.FromClient(piece);
  }
  return passed;
}

TEST(SaslFilter, TakesBindingOutHoweverItArrives) {
  for (size_t size = 1; size < kNotice.size() + kBoth.size() + 8; ++size) {
    SaslFilter filter(false);
    EXPECT_EQ(InPieces(filter, kNotice + kBoth + "behind", size, true), kNotice + kPlain + "behind") << size;
    EXPECT_TRUE(filter.over());
    EXPECT_FALSE(filter.refused());
  }
}

TEST(SaslFilter, LeavesAllElseAsItIs) {
  using namespace messages;
  const std::string error = Message('E', std::string("SFATAL") + '\0' + '\0');
  const std::string lies = std::string("R\x7f\xff\xff\xff", 5) + "no message";
  for (const std::string& bytes : {AuthenticationOk() + Ready(), kPlain, error, lies, std::string("R\0\0\0\0", 5),
                                   Message('R', std::string("\0\0\0\x0a", 4) + "SCRAM-SHA-256-PLUS")}) {
    for (const size_t size : {size_t{1}, bytes.size()}) {
      SaslFilter filter(true);
      EXPECT_EQ(InPieces(filter, bytes, size, true), bytes);
      EXPECT_TRUE(filter.over());
    }
  }
}

TEST(SaslFilter, RefusesAClientThatCouldBindAndOnlyThat) {
  for (const size_t size : {size_t{1}, size_t{7}, size_t{1000}}) {
    SaslFilter could(true);
    InPieces(could, kBoth, size, true);
    EXPECT_FALSE(could.over());
    EXPECT_EQ(InPieces(could, Choice("SCRAM-SHA-256", "y,,n=,r=nonce"), size, false), "");
    EXPECT_TRUE(could.refused());

    const std::string cannot = Choice("SCRAM-SHA-256", "n,,n=,r=nonce");
    SaslFilter filter(true);
    InPieces(filter, kBoth, size, true);
    EXPECT_EQ(InPieces(filter, cannot, size, false), cannot);
    EXPECT_TRUE(filter.over());
    EXPECT_FALSE(filter.refused());
  }
}

TEST(SaslFilter, AClientsStartUpPassesBefore) {
  SaslFilter filter(true);
  EXPECT_EQ(filter.FromClient("anything"), "anything");
  EXPECT_FALSE(filter.over());
}

}  // namespace
}  // namespace hone::sql
