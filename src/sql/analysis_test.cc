#include "sql/analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::sql {
namespace {

TEST(Analysis, TypicalSize) {
  Exchange exchange;
  for (const int64_t size : {1, 2, 5, 10}) exchange.requests.push_back({.size = size});
  EXPECT_EQ(TypicalSize(exchange), 2);
  exchange.default_size = 10;
  EXPECT_EQ(TypicalSize(exchange), 10);
  exchange.default_size = 7;
  EXPECT_EQ(TypicalSize(exchange), 2);
}

}  // namespace
}  // namespace hone::sql
