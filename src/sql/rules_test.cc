#include "sql/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "sql/analysis.h"
#include "sql/rules_for_test.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST(NPlusOne, PlainLoopIsFoundWithItsCause) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    for (int64_t i = 0; i < n; ++i) s.Run(TextOf(kItems), {Id(i)}, 3);
  });
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one"});
  const auto& finding = judgement.findings.at(0);
  EXPECT_EQ(finding.subject.kind, "query");
  EXPECT_EQ(finding.subject.name, kItems);
  EXPECT_EQ(finding.subject.endpoint, "GET /things");
  const auto measured = ComputeAll(exchange, finding);
  EXPECT_EQ(measured.at(0).value, 50);
  EXPECT_EQ(measured.at(1).value, 1);
  ASSERT_TRUE(measured.at(1).interval.has_value());
  EXPECT_EQ(measured.at(1).interval->lo, 1);
  EXPECT_EQ(measured.at(2).value, 50);
  EXPECT_EQ(measured.at(3).value, 1) << "provenance";
  EXPECT_EQ(measured.at(*finding.time_ns).value, 4 * 500'000) << "five at the median size, one is needed";
  EXPECT_EQ(measured.at(*finding.time_loopback_ns).value, 4 * 100'000);
  EXPECT_THAT(judgement.not_judged, SizeIs(1)) << "four repetitions are too few for budgets";
}

TEST(NPlusOne, ThreeSmallSizesSuffice) {
  ExpectRules(Drive(
                  [](Script& s, int64_t n, int) {
                    ListOrders(s, n);
                    for (int64_t i = 0; i < n; ++i) s.Run(TextOf(kItems), {Id(i)}, 3);
                  },
                  {1, 2, 5}),
              {"sql.n_plus_one"});
}

TEST(NPlusOne, SeveralCallsAnItemAndNestedLoops) {
  const auto judgement =
      ExpectRules(Drive([](Script& s, int64_t n, int) {
                    ListOrders(s, n);
                    for (int64_t i = 0; i < n; ++i) {
                      s.Run(TextOf(kItems), {Id(i)}, 3, {Id(3 * i + 500), Id(3 * i + 501), Id(3 * i + 502)});
                      for (int64_t k = 0; k < 3; ++k)
                        s.Run("select * from products where id = $1", {Id(3 * i + 500 + k)});
                    }
                  }),
                  {"sql.n_plus_one", "sql.n_plus_one"});
  EXPECT_EQ(judgement.findings[1].subject.name, "select * from products where id = $1");
}

TEST(NPlusOne, QuadraticLoop) {
  ExpectRules(Drive(
                  [](Script& s, int64_t n, int) {
                    ListOrders(s, n);
                    for (int64_t i = 0; i < n * n; ++i)
                      s.Run("select 1 from pairs where a = $1 and b = $2", {Id(i / n), Id(i % n)});
                  },
                  {1, 2, 5, 10}),
              {"sql.n_plus_one"});
}

TEST(NPlusOne, EveryOtherRow) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                ListOrders(s, n);
                for (int64_t i = 0; i < n; i += 2) s.Run(TextOf(kItems), {Id(i)}, 3);
              }),
              {"sql.n_plus_one"});
}

TEST(NPlusOne, ParallelFanOut) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    const int64_t start = s.now();
    for (int64_t i = 0; i < n; ++i) {
      s.connection = static_cast<uint32_t>(2 + i % 4);
      s.set_now(start + i / 4 * 100'000);
      s.Run(TextOf(kItems), {Id(i)}, 3);
    }
    s.connection = 1;
  });
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one"});
  const auto measured = ComputeAll(exchange, judgement.findings[0]);
  EXPECT_LT(measured.at(*judgement.findings[0].time_ns).value, 4 * 500'000)
      << "what runs side by side is not saved twice";
}

TEST(NPlusOne, BatchForEachItemIsOneFinding) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                ListOrders(s, n);
                for (int64_t i = 0; i < n; ++i) {
                  s.BeginTrip();
                  s.Add(TextOf(kItems), {Id(i)}, 3);
                  s.Add("select * from notes where order_id = $1", {Id(i)}, 1);
                  s.EndTrip();
                }
              }),
              {"sql.n_plus_one"});
}

