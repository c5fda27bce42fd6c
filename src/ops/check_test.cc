#include "ops/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using ::testing::HasSubstr;

evidence::Report TwoFindingsOneAccepted() {
  evidence::Report report;
  report.findings.resize(2);
  report.findings[0].rule = "sql.n_plus_one";
  report.findings[1].rule = "cpu.json";
  report.findings[1].accepted = "the format is fixed";
  return report;
}

TEST(Gate, CountsWhatItIsAskedFor) {
  const evidence::Report report = TwoFindingsOneAccepted();
  EXPECT_EQ(CountGated(report, "none").value(), 0);
  EXPECT_EQ(CountGated(report, "all").value(), 2);
  EXPECT_EQ(CountGated(report, "new").value(), 1);
  EXPECT_EQ(CountGated(report, "sql.n_plus_one").value(), 1);
  EXPECT_EQ(CountGated(report, "cpu.json").value(), 0) << "it is accepted";
}

TEST(Gate, AnUnknownRuleIsRefused) {
  const auto counted = CountGated({}, "sql.n_plus_two");
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().code, base::Code::kUsage);
}

TEST(Check, WithoutHoneTomlItSaysWhatToDo) {
  base::Task task;
  CheckRequest request;
  request.dir = "/nonexistent";
  const auto report = Check(request, task);
  ASSERT_FALSE(report);
  EXPECT_THAT(base::Sentence(report.error()), HasSubstr("hone init"));
}

}  // namespace
}  // namespace hone::ops
