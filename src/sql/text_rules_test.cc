// What texts and prepared statements are told of.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// "$first, $first+1, ..."
std::string Places(int64_t count) {
  std::string places;
  for (int64_t i = 1; i <= count; ++i) places += (i > 1 ? ", $" : "$") + std::to_string(i);
  return places;
}

void AskList(Script& s, int64_t places, int64_t rows) {
  std::vector<std::string> values = Ids(places);
  s.Run("select * from items where id in (" + Places(places) + ")", values, rows);
}

TEST(SimpleProtocolTexts, OneTextWhoseSourceHasParameters) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    s.RunSimple("select count(*) from payments where paid_on >= '2025-01-01'");
  });
  ExpectRules(exchange, {});
  RuleOptions options = {.db_budget_ns = 1'000'000'000, .logic_budget_ns = 1'000'000'000};
  options.parameterised = {"select count(*) from payments where paid_on >= $1"};
  const auto judgement = JudgeExchange(exchange, options);
  ASSERT_THAT(Rules(judgement), ::testing::ElementsAre("sql.simple_protocol"));
  ExpectRenders(exchange, judgement);
  EXPECT_THAT(TitleOf(exchange, judgement.findings[0]), StartsWith("Written with parameters"));
}

TEST(BuiltTexts, OneTextIntoWhichTheSourcesPutValues) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    s.Run("select count(*) from payments where paid_on >= '2025-01-01' and kind = $1", {"x"}, 1);
  });
  ExpectRules(exchange, {});
  RuleOptions options = {.db_budget_ns = 1'000'000'000, .logic_budget_ns = 1'000'000'000};
  for (const Query& query : exchange.queries) options.built.insert(query.text);
  const auto judgement = JudgeExchange(exchange, options);
  ASSERT_THAT(Rules(judgement), ::testing::ElementsAre("sql.statement_cache_thrash"));
  ExpectRenders(exchange, judgement);
  EXPECT_THAT(TitleOf(exchange, judgement.findings[0]), StartsWith("Put together with values of the request"));
}

TEST(InListTexts, ListsThatVaryInLength) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) { AskList(s, n, n); });
  const auto judgement = ExpectRules(exchange, {"sql.in_list_texts"});
  EXPECT_EQ(judgement.findings.at(0).subject.name, "select * from items where id in (...)");
  EXPECT_THAT(TitleOf(exchange, judgement.findings[0]), HasSubstr("6 lengths seen"));
  EXPECT_THAT(judgement.findings[0].remedy, HasSubstr("ANY($1)"));
  ExpectRules(Drive([](Script& s, int64_t n, int) { AskList(s, n, n); }, {1, 3, 5}), {"sql.in_list_texts"});
}

TEST(InListTexts, RowsOfValuesAreACure) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) {
    std::string rows = "($1, $2)";
    for (int64_t i = 1; i < n; ++i)
      rows += ", ($" + std::to_string(2 * i + 1) + ", $" + std::to_string(2 * i + 2) + ")";
    std::vector<std::string> values = Ids(2 * n);
    s.Run("insert into lines (sku, quantity) values " + rows, values, 0);
  });
  ExpectRules(exchange, {});
}

TEST(InListTexts, ListsOfAWrite) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) {
    std::string ids = "$1";
    for (int64_t i = 1; i < n; ++i) ids += ", $" + std::to_string(i + 1);
    s.Run("delete from lines where id in (" + ids + ")", Ids(n), 0);
  });
  ExpectRules(exchange, {"sql.in_list_texts"});
}

TEST(InListTexts, LiteralsInListsAreTheSameDefect) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                std::string list = "1";
                for (int64_t i = 2; i <= n; ++i) list += ", " + std::to_string(i);
                s.Run("select * from items where id in (" + list + ")", {}, n);
              }),
              {"sql.in_list_texts"});
}