TEST(NPlusOne, WritesInALoopWithTransactions) {
  const auto judgement = ExpectRules(Drive([](Script& s, int64_t n, int) {
                                       for (int64_t i = 0; i < n; ++i) {
                                         s.RunSimple("begin", 0);
                                         s.Run("insert into lines(sku, quantity) values ($1, $2)", {Id(i), "2"}, 0);
                                         s.RunSimple("commit", 0);
                                       }
                                     }),
                                     {"sql.n_plus_one"});
  EXPECT_THAT(judgement.findings[0].remedy, HasSubstr("unnest"));
}

TEST(NPlusOne, RowsThatShareAParent) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                ListOrders(s, n);
                for (int64_t i = 0; i < n; ++i) s.Run("select * from customers where id = $1", {Id(i % 5)});
              }),
              {"sql.n_plus_one"});
}

TEST(NPlusOne, LookAlikesAreNotFound) {
  const std::vector<std::pair<std::string, Work>> look_alikes = {
      {"pipelined batch",
       [](Script& s, int64_t n, int) {
         ListOrders(s, n);
         s.BeginTrip();
         for (int64_t i = 0; i < n; ++i) s.Add(TextOf(kItems), {Id(i)}, 3);
         s.EndTrip();
       }},
      {"any",
       [](Script& s, int64_t n, int) {
         ListOrders(s, n);
         s.Run("select * from items where order_id = any($1)", {"ids of " + std::to_string(n)}, 3 * n);
       }},
      {"constant number of queries",
       [](Script& s, int64_t n, int) {
         ListOrders(s, n);
         for (int i = 0; i < 4; ++i) s.Run("select count(*) from orders where status = $1", {Id(i)});
       }},
      {"cold cache",
       [](Script& s, int64_t n, int repetition) {
         ListOrders(s, n);
         if (repetition == 0) {
           for (int64_t i = 0; i < n; ++i) s.Run("select * from suppliers where id = $1", {Id(i)});
         }
       }},
      {"pages of ten",
       [](Script& s, int64_t n, int) {
         for (int64_t at = 0; at < n; at += 10)
           s.Run("select id from orders order by id limit 10 offset $1", {std::to_string(at)},
                 std::min<int64_t>(10, n - at));
       }},
      {"noise",
       [](Script& s, int64_t n, int repetition) {
         ListOrders(s, n);
         for (int64_t i = 0; i < (n * 7 + repetition * 3) % 4; ++i) s.Run("select * from flags where id = $1", {Id(i)});
       }},
      {"prepares on fresh connections",
       [](Script& s, int64_t n, int) {
         for (int64_t i = 0; i < n; ++i) {
           s.BeginTrip(TripKind::kPrepare);
           s.EndTrip();
         }
         ListOrders(s, n);
       }},
      {"groups sent without waiting",
       [](Script& s, int64_t n, int) {
         ListOrders(s, n);
         for (int64_t i = 0; i < n; ++i) {
           s.Run(TextOf(kItems), {Id(i)}, 3);
           s.recording().round_trips.back().overlapped = i > 0;
         }
       }},
  };
  for (const auto& [name, work] : look_alikes) {
    SCOPED_TRACE(name);
    ExpectRules(Drive(work), {});
  }
}

TEST(NPlusOne, SmallSerialIdsAreNoCause) {
  // Parameters 1..4 meet ids of rows by chance, but the number of calls does not follow the rows.
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                std::vector<std::string> serial;
                for (int64_t i = 1; i <= n; ++i) serial.push_back(std::to_string(i));
                s.Run(TextOf(kList), {std::to_string(n)}, n, serial);
                for (int i = 1; i <= 4; ++i) s.Run("select * from settings where id = $1", {std::to_string(i)});
              }),
              {});
}

