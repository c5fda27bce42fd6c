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

TEST(Indexes, TheBeginningOfALongerOneIsToldWhereThatIsAsFast) {
  const auto judge = [](double without_ns) {
    std::vector<IndexEntry> entries = {Entry("longer", "1"), Entry("shorter", "2")};
    entries[1].longer = "longer";
    entries[1].key = {"city"};
    for (int i = 0; i < 9; ++i) {
      entries[1].lookup_with_ns.push_back(1'000'000 + i);
      entries[1].lookup_without_ns.push_back(without_ns + 3 * i);
    }
    const auto again = DecodeIndexes(EncodeIndexes(entries));
    EXPECT_TRUE(again);
    return JudgeIndexes(*again, {.id = 3}).findings;
  };
  const auto findings = judge(1'050'000);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].subject.name, "public.shorter");
  EXPECT_THAT(findings[0].title, HasSubstr("`longer` on `orders`"));
  EXPECT_EQ(findings[0].remedy, "`DROP INDEX shorter`");
  EXPECT_THAT(judge(1'500'000), IsEmpty()) << "the longer one is slower";

  std::vector<IndexEntry> entries = {Entry("longer", "1"), Entry("shorter", "2")};
  entries[1].longer = "longer";
  EXPECT_THAT(JudgeIndexes(entries, {.id = 3}).findings, IsEmpty()) << "nothing was measured";
  EXPECT_THAT(FindBeginnings(entries), ElementsAre(1));
  entries[1].bound = true;
  EXPECT_THAT(FindBeginnings(entries), IsEmpty());
}

TEST(Indexes, OfAChainTheLongestBeginningIsTold) {
  std::vector<IndexEntry> entries = {Entry("one", "1"), Entry("two", "2"), Entry("three", "3")};
  entries[0].longer = "two";
  entries[1].longer = "three";
  EXPECT_THAT(FindBeginnings(entries), ElementsAre(1));
  entries[1].bound = true;
  EXPECT_THAT(FindBeginnings(entries), ElementsAre(0)) << "what stays serves the shorter one";
}

IndexEntry Unused(const std::string& name, const std::string& identity, const IndexUse& use = {}) {
  IndexEntry entry = Entry(name, identity);
  entry.use = use;
  entry.use->table_reads = 7;
  entry.use->plain = true;
  return entry;
}

std::vector<std::string> UnusedNames(const std::vector<IndexEntry>& entries) {
  std::vector<std::string> names;
  for (const size_t index : FindUnused(entries)) names.push_back(entries[index].name);
  return names;
}

TEST(UnusedIndexes, AreThoseThatNothingUsedAndNothingNeeds) {
  EXPECT_THAT(UnusedNames({Unused("a", "1"), Unused("b", "2", {.scans = 1})}), ElementsAre("a"));
  EXPECT_THAT(UnusedNames({Entry("a", "1")}), IsEmpty()) << "its use was not counted";
  EXPECT_THAT(UnusedNames({Unused("a", "1", {.foreign_key = true})}), IsEmpty());
  EXPECT_THAT(UnusedNames({Unused("a", "1", {.named = true})}), IsEmpty());
  const auto changed = [](const auto& change) {
    IndexEntry entry = Unused("a", "1");
    change(entry);
    return UnusedNames({entry});
  };
  EXPECT_THAT(changed([](IndexEntry& e) { e.unique = true; }), IsEmpty());
  EXPECT_THAT(changed([](IndexEntry& e) { e.bound = true; }), IsEmpty());
  EXPECT_THAT(changed([](IndexEntry& e) { e.use->plain = false; }), IsEmpty());
  EXPECT_THAT(changed([](IndexEntry& e) { e.use->table_reads = 0; }), IsEmpty()) << "nor was its table";
  EXPECT_THAT(changed([](IndexEntry& e) { e.table_rows = 999; }), IsEmpty());
}

TEST(UnusedIndexes, TheSameOneTwiceIsToldOnce) {
  EXPECT_THAT(UnusedNames({Unused("a", "1"), Unused("b", "1", {.scans = 3})}), IsEmpty()) << "the other one was used";
  EXPECT_THAT(UnusedNames({Unused("a", "1"), Unused("b", "1")}), ElementsAre("a")) << "b is a duplicate anyway";
  IndexEntry beginning = Unused("a", "1");
  beginning.longer = "b";
  EXPECT_THAT(UnusedNames({beginning, Unused("b", "2")}), ElementsAre("b")) << "a is the beginning of b anyway";
}

