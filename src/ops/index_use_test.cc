#include "ops/index_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/cluster_for_test.h"
#include "pg/connection.h"

namespace hone::ops {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kTables = R"(
CREATE TABLE shops (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, shop_id bigint NOT NULL REFERENCES shops, a text NOT NULL, b text NOT NULL);
INSERT INTO shops SELECT generate_series(1, 10);
INSERT INTO orders SELECT n, 1 + n % 10, 'a' || n, 'b' || n FROM generate_series(1, 5000) n;
CREATE INDEX orders_shop ON orders (shop_id);
CREATE INDEX orders_a ON orders (a);
CREATE INDEX orders_b ON orders (b);
CREATE INDEX orders_lower ON orders (lower(b));
CREATE VIEW brief AS SELECT id, b FROM orders;
)";

class IndexUseTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() {
    MakeServer("shop", kTables);
    ASSERT_TRUE(cluster_ && cluster_->MakeTemplate("shop"));
  }
  static void TearDownTestSuite() { DropServer(); }

  static void Ask(const std::string& text) {
    auto session = pg::Session::Open(cluster_->dsn("shop"));
    ASSERT_TRUE(session);
    ASSERT_TRUE(session->Run(text));
  }

  static int64_t Scans(const IndexUseLog& log, const std::string& index) {
    const auto found = log.uses().find("public." + index);
    return found == log.uses().end() ? -1 : found->second.use.scans;
  }
};

TEST_F(IndexUseTest, CountsOverAllLivesOfTheDatabase) {
  if (cluster_->databases().major() < 15) return;  // its counts come late, and complete() says so
  IndexUseLog log;
  Ask("SELECT id FROM orders WHERE a = 'a1'");  // before the service
  ASSERT_TRUE(log.Begin(cluster_->databases(), "shop"));
  Ask("SELECT id FROM orders WHERE a = 'a2'");
  ASSERT_TRUE(log.End(cluster_->databases(), "shop", task_));
  EXPECT_EQ(Scans(log, "orders_a"), 1);
  EXPECT_EQ(Scans(log, "orders_b"), 0);
  ASSERT_TRUE(cluster_->RestoreFromTemplate("shop"));
  ASSERT_TRUE(log.Begin(cluster_->databases(), "shop"));
  Ask("SELECT id FROM orders WHERE a = 'a2'; SELECT id FROM orders WHERE a = 'a3'");
  ASSERT_TRUE(log.End(cluster_->databases(), "shop", task_));
  EXPECT_EQ(Scans(log, "orders_a"), 3);
  EXPECT_TRUE(log.complete());
  EXPECT_EQ(log.uses().at("public.orders_b").use.column, "b");
  EXPECT_TRUE(log.uses().at("public.orders_b").use.plain && log.uses().at("public.orders_b").viewed);
  EXPECT_GT(log.uses().at("public.orders_b").use.table_reads, 0);
  EXPECT_TRUE(log.uses().at("public.orders_shop").use.foreign_key);
  EXPECT_FALSE(log.uses().at("public.orders_lower").use.plain);
}

TEST_F(IndexUseTest, WhatNothingUsedIsFoundWithItsCost) {
  std::map<std::string, CountedIndex> uses;
  for (const char* name : {"orders_a", "orders_b", "orders_shop"}) {
    uses[std::string("public.") + name].use = {.column = name + 7, .table_reads = 5, .plain = true};
  }
  uses["public.orders_shop"].use.foreign_key = true;
  const auto root = base::TemporaryDirectory::Create("index-use");
  ASSERT_TRUE(root);
  const auto ledger = evidence::Ledger::Open(root->path() / ".hone").value();
  Measurer measurer(*ledger, ledger->BeginRun({.verb = "check"}).value());
  const auto study = [&](const std::vector<std::string>& statements, const std::vector<std::string>& pieces = {}) {
    auto unused =
        StudyUnused(*cluster_, "shop", uses, statements, pieces, "shop", measurer, evidence::Redactor("key"), task_);
    EXPECT_TRUE(unused);
    return *std::move(unused);
  };
  const UnusedIndexes both = study({"select id from orders where id = $1"});
  std::vector<std::string> names;
  for (const size_t index : sql::FindUnused(both.entries)) {
    names.push_back(both.entries[index].name);
    EXPECT_GE(both.entries[index].write_with_ns.size(), 6U);
  }
  EXPECT_THAT(names, ElementsAre("orders_a", "orders_b"));
  EXPECT_NE(both.capture.id, 0);
  uses["public.orders_b"].viewed = true;
  const UnusedIndexes one = study({"select id from brief where b = $1"});
  EXPECT_EQ(sql::FindUnused(one.entries).size(), 1U) << "a statement on the view names b";
  EXPECT_EQ(study({"select id from orders where a = $1 or b = $2"}).capture.id, 0);
  EXPECT_EQ(study({}, {" AND a = $1", "b DESC"}).capture.id, 0);
  const UnusedIndexes alone = study({}, {"a", "t.b", "insert into orders (a, b) values ($1, $2)"});
  ASSERT_EQ(sql::FindUnused(alone.entries).size(), 2U);
  for (const size_t index : sql::FindUnused(alone.entries)) EXPECT_TRUE(alone.entries[index].use->alone);
}

}  // namespace
}  // namespace hone::ops