TEST(NPlusOne, TwoRowCountsAreNotJudged) {
  const auto judgement = JudgeExchange(Drive(
      [](Script& s, int64_t n, int) {
        ListOrders(s, n);
        for (int64_t i = 0; i < n; ++i) s.Run(TextOf(kItems), {Id(i)}, 3);
      },
      {2, 5}));
  EXPECT_THAT(judgement.findings, IsEmpty());
  ASSERT_FALSE(judgement.not_judged.empty());
  EXPECT_THAT(judgement.not_judged[0].reason, HasSubstr("three different row counts"));
}

TEST(Background, PollersAreSubtractedExactly) {
  Script script;
  script.BeginIdle();
  script.connection = 9;
  for (int i = 0; i < 3; ++i) script.Run("select * from jobs where done = $1", {"f"}, 2);
  script.connection = 1;
  script.Step(1'000'000'000);
  script.EndIdle();
  const Exchange exchange = Drive(
      [&](Script& s, int64_t n, int repetition) {
        ListOrders(s, n);
        s.connection = 9;
        for (int i = 0; i < repetition % 3; ++i) s.Run("select * from jobs where done = $1", {"f"}, 2);
        s.connection = 1;
        s.Run("select * from jobs where done = $1", {"f"}, 2);  // the request's own use of the same statement
      },
      {1, 2, 5, 10, 25, 50}, script, 6);
  EXPECT_THAT(JudgeExchange(exchange).findings, IsEmpty());
  const std::vector<RequestAccount> accounts = Account(exchange);
  for (size_t i = 0; i < accounts.size(); ++i) {
    if (exchange.requests[i].cold) continue;
    EXPECT_EQ(accounts[i].statements, 2) << i;
    EXPECT_EQ(accounts[i].round_trips, 2) << i;
  }
  for (const Statement& statement : exchange.statements) {
    const bool warm =
        statement.request != kNoRequest && !exchange.requests[static_cast<size_t>(statement.request)].cold;
    EXPECT_TRUE(!warm || statement.background == (statement.connection == 9));
  }
}

TEST(Background, WhereRequestsTakeLongAPollerIsInEachOfThem) {
  const auto findings = [](int64_t each_takes) {
    Script script;
    script.BeginIdle();
    for (int i = 0; i < 10; ++i) {
      script.Run("select value from settings where name = $1", {"hours"});
      script.Step(100'000'000);
    }
    script.EndIdle();
    const Exchange exchange = Drive(
        [&](Script& s, int64_t n, int) {
          ListOrders(s, n);
          for (int i = 0; i < 2; ++i) {
            s.Run("select value from settings where name = $1", {"hours"});
            s.Step(each_takes / 2);
          }
        },
        {1, 2, 5, 10}, script, 6);
    return Rules(JudgeExchange(exchange));
  };
  EXPECT_THAT(findings(200'000'000), Not(::testing::Contains("sql.repeated_query")));
  EXPECT_THAT(findings(1'000'000), ElementsAre("sql.repeated_query")) << "no poller comes by twice a millisecond";
}

TEST(NotJudged, CallsThatTheCodeMakesOneByOneNeedNoSize) {
  const auto count = [](bool from_rows) {
    return JudgeExchange(Drive(
        [&](Script& s, int64_t, int) {
          s.Run("select id from shops", {}, 4, {"901", "902", "903", "904"});
          for (const char* id : {"901", "902", "903", "904"})
            s.Run("select count(*) from orders where state = $1", {from_rows ? id : "s" + std::string(id)});
        },
        {-1}, Script(""), 8));
  };
  EXPECT_THAT(count(false).findings, IsEmpty());
  EXPECT_THAT(count(false).not_judged, IsEmpty());
  EXPECT_THAT(count(true).not_judged, SizeIs(1)) << "a loop over four rows may be a loop over forty";
}

TEST(NotJudged, ASizeThatBringsNoMoreRows) {
  const auto reasons = [](int64_t rows_at_most) {
    std::string all;
    const Exchange exchange = Drive([&](Script& s, int64_t n, int) { ListOrders(s, std::min(n, rows_at_most)); });
    for (const auto& entry : JudgeExchange(exchange).not_judged) all += entry.reason + "; ";
    return all;
  };
  EXPECT_THAT(reasons(1), HasSubstr("as few rows at the largest size as at the smallest"));
  EXPECT_THAT(reasons(50), Not(HasSubstr("as few rows")));
  EXPECT_THAT(reasons(10), Not(HasSubstr("as few rows")));
}

TEST(RepeatedQuery, SameParametersAgainAndAgain) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int repetition) {
    for (int i = 0; i < 4; ++i)
      s.Run("select permission from permissions where account = $1", {"u" + std::to_string(repetition)}, 2);
    ListOrders(s, n);
  });
  const auto judgement = ExpectRules(exchange, {"sql.repeated_query"});
  const auto measured = ComputeAll(exchange, judgement.findings[0]);
  EXPECT_EQ(measured.at(0).value, 3);
  EXPECT_EQ(measured.at(*judgement.findings[0].time_ns).value, 3 * 500'000);
  EXPECT_THAT(judgement.findings[0].remedy, HasSubstr("Hoist"));
}

