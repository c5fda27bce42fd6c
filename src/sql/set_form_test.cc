#include "sql/set_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<SetForm> Of(std::string_view statement, const std::vector<uint32_t>& varying = {1},
                        const std::vector<std::string>& types = {"bigint", "text"}) {
  return SetForms(statement, varying, types);
}

TEST(SetForms, AskByAnArrayOfKeys) {
  const auto forms = Of("select id, name from customers where id = $1");
  ASSERT_THAT(forms, SizeIs(2));
  EXPECT_EQ(forms[0].kind, "any");
  EXPECT_EQ(forms[0].text, "select id, name from customers where id = ANY($1)");
  EXPECT_EQ(forms[0].place, KeyPlace::kOwn);
  EXPECT_EQ(forms[0].own_column, 0U);
  EXPECT_THAT(forms[0].arrays, ElementsAre(1U));
}

TEST(SetForms, AddTheKeyWhereItIsMissing) {
  const auto forms =
      Of("select m.author, m.body is distinct from '' from messages m where m.kind = $2 and m.ticket_id = $1 order by "
         "m.id");
  ASSERT_THAT(forms, SizeIs(2));
  EXPECT_EQ(
      forms[0].text,
      "select m.author, m.body is distinct from '', m.ticket_id from messages m where m.kind = $2 and m.ticket_id "
      "= ANY($1) order by m.id");
  EXPECT_EQ(forms[0].place, KeyPlace::kLast);
}

TEST(SetForms, KnowNoPlaceBehindAStar) {
  const auto forms = Of("SELECT *, id FROM (a JOIN b USING (id)) WHERE \"b\" . \"x\"=$1");
  ASSERT_THAT(forms, SizeIs(2));
  EXPECT_EQ(forms[0].text, "SELECT *, id, \"b\" . \"x\" FROM (a JOIN b USING (id)) WHERE \"b\" . \"x\"=ANY($1)");
  EXPECT_EQ(forms[0].place, KeyPlace::kLast);
}

// What an array of keys would change in them: each asks by a join instead.
TEST(SetForms, JoinTheKeysWhereAnArrayWouldAnswerOtherwise) {
  for (const char* statement : {
           "select count(*) from tickets where agent_id = $1",
           "select body from messages where ticket_id = $1 order by id desc limit 1",
           "select distinct author from messages where ticket_id = $1",
           "select author from messages where ticket_id = $1 group by author",
           "select id from a where x = $1 or y = 'q'",
           "select id from a where x = $1 and y > $1",
           "select id from a where x > $1",
           "select id from a where x = $1 union select id from b",
           "with w as (select 1) select id from a where x = $1",
           "select id from a where $1 = x",
           "select id from a where exists (select from b where b.x = $1)",
           "select $1",
       }) {
    const auto forms = Of(statement);
    ASSERT_THAT(forms, SizeIs(1)) << statement;
    EXPECT_EQ(forms[0].kind, "unnest") << statement;
  }
}

TEST(SetForms, JoinAllParametersThatVary) {
  const auto forms = Of("select n from prices where sku = $1 and region = $2 -- now", {1, 2});
  ASSERT_THAT(forms, SizeIs(1));
  EXPECT_EQ(
      forms[0].text,
      "SELECT keys.key1, keys.key2, found.* FROM unnest($1::bigint[], $2::text[]) AS keys (key1, key2) CROSS JOIN "
      "LATERAL (select n from prices where sku = keys.key1 and region = keys.key2 -- now\n) AS found");
  EXPECT_THAT(forms[0].arrays, ElementsAre(1U, 2U));
}

TEST(SetForms, LeaveOtherParametersAndStringsAlone) {
  const auto forms = Of("select count(*), '$1' from keys where a = $2 and b = $1");
  ASSERT_THAT(forms, SizeIs(1));
  EXPECT_EQ(forms[0].text,
            "SELECT wanted_keys.key, found.* FROM unnest($1::bigint[]) AS wanted_keys (key) CROSS JOIN LATERAL (select "
            "count(*), '$1' from keys where a = $2 and b = wanted_keys.key\n) AS found");
}

TEST(SetForms, AreNotMadeOfOtherStatements) {
  EXPECT_THAT(Of("insert into a values ($1)"), IsEmpty());
  EXPECT_THAT(Of("select id from a where x = $1 for update"), IsEmpty());
  EXPECT_THAT(Of("select id into b from a where x = $1"), IsEmpty());
  EXPECT_THAT(Of("select id from a where x = $1; select 1"), IsEmpty());
  EXPECT_THAT(Of("no statement $1"), IsEmpty());
  EXPECT_THAT(Of("select id from a where x = $2"), IsEmpty());
  EXPECT_THAT(Of("select id from a where x = $3", {3}), IsEmpty());
  EXPECT_THAT(Of("select id from a where x = $1", {}), IsEmpty());
}

}  // namespace
}  // namespace hone::sql
