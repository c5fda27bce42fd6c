// The classes of sql.n_plus_one, their look-alikes, and both drawn at random.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "sql/loop.h"
#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view kProducts = "select * from products where id = $1";

// Few rows and repetitions suffice for classes.
const std::vector<int64_t> kSizes = {1, 2, 5, 10};
Exchange DriveFew(const Work& work) { return Drive(work, kSizes, Script(), 3); }

// The class and title of the only finding.
void ExpectLoop(const Exchange& exchange, const std::string& classes, const std::string& title) {
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one"});
  ASSERT_THAT(judgement.findings, SizeIs(1));
  EXPECT_EQ(ClassesOf(judgement.findings[0]), classes);
  EXPECT_THAT(TitleOf(exchange, judgement.findings[0]), HasSubstr(title));
}

// Asking what a statement is (lib/pq does so on a new connection) is no call of it.
TEST(IsRepeatable, CountsCallsAndNotWhatTheDriverAsksBefore) {
  const Exchange exchange = DriveFew([](Script& s, int64_t n, int repetition) {
    for (int64_t i = 0; i < n; ++i) {
      if (repetition == 2) {
        s.BeginTrip(TripKind::kDescribe);
        s.EndTrip();
      }
      s.Run(TextOf(kItems), {Id(i)}, 3);
    }
  });
  EXPECT_TRUE(IsRepeatable(exchange, *FindQuery(exchange, exchange.queries.at(0).id)));
}

TEST(LoopClass, PlainHasNoFurtherClass) {
  ExpectLoop(DriveFew([](Script& s, int64_t n, int) {
               ListOrders(s, n);
               for (int64_t i = 0; i < n; ++i) s.Run(TextOf(kItems), {Id(i)}, 3);
             }),
             "", "One query per row: 10 round trips at the largest size, growing by 1 per row");
}

TEST(LoopClass, NestedLoopNamesTheInnerRows) {
  const Exchange exchange = DriveFew([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    for (int64_t i = 0; i < n; ++i) {
      s.Run(TextOf(kItems), {Id(i)}, 3, {Id(3 * i + 500), Id(3 * i + 501), Id(3 * i + 502)});
      for (int64_t k = 0; k < 3; ++k) s.Run(TextOf(kProducts), {Id(3 * i + 500 + k)});
    }
  });
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one", "sql.n_plus_one"});
  EXPECT_EQ(ClassesOf(judgement.findings.at(0)), "") << "the outer loop is a plain one";
  EXPECT_EQ(ClassesOf(judgement.findings.at(1)), "nested");
  EXPECT_THAT(TitleOf(exchange, judgement.findings.at(1)),
              StartsWith("Nested loop, one query for each row of an inner query (3 of them in each outer turn): 30 "
                         "round trips at the largest size, growing by 1 per row"));
}

constexpr std::string_view kChildren = "select id from regions where parent_id = $1";

// A tree of three levels with `fan` children at each node but the leaves, each node once, and `beside` at each.
void WalkTree(Script& s, int64_t node, int level, int64_t fan, std::string_view beside) {
  std::vector<std::string> children;
  for (int64_t i = 0; level < 2 && i < fan; ++i) children.push_back(Id(10 * node + i + 1));
  s.Run(TextOf(kChildren), {Id(node)}, std::ssize(children), children);
  if (!beside.empty()) s.Run(TextOf(beside), {Id(node)}, 2);
  for (int64_t i = 0; level < 2 && i < fan; ++i) WalkTree(s, 10 * node + i + 1, level + 1, fan, beside);
}

TEST(LoopClass, AWalkOverATreeIsToldByItsOwnCounts) {
  const Exchange exchange =
      Drive([](Script& s, int64_t, int) { WalkTree(s, 0, 0, 4, "select * from clubs where region_id = $1"); }, {1});
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one", "sql.n_plus_one"});
  for (const auto& finding : judgement.findings) {
    EXPECT_EQ(ClassesOf(finding), "tree");
    EXPECT_THAT(
        TitleOf(exchange, finding),
        StartsWith("One query for each node of a tree (20 rows of the walk lead to further ones): 21 round trips"));
    EXPECT_THAT(finding.remedy, HasSubstr("WITH RECURSIVE"));
  }
}

