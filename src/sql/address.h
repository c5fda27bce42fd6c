// Where a PostgreSQL server listens: an address of TCP or a Unix socket.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/files.h"

namespace hone::sql {

struct Address {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
};

// Makes a TCP socket send at once: without Nagle's delay, and over loopback (`address` is one of this host's own)
// without a congestion control that paces, as BBR does, whose timers cost more there than all it could avoid. A
// listening socket's connections inherit it.
void SendAtOnce(int fd, const Address& address);

// A name or an address (`numeric`: an address only), or the folder of the server's Unix socket, which begins with a
// slash. kInput where it cannot be resolved.
base::Result<Address> Resolve(const std::string& host, uint16_t port, bool numeric);

// A non-blocking socket that is connected or will be (see it become writable); none with errno. Unix sockets have no
// "will be": waiting for a place in the server's queue takes one second at most.
base::FileDescriptor ConnectTo(const Address& address);

// The local port of a socket; 0 where there is none.
uint16_t LocalPort(int fd);

}  // namespace hone::sql
