#include "service/go_build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::service {
namespace {

using Words = std::vector<std::string>;
using testing::ElementsAre;

TEST(GoBuild, FindsFlagsAndArguments) {
  EXPECT_EQ(ParseGoBuild({"go", "build", "-o", "/bin/api", "./cmd/api"}), (GoBuild{0, 2, 4, false}));
  EXPECT_EQ(ParseGoBuild({"go", "build", "-trimpath", "-ldflags", "-s -w", "-o=/bin/api"}), (GoBuild{0, 2, 6, false}));
  EXPECT_EQ(ParseGoBuild({"/usr/local/go/bin/go", "build", "-C", "api", "-o", "x", "--", "."}),
            (GoBuild{0, 4, 7, false}));
  EXPECT_EQ(ParseGoBuild({"env", "CGO_ENABLED=0", "GOFLAGS=-mod=vendor", "go", "build", "--buildvcs", "."}),
            (GoBuild{3, 5, 6, false}));
  EXPECT_TRUE(ParseGoBuild({"go", "build", "-overlay", "own.json", "."})->overlay);
  EXPECT_TRUE(ParseGoBuild({"go", "build", "--overlay=own.json"})->overlay);
}

TEST(GoBuild, IsNothingElse) {
  for (const Words& words : {Words{}, {"go"}, {"go", "run", "."}, {"make", "build"}, {"sh", "-c", "go build"}, {"env"}})
    EXPECT_FALSE(ParseGoBuild(words)) << testing::PrintToString(words);
}

TEST(GoBuild, AsksGoListAboutTheSamePackage) {
  const Words words = {"env", "A=b", "go",       "build", "-C",    "api", "-tags",
                       "x y", "-o",  "/bin/api", "-json", "-race", "."};
  EXPECT_THAT(ListCommand(words, *ParseGoBuild(words), "{{.Dir}}"),
              ElementsAre("env", "A=b", "go", "list", "-C", "api", "-f", "{{.Dir}}", "-tags", "x y", "-race", "."));
}

TEST(GoBuild, TakesAnOverlay) {
  const Words package = {"go", "build", "-C", "api", "-o", "x", "./cmd/api"};
  EXPECT_THAT(WithOverlay(package, *ParseGoBuild(package), "/r/o.json", "zz.go"),
              ElementsAre("go", "build", "-C", "api", "-overlay=/r/o.json", "-o", "x", "./cmd/api"));
  const Words files = {"go", "build", "-o", "x", "cmd/main.go", "cmd/api.go"};
  EXPECT_THAT(WithOverlay(files, *ParseGoBuild(files), "/r/o.json", "zz.go"),
              ElementsAre("go", "build", "-overlay=/r/o.json", "-o", "x", "cmd/main.go", "cmd/api.go", "cmd/zz.go"));
  const Words here = {"go", "build", "-o", "x", "main.go"};
  EXPECT_EQ("zz.go", WithOverlay(here, *ParseGoBuild(here), "/r/o.json", "zz.go").back());
}

}  // namespace
}  // namespace hone::service