TEST(LoopClass, WhatIsNoWalk) {
  const auto classes = [](const Work& work) {
    std::string all;
    for (const auto& finding : JudgeExchange(Drive(work, {1})).findings)
      all += finding.rule + ": " + ClassesOf(finding);
    return all;
  };
  EXPECT_EQ(classes([](Script& s, int64_t, int) { WalkTree(s, 0, 0, 2, ""); }), "") << "seven nodes";
  const auto fixed = [](int64_t rows, bool own) {
    return [=](Script& s, int64_t, int) {
      for (int64_t i = 0; i < 20; ++i)
        s.Run(TextOf(kChildren), {Id(i)}, rows, own ? std::vector{Id(i + 1)} : std::vector<std::string>());
    };
  };
  EXPECT_EQ(classes(fixed(1, true)), "sql.n_plus_one: fixed")
      << "as many rows as calls: the first one came from elsewhere";
  EXPECT_EQ(classes(fixed(3, true)), "sql.n_plus_one: fixed") << "rows that lead nowhere";
  EXPECT_EQ(classes(fixed(0, false)), "") << "no row at all";
  const auto settings = [](int64_t keys) {
    return [=](Script& s, int64_t, int) {
      for (int64_t i = 0; i < keys; ++i)
        s.Run("select tenant_id, value from settings where tenant_id = $1 and key = $2", {"7001", Id(i)},
              i == 3 ? 0 : 1, i == 3 ? std::vector<std::string>() : std::vector<std::string>{"7001"});
    };
  };
  EXPECT_EQ(classes(settings(12)), "sql.n_plus_one: fixed") << "what all calls have in common leads to none";
  EXPECT_EQ(classes(settings(9)), "") << "few";
}

