#include "cli/text_layout.h"

#include <gtest/gtest.h>

namespace hone::cli {
namespace {

TEST(Wrap, BreaksAtSpacesAndIndentsTheRest) {
  EXPECT_EQ(Wrap("one two three four", 12, "- ", "  "), "- one two\n  three four\n");
}

TEST(Wrap, AWordLongerThanTheLineStandsAlone) {
  EXPECT_EQ(Wrap("a abcdefghijkl b", 6, "", ""), "a\nabcdefghijkl\nb\n");
}

TEST(Wrap, NothingIsOneEmptyLine) { EXPECT_EQ(Wrap("", 10, "x ", ""), "x \n"); }

TEST(Columns, CountsCodePoints) { EXPECT_EQ(Columns("naïve"), 5U); }

TEST(Shorten, KeepsWhatFitsAndNeverCutsACharacter) {
  EXPECT_EQ(Shorten("short", 10), "short");
  EXPECT_EQ(Shorten("a longer text", 8), "a lon...");
  EXPECT_EQ(Shorten("ééééé", 4), "é...");
}

TEST(Printable, TakesTheTerminalsControlsAway) { EXPECT_EQ(Printable("a\x1b[31mb\nc\x7f"), "a [31mb c "); }

TEST(PrintableLines, KeepsLinesButNoneAtTheEnd) {
  EXPECT_EQ(PrintableLines("a\x1b[31m\n\n    b\tc\n\n"), "a [31m\n\n    b c");
  EXPECT_EQ(PrintableLines("\n"), "");
}

TEST(Styled, OnlyWithColour) {
  EXPECT_EQ(Styled("x", Style::kRed, false), "x");
  EXPECT_EQ(Styled("x", Style::kRed, true), "\x1b[31mx\x1b[0m");
}

}  // namespace
}  // namespace hone::cli
