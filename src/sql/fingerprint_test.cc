#include "sql/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Fingerprint, SeparatesTheOneByOneFormFromItsRemedy) {
  const Query one = Fingerprint("select * from items where order_id = $1").query;
  const Query many = Fingerprint("select * from items where order_id = any($1)").query;
  const Query list = Fingerprint("select * from items where order_id in ($1, $2)").query;
  EXPECT_EQ(one.fingerprint, many.fingerprint);
  EXPECT_NE(one.id, many.id);
  EXPECT_NE(one.id, list.id);
  EXPECT_EQ(list.id, Fingerprint("select * from items where order_id in ($1, $2, $3, $4)").query.id);
}

TEST(Fingerprint, JoinsLiteralTexts) {
  const Fingerprinted a = Fingerprint("select * from users where name = 'ann' limit 3");
  const Fingerprinted b = Fingerprint("select * from users  where name = 'bob' limit 50 /* trace 7 */");
  EXPECT_EQ(a.query.id, b.query.id);
  EXPECT_EQ(a.literals, 2);
}

TEST(Fingerprint, ClassifiesAndNamesTables) {
  const Query read = Fingerprint("select * from shop.orders o join items on true where x in (select 1 from u)").query;
  EXPECT_EQ(read.query_class, QueryClass::kRead);
  EXPECT_THAT(read.reads, ElementsAre("items", "orders", "u"));
  const Query write =
      Fingerprint("with gone as (delete from carts where id = $1 returning *) insert into log select * from gone")
          .query;
  EXPECT_EQ(write.query_class, QueryClass::kWrite);
  EXPECT_THAT(write.writes, ElementsAre("carts", "log"));
  EXPECT_EQ(Fingerprint("select 1").query.query_class, QueryClass::kConstant);
  EXPECT_EQ(Fingerprint("-- ping").query.query_class, QueryClass::kConstant);
  EXPECT_EQ(Fingerprint("show timezone").query.query_class, QueryClass::kConstant);
  EXPECT_EQ(Fingerprint("BEGIN isolation level serializable").query.query_class, QueryClass::kControl);
  EXPECT_EQ(Fingerprint("select now()").query.query_class, QueryClass::kRead);
  EXPECT_EQ(Fingerprint("create table t(a int)").query.query_class, QueryClass::kOther);
}

TEST(Fingerprint, FallsBackToTheLexer) {
  const Fingerprinted newer =
      Fingerprint("select json_serialize(a returning text) from doc where secret = 'kanari' and ?");
  EXPECT_THAT(newer.query.fingerprint, StartsWith("lex-"));
  EXPECT_THAT(newer.query.text, Not(HasSubstr("kanari")));
  EXPECT_THAT(newer.query.reads, ElementsAre("doc"));
  EXPECT_EQ(newer.query.id,
            Fingerprint("select json_serialize(a returning text) from doc where secret = 'other' and ?").query.id);
  const Fingerprinted unterminated = Fingerprint("select 'kanari");
  EXPECT_THAT(unterminated.query.text, Not(HasSubstr("kanari")));
}

TEST(Fingerprint, BackslashStringsShowNothingBehindThem) {
  const Fingerprinted hidden = Fingerprint("select * from t where a = 'it\\'s kanari' and b = 'x'");
  EXPECT_THAT(hidden.query.text, Not(HasSubstr("kanari")));
  EXPECT_THAT(hidden.query.text, StartsWith("select * from t where a ="));
}

TEST(Fingerprinter, AnswersFromItsCache) {
  Fingerprinter cache(2);
  const std::string text = "select 7 from t";
  EXPECT_EQ(cache.Of(text).query.id, Fingerprint(text).query.id);
  EXPECT_EQ(&cache.Of(text), &cache.Of(text));
  cache.Of("select 1");
  cache.Of("select 2");
  EXPECT_EQ(cache.Of(text).query.text, "select $1 from t");
}

}  // namespace
}  // namespace hone::sql
