#include "store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <limits>

#include "base/files.h"
#include "store/migrations.h"

namespace hone::store {
namespace {

using base::Code;

constexpr std::array<std::string_view, 2> kMigrations = {
    "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, number REAL, whole INTEGER);",
    "CREATE TABLE u (t INTEGER NOT NULL REFERENCES t (id));"
    "CREATE TRIGGER u_fixed BEFORE UPDATE ON u BEGIN SELECT RAISE(ABORT, 'u is fixed'); END;"};
constexpr Schema kSchema = {0x12345678, kMigrations};

class DatabaseTest : public testing::Test {
 protected:
  base::Result<Database> Open(Database::Options options = {.patience = std::chrono::milliseconds(0)}) {
    return Database::Open(path(), options);
  }
  std::filesystem::path path() const { return folder_.path() / "test.db"; }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("store").value();
};

// Root may write everywhere: the test of permissions runs as another user for a while.
class Unprivileged {
 public:
  Unprivileged() { EXPECT_EQ(::geteuid() == 0 ? ::seteuid(kNobody) : 0, 0); }
  ~Unprivileged() { EXPECT_EQ(::getuid() == 0 ? ::seteuid(0) : 0, 0); }
  static constexpr uid_t kNobody = 65534;
};

TEST_F(DatabaseTest, ValuesComeBackAsTheyWere) {
  Database database = Open().value();
  ASSERT_TRUE(Migrate(database, kSchema));
  const std::string text("a\0b 'quoted' \xff", 14);
  const double number = 0.1 + 0.2;
  ASSERT_TRUE(database.Run("INSERT INTO t (text, number, whole) VALUES (?, ?, ?)",
                           {text, number, std::numeric_limits<int64_t>::min()}));
  ASSERT_TRUE(database.Run("INSERT INTO t (text, number, whole) VALUES (?, ?, ?)", {std::string_view(), nullptr, 7}));
  EXPECT_EQ(database.last_insert_id(), 2);

  Statement rows = database.Query("SELECT text, number, whole FROM t ORDER BY id").value();
  ASSERT_TRUE(rows.Step().value());
  EXPECT_EQ(rows.Text(0), text);
  EXPECT_EQ(rows.Real(1), number);
  EXPECT_EQ(rows.Int(2), std::numeric_limits<int64_t>::min());
  ASSERT_TRUE(rows.Step().value());
  EXPECT_FALSE(rows.IsNull(0));
  EXPECT_EQ(rows.Text(0), "");
  EXPECT_TRUE(rows.IsNull(1));
  EXPECT_FALSE(rows.Step().value());
}

TEST_F(DatabaseTest, StatementsRunAgainWithOtherValues) {
  Database database = Open().value();
  ASSERT_TRUE(Migrate(database, kSchema));
  Statement insert = database.Query("INSERT INTO t (whole) VALUES (?)").value();
  for (int64_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(insert.Bind({i}));
    ASSERT_FALSE(insert.Step().value());
  }
  Statement sum = database.Query("SELECT sum(whole) FROM t").value();
  ASSERT_TRUE(sum.Step().value());
  EXPECT_EQ(sum.Int(0), 3);
}

TEST_F(DatabaseTest, AnUncommittedTransactionLeavesNothing) {
  Database database = Open().value();
  ASSERT_TRUE(Migrate(database, kSchema));
  {
    Transaction transaction = Transaction::Begin(database).value();
    ASSERT_TRUE(database.Run("INSERT INTO t (whole) VALUES (1)"));
  }
  Statement count = database.Query("SELECT count(*) FROM t").value();
  ASSERT_TRUE(count.Step().value());
  EXPECT_EQ(count.Int(0), 0);
}

TEST_F(DatabaseTest, ForeignKeysAndTriggersHold) {
  Database database = Open().value();
  ASSERT_TRUE(Migrate(database, kSchema));
  EXPECT_EQ(database.Run("INSERT INTO u VALUES (99)").error().code, Code::kInput);
  ASSERT_TRUE(database.Execute("INSERT INTO t (id) VALUES (1); INSERT INTO u VALUES (1)"));
  const base::Error forbidden = database.Run("UPDATE u SET t = 2").error();
  EXPECT_EQ(forbidden.code, Code::kPermission);
  EXPECT_THAT(forbidden.what, testing::HasSubstr("u is fixed"));
}

TEST_F(DatabaseTest, TheFileIsPrivate) {
  Database database = Open().value();
  ASSERT_TRUE(Migrate(database, kSchema));
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    struct stat status = {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << entry.path();
  }
}

TEST_F(DatabaseTest, AMissingFileIsCreatedOnlyIfWanted) {
  EXPECT_EQ(Open({.create = false}).error().code, Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_TRUE(Open());
  EXPECT_TRUE(Open({.create = false}));
}

TEST_F(DatabaseTest, SomethingElseIsCorrupt) {
  std::ofstream(path()) << std::string(8192, 'x');
  const auto opened = Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
  EXPECT_EQ(opened.error().subject, path().string());
}

TEST_F(DatabaseTest, ATruncatedFileIsCorrupt) {
  {
    Database database = Open().value();
    ASSERT_TRUE(Migrate(database, kSchema));
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(database.Run("INSERT INTO t (text) VALUES (zeroblob(4000))"));
    EXPECT_TRUE(database.CheckIntegrity());
  }
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
  auto database = Open();
  const auto checked = database ? database->CheckIntegrity() : std::unexpected(database.error());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::kCorrupt);
}

TEST_F(DatabaseTest, DamagedPagesAreCorrupt) {
  {
    Database database = Open().value();
    ASSERT_TRUE(Migrate(database, kSchema));
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(database.Run("INSERT INTO t (text) VALUES (zeroblob(4000))"));
  }
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(20000, '\x5a');
  file.close();
  auto database = Open();
  const auto checked = database ? database->CheckIntegrity() : std::unexpected(database.error());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::kCorrupt);
}

TEST_F(DatabaseTest, TwoWritersAtOnceAreBusy) {
  Database first = Open().value();
  ASSERT_TRUE(Migrate(first, kSchema));
  Database second = Open().value();
  Transaction holding = Transaction::Begin(first).value();
  EXPECT_EQ(Transaction::Begin(second).error().code, Code::kBusy);
  EXPECT_EQ(Migrate(second, kSchema).error().code, Code::kBusy);
  ASSERT_TRUE(holding.Commit());
  EXPECT_TRUE(Migrate(second, kSchema));
}

TEST_F(DatabaseTest, AFullDiskIsNoSpaceAndLeavesTheFileWhole) {
  Database database = Open().value();
  ASSERT_TRUE(Migrate(database, kSchema));
  ASSERT_TRUE(database.Execute("PRAGMA max_page_count = 10"));
  base::Result<void> written = {};
  for (int i = 0; i < 20 && written; ++i) written = database.Run("INSERT INTO t (text) VALUES (zeroblob(4000))");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::kNoSpace);
  EXPECT_TRUE(database.CheckIntegrity());
}

