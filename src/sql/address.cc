#include "sql/address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>

namespace hone::sql {
namespace {

base::Result<Address> UnixAddress(const std::string& folder, uint16_t port) {
  const std::string path = fmt::format("{}/.s.PGSQL.{}", folder, port);
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (path.size() >= sizeof local.sun_path)
    return base::Fail(base::Code::kInput, "The path of the Unix socket is too long", path);
  std::ranges::copy(path, local.sun_path);
  Address address;
  address.size = sizeof local;
  std::copy_n(reinterpret_cast<const char*>(&local), sizeof local, reinterpret_cast<char*>(&address.storage));
  return address;
}

base::FileDescriptor ConnectToUnix(const Address& address) {
  base::FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
      ::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0)
    return {};
  return fd;
}

bool IsLoopback(const Address& address) {
  if (address.family() == AF_INET)
    return ntohl(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  return address.family() == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr);
}

}  // namespace

void SendAtOnce(int fd, const Address& address) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  constexpr std::string_view kEveryKernelHas = "reno";
  if (IsLoopback(address))
    ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, kEveryKernelHas.data(), kEveryKernelHas.size());
}

base::Result<Address> Resolve(const std::string& host, uint16_t port, bool numeric) {
  if (!numeric && host.starts_with('/')) return UnixAddress(host, port);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (numeric ? AI_NUMERICHOST : 0);
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0 || found == nullptr)
    return base::Fail(base::Code::kInput, fmt::format("Cannot resolve the address: {}", ::gai_strerror(error)), host);
  const addrinfo* chosen = found;
  // "localhost" is both; PostgreSQL's default listens on both, others often on 127.0.0.1 only.
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET) {
      chosen = each;
      break;
    }
  }
  Address address;
  address.size = chosen->ai_addrlen;
  std::copy_n(reinterpret_cast<const char*>(chosen->ai_addr), chosen->ai_addrlen,
              reinterpret_cast<char*>(&address.storage));
  ::freeaddrinfo(found);
  return address;
}

base::FileDescriptor ConnectTo(const Address& address) {
  if (address.family() == AF_UNIX) return ConnectToUnix(address);
  base::FileDescriptor fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  SendAtOnce(fd.get(), address);
  const int failed = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size);
  if (failed != 0 && errno != EINPROGRESS) return {};
  return fd;
}

uint16_t LocalPort(int fd) {
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) return 0;
  if (local.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&local)->sin_port);
  if (local.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&local)->sin6_port);
  return 0;
}

}  // namespace hone::sql
