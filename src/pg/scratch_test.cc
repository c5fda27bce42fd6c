#include "pg/scratch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <optional>

#include "base/files.h"
#include "pg/cluster.h"
#include "pg/extensions.h"

namespace hone::pg {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A server of the user's: his database `shop`, its owner `owner` who may make databases, and `clerk` who may not.
class ScratchTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_ = new base::TemporaryDirectory(*base::TemporaryDirectory::Create("scratch"));
    ::chmod(root_->path().c_str(), 0711);
    guardian_ = new host::Guardian(*host::Guardian::Start(root_->path()));
    ClusterOptions options;
    options.folder = *guardian_->MakeFolder("run");
    options.cache = root_->path() / "cache";
    auto cluster = Cluster::Start(options, *guardian_, base::Task());
    ASSERT_TRUE(cluster) << base::Sentence(cluster.error());
    cluster_ = new Cluster(*std::move(cluster));
    ASSERT_TRUE(cluster_->RunSql("postgres",
                                 "CREATE ROLE owner LOGIN CREATEDB PASSWORD 'owner';"
                                 "CREATE ROLE clerk LOGIN PASSWORD 'clerk'"));
    ASSERT_TRUE(cluster_->RunSql("postgres", "CREATE DATABASE shop OWNER owner"));
  }
  static void TearDownTestSuite() {
    delete cluster_;
    delete guardian_;
    delete root_;
  }

  static Dsn By(const std::string& user) {
    Dsn dsn = cluster_->dsn("shop");
    dsn.user = user;
    dsn.password = user;
    return dsn;
  }
  static std::vector<std::string> Databases() {
    std::vector<std::string> names;
    const auto rows = cluster_->RunSql("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'hone%'");
    for (const auto& row : rows->rows) names.push_back(row.at(0).value_or(""));
    return names;
  }
  static std::string Value(const pg::Databases& databases, std::string_view database, std::string_view text) {
    const auto rows = databases.RunSql(database, text);
    EXPECT_TRUE(rows) << base::Sentence(rows.error());
    return rows && !rows->rows.empty() ? rows->rows[0][0].value_or("NULL") : "";
  }

  static inline base::TemporaryDirectory* root_ = nullptr;
  static inline host::Guardian* guardian_ = nullptr;
  static inline Cluster* cluster_ = nullptr;
};

TEST_F(ScratchTest, IsPutBackByItsOwner) {
  const auto scratch = Scratch::Create(By("owner"), NewScratchName());
  ASSERT_TRUE(scratch) << base::Sentence(scratch.error());
  const std::string& name = scratch->name();
  const pg::Databases& databases = scratch->databases();
  ASSERT_TRUE(databases.RunSql(name, "CREATE SCHEMA app; CREATE TABLE app.items AS SELECT 1 AS id"));
  ASSERT_TRUE(databases.RunSql(name, "ALTER DATABASE " + name + " SET search_path TO app, public"));
  ASSERT_TRUE(databases.RunSql(name, "ALTER DATABASE " + name + " SET application_name TO 'it''s, so'"));
  const auto kept = databases.MakeTemplate(name);
  ASSERT_TRUE(kept) << base::Sentence(kept.error());
  ASSERT_TRUE(databases.RunSql(name, "INSERT INTO items VALUES (2)"));
  const auto restored = databases.RestoreFromTemplate(name);
  ASSERT_TRUE(restored) << base::Sentence(restored.error());
  EXPECT_EQ("1", Value(databases, name, "SELECT count(*) FROM items"));
  EXPECT_EQ("app, public", Value(databases, name, "SHOW search_path"));
  ASSERT_TRUE(DropScratch(By("owner"), name));
  EXPECT_THAT(Databases(), IsEmpty());
}

TEST_F(ScratchTest, IsDroppedUnderItsClients) {
  const auto scratch = Scratch::Create(By("owner"), NewScratchName());
  ASSERT_TRUE(scratch) << base::Sentence(scratch.error());
  const auto client = Session::Open(scratch->databases().dsn(scratch->name()));
  ASSERT_TRUE(client);
  ASSERT_TRUE(DropScratch(By("owner"), scratch->name()));
  EXPECT_THAT(Databases(), IsEmpty());
}

