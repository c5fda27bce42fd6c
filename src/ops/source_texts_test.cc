#include "ops/source_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace hone::ops {
namespace {

using testing::ElementsAre;

TEST(ReadSourceTexts, ReadsDocumentsFirstAndSkipsWhatIsNotTheUsers) {
  const auto folder = base::TemporaryDirectory::Create("texts");
  ASSERT_TRUE(folder);
  for (const char* file : {"README.md", "main.go", "main_test.go", "vendor/x/x.go", ".git/config.md",
                           "benchmarks/notes.md", "logo.png", "mine.json", "mine/README.md", "mine.md"}) {
    ASSERT_TRUE(base::MakeDirectories((folder->path() / file).parent_path()));
    ASSERT_TRUE(base::WriteFile(folder->path() / file, "text"));
  }
  std::vector<std::string> files;
  for (const SourceText& text : ReadSourceTexts(folder->path(), "benchmarks", {"mine.json", "mine/"}))
    files.push_back(text.file);
  EXPECT_THAT(files, ElementsAre("README.md", "mine.md", "main.go", "main_test.go"));
}

}  // namespace
}  // namespace hone::ops
