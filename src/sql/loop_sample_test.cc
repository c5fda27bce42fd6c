#include "sql/loop_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::shared_ptr<const RecordedBind> Bind(const std::string& first, const std::string& second) {
  return std::make_shared<const RecordedBind>(RecordedBind{.oids = {20, 25}, .formats = {}, .values = {first, second}});
}

// Requests of 2 and 4 rows, of which the larger one also asks for its first row twice.
Script Requests(const std::string& text, bool with_literals = false) {
  Script script;
  for (const int64_t n : {2, 4, 4, 2}) {
    script.BeginRequest(n, n == 4 && script.phase().requests.size() == 1);
    for (int64_t i = 0; i <= n; ++i) {
      const std::string key = std::to_string(i % n);
      script.Run(with_literals ? text + key : text, {key, "open"}, 1).bind = Bind(key, "open");
    }
    script.EndRequest();
  }
  return script;
}

TEST(LoopSamples, AreTheCallsOfTheRequestThatMadeMost) {
  const Script script = Requests("select a from t where k = $1 and s = $2");
  const Exchange exchange = script.Build();
  Script copy = script;
  const auto samples = LoopSamples(copy.recording(), exchange, {0});
  ASSERT_THAT(samples, SizeIs(1));
  EXPECT_EQ(samples[0].text, "select a from t where k = $1 and s = $2");
  EXPECT_THAT(samples[0].calls, SizeIs(4)) << "each parameter set once";
  EXPECT_THAT(samples[0].varying, ElementsAre(1U));
  EXPECT_THAT(LoopSamples(copy.recording(), exchange, {}), IsEmpty());
}

TEST(LoopSamples, LeaveOutWhatIsNoReadOrHasItsValuesInTheText) {
  Script write = Requests("update t set a = 1 where k = $1 and s = $2");
  EXPECT_THAT(LoopSamples(write.recording(), write.Build(), {0}), IsEmpty());
  Script literals = Requests("select a from t where s = $2 and b = $1 and k = ", true);
  EXPECT_THAT(LoopSamples(literals.recording(), literals.Build(), {0}), IsEmpty());
}

}  // namespace
}  // namespace hone::sql
