#include "evidence/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>

namespace hone::evidence {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

Redactor Knowing(std::string_view secret) {
  Redactor redactor("key");
  redactor.AddSecret(secret);
  return redactor;
}

TEST(Tokens, AreEqualForEqualValuesOfOneRunOnly) {
  const Redactor run("one key");
  EXPECT_EQ(run.Token("4111111111111111"), run.Token("4111111111111111"));
  EXPECT_NE(run.Token("4111111111111111"), run.Token("4111111111111112"));
  EXPECT_NE(run.Token("4111111111111111"), Redactor("another key").Token("4111111111111111"));
  EXPECT_EQ(run.Token("x").size(), 16U);
  EXPECT_NE(Redactor().Token("x"), Redactor().Token("x"));
}

TEST(Scrub, RemovesASecretWhereverItStands) {
  const Redactor redactor = Knowing("c4nary-t0ken");
  EXPECT_EQ(redactor.Scrub("c4nary-t0ken"), "[redacted]");
  EXPECT_EQ(redactor.Scrub("a c4nary-t0kenc4nary-t0ken b"), "a [redacted] b");
  EXPECT_EQ(redactor.Scrub("nothing here"), "nothing here");
  EXPECT_EQ(redactor.Scrub(""), "");
}

TEST(Scrub, RemovesOverlappingSecretsWhole) {
  Redactor redactor("key");
  redactor.AddSecret("abcdef");
  redactor.AddSecret("defghi");
  redactor.AddSecret("abcd");
  EXPECT_EQ(redactor.Scrub("<abcdefghi>"), "<[redacted]>");
}

TEST(Scrub, KnowsEveryUrlSpelling) {
  const Redactor redactor = Knowing("p@ss w/rd&1");
  for (const char* spelling :
       {"p%40ss%20w%2Frd%261", "p%40ss%20w%2frd%261", "p@ss+w%2Frd%261", "p@ss%20w/rd&1", "%70%40%73%73%20w/rd%261"}) {
    EXPECT_EQ(redactor.Scrub("x=" + std::string(spelling) + "&y=2"), "x=[redacted]&y=2") << spelling;
  }
}

TEST(Scrub, KnowsEveryJsonSpelling) {
  const Redactor redactor = Knowing("pa\"ss\\w/<\xc3\xa9\xf0\x9f\x98\x80");
  for (const char* spelling :
       {"pa\\\"ss\\\\w/<\xc3\xa9\xf0\x9f\x98\x80", "pa\\\"ss\\\\w\\/\\u003c\\u00e9\\ud83d\\ude00",
        "pa\\u0022ss\\u005cw/\\u003C\xc3\xa9\\uD83D\\uDE00"}) {
    EXPECT_EQ(redactor.Scrub("{\"k\":\"" + std::string(spelling) + "\"}"), "{\"k\":\"[redacted]\"}") << spelling;
  }
}

TEST(Scrub, KnowsBase64AtEveryAlignment) {
  const std::string secret = "s3cr3t?value>~";
  const Redactor redactor = Knowing(secret);
  for (const std::string before : {"", "u", "us", "use", "user:"}) {
    for (const std::string after : {"", "x", "xy", "xyz"}) {
      const std::string encoded = Base64(before + secret + after);
      std::string url = encoded;
      for (char& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
      for (const std::string& form : {encoded, url}) {
        const std::string scrubbed = redactor.Scrub("Basic " + form);
        EXPECT_THAT(scrubbed, HasSubstr("[redacted]")) << form;
        // At most the group of four at either end is left: it holds no whole byte of the secret's inside.
        EXPECT_LE(scrubbed.size(), std::string("Basic [redacted]").size() + 2 * 8) << scrubbed;
      }
    }
  }
}

TEST(Scrub, KnowsHex) {
  const Redactor redactor = Knowing("s3cr3tJ");
  EXPECT_THAT(redactor.Scrub("\\x733363723374"
                             "4a"),
              Not(HasSubstr("3363723374")));
  EXPECT_THAT(redactor.Scrub("0x733363723374"
                             "4A "),
              Not(HasSubstr("3363723374")));
}

TEST(Scrub, LeavesCommonWordsAlone) {
  Redactor redactor("key");
  for (const char* common : {"true", "localhost", "postgres", "8080", "12345", "abc", "TRUE", "127.0.0.1", ""})
    redactor.AddSecret(common);
  const std::string text = "true localhost postgres 8080 12345 abc 127.0.0.1";
  EXPECT_EQ(redactor.Scrub(text), text);
  redactor.AddSecret("123456");
  EXPECT_EQ(redactor.Scrub("pin 123456"), "pin [redacted]");
}

TEST(Scrub, RemovesUserAndPasswordOfUrls) {
  const Redactor redactor("key");
  EXPECT_EQ(redactor.Scrub("dial postgres://shop:hunter2@127.0.0.1:5432/shop?sslmode=disable failed"),
            "dial postgres://[redacted]@127.0.0.1:5432/shop?sslmode=disable failed");
  EXPECT_EQ(redactor.Scrub("redis://:hunter2@cache"), "redis://[redacted]@cache");
  EXPECT_EQ(redactor.Scrub("postgres://u:p@ss@host/db"), "postgres://[redacted]@host/db");
  EXPECT_EQ(redactor.Scrub("postgres://u:p/a?s#s@host/db"), "postgres://[redacted]@host/db");
  EXPECT_EQ(redactor.Scrub("\"postgres://u:pw@h1/a\" and 'amqp://v:pw@h2'"),
            "\"postgres://[redacted]@h1/a\" and 'amqp://[redacted]@h2'");
}

TEST(Scrub, LeavesUrlsWithoutUserAlone) {
  const Redactor redactor("key");
  for (const char* text :
       {"http://127.0.0.1:8080/users?email=a@b.c", "http://localhost:8080/@me", "https://example.com/a@b",
        "http://[::1]:80/x@y", "://", "http://", "unix:///tmp/.s.PGSQL.5432"}) {
    EXPECT_EQ(redactor.Scrub(text), text);
  }
}

TEST(Scrub, RemovesPasswordsOfKeyValueDsns) {
  const Redactor redactor("key");
  EXPECT_EQ(redactor.Scrub("host=db user=shop password=hunter2 dbname=shop"),
            "host=db user=shop password=[redacted] dbname=shop");
  EXPECT_EQ(redactor.Scrub("password='it\\'s a secret' host=db"), "password='[redacted]' host=db");
  EXPECT_EQ(redactor.Scrub("PASSWORD = hunter2"), "PASSWORD = [redacted]");
  EXPECT_EQ(redactor.Scrub("/login?user=a&password=hunter2&x=1"), "/login?user=a&password=[redacted]&x=1");
  EXPECT_EQ(redactor.Scrub("{\"dsn\":\"host=db password=\\\"hunter2\\\"\"}").find("hunter2"), std::string::npos);
  EXPECT_EQ(redactor.Scrub("password="), "password=");
}

TEST(Scrub, LeavesStatementsAlone) {
  const Redactor redactor("key");
  for (const char* text :
       {"SELECT id FROM users WHERE email = $1 AND password = $2", "UPDATE users SET password=$1", "WHERE password=?",
        "WHERE password = crypt($1, password)", "WHERE u.password = v.password", "old_password=x", "PGPASSWORD"}) {
    EXPECT_EQ(redactor.Scrub(text), text);
  }
}

TEST(Scrub, TwiceIsOnce) {
  Redactor redactor("key");
  redactor.AddSecret("c4nary-t0ken");
  const std::string once = redactor.Scrub("postgres://u:pw@h password=x 'c4nary-t0ken' c4nary%2Dt0ken");
  EXPECT_EQ(redactor.Scrub(once), once);
}

}  // namespace
}  // namespace hone::evidence