TEST(RepeatedQuery, OnceByTheMiddlewareAndOnceByTheHandler) {
  ExpectRules(Drive([](Script& s, int64_t n, int repetition) {
                s.Run("select * from users where id = $1", {std::to_string(7000 + repetition)});
                ListOrders(s, n);
                s.Run("select * from users where id = $1", {std::to_string(7000 + repetition)});
              }),
              {"sql.repeated_query"});
}

TEST(RepeatedQuery, WithoutASizeVariable) {
  ExpectRules(Drive(
                  [](Script& s, int64_t, int) {
                    for (int i = 0; i < 3; ++i) s.Run("select * from users where id = $1", {"7001"});
                  },
                  {-1}, Script(""), 8),
              {"sql.repeated_query"});
}

TEST(RepeatedQuery, InALoopOverRows) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                ListOrders(s, n);
                for (int64_t i = 0; i < n; ++i) s.Run("select rate from currencies where code = $1", {"EUR"});
              }),
              {"sql.repeated_query"});
}

// Of ids, some have no rows to loop over, and most have few.
TEST(RepeatedQuery, InALoopOverTheRowsOfIds) {
  ExpectRules(Drive(
                  [](Script& s, int64_t, int repetition) {
                    const int64_t n = std::vector<int64_t>{0, 9, 5, 0, 3, 9, 1, 4}[static_cast<size_t>(repetition) % 8];
                    s.Run("select * from invoices where patient = $1", {std::to_string(7000 + repetition)}, n);
                    for (int64_t i = 0; i < n; ++i) s.Run("select value from settings where key = $1", {"vat"});
                  },
                  {-1}, Script(""), 16),
              {"sql.repeated_query"});
}

// Of ids, one in four has rows enough to repeat anything. A driver may ask what each statement is before it runs it.
TEST(RepeatedQuery, InALoopOverTheRowsOfFewIds) {
  for (const bool asks_first : {false, true}) {
    const auto run = [&](Script& s, const char* text, const std::string& parameter, int64_t rows) {
      if (asks_first) {
        s.BeginTrip(TripKind::kDescribe);
        s.EndTrip();
      }
      s.Run(text, {parameter}, rows).protocol = asks_first ? Protocol::kUnnamed : Protocol::kPrepared;
    };
    const Exchange exchange = Drive(
        [&](Script& s, int64_t, int repetition) {
          const int64_t n = std::vector<int64_t>{1, 9, 1, 1, 1, 5, 1, 1}[static_cast<size_t>(repetition) % 8];
          run(s, "select * from invoices where patient = $1", std::to_string(7000 + repetition), n);
          for (int64_t i = 0; i < n; ++i) run(s, "select value from settings where key = $1", "vat", 1);
        },
        {-1}, Script(""), 16);
    const auto judgement = ExpectRules(exchange, {"sql.repeated_query"});
    EXPECT_EQ(ComputeAll(exchange, judgement.findings[0]).at(0).value, 8);
    EXPECT_THAT(judgement.findings[0].title, HasSubstr("for each row"));
  }
}

