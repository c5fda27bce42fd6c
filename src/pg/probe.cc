#include "pg/probe.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "base/files.h"

namespace hone::pg {
namespace {

constexpr int kPatienceMs = 333;

bool IsReady(int fd, short events) {
  pollfd waiting{.fd = fd, .events = events, .revents = 0};
  return ::poll(&waiting, 1, kPatienceMs) == 1 && (waiting.revents & events) != 0;
}

}  // namespace

bool SpeaksPostgres(const std::string& address, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  const base::FileDescriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return false;
  ::connect(socket.get(), found->ai_addr, found->ai_addrlen);
  constexpr std::array<unsigned char, 8> kSslRequest = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};
  if (!IsReady(socket.get(), POLLOUT)) return false;
  if (::send(socket.get(), kSslRequest.data(), kSslRequest.size(), MSG_NOSIGNAL) != std::ssize(kSslRequest))
    return false;
  char answer = 0;
  if (!IsReady(socket.get(), POLLIN) || ::recv(socket.get(), &answer, 1, 0) != 1) return false;
  return answer == 'S' || answer == 'N';
}

}  // namespace hone::pg
