#include "ops/basic_credentials.h"

#include <gtest/gtest.h>

#include <string>

namespace hone::ops {
namespace {

std::string Found(const std::string& file, const std::string& text) {
  const auto found = FindBasicCredentials({{file, text}});
  return found ? found->value + " of " + found->origin : "";
}

TEST(BasicCredentials, AreWhatCurlIsGiven) {
  EXPECT_EQ(Found("README.md", "Run\n\n    curl -u admin:s3cret localhost:8080/x\n"), "admin:s3cret of README.md:3");
  EXPECT_EQ(Found("README.md", "A='-u admin:foundry'; B=http://x\n"), "admin:foundry of README.md:1");
  EXPECT_EQ(Found("docs/use.sh", "curl --user 'ana:pa:ss' $B/x"), "ana:pa:ss of docs/use.sh:1");
  EXPECT_EQ(Found("README.md", "curl -u $USER:$PASS x"), "") << "nobody's";
  EXPECT_EQ(Found("README.md", "curl -u <user>:<password> x"), "");
  EXPECT_EQ(Found("README.md", "docker run -u app:app image"), "") << "not a request";
  EXPECT_EQ(Found("README.md", "chown -u 1000:1000 x"), "");
  EXPECT_EQ(Found("README.md", "git push -u origin:main"), "") << "no request";
}

TEST(BasicCredentials, AreNamedInWords) {
  EXPECT_EQ(Found("README.md", "Basic auth (`admin` / `foundry` after seeding, or `user02`).\n"),
            "admin:foundry of README.md:1");
  EXPECT_EQ(Found("README.md", "Uses HTTP Basic Auth: `ops:letmein`.\n"), "ops:letmein of README.md:1");
  EXPECT_EQ(Found("README.md", "Basic auth: user `ops` with the password `letmein`.\n"), "ops:letmein of README.md:1");
  EXPECT_EQ(Found("README.md", "Basic auth guards `GET /admin` and `POST /admin`.\n"), "");
  EXPECT_EQ(Found("README.md", "Basic auth is required; the API runs at `localhost:8080`.\n"), "");
  EXPECT_EQ(Found("README.md", "Basic auth: `username:password`.\n"), "");
  EXPECT_EQ(Found("README.md", "Basic auth is on.\n\n`a` / `b`\n"), "") << "another paragraph";
}

TEST(BasicCredentials, AreWhatTestsSend) {
  EXPECT_EQ(Found("api_test.go", "req.SetBasicAuth(\"ana\", \"secret\")\n"), "ana:secret of api_test.go:1");
  EXPECT_EQ(Found("api_test.go", "req.SetBasicAuth(user, \"secret\")\n"), "");
}

TEST(BasicCredentials, BecomeAHeader) {
  EXPECT_EQ(BasicAuthorization("Aladdin:open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") << "RFC 7617, section 2";
}

}  // namespace
}  // namespace hone::ops