TEST(RepeatedQuery, LookAlikesAreNotFound) {
  const std::vector<std::pair<std::string, Work>> look_alikes = {
      {"checked again within the transaction",
       [](Script& s, int64_t n, int) {
         s.Run("select * from users where id = $1", {"7001"});
         s.Run("select * from users where id = $1", {"7001"}).in_transaction = true;
         ListOrders(s, n);
       }},
      {"constants",
       [](Script& s, int64_t n, int) {
         for (int i = 0; i < 5; ++i) s.RunSimple("select 1");
         for (int i = 0; i < 5; ++i) s.RunSimple("-- ping", 0);
         for (int i = 0; i < 5; ++i) s.RunSimple("set search_path to shop", 0);
         ListOrders(s, n);
       }},
      {"sequence",
       [](Script& s, int64_t n, int) {
         for (int i = 0; i < 5; ++i) s.Run("select nextval('ids')");
         ListOrders(s, n);
       }},
      {"read after a copy or a procedure",
       [](Script& s, int64_t n, int) {
         s.Run("select count(*) from batches");
         s.Run("call finish($1)", {"7"}, 0);
         s.Run("select count(*) from batches");
         ListOrders(s, n);
       }},
      {"read after write",
       [](Script& s, int64_t n, int repetition) {
         for (int i = 0; i < 4; ++i) {
           s.Run("select stock from products where id = $1", {"7001"});
           s.Run("update products set stock = $2 where id = $1", {"7001", std::to_string(repetition * 4 + i)}, 0);
         }
         ListOrders(s, n);
       }},
      {"read after write, which nothing is left to do for",
       [](Script& s, int64_t n, int repetition) {
         s.Run("select name from products where id = $1", {"7001"});
         if (repetition == 0) s.Run("update products set name = $2 where id = $1", {"7001", "new"}, 0);
         s.Run("select name from products where id = $1", {"7001"});
         ListOrders(s, n);
       }},
      {"now and then",
       [](Script& s, int64_t n, int repetition) {
         for (int i = 0; i < (repetition % 3 == 0 ? 5 : 1); ++i) s.Run("select * from users where id = $1", {"7001"});
         ListOrders(s, n);
       }},
  };
  for (const auto& [name, work] : look_alikes) {
    SCOPED_TRACE(name);
    ExpectRules(Drive(work), {});
  }
}

TEST(SimpleProtocol, ValuesInTheText) {
  const Exchange exchange = Drive([](Script& s, int64_t n, int repetition) {
    s.RunSimple("select * from products where category = " + std::to_string(repetition) + " limit " + std::to_string(n),
                n);
  });
  const auto judgement = ExpectRules(exchange, {"sql.simple_protocol"});
  EXPECT_EQ(judgement.findings[0].subject.name, "select * from products where category = $1 limit $2");
  EXPECT_EQ(ComputeAll(exchange, judgement.findings[0]).at(0).value, 30);
}

TEST(SimpleProtocol, TextsThatAreConstantsOfTheCodeArePermitted) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                s.RunSimple("select count(*) from orders where state = 'open'");
                s.RunSimple("select count(*) from orders where state = 'closed'");
                ListOrders(s, n);
              }),
              {});
}

TEST(SimpleProtocol, ConstantTextsArePermitted) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                s.RunSimple("select * from products where active = 'yes' limit 10", 10);
                s.RunSimple("begin isolation level serializable", 0);
                ListOrders(s, n);
                s.RunSimple("commit", 0);
              }),
              {});
}

TEST(SimpleProtocol, LoopOfTextsIsAnNPlusOneToo) {
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                ListOrders(s, n);
                for (int64_t i = 0; i < n; ++i) s.RunSimple("select * from items where order_id = " + Id(i), 3);
              }),
              {"sql.n_plus_one", "sql.simple_protocol"});
}

TEST(Budgets, SlowDatabaseIsNamedWithItsQuery) {
  Script script;
  script.query_ns = 9'000'000;
  const Exchange exchange = Drive([](Script& s, int64_t n, int) { ListOrders(s, n); }, {1, 10, 50}, script, 8);
  const auto judgement = ExpectRules(exchange, {"budget.db"});
  EXPECT_EQ(judgement.findings[0].subject.name, kList);
  EXPECT_THAT(judgement.not_judged, IsEmpty());
  EXPECT_THAT(JudgeExchange(exchange, {.db_budget_ns = 10'000'000}).findings, IsEmpty());
}

