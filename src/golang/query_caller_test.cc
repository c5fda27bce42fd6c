#include "golang/query_caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::golang {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

const Module kShop{"example.com/shop", "/src/shop"};

// A goroutine by its functions, innermost first; the user's lie at line 10, 20, ... of a file of their package.
Goroutine Routine(int64_t id, std::vector<std::string> functions, const std::string& created_by = "",
                  int64_t creator = 0, const std::string& state = "IO wait") {
  Goroutine goroutine{.id = id, .state = state};
  for (const std::string& function : functions) {
    const std::string_view package = PackageOf(function);
    const std::string file = function.starts_with("example.com/shop/")
                                 ? "/src/shop/" + std::string(package.substr(17)) + "/x.go"
                                 : "/elsewhere/x.go";
    goroutine.frames.push_back({function, file, static_cast<int>(10 * (goroutine.frames.size() + 1))});
  }
  if (!created_by.empty()) goroutine.creation = {created_by, "/elsewhere/y.go", 1};
  goroutine.creator = creator;
  return goroutine;
}

const std::vector<std::string> kRead = {"internal/poll.runtime_pollWait", "internal/poll.(*FD).Read",
                                        "net.(*netFD).Read", "net.(*conn).Read"};

std::vector<std::string> Reading(const std::vector<std::string>& above) {
  std::vector<std::string> functions = kRead;
  functions.insert(functions.end(), above.begin(), above.end());
  return functions;
}

std::vector<std::string> FunctionsOf(const Caller& caller) {
  std::vector<std::string> functions;
  for (const StackFrame& frame : caller.frames) functions.push_back(frame.function);
  return functions;
}

std::optional<Caller> Find(const std::vector<Goroutine>& held, const std::vector<Goroutine>& before = {}) {
  return FindCaller(before, held, {&kShop, 1});
}

const Goroutine kPgx =
    Routine(40,
            Reading({"bufio.(*Reader).Read", "github.com/jackc/pgx/v5/pgconn.(*PgConn).receiveMessage",
                     "github.com/jackc/pgx/v5.(*Conn).Query", "github.com/jackc/pgx/v5/pgxpool.(*Pool).Query",
                     "example.com/shop/internal/store.(*OrderStore).LinesFor",
                     "example.com/shop/internal/httpapi.(*API).listOrders", "net/http.HandlerFunc.ServeHTTP",
                     "github.com/go-chi/chi/v5.(*Mux).ServeHTTP", "example.com/shop/internal/httpapi.logged.func1",
                     "net/http.(*conn).serve"}),
            "net/http.(*Server).Serve", 1);
const Goroutine kMain =
    Routine(1, {"net/http.(*Server).Serve", "example.com/shop/internal/app.Serve", "main.main"}, "", 0);

TEST(QueryCaller, IsTheGoroutineInTheDriversRead) {
  const Goroutine idle = Routine(7, Reading({"net/http.(*connReader).backgroundRead"}));
  const Goroutine upstream = Routine(8, Reading({"bufio.(*Reader).Peek", "net/http.(*persistConn).readLoop"}));
  const Goroutine cache = Routine(9, Reading({"github.com/redis/go-redis/v9/internal/proto.(*Reader).ReadReply",
                                              "example.com/shop/internal/cache.Get"}));
  const auto caller = Find({kMain, idle, upstream, cache, kPgx});
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->goroutine, 40);
  EXPECT_EQ(caller->library, DatabaseLibrary::kPgx);
  ASSERT_THAT(caller->frames, SizeIs(3));
  EXPECT_EQ(caller->frames[0],
            (StackFrame{"example.com/shop/internal/store.(*OrderStore).LinesFor", "internal/store/x.go", 90}));
  EXPECT_EQ(caller->frames[2].function, "example.com/shop/internal/httpapi.logged.func1");
}

TEST(QueryCaller, IsNotWhoWaitedBefore) {
  const Goroutine listener = Routine(5, Reading({"github.com/jackc/pgx/v5/pgconn.(*PgConn).WaitForNotification",
                                                 "example.com/shop/internal/jobs.listen"}));
  EXPECT_EQ(Find({listener, kPgx}, {listener})->goroutine, 40);
  EXPECT_FALSE(Find({listener, kPgx}));
  // A worker that had nothing to do then.
  Goroutine worker = kPgx;
  worker.state = "chan receive";
  EXPECT_TRUE(Find({kPgx}, {worker}));
}

TEST(QueryCaller, IsNotToldWhereSeveralWait) {
  Goroutine same = kPgx;
  same.id = 41;
  EXPECT_TRUE(Find({kPgx, same}));
  Goroutine other = same;
  other.frames[8].line = 91;
  EXPECT_FALSE(Find({kPgx, other}));
  EXPECT_THAT(FindCallers({}, std::vector{kPgx, other}, {&kShop, 1}), SizeIs(2));
  EXPECT_FALSE(Find({kMain}));
  EXPECT_FALSE(Find({}));
}

