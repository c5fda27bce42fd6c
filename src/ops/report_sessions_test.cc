#include "ops/report_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// An endpoint whose one request asks these, one after the other, on one connection.
QuietEndpoint Asks(const std::vector<std::string>& texts) {
  QuietEndpoint endpoint;
  endpoint.exchange.requests.emplace_back();
  for (const std::string& text : texts) {
    const auto index = static_cast<uint32_t>(endpoint.exchange.queries.size());
    endpoint.exchange.queries.push_back({.text = text});
    endpoint.exchange.round_trips.push_back({.request = 0});
    sql::Statement statement;
    statement.query = index;
    statement.round_trip = index;
    statement.request = 0;
    endpoint.exchange.statements.push_back(statement);
  }
  return endpoint;
}

TEST(LeftByAll, IsWhatTheRequestsOfEachEndpointLeave) {
  const std::string tenant = "set app.tenant = $1";
  Quiet quiet;
  quiet.endpoints = {Asks({tenant, "select 1"}), Asks({tenant, "listen jobs", "select 2"}), Asks({})};
  EXPECT_THAT(LeftByAll(quiet), ElementsAre(tenant)) << "who asks nothing is not surprised";
  quiet.endpoints.push_back(Asks({"select 3"}));
  EXPECT_THAT(LeftByAll(quiet), IsEmpty());
  EXPECT_THAT(LeftByAll({}), IsEmpty());
}

}  // namespace
}  // namespace hone::ops
