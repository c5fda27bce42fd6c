#include "ops/driven.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(Driven, TellsTheAddressAndWhatLoginsCaptured) {
  EXPECT_THAT(DriverEnvironment("http://127.0.0.1:7/api", {{"login.customer.token", "abc"},
                                                           {"login.back-office.Session.id", "def"},
                                                           {"db.url", "postgres://"},
                                                           {"port", "7"}}),
              UnorderedElementsAre(Pair("HONE_URL", "http://127.0.0.1:7/api"), Pair("HONE_LOGIN_CUSTOMER_TOKEN", "abc"),
                                   Pair("HONE_LOGIN_BACK_OFFICE_SESSION_ID", "def")));
}

}  // namespace
}  // namespace hone::ops