// Names that SQL knows as words of its own need quotes, whoever writes them.
TEST(InListTexts, ATableThatNeedsQuotesIsNoMapper) {
  for (const char* text : {"select * from \"user\" where id in (", "select * from \"Order\" where \"Order\".id in ("}) {
    ExpectRules(Drive([&](Script& s, int64_t n, int) { s.Run(text + Places(n) + ")", Ids(n), n); }),
                {"sql.in_list_texts"});
  }
}

// What a person wrote into a mapper's statement has another form.
TEST(InListTexts, APersonsListInAMappersStatement) {
  const auto asked = [](const std::string& column) {
    return Drive([&](Script& s, int64_t n, int) {
      s.Run("SELECT \"wines\".\"sku\" FROM \"wines\" WHERE " + column + " IN (" + Places(n) + ") ORDER BY id", Ids(n),
            n);
    });
  };
  ExpectRules(asked("id"), {"sql.in_list_texts"});
  ExpectRules(asked("wines.id NOT"), {"sql.in_list_texts"});
  ExpectRules(asked("\"wines\".\"id\""), {});
  ExpectRules(asked("state NOT IN ('sold', 'lost') AND \"wines\".\"winery_id\""), {});
}

TEST(InListTexts, LookAlikesAreNotFound) {
  const std::vector<std::pair<std::string, Work>> look_alikes = {
      {"any", [](Script& s, int64_t n, int) { s.Run("select * from items where id = any($1)", {Id(n)}, n); }},
      {"a list of constants", [](Script& s, int64_t n, int) { AskList(s, 4, n); }},
      {"one to three states", [](Script& s, int64_t n, int) { AskList(s, 1 + n % 3, n); }},
      {"filled up to a power of two",
       [](Script& s, int64_t n, int) {
         int64_t places = 1;
         while (places < n) places *= 2;
         AskList(s, places, n);
       }},
      {"a mapper's preload",
       [](Script& s, int64_t n, int) {
         s.Run("SELECT * FROM \"items\" WHERE \"items\".\"order_id\" IN (" + Places(n) + ")", Ids(n), 3 * n);
       }},
      {"a mapper's preload of a table that needs quotes",
       [](Script& s, int64_t n, int) {
         s.Run("SELECT * FROM \"user\" WHERE \"user\".\"team_id\" IN (" + Places(n) + ")", Ids(n), 3 * n);
       }},
  };
  for (const auto& [name, work] : look_alikes) {
    SCOPED_TRACE(name);
    ExpectRules(Drive(work), {});
  }
}

TEST(LiteralTexts, ValuesInTextsThatArePrepared) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) {
    s.Run("select * from items where name like 'kettle%' limit " + std::to_string(n), {}, n);
  });
  const auto judgement = ExpectRules(exchange, {"sql.statement_cache_thrash"});
  EXPECT_THAT(TitleOf(exchange, judgement.findings.at(0)),
              StartsWith("Values stand in its text: 6 different texts of one statement, each prepared"));
}

TEST(LiteralTexts, ValuesInTextsWithoutAName) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                s.Run("select * from items where name like 'kettle%' limit " + std::to_string(n), {}, n).protocol =
                    Protocol::kUnnamed;
              }),
              {"sql.simple_protocol"});
}

