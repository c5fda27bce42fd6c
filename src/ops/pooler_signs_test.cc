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

TEST(DraftPooler, WritesWhatIsKnown) {
  const golang::Inspection compose = Compose("POOL_MODE", "transaction");
  const PoolerDraft known = DraftPooler(compose, FindTransactionPooler(compose, kNowhere));
  EXPECT_EQ(known.line, "pooler = \"transaction\"  # compose.yaml:12: sets POOL_MODE to transaction\n");
  EXPECT_TRUE(known.missing.empty());
  EXPECT_TRUE(FindTransactionPooler(Compose("DATABASE_URL", "postgres://u:p@db/x?pgbouncer=true"), kNowhere));

  golang::Inspection code;
  code.unprepared.push_back({"QueryExecModeSimpleProtocol", {"db.go", 31}});
  const PoolerDraft likely = DraftPooler(code, std::nullopt);
  EXPECT_EQ(
      likely.line,
      "pooler = \"transaction\"  # db.go:31: QueryExecModeSimpleProtocol, as such a pooler wants it; take it out if "
      "there is none\n");
  EXPECT_FALSE(likely.found.empty());
}

TEST(DraftPooler, AsksWhereNobodyNamesTheMode) {
  golang::Inspection image;
  image.compose.push_back({.name = "pooler", .image = "edoburu/pgbouncer:1.23", .origin = {"compose.yaml", 9}});
  golang::Inspection dsn;
  dsn.connects.push_back({.dsn = {.value = "postgres://u@db:6432/x"}, .origin = {"db.go", 4}});
  for (const golang::Inspection& inspection :
       {Compose("DATABASE_URL", "postgres://u:secret@db:6432/x"), image, dsn, Compose("DB_PORT", "6432")}) {
    const PoolerDraft draft = DraftPooler(inspection, std::nullopt);
    EXPECT_TRUE(draft.line.starts_with("# pooler = \"transaction\"  # ")) << draft.line;
    EXPECT_EQ(draft.line.find("secret"), std::string::npos);
    EXPECT_FALSE(draft.missing.empty());
  }
  EXPECT_TRUE(DraftPooler(Compose("DB_PORT", "5432"), std::nullopt).line.empty());
}

}  // namespace
}  // namespace hone::ops
