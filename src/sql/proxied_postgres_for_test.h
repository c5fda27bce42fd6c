// For tests: a proxy before a real PostgreSQL, and libpq's connections to it.
#pragma once

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>
#include <utility>

#include "sql/postgres_for_test.h"
#include "sql/proxy.h"

namespace hone::sql {

// One server for all tests of a suite, a proxy for each.
class ProxiedPostgres : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PostgresForTest>(); }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    auto proxy = Proxy::Start({.upstream_port = server_->port(), .threads = 2});
    ASSERT_TRUE(proxy.has_value());
    proxy_ = *std::move(proxy);
  }

  Connection Connect() const {
    Connection connection(PQconnectdb(PostgresForTest::Dsn(proxy_->port()).c_str()), &PQfinish);
    EXPECT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
    return connection;
  }

  static inline std::unique_ptr<PostgresForTest> server_;
  std::unique_ptr<Proxy> proxy_;
};

}  // namespace hone::sql
