#include "pg/dsn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::pg {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Dsn, ReadsUrlsWithEverythingEncoded) {
  const Dsn dsn =
      ParseDsn("postgresql://us%40er:pa%3Ass%2F@db.example:6432/sh%20op?sslmode=disable&application_name=a%26b")
          .value();
  EXPECT_EQ(dsn.user, "us@er");
  EXPECT_EQ(dsn.password, "pa:ss/");
  EXPECT_EQ(dsn.host, "db.example");
  EXPECT_EQ(dsn.port, 6432);
  EXPECT_EQ(dsn.database, "sh op");
  EXPECT_EQ(dsn.parameters.at("application_name"), "a&b");
}

TEST(Dsn, ReadsKeysAndValues) {
  const Dsn dsn = ParseDsn("host=/var/run/postgresql user=me password='it\\'s' dbname=shop").value();
  EXPECT_EQ(dsn.host, "/var/run/postgresql");
  EXPECT_EQ(dsn.password, "it's");
  EXPECT_EQ(dsn.port, 5432);
  EXPECT_TRUE(IsLoopback(dsn));
}

TEST(Dsn, WritesWhatItReadsBack) {
  Dsn dsn{.host = "::1",
          .port = 5433,
          .user = "a b",
          .password = "p@ss'\\:/?#",
          .database = "d",
          .parameters = {{"sslmode", "disable"}}};
  for (const std::string& text : {ToUrl(dsn), ToKeyValues(dsn)}) {
    const Dsn again = ParseDsn(text).value();
    EXPECT_EQ(again.host, dsn.host) << text;
    EXPECT_EQ(again.password, dsn.password);
    EXPECT_EQ(again.user, dsn.user);
    EXPECT_EQ(again.port, dsn.port);
  }
}

TEST(Dsn, MessagesAndPrintableFormsHoldNoPassword) {
  const auto wrong = ParseDsn("postgres://u:topsecret@h:99999999/d");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(base::Sentence(wrong.error()), Not(HasSubstr("topsecret")));
  EXPECT_THAT(ToPrintable(ParseDsn("postgres://u:topsecret@h/d").value()), Not(HasSubstr("topsecret")));
}

TEST(Dsn, SeveralHostsAndNonsenseAreRefused) {
  EXPECT_FALSE(ParseDsn("postgres://a,b/d"));
  EXPECT_FALSE(ParseDsn("not a dsn"));
  EXPECT_FALSE(ParseDsn("postgres://h:port/d"));
}

TEST(Dsn, WithoutDatabaseItIsTheUsers) { EXPECT_EQ(ParseDsn("postgres://me@h").value().database, "me"); }

}  // namespace
}  // namespace hone::pg