TEST(LiteralTexts, RowCountsThatAMapperWritesAreNone) {
  const auto page = [](const std::string& text, std::vector<std::string> parameters, Protocol protocol) {
    return Drive([=](Script& s, int64_t n, int) {
      s.Run(text + " LIMIT " + std::to_string(n), parameters, n).protocol = protocol;
    });
  };
  const std::string mapped = R"(SELECT "orders"."id" FROM "orders" WHERE "orders"."customer" )";
  ExpectRules(page(mapped + "IS NULL", {}, Protocol::kSimple), {});
  ExpectRules(page(mapped + "= $1", {"7"}, Protocol::kUnnamed), {});
  ExpectRules(page(mapped + "= $1 AND kind = 'x'", {"7"}, Protocol::kPrepared), {});
  // Another value beside them, or a text of a person's own.
  ExpectRules(page(mapped + "= 'x'", {}, Protocol::kSimple), {"sql.simple_protocol"});
  const Exchange own = page("SELECT id FROM orders WHERE customer IS NULL", {}, Protocol::kSimple);
  ExpectRules(own, {"sql.simple_protocol"});
  // A builder writes them, too, and quotes nothing.
  RuleOptions built;
  built.library_of[own.queries.at(0).text] = "squirrel";
  EXPECT_THAT(JudgeExchange(own, built).findings, IsEmpty());
  const Exchange beside = page("SELECT id FROM orders WHERE status = 'open'", {}, Protocol::kPrepared);
  ExpectRules(beside, {"sql.statement_cache_thrash"});
  EXPECT_THAT(JudgeExchange(beside, {.builder = true}).findings, IsEmpty()) << "a constant beside the size";
  const Exchange others = Drive([](Script& s, int64_t n, int repetition) {
    s.Run(fmt::format("SELECT id FROM orders WHERE customer = {} LIMIT {}", 7000 + repetition, n), {}, n);
  });
  EXPECT_THAT(Rules(JudgeExchange(others, {.builder = true})), ::testing::ElementsAre("sql.statement_cache_thrash"));
  RuleOptions builder{.builder = true};
  EXPECT_THAT(JudgeExchange(own, builder).findings, IsEmpty());
  builder.library_of[own.queries.at(0).text] = "pgx";  // which sends what another one built
  EXPECT_THAT(JudgeExchange(own, builder).findings, IsEmpty());
  builder.built = {own.queries.at(0).text};
  EXPECT_THAT(Rules(JudgeExchange(own, builder)), ::testing::ElementsAre("sql.simple_protocol"))
      << "the sources put a value into it themselves";
}

TEST(LiteralTexts, FewTextsMayStandInTheCode) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                const char* status = n % 2 == 0 ? "open" : "closed";
                s.Run(std::string("select * from items where status = '") + status + "' limit $1", {Id(n)}, n);
              }),
              {});
}

// A statement that its connection has to prepare again: what was closed, then Parse, then its use.
void RunPreparedAgain(Script& s, const std::string& text, int64_t rows, bool again) {
  s.Run(text, {Id(rows)}, rows);
  if (!again) return;
  Recording& recording = s.recording();
  const uint32_t index = recording.statements.back().text;
  s.BeginTrip(TripKind::kDescribe);
  recording.round_trips.back().closed = {index};
  s.EndTrip();
  s.BeginTrip(TripKind::kDescribe);
  recording.round_trips.back().prepared_again = {index};
  s.EndTrip();
}

// What sqlcommenter and requests' ids do to a driver's cache.
TEST(StatementCacheThrash, ACommentThatIsAnotherOneEachTime) {
  int64_t asked = 0;
  const auto commented = [&](Script& s, int64_t n, int) {
    s.Run("/* rid=" + std::to_string(++asked) + " */ select * from items where order_id = $1", {Id(n)}, n);
  };
  const Exchange exchange = Drive(commented);
  const auto judgement = ExpectRules(exchange, {"sql.statement_cache_thrash"});
  EXPECT_THAT(TitleOf(exchange, judgement.findings.at(0)),
              StartsWith("A comment in its text is another one each time: 24 different texts"));
  const Exchange behind = Drive([](Script& s, int64_t n, int repetition) {
    s.Run("select * from items where id in ($1, $2) /* trace " + std::to_string(100 * n + repetition) + " */",
          {Id(1), Id(2)}, n);
  });
  ExpectRules(behind, {"sql.statement_cache_thrash"});
  const Exchange with_constant = Drive([&](Script& s, int64_t n, int) {
    s.Run("/* rid=" + std::to_string(++asked) + " */ select * from items where open = 'yes' and order_id = $1", {Id(n)},
          n);
  });
  ExpectRules(with_constant, {"sql.statement_cache_thrash"});
  const Exchange constant = Drive([](Script& s, int64_t n, int) {
    s.Run("/* route=items */ select * from items where order_id = $1", {Id(n)}, n);
  });
  ExpectRules(constant, {});
  const Exchange few = Drive([&](Script& s, int64_t n, int) {
    s.Run("/* place " + std::to_string(++asked % 6) + " */ select * from items where order_id = $1", {Id(n)}, n);
  });
  ExpectRules(few, {});
}