TEST(Budgets, SlowLogicNeedsTheCpuWhereItIsKnown) {
  Script script;
  script.own_ns = 3'000'000;
  const Work work = [](Script& s, int64_t n, int) { ListOrders(s, n); };
  script.service_cpu_ns = 2'900'000;
  ExpectRules(Drive(work, {1, 10, 50}, script, 8), {"budget.logic"});
  script.service_cpu_ns = 100'000;
  ExpectRules(Drive(work, {1, 10, 50}, script, 8), {});
  script.service_cpu_ns = -1;
  ExpectRules(Drive(work, {1, 10, 50}, script, 8), {"budget.logic"});
  script.transport_ns = -1;
  const auto unknown = JudgeExchange(Drive(work, {1, 10, 50}, script, 8));
  EXPECT_THAT(unknown.findings, IsEmpty());
  EXPECT_THAT(unknown.not_judged, SizeIs(1));
}

TEST(Budgets, RoundTripsAreNotLogic) {
  Script script;
  script.gap_ns = 60'000;  // the driver between two statements
  script.phase().default_size = 50;
  ExpectRules(Drive(
                  [](Script& s, int64_t n, int) {
                    ListOrders(s, n);
                    for (int64_t i = 0; i < n; ++i) s.Run(TextOf(kItems), {Id(i)}, 3);
                  },
                  {1, 2, 5, 50}, script, 8),
              {"sql.n_plus_one", "budget.db"});
}

