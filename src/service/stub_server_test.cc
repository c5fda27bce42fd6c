#include "service/stub_server.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/http_client.h"

namespace hone::service {
namespace {

project::Template Text(std::string_view text) { return *project::Template::Parse(text); }

class StubServerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<project::StubAnswer> answers;
    answers.push_back(
        {.method = "GET", .path = "/rates/{day}", .body = Text(R"({"day": "${day}", "at": "${stub.x}"})")});
    answers.push_back(
        {.path = "/plain", .status = 202, .headers = {{"Content-Type", Text("text/csv")}}, .body = Text("a,b")});
    answers.push_back({.path = "/token", .body = Text(R"({"access_token": "${token.svc}"})")});
    auto started = StubServer::Start("rates", std::move(answers));
    ASSERT_TRUE(started);
    stub_ = *std::move(started);
    stub_->SetValues({{"stub.x", "there"}});
  }

  net::HttpAnswer Get(const std::string& target) {
    const auto answer = net::Fetch(stub_->url() + target, base::SystemClock().Now() + 10'000'000'000);
    EXPECT_TRUE(answer);
    return answer ? *answer : net::HttpAnswer();
  }

  std::unique_ptr<StubServer> stub_;
};

TEST_F(StubServerTest, FillsInItsAnswers) {
  const net::HttpAnswer rates = Get("/rates/mon%22day");
  EXPECT_EQ(rates.status, 200);
  EXPECT_EQ(rates.body, R"({"day": "mon\"day", "at": "there"})");
  EXPECT_EQ(*net::FindHeader(rates, "content-type"), "application/json");
  const net::HttpAnswer plain = Get("/plain");
  EXPECT_EQ(plain.status, 202);
  EXPECT_EQ(*net::FindHeader(plain, "content-type"), "text/csv");
  EXPECT_EQ(Get("/token").status, 500);
  stub_->SetValues({{"token.svc", "abc"}});
  EXPECT_EQ(Get("/token").body, R"({"access_token": "abc"})");
}

TEST_F(StubServerTest, CountsAndNamesWhatItCannotAnswer) {
  EXPECT_EQ(Get("/prices/4711?key=secret").status, 501);
  EXPECT_EQ(Get("/prices/4712").status, 501);
  Get("/plain");
  EXPECT_EQ(stub_->Drain().size(), 3U);
  EXPECT_EQ(stub_->Drain().size(), 0U);
  const StubTotals totals = stub_->totals();
  EXPECT_EQ(totals.calls, 3);
  ASSERT_EQ(totals.unanswered.size(), 1U);
  EXPECT_EQ(totals.unanswered.begin()->first, "GET /prices/{id}");
  EXPECT_EQ(totals.unanswered.begin()->second, 2);
}

}  // namespace
}  // namespace hone::service
