#include "net/url.h"

#include <gtest/gtest.h>

namespace hone::net {
namespace {

TEST(Url, Parts) {
  const auto url = ParseUrl("HTTP://example.org:8080/a/b?x=1&y=2#part");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->address, (Address{"example.org", 8080}));
  EXPECT_EQ(url->path, "/a/b");
  EXPECT_EQ(url->query, "x=1&y=2");
  EXPECT_EQ(Target(*url), "/a/b?x=1&y=2");
  EXPECT_EQ(ToString(*url), "http://example.org:8080/a/b?x=1&y=2");
}

TEST(Url, Defaults) {
  EXPECT_EQ(ToString(*ParseUrl("http://h")), "http://h:80/");
  EXPECT_EQ(ToString(*ParseUrl("http://h:?q")), "http://h:80/?q");
  EXPECT_EQ(ToString(*ParseUrl("http://[::1]:81/x")), "http://[::1]:81/x");
  EXPECT_EQ(ParseUrl("http://[::1]/")->address.host, "::1");
}

TEST(Url, Refused) {
  for (const std::string_view bad :
       {"", "h", "//h", "ftp://h", "http://", "http://:80", "http:///x", "http://h:0", "http://h:65536", "http://h:x",
        "http://u:p@h/", "http://h/a b", "http://h/\n", "http://[::1", "http://[::1]x", "http://h/\xC3\xA4"}) {
    EXPECT_FALSE(ParseUrl(bad)) << bad;
  }
  const auto https = ParseUrl("https://h/");
  ASSERT_FALSE(https);
  EXPECT_NE(https.error().what.find("https is not supported yet"), std::string::npos);
}

TEST(Address, PrivateOrNot) {
  const auto is_private = [](const char* host) {
    const auto addresses = Resolve({host, 80});
    return addresses && IsPrivate(addresses->front());
  };
  for (const char* host : {"127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                           "169.254.0.1", "0.0.0.0", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(is_private(host)) << host;
  }
  for (const char* host : {"8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1", "11.0.0.1", "128.0.0.1", "2001:db8::1",
                           "::ffff:8.8.8.8"}) {
    EXPECT_FALSE(is_private(host)) << host;
  }
}

TEST(PercentEncode, LeavesOnlyWhatNeedsNoEscape) {
  EXPECT_EQ(PercentEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(PercentEncode("a b&c=d/\xc3\xbc+%"), "a%20b%26c%3Dd%2F%C3%BC%2B%25");
  EXPECT_EQ(PercentEncode(""), "");
}

TEST(PercentDecode, IsTheWayBack) {
  EXPECT_EQ(PercentDecode(PercentEncode("a b&c=d/\xc3\xbc+%")), "a b&c=d/\xc3\xbc+%");
  EXPECT_EQ(PercentDecode("a+b%2"), "a b%2");
  EXPECT_EQ(PercentDecode("%zz%"), "%zz%");
}

TEST(Address, Prints) {
  EXPECT_EQ(ToString(Resolve({"127.0.0.1", 8080})->front()), "127.0.0.1:8080");
  EXPECT_EQ(ToString(Resolve({"::1", 8080})->front()), "[::1]:8080");
  EXPECT_FALSE(Resolve({"no such host", 80}));
}

}  // namespace
}  // namespace hone::net
