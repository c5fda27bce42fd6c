#include "ops/request_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hone::ops {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const evidence::Redactor& Key() {
  static const evidence::Redactor redactor("key");
  return redactor;
}

RequestLog LoggedRequests() {
  net::RelayLog seen{.lost_connections = 1, .unreachable = 2, .dropped = 3};
  for (int i = 0; i < 8; ++i) {
    seen.requests.push_back({.method = "GET",
                             .target = "/orders/77?token=kanari",
                             .traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
                             .status = i == 7 ? 500 : 200,
                             .start_ns = 1000 * i,
                             .first_byte_ns = 1000 * i + 50,
                             .end_ns = 1000 * i + 100 + i});
  }
  seen.requests.push_back({.start_ns = 9000, .end_ns = 9100, .end = net::ObservedEnd::kLost});
  RequestLog log = ReadLog(seen, RouteNames({}, {}, ""), Key());
  log.fates.assign(log.requests.size(), sql::RequestFate::kAlone);
  log.fates[8] = sql::RequestFate::kUnread;
  log.profiled = {{5900, 6200}};
  return log;
}

base::Result<evidence::Computed> Compute(std::string_view bytes, size_t method, evidence::Parameters parameters) {
  const evidence::Capture capture;
  const evidence::CaptureBytes input{&capture, bytes};
  return RequestLogMethods()[method].compute({&input, 1}, parameters, 0);
}

TEST(RequestLog, ReadsBackWithoutAnyValue) {
  const RequestLog log = LoggedRequests();
  EXPECT_EQ(log.requests[0].trace, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(Endpoints(log), std::vector<std::string>{"GET /orders/{}"});
  const std::string bytes = Encode(log);
  for (const char* value : {"77", "kanari", "0123456789abcdef0123"}) EXPECT_THAT(bytes, Not(HasSubstr(value)));
  const auto decoded = DecodeRequestLog(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(Encode(*decoded), bytes);
  EXPECT_EQ(decoded->fates, log.fates);
  EXPECT_EQ(decoded->requests[3].endpoint, "GET /orders/{}");
  for (const char* damaged : {"", "hello", "hone.http.requests/1\nrequest a alone x 1 2 3 4 GET /\n",
                              "hone.http.requests/1\nrequest a dreaming 200 1 2 3 4 GET /\n"})
    EXPECT_FALSE(DecodeRequestLog(damaged)) << damaged;
}

TEST(RequestLog, CountsByEndpointAndFate) {
  const std::string bytes = Encode(LoggedRequests());
  EXPECT_EQ(Compute(bytes, 0, {})->value, 9);
  EXPECT_EQ(Compute(bytes, 0, {{"endpoint", "GET /orders/{}"}})->value, 8);
  EXPECT_EQ(Compute(bytes, 0, {{"fate", "unread"}})->value, 1);
  EXPECT_EQ(Compute(bytes, 0, {{"fate", "alone"}, {"endpoint", "GET /"}})->value, 0);
  EXPECT_FALSE(Compute(bytes, 0, {{"fate", "happy"}}));
}

TEST(RequestLog, TimesAreThoseOfGoodAnswersWithoutAProfile) {
  const std::string bytes = Encode(LoggedRequests());
  const auto median = Compute(bytes, 1, {{"endpoint", "GET /orders/{}"}, {"quantile", "0.5"}});
  ASSERT_TRUE(median);
  EXPECT_EQ(median->n, 6) << "one failed, one was profiled";
  EXPECT_EQ(median->value, 102.5);
  EXPECT_EQ(median->validity, evidence::Validity::kValid);
  EXPECT_EQ(Compute(bytes, 1, {{"endpoint", "GET /orders/{}"}, {"quantile", "0.99"}})->validity,
            evidence::Validity::kTooFew);
  EXPECT_FALSE(Compute(bytes, 1, {{"endpoint", "GET /orders/{}"}}));
}

}  // namespace
}  // namespace hone::ops
