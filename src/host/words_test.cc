#include "host/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SplitWords, SplitsAsAShellWould) {
  EXPECT_THAT(*SplitWords("go build  -o bin\t./cmd/shop\n"), ElementsAre("go", "build", "-o", "bin", "./cmd/shop"));
  EXPECT_THAT(*SplitWords(R"(a 'b  c' "d \"e\" \n" f\ g '' x'y'"z")"),
              ElementsAre("a", "b  c", R"(d "e" \n)", "f g", "", "xyz"));
  EXPECT_THAT(*SplitWords("go build -ldflags='-X main.v=1|2' \"a;b\" \\; $HOME *"),
              ElementsAre("go", "build", "-ldflags=-X main.v=1|2", "a;b", ";", "$HOME", "*"));
  EXPECT_THAT(*SplitWords("a\\\nb \"c\\\nd\" ${bin}"), ElementsAre("ab", "cd", "${bin}"));
}

TEST(SplitWords, RefusesWhatOnlyAShellCanDo) {
  for (const char* command :
       {"a | b", "a > f", "a < f", "a & b", "a; b", "a $(b)", "a \"$(b)\"", "a `b`", "(a)", "a && b"}) {
    const auto words = SplitWords(command);
    ASSERT_FALSE(words) << command;
    EXPECT_EQ(words.error().code, base::Code::kInput);
    EXPECT_THAT(base::Sentence(words.error()), HasSubstr("Write a script"));
  }
}

TEST(SplitWords, RefusesWhatHasNoEnd) {
  for (const char* command : {"'a", "\"a", "a\\", "", "  \t"}) EXPECT_FALSE(SplitWords(command)) << command;
}

TEST(JoinWords, ReadsBackAsTheSameWords) {
  const std::vector<std::string> words = {"a", "b c", "it's", "", "$x", "-p=1", "a\"b"};
  EXPECT_EQ(*SplitWords(JoinWords(words)), words);
}

}  // namespace
}  // namespace hone::host
