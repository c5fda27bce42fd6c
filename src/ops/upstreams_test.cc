#include "ops/upstreams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "net/http_client.h"

namespace hone::ops {
namespace {

using testing::HasSubstr;
constexpr char kUpstreamsToml[] = R"([service]
run = "bin/api"
url = "http://127.0.0.1:${port}"
[[scenario]]
path = "/"
[[stub]]
name = "payments"
[[stub.answer]]
path = "/token"
body = '{"access_token": "${token.alice}"}'
[[token]]
name = "alice"
claims = { aud = "api" }
)";

class UpstreamsTest : public testing::Test {
 protected:
  void Begin(const std::string& more = "") {
    auto project = project::ParseProject(kUpstreamsToml + more, "/repo/benchmarks/hone.toml");
    ASSERT_TRUE(project) << project.error().front().text;
    project_ = *std::move(project);
    auto started = Upstreams::Start(project_, redactor_, values_);
    ASSERT_TRUE(started);
    upstreams_ = *std::move(started);
  }
  std::string Get(const std::string& url) {
    const auto answer = net::Fetch(url, base::SystemClock().Now() + 10'000'000'000);
    EXPECT_TRUE(answer);
    return answer ? answer->body : "";
  }

  project::Project project_;
  evidence::Redactor redactor_;
  project::Values values_;
  std::unique_ptr<Upstreams> upstreams_;
};

TEST_F(UpstreamsTest, ServesTheKeyAsProvidersDo) {
  Begin();
  const nlohmann::json provider =
      nlohmann::json::parse(Get(values_.at("jwt.issuer") + "/.well-known/openid-configuration"));
  EXPECT_EQ(provider.at("issuer"), values_.at("jwt.issuer"));
  EXPECT_EQ(provider.at("jwks_uri"), values_.at("jwt.jwks"));
  EXPECT_EQ(nlohmann::json::parse(Get(values_.at("jwt.jwks"))).at("keys").size(), 1U);
  EXPECT_TRUE(upstreams_->Unanswered().empty());
}

TEST_F(UpstreamsTest, AnIssuerMayBePlayedByAStub) {
  Begin("[jwt]\nissuer = \"${stub.payments}/auth\"\n");
  EXPECT_EQ(values_.at("jwt.issuer"), values_.at("stub.payments") + "/auth");
  EXPECT_EQ("http://" + values_.at("stub.payments.address"), values_.at("stub.payments"));
}

TEST_F(UpstreamsTest, MintsAnewWhatWouldEnd) {
  Begin();
  const std::string first = values_.at("token.alice");
  ASSERT_TRUE(upstreams_->Mint(values_, 60'000'000'000));
  EXPECT_EQ(values_.at("token.alice"), first);
  ASSERT_TRUE(upstreams_->Mint(values_, 3'600'000'000'000));
  const std::string second = values_.at("token.alice");
  EXPECT_NE(second, first);
  ASSERT_TRUE(upstreams_->Mint(values_, std::nullopt));
  EXPECT_NE(values_.at("token.alice"), second);
  // Stubs hand out the newest, and no text tells any of them.
  EXPECT_THAT(Get(values_.at("stub.payments") + "/token"), HasSubstr(values_.at("token.alice")));
  EXPECT_EQ(redactor_.Scrub("a " + first + " b"), "a [redacted] b");
  EXPECT_EQ(redactor_.Scrub(values_.at("token.alice")), "[redacted]");
}

TEST_F(UpstreamsTest, NamesWhatHasNoAnswer) {
  Begin();
  Get(values_.at("stub.payments") + "/v1/charges/ch_1?key=x");
  Get(values_.at("jwt.issuer") + "/userinfo");
  const auto unanswered = upstreams_->Unanswered();
  ASSERT_EQ(unanswered.size(), 2U);
  EXPECT_EQ(unanswered[0].subject, "the stub payments");
  EXPECT_EQ(unanswered[0].reason, "got GET /v1/charges/{id}, which it has no answer for (1 times, answered 501)");
  EXPECT_EQ(unanswered[0].what_would_do,
            "Add to it in hone.toml: [[stub.answer]] with method = \"GET\" and path = \"/v1/charges/{id}\"");
  EXPECT_EQ(unanswered[1].subject, "the key server of [jwt]");
  EXPECT_THAT(unanswered[1].what_would_do, HasSubstr("[[stub]]"));
}

TEST_F(UpstreamsTest, CountsCallsOfEachStub) {
  Begin();
  Get(values_.at("stub.payments") + "/token");
  Get(values_.at("stub.payments") + "/other");
  const auto calls = upstreams_->Drain();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].size(), 2U);
}

}  // namespace
}  // namespace hone::ops
