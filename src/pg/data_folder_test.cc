#include "pg/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.h"

namespace hone::pg {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// An initdb of our own making: what the cache does with its result needs no server.
class DataFolderTest : public ::testing::Test {
 protected:
  DataFolderTest() {
    ::chmod(root_.path().c_str(), 0711);
    EXPECT_TRUE(base::MakeDirectories(root_.path() / "parent", 0700));
    const auto user = identity_.value_or(host::Identity{::geteuid(), ::getegid()});
    EXPECT_EQ(::chown((root_.path() / "parent").c_str(), user.uid, user.gid), 0);
  }

  void Initdb(const std::string& lines) const {
    const fs::path file = root_.path() / "initdb";
    EXPECT_TRUE(base::WriteFile(file, "#!/bin/sh\n" + lines, 0755));
    ::chmod(file.c_str(), 0755);
  }

  base::Result<DataFolder> Make(CacheUse use = CacheUse::kTake) const {
    const Installation installation{root_.path(), "15.1", 15};
    host::RemoveTree(root_.path() / "parent/data");
    return MakeDataFolder(installation, root_.path() / "parent", root_.path() / "cache", identity_, guardian_, task_,
                          use);
  }

  base::TemporaryDirectory root_ = *base::TemporaryDirectory::Create("data");
  host::Guardian guardian_ = *host::Guardian::Start(root_.path());
  std::optional<host::Identity> identity_ = ServerIdentity();
  base::Task task_;
};

constexpr const char* kMakeFolder = "umask 077; mkdir -p $2/base && echo made >$2/base/file";  // $2 follows -D

TEST_F(DataFolderTest, TheSecondComesOutOfTheCache) {
  Initdb(kMakeFolder);
  const auto first = Make();
  ASSERT_TRUE(first) << base::Sentence(first.error());
  EXPECT_FALSE(first->cached);
  Initdb("exit 1");
  const auto second = Make();
  ASSERT_TRUE(second) << base::Sentence(second.error());
  EXPECT_TRUE(second->cached);
  EXPECT_EQ(second->password, first->password);
  EXPECT_EQ(base::ReadFile(second->path / "base/file").value(), "made\n");
  struct stat info;
  ASSERT_EQ(::stat((second->path / "base/file").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, identity_ ? identity_->uid : ::geteuid());
  ASSERT_EQ(::stat(second->path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0700u);
}

TEST_F(DataFolderTest, AnIncompleteEntryIsMadeAgain) {
  Initdb(kMakeFolder);
  ASSERT_TRUE(Make());
  for (const auto& entry : fs::directory_iterator(root_.path() / "cache")) fs::remove(entry.path() / "hone-password");
  const auto again = Make();
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->cached);
  EXPECT_TRUE(Make()->cached);
  EXPECT_FALSE(Make(CacheUse::kReplace)->cached);
}

TEST_F(DataFolderTest, ACacheThatCannotBeWrittenCostsOnlyTime) {
  Initdb(kMakeFolder);
  ASSERT_TRUE(base::WriteFile(root_.path() / "cache", "a file where the folder should be"));
  const auto made = Make();
  ASSERT_TRUE(made) << base::Sentence(made.error());
  EXPECT_FALSE(made->cached);
}

TEST_F(DataFolderTest, AFullDiskIsAFullDisk) {
  Initdb(
      "echo 'creating configuration files ... ok'; echo 'initdb: error: could not write file \"x\": No space left on "
      "device'; exit 1");
  const auto made = Make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::Code::kNoSpace);
  EXPECT_THAT(base::Sentence(made.error()), HasSubstr("Free some disk space"));
  EXPECT_THAT(base::Sentence(made.error()), Not(HasSubstr("configuration")));
}

TEST_F(DataFolderTest, AFailedInitdbShowsWhatItSaid) {
  Initdb("echo 'initdb: error: invalid locale name'; exit 1");
  const auto made = Make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::Code::kEnvironment);
  EXPECT_THAT(base::Sentence(made.error()), HasSubstr("invalid locale name"));
}

}  // namespace
}  // namespace hone::pg