TEST_F(DatabaseTest, AReadOnlyFolderIsPermission) {
  {
    ASSERT_TRUE(Open());
  }
  ASSERT_TRUE(std::filesystem::exists(path()));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(folder_.path().c_str(), Unprivileged::kNobody, Unprivileged::kNobody), 0);
    ASSERT_EQ(::chown(path().c_str(), Unprivileged::kNobody, Unprivileged::kNobody), 0);
  }
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0500), 0);
  Code with_file = Code::kIo;
  {
    const Unprivileged user;
    auto database = Open();
    const auto migrated = database ? Migrate(*database, kSchema) : std::unexpected(database.error());
    if (!migrated) with_file = migrated.error().code;
  }
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0700), 0);
  EXPECT_EQ(with_file, Code::kPermission);
}

TEST_F(DatabaseTest, MigrationsContinueWhereTheyStopped) {
  Database database = Open().value();
  ASSERT_TRUE(Migrate(database, {kSchema.application_id, std::span(kMigrations).first(1)}));
  ASSERT_TRUE(database.Run("INSERT INTO t (whole) VALUES (1)"));
  ASSERT_TRUE(Migrate(database, kSchema));
  EXPECT_TRUE(database.Run("INSERT INTO u VALUES (1)"));
}

TEST_F(DatabaseTest, ANewerSchemaIsRefused) {
  Database database = Open().value();
  ASSERT_TRUE(Migrate(database, kSchema));
  const base::Error refused = Migrate(database, {kSchema.application_id, std::span(kMigrations).first(1)}).error();
  EXPECT_EQ(refused.code, Code::kTooNew);
  EXPECT_THAT(refused.what, testing::HasSubstr("written by a newer hone"));
}

TEST_F(DatabaseTest, AnotherProgramsDatabaseIsRefused) {
  Database database = Open().value();
  ASSERT_TRUE(database.Execute("CREATE TABLE theirs (x)"));
  EXPECT_EQ(Migrate(database, kSchema).error().code, Code::kCorrupt);
}

TEST_F(DatabaseTest, AFailingMigrationChangesNothing) {
  Database database = Open().value();
  constexpr std::array<std::string_view, 2> kBroken = {kMigrations[0], "CREATE TABLE broken ("};
  EXPECT_FALSE(Migrate(database, {kSchema.application_id, kBroken}));
  EXPECT_TRUE(Migrate(database, kSchema));
}

}  // namespace
}  // namespace hone::store