TEST(LoopClass, AListThatNoRowHeldIsTold) {
  const auto days = [](int64_t each, int64_t least) {
    return [=](Script& s, int64_t n, int repetition) {
      s.Run(TextOf(kList), {std::to_string(n)}, n, Ids(n));
      const int64_t count = least + repetition % 3;  // a month has 28 to 31
      for (int64_t i = 0; i < count; ++i)
        s.Run("select count(*) from visits where day = $1", {std::to_string(90'000 + i)}, each);
    };
  };
  const Exchange exchange = Drive(days(1, 28));
  const auto judgement = JudgeExchange(exchange);
  ExpectRenders(exchange, judgement);
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(ClassesOf(judgement.findings[0]), "fixed");
  EXPECT_THAT(TitleOf(exchange, judgement.findings[0]),
              ::testing::AllOf(::testing::HasSubstr("One query for each value of a list that no row held (29 different "
                                                    "ones in a request): 29 round trips at the largest size"),
                               ::testing::Not(::testing::HasSubstr("growing"))));
  EXPECT_THAT(JudgeExchange(Drive(days(50, 28))).findings, IsEmpty()) << "pages of an export";
  EXPECT_THAT(JudgeExchange(Drive(days(1, 7))).findings, IsEmpty()) << "the days of a week";
  EXPECT_THAT(JudgeExchange(Drive([](Script& s, int64_t, int repetition) {
                for (int64_t i = 0; i < (repetition == 1 ? 10 : 40); ++i)
                  s.Run("select count(*) from visits where day = $1", {std::to_string(90'000 + i)}, 1);
              })).findings,
              IsEmpty())
      << "not about as many";
  const Exchange same = Drive([](Script& s, int64_t, int) {
    for (int i = 0; i < 12; ++i) s.Run("select count(*) from visits where day = $1", {"90001"}, 1);
  });
  EXPECT_THAT(Rules(JudgeExchange(same)), ::testing::Not(::testing::Contains("sql.n_plus_one")));
}

TEST(LoopClass, PairsGrowWithTheSquare) {
  const Work pairs = [](Script& s, int64_t n, int) {
    ListOrders(s, n);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t k = i + 1; k < n; ++k) s.Run("select 1 from pairs where a = $1 and b = $2", {Id(i), Id(k)});
    }
  };
  ExpectLoop(DriveFew(pairs), "nested", "one query for each pair");
  ExpectLoop(Drive(pairs, {1, 2, 3, 4}), "nested", "one query for each pair");
  ExpectLoop(Drive(
                 [](Script& s, int64_t n, int) {
                   ListOrders(s, n);
                   for (int64_t i = 0; i < n * n; ++i)
                     s.Run("select 1 from pairs where a = $1 and b = $2", {Id(i / n), Id(i % n)});
                 },
                 {1, 2, 5, 10}),
             "nested", "(growing with the rows to the power 2)");
}

TEST(LoopClass, SeveralStatementsAnItemSayHowMany) {
  const Exchange exchange = DriveFew([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    for (int64_t i = 0; i < n; ++i) {
      s.Run(TextOf(kItems), {Id(i)}, 3);
      s.Run("select * from notes where order_id = $1", {Id(i)}, 1);
      s.Run("select * from payments where order_id = $1", {Id(i)}, 1);
    }
  });
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one", "sql.n_plus_one", "sql.n_plus_one"});
  for (const auto& finding : judgement.findings) {
    EXPECT_EQ(ClassesOf(finding), "per_item");
    EXPECT_THAT(TitleOf(exchange, finding),
                StartsWith("Several queries per row (3 per row together), this one among them: 10 round trips"));
  }
}

TEST(LoopClass, ChainOfLookUpsIsOneLoop) {
  const Exchange exchange = DriveFew([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    for (int64_t i = 0; i < n; ++i) {
      s.Run("select city_id from customers where order_id = $1", {Id(i)}, 1, {Id(900 + i)});
      s.Run("select name from cities where id = $1", {Id(900 + i)});
    }
  });
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one", "sql.n_plus_one"});
  for (const auto& finding : judgement.findings) EXPECT_EQ(ClassesOf(finding), "per_item");
}

TEST(LoopClass, OneStatementSeveralTimesARow) {
  ExpectLoop(DriveFew([](Script& s, int64_t n, int) {
               ListOrders(s, n);
               for (int64_t i = 0; i < n; ++i) {
                 for (const char* kind : {"in", "out"})
                   s.Run("select sum(k) from moves where order_id = $1 and kind = $2", {Id(i), kind});
               }
             }),
             "per_item", "Several queries per row (2 per row together)");
}

TEST(LoopClass, ACallForEverySecondRowIsNoChunk) {
  const auto judgement = ExpectRules(Drive([](Script& s, int64_t n, int) {
                                       ListOrders(s, n);
                                       for (int64_t i = 0; i < n; i += 2) s.Run(TextOf(kItems), {Id(i)}, 3);
                                     }),
                                     {"sql.n_plus_one"});
  EXPECT_THAT(judgement.findings[0].title, testing::StartsWith("One query per row"));
}

TEST(LoopClass, SmallChunksAreNoDesignLargeOnesAre) {
  const auto chunks_of = [](int64_t chunk) {
    return [chunk](Script& s, int64_t n, int) {
      ListOrders(s, n);
      for (int64_t at = 0; at < n; at += chunk)
        s.Run("select * from items where order_id = any($1)", {"ids from " + std::to_string(at)},
              std::min(chunk, n - at));
    };
  };
  for (const int64_t chunk : {2, 3, 4, 7, 10, 20}) {
    SCOPED_TRACE(chunk);
    ExpectLoop(Drive(chunks_of(chunk)), "chunked",
               "One query for every " + std::to_string(chunk) + " rows, in small chunks");
    ExpectRules(Drive(chunks_of(chunk), {1, chunk, 2 * chunk, 5 * chunk}), {"sql.n_plus_one"});
  }
  for (const int64_t chunk : {25, 32, 40}) {
    SCOPED_TRACE(chunk);
    ExpectRules(Drive(chunks_of(chunk), {53, 105, 210}), {"sql.n_plus_one"});
  }
  for (const int64_t chunk : {50, 60, 100}) {
    SCOPED_TRACE(chunk);
    ExpectRules(Drive(chunks_of(chunk)), {});
    ExpectRules(Drive(chunks_of(chunk), {5, 50, 200}), {});
    ExpectRules(Drive(chunks_of(chunk), {chunk, 2 * chunk + 1, 4 * chunk}), {});
    ExpectLoop(Drive(chunks_of(chunk), {chunk, 3 * chunk, 13 * chunk + 20}), "chunked",
               "One query for every " + std::to_string(chunk) + " rows, in small chunks");
  }
  for (const int64_t chunk : {128, 200}) {
    SCOPED_TRACE(chunk);
    ExpectRules(Drive(chunks_of(chunk), {330, 660, 1320}), {});
  }
}

TEST(LoopClass, WritesInATransaction) {
  const Exchange exchange = DriveFew([](Script& s, int64_t n, int repetition) {
    s.RunSimple("begin", 0);
    for (int64_t i = 0; i < n; ++i) {
      s.Run("insert into lines(sku, quantity) values ($1, $2)", {Id(i), std::to_string(repetition)}, 0).in_transaction =
          true;
    }
    s.RunSimple("commit", 0).in_transaction = true;
  });
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one"});
  EXPECT_EQ(ClassesOf(judgement.findings.at(0)), "writes, transaction");
  EXPECT_EQ(
      TitleOf(exchange, judgement.findings[0]),
      "Writes in a loop, one statement per row: 10 round trips at the largest size, growing by 1 per row, 100 % of "
      "them in a transaction");
  EXPECT_THAT(judgement.findings[0].remedy, HasSubstr("unnest"));
}

TEST(LoopClass, FanOutIsParallel) {
  const Exchange exchange = DriveFew([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    const int64_t start = s.now();
    for (int64_t i = 0; i < n; ++i) {
      s.connection = static_cast<uint32_t>(2 + i % 4);
      s.set_now(start + i / 4 * 100'000);
      s.Run(TextOf(kItems), {Id(i)}, 3);
    }
    s.connection = 1;
  });
  ExpectLoop(exchange, "parallel", "in parallel on 4 connections");
}

TEST(LoopClass, TakingTurnsOnConnectionsIsNotParallel) {
  ExpectLoop(DriveFew([](Script& s, int64_t n, int) {
               ListOrders(s, n);
               for (int64_t i = 0; i < n; ++i) {
                 s.connection = static_cast<uint32_t>(1 + i % 3);
                 s.Run(TextOf(kItems), {Id(i)}, 3);
               }
               s.connection = 1;
             }),
             "", "One query per row");
}

TEST(LoopClass, BatchForEachItem) {
  const Exchange exchange = DriveFew([](Script& s, int64_t n, int) {
    ListOrders(s, n);
    for (int64_t i = 0; i < n; ++i) {
      s.BeginTrip();
      s.Add(TextOf(kItems), {Id(i)}, 3);
      s.Add("select * from notes where order_id = $1", {Id(i)}, 1);
      if (i % 3 == 0) s.Add("select * from gifts where order_id = $1", {Id(i)}, 1);
      s.EndTrip();
    }
  });
  ExpectLoop(exchange, "batch", "statements per row: 10 round trips at the largest size, growing by 1 per row");
}

// A driver without a cache of statements asks what each statement is, in a round trip of its own.
void RunAsked(Script& s, const std::string& text, const std::vector<std::string>& parameters, int64_t rows) {
  s.BeginTrip(TripKind::kDescribe);
  s.EndTrip();
  s.Run(text, parameters, rows);
}

TEST(LoopClass, TheDriversQuestionIsNoSecondCall) {
  const auto chunks_of = [](int64_t chunk) {
    return [chunk](Script& s, int64_t n, int) {
      ListOrders(s, n);
      for (int64_t at = 0; at < n; at += chunk) RunAsked(s, TextOf(kItems), {"ids from " + std::to_string(at)}, 2);
    };
  };
  ExpectLoop(DriveFew([](Script& s, int64_t n, int) {
               ListOrders(s, n);
               for (int64_t i = 0; i < n; ++i) RunAsked(s, TextOf(kItems), {Id(i)}, 3);
             }),
             "", "One query per row: 20 round trips at the largest size, growing by 2 per row");
  ExpectLoop(Drive(chunks_of(3)), "chunked", "One query for every 3 rows");
  ExpectRules(Drive(chunks_of(50)), {});
  ExpectRules(DriveFew([](Script& s, int64_t n, int) {
                ListOrders(s, n);
                for (int64_t i = 0; i < 2; ++i) RunAsked(s, TextOf(kItems), {Id(i)}, 3);
              }),
              {});
}

TEST(LoopClass, SmallChunksOfTheValuesThatARequestNames) {
  const auto looked_up = [](int64_t chunk) {
    return [chunk](Script& s, int64_t n, int) {
      for (int64_t at = 0; at < n; at += chunk) {
        std::string list;
        std::vector<std::string> ids;
        for (int64_t i = at; i < std::min(at + chunk, n); ++i) {
          ids.push_back(Id(i));
          list += (list.empty() ? "$" : ", $") + std::to_string(ids.size());
        }
        s.Run("select * from orders where id in (" + list + ")", ids, std::ssize(ids), ids);
      }
    };
  };
  const auto with_rule = [&](int64_t chunk) {
    const auto rules = Rules(JudgeExchange(Drive(looked_up(chunk))));
    return std::ranges::count(rules, "sql.n_plus_one");
  };
  EXPECT_EQ(with_rule(10), 1);
  EXPECT_EQ(with_rule(40), 0);
  // Pages of ten rows, as many as it takes, are its design.
  ExpectRules(Drive([](Script& s, int64_t n, int) {
                for (int64_t at = 0; at < n; at += 10)
                  s.Run("select * from orders where state in ('open', 'late') and id > $1 limit 10", {Id(at)},
                        std::min<int64_t>(10, n - at));
              }),
              {});
}

TEST(LoopClass, SmallChunksOfAnArrayThatARequestNames) {
  const auto renewed = [](int64_t chunk) {
    return [chunk](Script& s, int64_t n, int) {
      for (int64_t at = 0; at < n; at += chunk) {
        std::string array = "{";
        for (int64_t i = at; i < std::min(at + chunk, n); ++i) array += (i > at ? "," : "") + Id(i);
        auto bind = std::make_shared<RecordedBind>();
        bind->values.emplace_back(array + "}");
        s.Run("update prescriptions set until = now() where id = any($1)", {array}, 0).bind = bind;
      }
    };
  };
  ExpectLoop(Drive(renewed(5)), "chunked, writes", "for every 5 rows");
  ExpectRules(Drive(renewed(40)), {});
}

TEST(LoopClass, WritesOfTheSameValuesAreWritesAllTheSame) {
  ExpectLoop(DriveFew([](Script& s, int64_t n, int) {
               for (int64_t i = 0; i < n; ++i)
                 s.Run("insert into shifts(room, weekday) values ($1, $2)", {"7001", "1"});
             }),
             "writes", "Writes in a loop");
}

// Most of a table's parents have few children: the one with the most shows the loop.
TEST(LoopClass, IdsOfWhichMostHaveFewRows) {
  ExpectRules(Drive(
                  [](Script& s, int64_t, int repetition) {
                    const int64_t n = std::vector<int64_t>{1, 2, 8, 1, 0, 2}[static_cast<size_t>(repetition) % 6];
                    std::vector<std::string> ids;
                    for (int64_t i = 0; i < n; ++i) ids.push_back(Id(100 * repetition + i));
                    s.Run("select * from orders where customer = $1", {std::to_string(7000 + repetition)}, n, ids);
                    for (const std::string& id : ids) s.Run(TextOf(kItems), {id}, 3);
                  },
                  {-1}, Script(""), 12),
              {"sql.n_plus_one"});
}

TEST(LoopClass, BodyOfTheRequestIsASourceToo) {
  // A writer that answers with ids reads its own rows only: the size tells.
  const Exchange exchange = DriveFew([](Script& s, int64_t n, int repetition) {
    for (int64_t i = 0; i < n; ++i)
      s.Run("insert into lines(sku) values ($1) returning id", {Id(i)}, 1, {Id(10'000 + 100 * repetition + i)});
  });
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one"});
  EXPECT_EQ(ClassesOf(judgement.findings.at(0)), "writes");
}

TEST(LoopSource, ChanceMeetingsOfSmallNumbersAreNoCause) {
  // Quantities 1 to 5 meet every id of a short list, and positions 1 to 200 hold all of them.
  const Exchange exchange = DriveFew([](Script& s, int64_t n, int) {
    std::vector<std::string> serial;
    for (int64_t i = 1; i <= n; ++i) serial.push_back(std::to_string(i));
    std::vector<std::string> positions;
    for (int64_t i = 1; i <= 200; ++i) positions.push_back(std::to_string(i));
    s.Run("select position from places where shop = $1", {"7"}, 200, positions);
    s.Run(TextOf(kList), {"none"}, n, serial);
    for (int64_t i = 1; i <= n; ++i) s.Run(TextOf(kItems), {std::to_string(i)}, 2);
  });
  const auto judgement = ExpectRules(exchange, {"sql.n_plus_one"});
  EXPECT_TRUE(std::ranges::any_of(judgement.findings.at(0).support, [](const auto& spec) {
    return spec.metric == "sql.provenance";
  })) << "the list is the cause";
  const auto& parameters = judgement.findings.at(0).support.at(1).parameters;
  const auto source = FindQuery(exchange, parameters.at("source"));
  ASSERT_TRUE(source.has_value()) << parameters.at("source");
  EXPECT_EQ(exchange.queries[*source].text, kList);
}

TEST(LoopSource, RowsThatTheStatementItselfMakesExplainNothing) {
  // A statement that runs now more, now less often, each time with one row: nothing but itself varies its rows.
  std::mt19937 random(7);
  Script script("");
  const Exchange exchange = Drive(
      [&](Script& s, int64_t, int) {
        s.Run("select * from settings", {}, 20);
        const int64_t calls = static_cast<int64_t>(random() % 6);
        for (int64_t i = 0; i < calls; ++i) s.Run("select * from flags where id = $1", {Id(i)});
      },
      {-1}, script, 24);
  EXPECT_THAT(JudgeExchange(exchange).findings, IsEmpty());
}

// One shape of work, drawn at random, with what must be said of it.
struct Drawn {
  std::string name;
  Work work;
  std::string classes;  // of the findings of kItems; "none": there must be no finding at all
};

Drawn DrawLoop(std::mt19937& random) {
  const auto between = [&](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
  };
  const int64_t chunk = between(2, 4);
  const int64_t page = between(10, 60);
  const int64_t constant = between(0, 5);
  const int64_t width = between(2, 6);
  const auto around = [constant](const std::function<void(Script&, int64_t)>& body) -> Work {
    return [constant, body](Script& s, int64_t n, int) {
      for (int64_t i = 0; i < constant; ++i)
        s.Run("select count(*) from orders where status = $1", {"state " + std::to_string(i)});
      ListOrders(s, n);
      body(s, n);
    };
  };
  switch (random() % 9) {
    case 0:
      return {"plain", around([](Script& s, int64_t n) {
                for (int64_t i = 0; i < n; ++i) s.Run(TextOf(kItems), {Id(i)}, 2);
              }),
              ""};
    case 1:
      return {"several", around([](Script& s, int64_t n) {
                for (int64_t i = 0; i < n; ++i) {
                  s.Run(TextOf(kItems), {Id(i)}, 2);
                  s.Run("select * from notes where order_id = $1", {Id(i)});
                }
              }),
              "per_item"};
    case 2:
      return {"chunked", around([chunk](Script& s, int64_t n) {
                for (int64_t at = 0; at < n; at += chunk) s.Run(TextOf(kItems), {"from " + std::to_string(at)}, 2);
              }),
              "chunked"};
    case 3:
      return {"parallel", around([width](Script& s, int64_t n) {
                const int64_t start = s.now();
                for (int64_t i = 0; i < n; ++i) {
                  s.connection = static_cast<uint32_t>(2 + i % width);
                  s.set_now(start + i / width * 100'000);
                  s.Run(TextOf(kItems), {Id(i)}, 2);
                }
                s.connection = 1;
              }),
              "parallel"};
    case 4:
      return {"batch for each", around([width](Script& s, int64_t n) {
                for (int64_t i = 0; i < n; ++i) {
                  s.BeginTrip();
                  s.Add(TextOf(kItems), {Id(i)}, 2);
                  for (int64_t k = 1; k < width; ++k)
                    s.Add("select * from part_" + std::to_string(k) + " where id = $1", {Id(i)});
                  s.EndTrip();
                }
              }),
              "batch"};
    case 5:
      return {"one batch", around([](Script& s, int64_t n) {
                s.BeginTrip();
                for (int64_t i = 0; i < n; ++i) s.Add(TextOf(kItems), {Id(i)}, 2);
                s.EndTrip();
              }),
              "none"};
    case 6:
      return {"pages", around([page](Script& s, int64_t n) {
                for (int64_t at = 0; at < n; at += page) s.Run(TextOf(kItems), {"from " + std::to_string(at)}, 2);
              }),
              "none"};
    case 7:
      return {"any",
              around([](Script& s, int64_t n) { s.Run(TextOf(kItems), {"all of " + std::to_string(n)}, 2 * n); }),
              "none"};
    default:
      return {"constant", around([width](Script& s, int64_t) {
                for (int64_t i = 0; i < width; ++i) s.Run(TextOf(kItems), {Id(i)}, 2);
              }),
              "none"};
  }
}

std::vector<int64_t> DrawSizes(std::mt19937& random) {
  const std::vector<std::vector<int64_t>> choices = {
      {1, 2, 5, 10, 25}, {1, 2, 5, 10}, {2, 6, 20}, {1, 3, 9, 12}, {3, 7, 11, 22}};
  return choices[random() % choices.size()];
}

TEST(LoopProperty, ManyRandomQuietPhasesAreToldRight) {
  std::mt19937 random(20'240'611);
  for (int round = 0; round < 36; ++round) {
    const Drawn drawn = DrawLoop(random);
    const std::vector<int64_t> sizes = DrawSizes(random);
    SCOPED_TRACE(drawn.name + " in round " + std::to_string(round));
    Script script;
    script.BeginIdle();
    script.connection = 9;
    script.Run("select * from jobs where done = $1", {"f"}, 2);
    script.connection = 1;
    script.EndIdle();
    const Exchange exchange = Drive(
        [&](Script& s, int64_t n, int repetition) {
          s.connection = 9;
          for (int i = 0; i < repetition % 3; ++i) s.Run("select * from jobs where done = $1", {"f"}, 2);
          s.connection = 1;
          drawn.work(s, n, repetition);
        },
        sizes, script, 3);
    const auto judgement = JudgeExchange(exchange);
    ExpectRenders(exchange, judgement);
    if (drawn.classes == "none") {
      EXPECT_THAT(judgement.findings, IsEmpty());
      continue;
    }
    ASSERT_FALSE(judgement.findings.empty());
    for (const auto& finding : judgement.findings) {
      EXPECT_EQ(finding.rule, "sql.n_plus_one");
      EXPECT_EQ(ClassesOf(finding), drawn.classes) << TitleOf(exchange, finding);
    }
  }
}

}  // namespace
}  // namespace hone::sql