TEST(Budgets, TheDriversWorkIsMeasuredBetweenRoundTrips) {
  Script script;
  script.gap_ns = 60'000;
  script.phase().default_size = 5;
  const Exchange exchange = Drive(
      [](Script& s, int64_t n, int) {
        ListOrders(s, n);
        for (int64_t i = 0; i < n; ++i) s.Run(TextOf(kItems), {Id(i)}, 3);
      },
      {1, 2, 5}, script, 8);
  const std::vector<double> gaps = DriverGaps(exchange);
  ASSERT_THAT(gaps, SizeIs(testing::Ge(kLeastDriverGaps)));
  EXPECT_THAT(gaps, testing::Each(60'000.0));

  // Six round trips: the gaps around them are 60 us each, seven in all; the request itself works for 50 us.
  const std::vector<size_t> typical = WarmRequests(exchange, 5);
  const auto logic = [&](Exchange changed, int64_t transport_trips) {
    for (RequestWindow& request : changed.requests) {
      request.transport_ns = 60'000;
      request.transport_trips = transport_trips;
    }
    return LayersOf(changed, typical, 60'000).front().logic;
  };
  EXPECT_EQ(logic(exchange, 0), 50'000);
  EXPECT_EQ(logic(exchange, 1), 50'000 + 60'000) << "one driver's work is in the transport already";
  EXPECT_EQ(logic(exchange, 99), 50'000 + 6 * 60'000);
}

TEST(Budgets, CpuOfTheTransportIsNotTheLogics) {
  Script script;
  script.own_ns = 900'000;
  script.service_cpu_ns = 500'000;
  Exchange exchange = Drive([](Script& s, int64_t n, int) { ListOrders(s, n); }, {1, 10, 50}, script, 8);
  const std::vector<size_t> warm = WarmRequests(exchange, 10);
  const double before = LayersOf(exchange, warm, 0).front().cpu;
  for (RequestWindow& request : exchange.requests) request.transport_cpu_ns = 200'000;
  EXPECT_EQ(LayersOf(exchange, warm, 0).front().cpu, before - 200'000);
}

TEST(Budgets, AMedianOverTheBudgetByChanceIsNotHealthy) {
  int count = 0;
  const auto judgement = JudgeExchange(Drive(
      [&](Script& s, int64_t n, int) {
        s.query_ns = ++count % 3 == 0 ? 1'000'000 : 6'000'000;
        ListOrders(s, n);
      },
      {1, 10, 50}, Script(), 8));
  EXPECT_THAT(judgement.findings, IsEmpty());
  ASSERT_THAT(judgement.not_judged, SizeIs(1));
  EXPECT_EQ(judgement.not_judged[0].subject, std::string(kBudgetSubject) + "GET /things");
}

TEST(Budgets, ALittleOverTheBudgetNeedsNearlyEveryRequestThere) {
  const auto judge = [](int64_t most_ns) {
    int count = 0;
    return JudgeExchange(Drive(
        [&, most_ns](Script& s, int64_t n, int) {
          s.query_ns = ++count % 5 == 0 ? 1'000'000 : most_ns;
          ListOrders(s, n);
        },
        {1, 10, 50}, Script(), 40));
  };
  const auto little = judge(6'000'000);
  EXPECT_THAT(little.findings, IsEmpty());
  EXPECT_THAT(little.not_judged, SizeIs(1));
  EXPECT_THAT(judge(12'000'000).findings, SizeIs(1)) << "twice the budget: a fifth may keep it";
}

TEST(Budgets, OneSlowRequestOfManyIsNoise) {
  int count = 0;
  ExpectRules(Drive(
                  [&](Script& s, int64_t n, int) {
                    ListOrders(s, n);
                    if (++count % 3 == 0) s.Step(20'000'000);
                  },
                  {1, 10, 50}, Script(), 8),
              {});
}

TEST(NotJudged, WhatCannotBeTrustedIsSaid) {
  const Work work = [](Script& s, int64_t n, int) {
    ListOrders(s, n);
    for (int64_t i = 0; i < n; ++i) s.Run(TextOf(kItems), {Id(i)}, 3);
  };
  const std::vector<std::function<void(Exchange&)>> faults = {
      [](Exchange& e) { e.lost["unparsed_bytes"] = 4; },
      [](Exchange& e) { e.lost["dropped_events"] = 1; },
      [](Exchange& e) { e.requests[7].ok = false; },
      [](Exchange& e) {
        for (auto& request : e.requests) request.cold = true;
      },
      [](Exchange& e) {
        for (auto& statement : e.statements) statement.rows = 0;
      },
  };
  for (const auto& fault : faults) {
    Exchange exchange = Drive(work);
    fault(exchange);
    const auto judgement = JudgeExchange(exchange);
    EXPECT_THAT(judgement.findings, IsEmpty());
    ASSERT_THAT(judgement.not_judged, SizeIs(1));
    EXPECT_EQ(judgement.not_judged[0].subject, "GET /things");
    EXPECT_FALSE(judgement.not_judged[0].what_would_do.empty());
  }
}

TEST(Requests, WhoseWorkGoesOnBehindTheAnswerAreNotJudged) {
  // A job behind a 202, in one transaction; the next request comes, and starts another, while it is at work.
  int64_t item = 0;
  const auto job = [&](bool ended) {
    return [&item, ended](Script& s, int64_t n, int) {
      s.connection = 7;
      s.Run("select id from employees where id = $1", {Id(++item)}).in_transaction = !ended;
      for (int64_t i = 0; i < n; ++i)
        s.Run("insert into payslips (employee_id) values ($1)", {Id(i)}, 0).in_transaction = true;
    };
  };
  const auto judgement = ExpectRules(Drive(job(false)), {});
  ASSERT_THAT(judgement.not_judged, SizeIs(1));
  EXPECT_THAT(judgement.not_judged[0].reason, HasSubstr("goes on while the next ones are answered"));
  ExpectRules(Drive(job(true)), {"sql.n_plus_one"});
}

TEST(Requests, WhoseBeginLooksLikeAPollersAreJudged) {
  Exchange exchange = Drive([](Script& s, int64_t n, int) {
    s.Run("begin", {}, 0);
    for (int64_t i = 0; i < n; ++i)
      s.Run("insert into payslips (employee_id) values ($1)", {Id(i)}, 0).in_transaction = true;
    s.Run("commit", {}, 0).in_transaction = true;
  });
  for (Statement& statement : exchange.statements)
    statement.background = exchange.queries[statement.query].query_class == QueryClass::kControl;
  ExpectRules(exchange, {"sql.n_plus_one"});
}

}  // namespace
}  // namespace hone::sql
