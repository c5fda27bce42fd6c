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

TEST(WithVariables, PutsAddressesWithAPathInPlaceOfTheirNames) {
  EXPECT_EQ(WithVariables("B=http://127.0.0.1:8080/api/v1\ncurl \"$B/huts?n=1\" $BASE/x ${B}/rooms\n"),
            "B=http://127.0.0.1:8080/api/v1\ncurl \"http://127.0.0.1:8080/api/v1/huts?n=1\" $BASE/x "
            "http://127.0.0.1:8080/api/v1/rooms\n");
  EXPECT_EQ(WithVariables("    export API='localhost:8080/v2/'\n    curl $API/huts"),
            "    export API='localhost:8080/v2/'\n    curl localhost:8080/v2/huts");
  EXPECT_EQ(WithVariables("@base = http://h:1/v1\nGET {{base}}/huts"), "@base = http://h:1/v1\nGET http://h:1/v1/huts");
  EXPECT_EQ(WithVariables("A=http://h:1/v1\nB=$A/huts\ncurl $B/3"),
            "A=http://h:1/v1\nB=http://h:1/v1/huts\ncurl http://h:1/v1/huts/3");
}

TEST(WithVariables, PutsIdsInPlaceOfTheirNames) {
  EXPECT_EQ(WithVariables("H='X-Key: k'; A=http://h:1/v1\nM=717982dd-6ff5   # a member\ncurl \"$A/members/$M/loans\""),
            "H='X-Key: k'; A=http://h:1/v1\nM=717982dd-6ff5   # a member\ncurl "
            "\"http://h:1/v1/members/717982dd-6ff5/loans\"");
  EXPECT_EQ(WithVariables("DAY='2026-01-05'\ncurl h/x?d=$DAY"), "DAY='2026-01-05'\ncurl h/x?d=2026-01-05");
}

TEST(WithVariables, LeavesWhatIsNoAddressWithAPath) {
  for (const char* text :
       {"B=http://127.0.0.1:8080\ncurl $B/huts", "ID=$(curl http://h/v1/huts)\ncurl $ID",
        "curl 'http://h/x?a=http://h/v1' $a", "B=\ncurl $B/huts", "=http://h/v1 $", "B=http://h/v1/$X\n$B",
        "PORT=8080 go run .\ncurl localhost:$PORT/x", "TOKEN=a1\ncurl $TOKEN", "ID=1\ncurl $ID\nID=2\ncurl $ID",
        "ID=word\n$ID", "ID=1\ncurl $ID\nID=$(curl h)\ncurl $ID", "SID=7f3\n$SID", "i=0; curl h/$i; i=$((i+1))"}) {
    EXPECT_EQ(WithVariables(text), text);
  }
}

}  // namespace
}  // namespace hone::ops
