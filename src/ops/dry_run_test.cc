#include "ops/dry_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using ::testing::HasSubstr;

net::HttpAnswer Answer(int status, std::vector<std::pair<std::string, std::string>> headers = {}) {
  net::HttpAnswer answer;
  answer.status = status;
  answer.headers = std::move(headers);
  return answer;
}

TEST(AnnouncedLimit, ReadsTheHeadersThatServicesSend) {
  EXPECT_EQ(AnnouncedLimit(Answer(200, {{"x-ratelimit-limit", "100"}})), 100);
  EXPECT_EQ(AnnouncedLimit(Answer(200, {{"RateLimit-Limit", "10, 10;w=1"}})), 10);
  EXPECT_EQ(AnnouncedLimit(Answer(200, {{"RateLimit-Policy", "\"default\";q=60;w=60"}})), 60);
  EXPECT_EQ(AnnouncedLimit(Answer(200, {{"Content-Type", "text/plain"}})), std::nullopt);
  EXPECT_EQ(AnnouncedLimit(Answer(200, {{"X-RateLimit-Limit", "unlimited"}})), std::nullopt);
}

TEST(Unusable, NamesLimitersAndMissingRights) {
  const base::Error wrong{base::Code::kService, "status 500 where 200 was wanted"};
  EXPECT_THAT(Unusable("GET /x", Answer(429, {{"Retry-After", "30"}}), wrong).reason, HasSubstr("rate limiter"));
  EXPECT_THAT(Unusable("GET /x", Answer(429, {{"Retry-After", "30"}}), wrong).reason, HasSubstr("30"));
  EXPECT_THAT(Unusable("GET /x", Answer(401), wrong).reason, HasSubstr("not authenticated"));
  EXPECT_THAT(Unusable("GET /x", Answer(403), wrong).reason, HasSubstr("403"));
  EXPECT_EQ(Unusable("GET /x", Answer(500), wrong).reason, "status 500 where 200 was wanted");
  EXPECT_EQ(Unusable("GET /x", std::nullopt, wrong).subject, "GET /x");
}

}  // namespace
}  // namespace hone::ops
