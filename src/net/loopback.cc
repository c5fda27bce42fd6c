#include "net/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace hone::net {

std::optional<LoopbackListener> ListenOnLoopback() {
  constexpr int kBacklog = 512;
  LoopbackListener listener;
  listener.fd = base::FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.fd) return std::nullopt;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(listener.fd.get(), kBacklog) != 0 ||
      getsockname(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
    return std::nullopt;
  listener.port = ntohs(address.sin_port);
  return listener;
}

}  // namespace hone::net
