#include "ops/pooler_signs.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace hone::ops {
namespace {

const std::filesystem::path kNowhere = "/nonexistent";

golang::Inspection Compose(const std::string& name, const std::string& value) {
  golang::Inspection inspection;
  inspection.compose.push_back({.name = "pooler", .env = {{name, value, {"compose.yaml", 12}}}});
  return inspection;
}

TEST(PoolerSigns, AModeForTransactionsIsOne) {
  const auto sign = FindTransactionPooler(Compose("PGBOUNCER_POOL_MODE", "transaction"), kNowhere);
  ASSERT_TRUE(sign);
  EXPECT_EQ(sign->place, "compose.yaml:12");
  EXPECT_EQ(sign->what, "sets PGBOUNCER_POOL_MODE to transaction");
  EXPECT_TRUE(FindTransactionPooler(Compose("POOL_MODE", "Transaction"), kNowhere));
}

TEST(PoolerSigns, HostedPoolersAreKnownByTheirAddress) {
  const std::string supabase = "postgres://u:secret@aws-0-eu-central-1.pooler.supabase.com:";
  const auto sign = FindTransactionPooler(Compose("DATABASE_URL", supabase + "6543/postgres"), kNowhere);
  ASSERT_TRUE(sign);
  EXPECT_EQ(sign->what, "names Supabase's pooler for transactions in DATABASE_URL") << "and no password";
  EXPECT_TRUE(FindTransactionPooler(Compose("DSN", "postgres://u:p@ep-a-1-pooler.eu.aws.neon.tech/db"), kNowhere));
  EXPECT_FALSE(FindTransactionPooler(Compose("DSN", "postgres://u:p@ep-a-1.eu.aws.neon.tech/db"), kNowhere));
  EXPECT_FALSE(FindTransactionPooler(Compose("DATABASE_URL", supabase + "5432/postgres"), kNowhere)) << "of sessions";
}

TEST(PoolerSigns, WhatMayBeAPoolerOfSessionsIsNone) {
  EXPECT_FALSE(FindTransactionPooler(Compose("POOL_MODE", "session"), kNowhere));
  EXPECT_FALSE(FindTransactionPooler(Compose("DATABASE_URL", "postgres://u:p@pgbouncer:6432/app"), kNowhere));
  EXPECT_FALSE(FindTransactionPooler({}, kNowhere));
}

TEST(PoolerSigns, FilesOfPoolersAreRead) {
  EXPECT_EQ(TransactionModeLine("[pgbouncer]\npool_mode = transaction\n"), 2);
  EXPECT_EQ(TransactionModeLine("[general]\npool_mode = \"transaction\""), 2) << "pgcat's";
  EXPECT_FALSE(TransactionModeLine(";pool_mode = transaction\n# pool_mode = transaction\npool_mode = session"));
  EXPECT_FALSE(TransactionModeLine(""));
  const auto folder = base::TemporaryDirectory::Create("pooler-signs");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(base::MakeDirectories(folder->path() / "deploy"));
  ASSERT_TRUE(base::WriteFile(folder->path() / "deploy" / "pgbouncer.ini", "[pgbouncer]\npool_mode = transaction\n"));
  const auto sign = FindTransactionPooler({}, folder->path());
  ASSERT_TRUE(sign);
  EXPECT_EQ(sign->place, "deploy/pgbouncer.ini:2");
}

}  // namespace
}  // namespace hone::ops
