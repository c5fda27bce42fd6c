#include "pg/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"

namespace hone::pg {
namespace {

using ::testing::ElementsAre;

TEST(ParseVersion, ReadsWhatServersSay) {
  EXPECT_EQ(ParseVersion("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), "15.13");
  EXPECT_EQ(ParseVersion("postgres (PostgreSQL) 17beta1\n"), "17beta1");
  EXPECT_EQ(ParseVersion("psql: command not found"), std::nullopt);
}

class Candidates : public ::testing::Test {
 protected:
  base::TemporaryDirectory root_ = base::TemporaryDirectory::Create("pg-candidates").value();

  std::filesystem::path Server(const std::string& folder) {
    const std::filesystem::path bin = root_.path() / folder;
    std::filesystem::create_directories(bin);
    std::ofstream(bin / "postgres");
    std::ofstream(bin / "initdb");
    return bin;
  }
};

TEST_F(Candidates, TheNewestVersionComesFirstByNumber) {
  const auto nine = Server("usr/lib/postgresql/9/bin");
  const auto fifteen = Server("usr/lib/postgresql/15/bin");
  const auto red_hat = Server("usr/pgsql-16/bin");
  EXPECT_THAT(CandidateFolders([](auto) { return std::string(); }, root_.path()), ElementsAre(fifteen, nine, red_hat));
}

TEST_F(Candidates, PathComesBeforeThePresetsAndClientsAloneAreNoServer) {
  const auto preset = Server("usr/lib/postgresql/15/bin");
  const auto own = Server("opt/mine");
  std::filesystem::create_directories(root_.path() / "client");
  std::ofstream(root_.path() / "client/psql");
  const std::string path = (root_.path() / "client").string() + ":" + own.string();
  const auto getenv = [&](std::string_view name) { return name == "PATH" ? path : std::string(); };
  EXPECT_THAT(CandidateFolders(getenv, root_.path()), ElementsAre(own, preset));
}

TEST_F(Candidates, TheVariableIsTheOnlyCandidate) {
  Server("usr/lib/postgresql/15/bin");
  const auto getenv = [](std::string_view name) { return std::string(name == "HONE_PG_BIN" ? "/chosen" : ""); };
  EXPECT_THAT(CandidateFolders(getenv, root_.path()), ElementsAre("/chosen"));
}

}  // namespace
}  // namespace hone::pg
