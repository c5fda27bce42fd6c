#include "sql/indexes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

IndexEntry Entry(const std::string& name, const std::string& identity, bool unique = false, bool bound = false) {
  return {.schema = "public",
          .table = "orders",
          .name = name,
          .identity = identity,
          .unique = unique,
          .bound = bound,
          .bytes = 8192,
          .table_rows = 5000};
}

std::vector<std::string> Superfluous(const std::vector<IndexEntry>& entries) {
  std::vector<std::string> names;
  for (const Duplicate& duplicate : FindDuplicates(entries))
    names.push_back(entries[duplicate.index].name + " for " + entries[duplicate.kept].name);
  return names;
}

TEST(Indexes, TheSameOneTwiceIsOneTooMany) {
  EXPECT_THAT(Superfluous({Entry("b", "1"), Entry("a", "1"), Entry("c", "2")}), ElementsAre("b for a"));
  EXPECT_THAT(Superfluous({Entry("a", "1"), Entry("b", "1"), Entry("c", "1")}), ElementsAre("b for a", "c for a"));
}

TEST(Indexes, WhatEnforcesSomethingStays) {
  EXPECT_THAT(Superfluous({Entry("a", "1"), Entry("pkey", "1", true, true)}), ElementsAre("a for pkey"));
  EXPECT_THAT(Superfluous({Entry("a", "1"), Entry("u", "1", true)}), ElementsAre("a for u"));
  EXPECT_THAT(Superfluous({Entry("a", "1", true, true), Entry("b", "1", true, true)}), IsEmpty());
  EXPECT_THAT(Superfluous({Entry("a", "1", false, true), Entry("u", "1", true, false)}), IsEmpty())
      << "one is needed, the other one enforces";
}

TEST(Indexes, AreReadBackAsTheyWereWritten) {
  std::vector<IndexEntry> entries = {Entry("a", "1", true, true)};
  entries[0].write_with_ns = {1.5};
  const std::string bytes = EncodeIndexes(entries);
  const auto again = DecodeIndexes(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(EncodeIndexes(*again), bytes);
  EXPECT_FALSE(DecodeIndexes("{}"));
  EXPECT_FALSE(DecodeIndexes("[1]"));
  EXPECT_FALSE(DecodeIndexes(bytes.substr(0, 40)));
}

TEST(Indexes, AFindingSaysSizeAndCost) {
  std::vector<IndexEntry> entries = {Entry("a", "1"), Entry("order", "1")};
  evidence::Judgement judgement = JudgeIndexes(entries, {.id = 3});
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(judgement.findings[0].remedy, "`DROP INDEX \"order\"`");
  EXPECT_EQ(judgement.findings[0].support.size(), 2U);
  entries[1].written_rows = 1000;
  for (int i = 0; i < 7; ++i) {
    entries[1].write_without_ns.push_back(1'000'000);
    entries[1].write_with_ns.push_back(2'000'000 + i);
  }
  judgement = JudgeIndexes(entries, {.id = 3});
  EXPECT_THAT(judgement.findings.at(0).title, HasSubstr("for each row"));
  const evidence::Capture capture;
  const std::string bytes = EncodeIndexes(entries);
  const evidence::CaptureBytes input{&capture, bytes};
  for (const evidence::MeasurementSpec& spec : judgement.findings[0].support) {
    for (const evidence::Method& method : IndexMethods()) {
      if (method.name != spec.method) continue;
      const auto computed = method.compute({&input, 1}, spec.parameters, 0);
      ASSERT_TRUE(computed);
      EXPECT_EQ(computed->validity, evidence::Validity::kValid);
      EXPECT_NEAR(computed->value,
                  spec.metric == "index.bytes"        ? 8192
                  : spec.metric == "index.table_rows" ? 5000
                                                      : 1000,
                  1);
    }
  }
}

TEST(Indexes, MethodsRefuseWhatTheyCannotRead) {
  const evidence::Capture capture;
  const evidence::CaptureBytes bad{&capture, "nonsense"};
  const std::string bytes = EncodeIndexes({Entry("a", "1")});
  const evidence::CaptureBytes good{&capture, bytes};
  for (const evidence::Method& method : IndexMethods()) {
    EXPECT_FALSE(method.compute({&bad, 1}, {{"index", "public.a"}}, 0));
    EXPECT_FALSE(method.compute({}, {}, 0));
    EXPECT_FALSE(method.compute({&good, 1}, {{"index", "public.b"}}, 0));
  }
}

}  // namespace
}  // namespace hone::sql
