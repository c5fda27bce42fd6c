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

TEST(WithAddresses, PutsAddressesWithAPathInPlaceOfTheirNames) {
  EXPECT_EQ(WithAddresses("B=http://127.0.0.1:8080/api/v1\ncurl \"$B/huts?n=1\" $BASE/x ${B}/rooms\n"),
            "B=http://127.0.0.1:8080/api/v1\ncurl \"http://127.0.0.1:8080/api/v1/huts?n=1\" $BASE/x "
            "http://127.0.0.1:8080/api/v1/rooms\n");
  EXPECT_EQ(WithAddresses("    export API='localhost:8080/v2/'\n    curl $API/huts"),
            "    export API='localhost:8080/v2/'\n    curl localhost:8080/v2/huts");
  EXPECT_EQ(WithAddresses("@base = http://h:1/v1\nGET {{base}}/huts"), "@base = http://h:1/v1\nGET http://h:1/v1/huts");
  EXPECT_EQ(WithAddresses("A=http://h:1/v1\nB=$A/huts\ncurl $B/3"),
            "A=http://h:1/v1\nB=http://h:1/v1/huts\ncurl http://h:1/v1/huts/3");
}

TEST(WithAddresses, LeavesWhatIsNoAddressWithAPath) {
  for (const char* text :
       {"B=http://127.0.0.1:8080\ncurl $B/huts", "ID=$(curl http://h/v1/huts)\ncurl $ID",
        "curl 'http://h/x?a=http://h/v1' $a", "B=\ncurl $B/huts", "=http://h/v1 $", "B=http://h/v1/$X\n$B"}) {
    EXPECT_EQ(WithAddresses(text), text);
  }
}

}  // namespace
}  // namespace hone::ops