TEST(QueryCaller, GoesOnWithWhoeverWaitsForTheGoroutine) {
  const Goroutine worker = Routine(50,
                                   Reading({"github.com/lib/pq.(*conn).recv", "database/sql.(*DB).QueryContext",
                                            "example.com/shop/internal/store.(*OrderStore).Enrich.func2",
                                            "golang.org/x/sync/errgroup.(*Group).Go.func1"}),
                                   "golang.org/x/sync/errgroup.(*Group).Go", 51);
  const Goroutine handler =
      Routine(51,
              {"sync.(*WaitGroup).Wait", "golang.org/x/sync/errgroup.(*Group).Wait",
               "example.com/shop/internal/store.(*OrderStore).Enrich", "example.com/shop/internal/httpapi.enriched"},
              "net/http.(*Server).Serve", 1, "semacquire");
  const auto caller = Find({kMain, worker, handler});
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->library, DatabaseLibrary::kDatabaseSql);
  EXPECT_THAT(FunctionsOf(*caller), ElementsAre("example.com/shop/internal/store.(*OrderStore).Enrich.func2",
                                                "example.com/shop/internal/store.(*OrderStore).Enrich",
                                                "example.com/shop/internal/httpapi.enriched"));
}

// It was started long ago by a function that has returned: what main does meanwhile is nobody's caller.
TEST(QueryCaller, EndsWithAWorkerOfAPool) {
  const Goroutine worker =
      Routine(60, Reading({"github.com/jackc/pgx/v5.(*Conn).Query", "example.com/shop/internal/pool.work"}),
              "example.com/shop/internal/pool.Start", 1);
  EXPECT_THAT(FunctionsOf(*Find({kMain, worker})),
              ElementsAre("example.com/shop/internal/pool.work", "example.com/shop/internal/pool.Start"));
}

TEST(QueryCaller, IsBehindADriversOwnReader) {
  const Goroutine reader = Routine(70, Reading({"github.com/jackc/pgx/v5/pgconn/internal/bgreader.(*BGReader).bgRead"}),
                                   "github.com/jackc/pgx/v5/pgconn/internal/bgreader.(*BGReader).Start", 71);
  Goroutine caller = kPgx;
  caller.id = 71;
  caller.state = "sync.Cond.Wait";
  caller.frames.erase(caller.frames.begin(), caller.frames.begin() + 5);
  const auto found = Find({kMain, reader, caller});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->frames.front().function, "example.com/shop/internal/store.(*OrderStore).LinesFor");
  EXPECT_EQ(found->library, DatabaseLibrary::kPgx);
}

TEST(QueryCaller, NamesTheLibraryNextToTheUser) {
  const auto library = [](std::vector<std::string> between,
                          const std::string& user = "example.com/shop/internal/store.F") {
    between.insert(between.begin(), "github.com/jackc/pgx/v5/pgconn.(*PgConn).peekMessage");
    between.push_back(user);
    const auto caller = Find({Routine(1, Reading(between))});
    return caller ? std::string(Name(caller->library)) : "none";
  };
  EXPECT_EQ(library({"github.com/jackc/pgx/v5/stdlib.(*Conn).QueryContext", "database/sql.(*DB).QueryContext"}),
            "database/sql");
  EXPECT_EQ(library({"database/sql.(*DB).QueryContext", "github.com/jmoiron/sqlx.(*DB).Select"}), "sqlx");
  EXPECT_EQ(library({"database/sql.(*DB).QueryContext", "gorm.io/gorm/callbacks.Query", "gorm.io/gorm.(*DB).Find"}),
            "gorm");
  EXPECT_EQ(library({"database/sql.(*DB).QueryContext", "github.com/Masterminds/squirrel.QueryContextWith",
                     "github.com/Masterminds/squirrel.SelectBuilder.QueryContext"}),
            "squirrel");
  EXPECT_EQ(library({"database/sql.(*DB).QueryContext", "entgo.io/ent/dialect/sql.Conn.Query"}), "ent");
  EXPECT_EQ(library({"github.com/uptrace/bun/driver/pgdriver.readQueryData", "database/sql.(*DB).QueryContext",
                     "github.com/uptrace/bun.(*SelectQuery).Scan"}),
            "bun");
  EXPECT_EQ(library({"github.com/uptrace/bun/driver/pgdriver.readQueryData", "database/sql.(*DB).QueryContext"}),
            "database/sql");
  EXPECT_EQ(library({"github.com/jackc/pgx/v5.(*Conn).Query"}, "main.list"), "pgx");
  Goroutine generated = kPgx;
  generated.frames[8].file = "/src/shop/internal/db/orders.sql.go";
  EXPECT_EQ(Find({generated})->library, DatabaseLibrary::kSqlc);
}

}  // namespace
}  // namespace hone::golang
