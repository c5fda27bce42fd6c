#include "ops/upstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

pg::Dsn Parse(const std::string& text) { return *pg::ParseDsn(text); }

// The sentence that refuses it; nothing listens at port 1.
std::string RefusalOf(const std::string& parameters) {
  const auto chosen = ChooseUpstreamTls(Parse("host=127.0.0.1 port=1 user=bob dbname=d " + parameters));
  return chosen ? "" : base::Sentence(chosen.error());
}

TEST(Upstream, WhatCannotBeIsRefusedBeforeTheServerIsAsked) {
  EXPECT_THAT(RefusalOf("sslmode=require channel_binding=require"),
              HasSubstr("channel_binding=require cannot be met through a proxy"));
  EXPECT_THAT(RefusalOf("sslmode=disable channel_binding=require"), HasSubstr("Write channel_binding=disable"));
  EXPECT_THAT(RefusalOf("sslmode=always"), HasSubstr("There is no sslmode always"));
  EXPECT_THAT(RefusalOf("sslmode=verify-full sslrootcert=/nowhere/ca.pem"), HasSubstr("/nowhere/ca.pem"));
  EXPECT_THAT(RefusalOf("sslmode=require sslrootcert=system"),
              HasSubstr("sslrootcert=system needs sslmode=verify-full"));
  EXPECT_THAT(RefusalOf("sslmode=require ssl_min_protocol_version=TLSv9"), HasSubstr("no such version of TLS"));
  EXPECT_THAT(RefusalOf("sslmode=require sslcert=/nowhere/client.crt sslkey=/nowhere/client.key"),
              HasSubstr("/nowhere/client.crt"));
  EXPECT_THAT(RefusalOf("sslmode=require"), HasSubstr("The database's server cannot be asked"));
}

TEST(Upstream, PlainIsChosenWithoutAsking) {
  EXPECT_EQ(RefusalOf("sslmode=disable"), "");
  EXPECT_TRUE(ChooseUpstreamTls(Parse("host=/nowhere sslmode=verify-full")).has_value());
}

TEST(Upstream, ClientsGetNothingOfTheServersTls) {
  const pg::Dsn dsn = Parse(
      "host=h user=u dbname=d sslmode=verify-full sslrootcert=a sslcert=b sslkey=c sslcrl=d sslsni=0 "
      "ssl_min_protocol_version=TLSv1.3 channel_binding=prefer application_name=shop");
  EXPECT_THAT(ForClients(dsn, "disable", "").parameters,
              ElementsAre(Pair("application_name", "shop"), Pair("sslmode", "disable")));
  EXPECT_THAT(ForClients(Parse("host=h channel_binding=disable"), "verify-full", "/run/ca.pem").parameters,
              ElementsAre(Pair("channel_binding", "disable"), Pair("sslmode", "verify-full"),
                          Pair("sslrootcert", "/run/ca.pem")));
}

}  // namespace
}  // namespace hone::ops