TEST_F(ScratchTest, WithoutTheRightIsOneSentence) {
  const auto scratch = Scratch::Create(By("clerk"), NewScratchName());
  ASSERT_FALSE(scratch);
  EXPECT_EQ(base::Code::kPermission, scratch.error().code);
  EXPECT_THAT(base::Sentence(scratch.error()),
              AllOf(HasSubstr("clerk may not make databases"), HasSubstr("ALTER ROLE \"clerk\" CREATEDB")));
  EXPECT_THAT(Databases(), IsEmpty());
}

TEST_F(ScratchTest, WhatNobodyHasAnyMoreIsLeft) {
  auto living = Scratch::Create(By("owner"), NewScratchName());
  ASSERT_TRUE(living);
  std::string dead;
  {
    const auto scratch = Scratch::Create(By("owner"), NewScratchName());
    ASSERT_TRUE(scratch);
    dead = scratch->name();
    ASSERT_TRUE(scratch->databases().MakeTemplate(dead));
    EXPECT_THAT(*LeftScratches(By("owner")), IsEmpty());
  }
  // The session of the one that is gone ends on the server a moment later.
  while (LeftScratches(By("owner"))->empty()) {
  }
  EXPECT_THAT(*LeftScratches(By("owner")), ElementsAre(dead));
  ASSERT_TRUE(DropScratch(By("owner"), dead));
  EXPECT_THAT(Databases(), ElementsAre(living->name()));
  ASSERT_TRUE(DropScratch(By("owner"), living->name()));
}

TEST_F(ScratchTest, OtherNamesAreNotDropped) {
  for (const char* name : {"shop", "hone_scratch_", "hone_scratch_123", "hone_scratch_0123456789ab__hone_template"}) {
    const auto dropped = DropScratch(By("owner"), name);
    ASSERT_FALSE(dropped) << name;
    EXPECT_EQ(base::Code::kUsage, dropped.error().code);
  }
  EXPECT_TRUE(*cluster_->DatabaseExists("shop"));
}

TEST_F(ScratchTest, MissingExtensionsAreNamedWithFileAndPackage) {
  const auto file = root_->path() / "001_init.sql";
  ASSERT_TRUE(base::WriteFile(file, "CREATE EXTENSION plpgsql_not_there;\n"));
  const auto checked = CheckExtensions(cluster_->databases(), "shop", {file});
  ASSERT_FALSE(checked);
  EXPECT_EQ(base::Code::kEnvironment, checked.error().code);
  EXPECT_THAT(base::Sentence(checked.error()),
              AllOf(HasSubstr("plpgsql_not_there"), HasSubstr("001_init.sql"), HasSubstr("Install it")));
  ASSERT_TRUE(base::WriteFile(file, "CREATE EXTENSION IF NOT EXISTS plpgsql;\n"));
  EXPECT_TRUE(CheckExtensions(cluster_->databases(), "shop", {file}));
}

TEST(Extensions, AreReadFromStatements) {
  EXPECT_THAT(ExtensionsIn("-- CREATE EXTENSION comment;\n"
                           "/* first */ create extension if not exists \"uuid-ossp\" with schema public;\n"
                           "CREATE EXTENSION PostGIS CASCADE; CREATE EXTENSION postgis;\n"
                           "SELECT 'CREATE EXTENSION hstore;'; CREATE TABLE extension (id int);"),
              ElementsAre("uuid-ossp", "postgis"));
  EXPECT_THAT(ExtensionsIn("-- +goose Up\nCREATE EXTENSION vector;\n-- +goose Down\nCREATE EXTENSION hll;\n"),
              ElementsAre("vector"));
}

TEST(Extensions, HavePackages) {
  EXPECT_EQ("postgresql-15-pgvector", PackageOf("vector", 15));
  EXPECT_EQ("postgresql-16-postgis-3", PackageOf("postgis", 16));
  EXPECT_EQ("postgresql-contrib", PackageOf("pg_trgm", 17));
  EXPECT_EQ("", PackageOf("our_own", 17));
}

}  // namespace
}  // namespace hone::pg
