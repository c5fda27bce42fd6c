#include "golang/helper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"

namespace hone::golang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class HelperTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("HONE_GO");
    auto folder = base::TemporaryDirectory::Create("helper-test");
    ASSERT_TRUE(folder);
    folder_.emplace(*std::move(folder));
    auto guardian = host::Guardian::Start(path() / "run");
    ASSERT_TRUE(guardian) << base::Sentence(guardian.error());
    guardian_.emplace(*std::move(guardian));
  }

  const fs::path& path() const { return folder_->path(); }

  // An executable script.
  fs::path Script(const fs::path& file, const std::string& text) {
    EXPECT_TRUE(base::MakeDirectories(file.parent_path()));
    EXPECT_TRUE(base::WriteFile(file, "#!/bin/sh\n" + text, 0755));
    return file;
  }

  std::optional<base::TemporaryDirectory> folder_ = {};
  std::optional<host::Guardian> guardian_ = {};
  base::Task task_;
};

TEST_F(HelperTest, IsTheInstalledOne) {
  const fs::path installed = Script(path() / "libexec" / "hone" / "hone-go", "");
  const auto found = FindHelper(path() / "bin" / "hone", *guardian_, task_);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, installed);
}

TEST_F(HelperTest, IsTheOneThatTheEnvironmentNames) {
  const fs::path other = Script(path() / "other", "");
  setenv("HONE_GO", other.c_str(), 1);
  EXPECT_EQ(*FindHelper(path() / "bin" / "hone", *guardian_, task_), other);
  setenv("HONE_GO", "/nowhere/hone-go", 1);
  const auto missing = FindHelper(path() / "bin" / "hone", *guardian_, task_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(base::Sentence(missing.error()), "$HONE_GO names no program: /nowhere/hone-go");
  unsetenv("HONE_GO");
}

TEST_F(HelperTest, SaysThatItIsNotInstalled) {
  const auto missing = FindHelper(path() / "bin" / "hone", *guardian_, task_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, base::Code::kEnvironment);
  EXPECT_THAT(base::Sentence(missing.error()), HasSubstr("is not installed"));
}

TEST_F(HelperTest, IsBuiltOnceFromTheSources) {
  const std::string search_path = getenv("PATH");
  const fs::path sources = path() / "share" / "hone" / "go" / "hone-go";
  ASSERT_TRUE(base::MakeDirectories(sources));
  ASSERT_TRUE(base::WriteFile(sources / "go.mod", "module hone-go\n"));
  // A stand-in for Go that notes its call and writes the file after -o.
  Script(path() / "tools" / "go",
         "echo called >> '" + (path() / "calls").string() + "'\nprintf '#!/bin/sh\\n' > \"$4\"\nchmod +x \"$4\"\n");
  setenv("PATH", ((path() / "tools").string() + ":" + search_path).c_str(), 1);
  setenv("XDG_CACHE_HOME", (path() / "cache").c_str(), 1);
  const auto first = FindHelper(path() / "bin" / "hone", *guardian_, task_);
  const auto second = FindHelper(path() / "bin" / "hone", *guardian_, task_);
  setenv("PATH", search_path.c_str(), 1);
  unsetenv("XDG_CACHE_HOME");
  ASSERT_TRUE(first) << base::Sentence(first.error());
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(first->parent_path(), path() / "cache" / "hone");
  EXPECT_EQ(*base::ReadFile(path() / "calls"), "called\n");
}

TEST_F(HelperTest, ReadsLongAnswers) {
  // Longer than what is kept of a child's output in memory.
  const fs::path helper = Script(path() / "hone-go",
                                 "printf '{\"schema\": \"hone.go/1\", \"go_version\": \"'\n"
                                 "head -c 300000 /dev/zero | tr '\\0' x\nprintf '\"}'\n");
  const auto inspection = Inspect(helper, path(), *guardian_, task_);
  ASSERT_TRUE(inspection) << base::Sentence(inspection.error());
  EXPECT_EQ(inspection->go_version.size(), 300000u);
}

TEST_F(HelperTest, PassesItsSentenceOn) {
  const fs::path helper = Script(path() / "hone-go", "echo 'hone-go: no Go files' >&2\nexit 2\n");
  const auto inspection = Inspect(helper, "/some/repository", *guardian_, task_);
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().code, base::Code::kInput);
  EXPECT_EQ(base::Sentence(inspection.error()), "The Go code cannot be read: no Go files: /some/repository");
}

}  // namespace
}  // namespace hone::golang
