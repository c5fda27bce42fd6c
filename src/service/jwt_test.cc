#include "service/jwt.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace hone::service {
namespace {

using Json = nlohmann::json;
using project::JwtAlgorithm;

TEST(SigningKey, PublishesThePublicHalfAlone) {
  const auto rsa = SigningKey::Make(JwtAlgorithm::kRs256);
  ASSERT_TRUE(rsa);
  const Json key = Json::parse(rsa->Jwks()).at("keys").at(0);
  EXPECT_EQ(key.at("kty"), "RSA");
  EXPECT_EQ(key.at("e"), "AQAB");
  EXPECT_EQ(key.at("n").get<std::string>().size(), 342U);  // 2048 bits
  EXPECT_FALSE(key.contains("d"));
  EXPECT_TRUE(rsa->PublicKey().starts_with("-----BEGIN PUBLIC KEY-----"));
  EXPECT_EQ(rsa->secret(), "");
}

TEST(SigningKey, CoordinatesHaveTheirFullLength) {
  for (int i = 0; i < 20; ++i) {
    const auto key = SigningKey::Make(JwtAlgorithm::kEs256);
    ASSERT_TRUE(key);
    const Json json = Json::parse(key->Jwks()).at("keys").at(0);
    EXPECT_EQ(json.at("x").get<std::string>().size(), 43U);
    EXPECT_EQ(json.at("y").get<std::string>().size(), 43U);
    const auto token = key->Sign("{}");
    ASSERT_TRUE(token);
    EXPECT_EQ(token->size() - token->rfind('.') - 1, 86U);
  }
}

TEST(SigningKey, ASharedSecretIsInNoSet) {
  const auto key = SigningKey::Make(JwtAlgorithm::kHs256);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->Jwks(), R"({"keys":[]})");
  EXPECT_EQ(key->secret().size(), 64U);
  EXPECT_EQ(key->PublicKey(), "");
}

TEST(CompleteClaims, AddsWhatIsMissing) {
  const Claims missing{.issuer = "http://issuer", .subject = "alice", .id = "x", .now_s = 1000, .ttl_s = 60};
  const auto text = CompleteClaims(R"({"sub": "7", "roles": ["admin"]})", missing);
  ASSERT_TRUE(text);
  const Json claims = Json::parse(*text);
  EXPECT_EQ(claims.at("sub"), "7");
  EXPECT_EQ(claims.at("iss"), "http://issuer");
  EXPECT_EQ(claims.at("iat"), 1000);
  EXPECT_EQ(claims.at("exp"), 1060);
  EXPECT_EQ(claims.at("jti"), "x");
  EXPECT_EQ(Json::parse(*CompleteClaims("{}", missing)).at("sub"), "alice");
  EXPECT_FALSE(CompleteClaims("[]", missing));
}

TEST(ExpiryOf, ReadsATokenOfAnybody) {
  const auto key = SigningKey::Make(JwtAlgorithm::kHs256);
  ASSERT_TRUE(key);
  EXPECT_EQ(ExpiryOf(*key->Sign(R"({"exp": 1234567890})")), 1234567890);
  EXPECT_EQ(ExpiryOf(*key->Sign(R"({"exp": "soon"})")), std::nullopt);
  EXPECT_EQ(ExpiryOf(*key->Sign(R"({"a": 1})")), std::nullopt);
  for (const char* text : {"", "opaque", "a.b", "a.b.c", "..", "a.!!!!.c", "a.e30.c", "a.e.c"})
    EXPECT_EQ(ExpiryOf(text), std::nullopt) << text;
}

}  // namespace
}  // namespace hone::service
