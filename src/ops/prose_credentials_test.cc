#include "ops/prose_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

const std::vector<std::string> kByMail = {"email", "password"};

TEST(ProseCredentials, StandInASentence) {
  const auto found = FindInProse(
      "Seed.\n\nLogins (password `letmein123`):\n`admin@shop.example`, `staff2@shop.example` ...\n", kByMail);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->values, UnorderedElementsAre(Pair("email", "admin@shop.example"), Pair("password", "letmein123")));
}

TEST(ProseCredentials, StandBehindColonsAndInTables) {
  const auto lines = FindInProse("username: desk\npassword: bookworm, for all\n", {"username", "password"});
  ASSERT_TRUE(lines);
  EXPECT_THAT(lines->values, UnorderedElementsAre(Pair("username", "desk"), Pair("password", "bookworm")));
  const auto table = FindInProse("| Email | Password |\n|---|---|\n| a@b.example | `secret` |\n", kByMail);
  ASSERT_TRUE(table);
  EXPECT_THAT(table->values, UnorderedElementsAre(Pair("email", "a@b.example"), Pair("password", "secret")));
  const auto one = FindInProse("password is `bookworm` for desk@library.example.\n", kByMail);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->values.at("email"), "desk@library.example");
}

TEST(ProseCredentials, AreNoPlaceholdersAndNoTalkOfPasswords) {
  EXPECT_FALSE(FindInProse("password: <yours>, a@b.example", kByMail));
  EXPECT_FALSE(FindInProse("The password must have 12 letters; ask admin@b.example.", kByMail));
  EXPECT_FALSE(FindInProse("password: `letmein123`\n", kByMail)) << "whose?";
  EXPECT_FALSE(FindInProse("password: `letmein123`\n1\n2\n3\n4\nwrite to a@b.example\n", kByMail)) << "too far off";
  EXPECT_FALSE(FindInProse("", kByMail));
  EXPECT_FALSE(FindInProse("email: a@b.example", {"email"}));
}

TEST(ProseCredentials, AddressesAreWholeOnes) {
  EXPECT_EQ(FirstAddress("user%d@b.example, postgres://u:p@host.example/x, me@there.example."), "me@there.example");
  EXPECT_EQ(FirstAddress("a@localhost"), "");
}

}  // namespace
}  // namespace hone::ops