TEST(StatementCacheThrash, EachUseIsPreparedAnew) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int repetition) {
    for (int table = 1; table <= 3; ++table)
      RunPreparedAgain(s, "select * from part_" + std::to_string(table) + " limit $1", n, repetition > 0);
  });
  const auto judgement = ExpectRules(exchange, {"sql.statement_cache_thrash"});
  const auto& finding = judgement.findings.at(0);
  const auto measured = ComputeAll(exchange, finding);
  EXPECT_EQ(measured.at(0).value, 6) << "round trips";
  EXPECT_EQ(measured.at(1).value, 1) << "prepared for each execution";
  EXPECT_EQ(measured.at(*finding.time_ns).value, 6 * 500'000);
  EXPECT_EQ(measured.at(*finding.time_loopback_ns).value, 6 * 100'000);
}

TEST(StatementCacheThrash, OneStatementAmongManyIsEnough) {
  ExpectRules(Drive([](Script& s, int64_t n, int repetition) {
                for (int table = 1; table <= 5; ++table)
                  RunPreparedAgain(s, "select * from part_" + std::to_string(table) + " limit $1", n,
                                   repetition > 0 && table == 4);
              }),
              {"sql.statement_cache_thrash"});
}

TEST(StatementCacheThrash, LookAlikesAreNotFound) {
  const std::vector<std::pair<std::string, Work>> look_alikes = {
      {"first uses on fresh connections",
       [](Script& s, int64_t n, int) {
         s.BeginTrip(TripKind::kPrepare);
         s.EndTrip();
         ListOrders(s, n);
       }},
      {"prepared once for a loop",
       [](Script& s, int64_t n, int repetition) {
         for (int64_t i = 0; i < 9; ++i)
           RunPreparedAgain(s, "select * from parts where kind = $1", n, repetition > 0 && i == 0);
       }},
      {"now and then after a change of the schema",
       [](Script& s, int64_t n, int repetition) {
         RunPreparedAgain(s, "select * from parts limit $1", n, repetition == 2);
       }},
      {"after it failed, as a driver throws it away then",
       [](Script& s, int64_t n, int) {
         RunPreparedAgain(s, "insert into parts (id) values ($1)", n, true);
         s.recording().statements.back().sqlstate = "23505";
       }},
      {"in the first requests only",
       [](Script& s, int64_t n, int repetition) {
         RunPreparedAgain(s, "select * from parts limit $1", n, repetition == 0);
       }},
  };
  for (const auto& [name, work] : look_alikes) {
    SCOPED_TRACE(name);
    const auto judgement = JudgeExchange(Drive(work));
    for (const auto& finding : judgement.findings) EXPECT_NE(finding.rule, "sql.statement_cache_thrash");
  }
}

TEST(RepeatedQuery, LayersThatSpellTheTextDifferently) {
  // Middleware, handler and store load the same row; blanks and comments are all that differ.
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                s.Run("select name from agents where id = $1", {"a"});
                s.Run("select name\n  from agents\n where id = $1 /* inbox */", {"a"});
                s.Run("-- name: AgentByID\nselect name from agents where id = $1", {"a"});
                ListOrders(s, n);
              }),
              {"sql.repeated_query"});
}

}  // namespace
}  // namespace hone::sql
