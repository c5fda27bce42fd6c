#include "sql/address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>

namespace hone::sql {
namespace {

std::string CongestionControl(int fd) {
  std::array<char, 16> name{};
  socklen_t size = name.size();
  EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size), 0);
  return name.data();
}

// Of a socket for `host`, and before anything was said about it.
std::pair<std::string, std::string> ChosenAndDefault(const std::string& host) {
  const Address address = *Resolve(host, 5432, true);
  const base::FileDescriptor fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string before = CongestionControl(fd.get());
  SendAtOnce(fd.get(), address);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ::getsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
  EXPECT_EQ(no_delay, 1) << host;
  return {CongestionControl(fd.get()), before};
}

TEST(Address, OverLoopbackNothingPaces) {
  EXPECT_EQ(ChosenAndDefault("127.0.0.1").first, "reno");
  EXPECT_EQ(ChosenAndDefault("127.255.0.9").first, "reno");
  EXPECT_EQ(ChosenAndDefault("::1").first, "reno");
}

TEST(Address, ElsewhereTheHostDecides) {
  for (const char* host : {"10.0.0.1", "0.0.0.0", "fe80::1", "::"}) {
    const auto [chosen, usual] = ChosenAndDefault(host);
    EXPECT_EQ(chosen, usual) << host;
  }
}

}  // namespace
}  // namespace hone::sql
