#include "sql/methods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/exchange_for_test.h"

namespace hone::sql {
namespace {

Exchange OneRequest() {
  Script script;
  script.BeginRequest(5);
  script.Run("select id from things limit $1", {"5"}, 5);
  script.EndRequest();
  return script.Build();
}

TEST(Methods, RefuseWhatTheyCannotRead) {
  const evidence::Capture capture;
  const std::string bytes = Encode(OneRequest());
  const evidence::CaptureBytes good{&capture, bytes};
  const evidence::CaptureBytes bad{&capture, "nonsense"};
  for (const evidence::Method& method : Methods()) {
    EXPECT_FALSE(method.compute({&bad, 1}, {}, 0).has_value()) << method.name;
    EXPECT_FALSE(method.compute({}, {}, 0).has_value()) << method.name;
    EXPECT_FALSE(method.compute({&good, 1}, {{"query", "nosuch"}}, 0).has_value()) << method.name;
    EXPECT_FALSE(method.compute({&good, 1}, {{"size", "many"}}, 0).has_value()) << method.name;
    EXPECT_FALSE(method.source.empty());
  }
}

TEST(Methods, MedianAndTooFew) {
  const evidence::Capture capture;
  const std::string bytes = Encode(OneRequest());
  const evidence::CaptureBytes input{&capture, bytes};
  for (const evidence::Method& method : Methods()) {
    if (method.name != "sql.rows@1") continue;
    const auto rows = method.compute({&input, 1}, {}, 0);
    ASSERT_TRUE(rows.has_value());
    EXPECT_EQ(rows->value, 5);
    EXPECT_EQ(rows->n, 1);
    EXPECT_FALSE(rows->interval.has_value()) << "one value bounds nothing";
    EXPECT_EQ(method.compute({&input, 1}, {{"size", "6"}}, 0)->validity, evidence::Validity::kTooFew);
  }
}

}  // namespace
}  // namespace hone::sql
