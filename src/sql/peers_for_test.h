// For tests of the proxy: a server that a function plays, and clients made of plain sockets.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "sql/bytes.h"
#include "sql/proxy.h"
#include "sql/wire_messages.h"

namespace hone::sql {

inline constexpr base::Nanos kLong = 20'000'000'000;
inline base::Nanos Soon() { return base::SystemClock().Now() + kLong; }

inline base::FileDescriptor Connect(uint16_t port) {
  base::FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}

inline void Write(const base::FileDescriptor& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

// Exactly `size` bytes, or fewer at the end.
inline std::string Read(const base::FileDescriptor& fd, size_t size) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    const ssize_t count = ::recv(fd.get(), bytes.data() + have, size - have, 0);
    if (count <= 0) break;
    have += static_cast<size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

inline std::string ReadAll(const base::FileDescriptor& fd) {
  std::string all;
  for (std::string part = Read(fd, 1 << 16); !part.empty(); part = Read(fd, 1 << 16)) all += part;
  return all;
}

// A listener whose connections a function serves, each on a thread of its own.
class FakeServer {
 public:
  explicit FakeServer(std::function<void(base::FileDescriptor&)> serve) : serve_(std::move(serve)) {
    listener_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_.get(), SOMAXCONN);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] {
      for (;;) {
        base::FileDescriptor one(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!one) return;
        const std::lock_guard lock(mutex_);
        threads_.emplace_back([this, fd = std::move(one)]() mutable { serve_(fd); });
      }
    });
  }
  ~FakeServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    Join();
  }
  // Waits for the end of every connection that was accepted so far.
  void Join() {
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      threads.swap(threads_);
    }
    for (std::thread& thread : threads) thread.join();
  }
  uint16_t port() const { return port_; }

 private:
  std::function<void(base::FileDescriptor&)> serve_;
  base::FileDescriptor listener_;
  uint16_t port_ = 0;
  std::thread acceptor_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

inline std::unique_ptr<Proxy> StartBefore(const FakeServer& server, size_t max_connections = 1000) {
  auto proxy = Proxy::Start({.upstream_port = server.port(), .max_connections = max_connections, .threads = 3});
  EXPECT_TRUE(proxy.has_value());
  return *std::move(proxy);
}

inline std::string Welcome() {
  return messages::AuthenticationOk() + messages::ParameterStatus() + messages::KeyData() + messages::Ready();
}

inline std::string SimpleAnswer() {
  return messages::RowDescription({23}) + messages::Row({"1"}) + messages::Complete("SELECT 1") + messages::Ready();
}

// Answers the start-up, then each simple query with one row.
inline void ServeSimpleQueries(base::FileDescriptor& fd) {
  if (Read(fd, messages::Startup().size()).empty()) return;
  Write(fd, Welcome());
  for (;;) {
    const std::string header = Read(fd, 5);
    if (header.size() < 5 || header[0] != 'Q') return;
    Read(fd, ByteReader(header.substr(1)).Uint32() - 4);
    Write(fd, SimpleAnswer());
  }
}

// A session that is past its start-up.
inline base::FileDescriptor OpenSession(const Proxy& proxy) {
  base::FileDescriptor client = Connect(proxy.port());
  Write(client, messages::Startup());
  EXPECT_EQ(Read(client, Welcome().size()), Welcome());
  return client;
}

}  // namespace hone::sql