TEST(UnusedIndexes, WhatAStatementNamesMayBeChosenOnOtherData) {
  EXPECT_TRUE(NamesForIndex("select id from orders o where o.city = $1", "orders", "city"));
  EXPECT_TRUE(NamesForIndex("select id from \"orders\" order by \"city\"", "orders", "city"));
  EXPECT_TRUE(NamesForIndex("select min(city) from orders", "orders", "city"));
  EXPECT_TRUE(NamesForIndex("select 1 from a join orders o on o.city = a.city", "orders", "city"));
  EXPECT_TRUE(NamesForIndex("delete from orders using dead where orders.city = dead.city", "orders", "city"));
  EXPECT_TRUE(NamesForIndex("select distinct city from orders", "orders", "city"));
  EXPECT_TRUE(NamesForIndex("select distinct on (id, city) at from orders", "orders", "city"));
  EXPECT_TRUE(NamesForIndex("select id from orders where at is distinct from $1 and city = $2", "orders", "city"));
  EXPECT_TRUE(NamesForIndex("select id from orders group by id having count(distinct at) > 1 and f(a, b, c, city) = $1",
                            "orders", "city"));
  EXPECT_TRUE(NamesForIndex("select distinct id from orders order by at, city", "orders", "city"));
  EXPECT_FALSE(NamesForIndex("select city from orders where id = $1", "orders", "city"));
  EXPECT_FALSE(NamesForIndex("insert into orders (id, city) values ($1, $2) returning city", "orders", "city"));
  EXPECT_FALSE(NamesForIndex("update orders set city = $1 where id = $2", "orders", "city"));
  const std::string schema =
      "-- The tables.\ncreate table orders (id int references shops on delete cascade, city text);\n"
      "create index on orders (city); alter table orders add check (city <> '')";
  EXPECT_FALSE(NamesForIndex(schema, "orders", "city"));
  EXPECT_TRUE(NamesForIndex(schema + "; create view v as select 1 from orders where city = 'x'", "orders", "city"));
  EXPECT_EQ(MentionOf("comment = ?", "orders", "comment"), ColumnMention::kServes) << "no COMMENT ON";
  EXPECT_FALSE(NamesForIndex("select count(*) filter (where open), sum(city) from orders", "orders", "city"));
  EXPECT_FALSE(NamesForIndex("select count(distinct id), city from orders", "orders", "city"));
  EXPECT_FALSE(NamesForIndex("select distinct id, at, note, city from orders", "orders", "city"))
      << "as mappers list all columns";
  EXPECT_TRUE(NamesForIndex("select 1 from orders where id in (select 2 from b) and city = 3", "orders", "city"));
  EXPECT_FALSE(NamesForIndex("select id from shops where city = $1", "orders", "city"));
}

TEST(MentionOf, TellsColumnsThatAPieceMayLetServe) {
  for (const char* serves :
       {" AND o.city = $1", "city ILIKE", "\"city\" IS NULL", " ORDER BY city", "city desc", "city DESC, id", "o.city<",
        "select id from orders where city = $1", "id > $1 AND city NOT IN (?)"})
    EXPECT_EQ(MentionOf(serves, "orders", "city"), ColumnMention::kServes) << serves;
  for (const char* alone : {"city", "City", " o.city ", "\"city\""})
    EXPECT_EQ(MentionOf(alone, "orders", "city"), ColumnMention::kAlone) << alone;
  for (const char* none : {"", "town = $1", "id, city, name", "o.city, o.id", "a city, or none",
                           "select id, city from orders where id = $1", "select id from shops where city = $1",
                           "update orders set city = $1 where id = $2"})
    EXPECT_EQ(MentionOf(none, "orders", "city"), ColumnMention::kNone) << none;
}

TEST(UnusedIndexes, AFindingSaysWhatWasCountedAndWhatItCosts) {
  std::vector<IndexEntry> entries = {Unused("a", "1")};
  entries[0].written_rows = 1000;
  entries[0].write_without_ns = std::vector<double>(7, 1'000'000);
  entries[0].write_with_ns = {2'000'000, 2'000'001, 2'000'002, 2'000'003, 2'000'004, 2'000'005, 2'000'006};
  const evidence::Judgement judgement = JudgeUnusedIndexes(entries, {0}, {.id = 3});
  ASSERT_EQ(judgement.findings.size(), 1U);
  const evidence::FindingDraft& draft = judgement.findings[0];
  EXPECT_EQ(draft.severity, evidence::Severity::kLow);
  EXPECT_FALSE(draft.time_ns || draft.bytes || draft.ceiling);
  EXPECT_THAT(draft.title, HasSubstr("Other code, and what no scenario asks, may use it"));
  EXPECT_THAT(draft.remedy, HasSubstr("`DROP INDEX CONCURRENTLY a`"));
  const evidence::Capture capture;
  const std::string bytes = EncodeIndexes(entries);
  EXPECT_EQ(EncodeIndexes(*DecodeIndexes(bytes)), bytes);
  const evidence::CaptureBytes input{&capture, bytes};
  std::vector<double> values;
  for (const evidence::MeasurementSpec& spec : draft.support) {
    for (const evidence::Method& method : IndexMethods()) {
      if (method.name == spec.method) values.push_back(method.compute({&input, 1}, spec.parameters, 0)->value);
    }
  }
  EXPECT_THAT(values, ElementsAre(0, 8192, 5000, ::testing::DoubleNear(1000, 1)));
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
