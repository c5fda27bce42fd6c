// A server for tests: every connection runs a script on a thread of its own, on a kernel-chosen port of 127.0.0.1.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/files.h"
#include "net/url.h"

namespace hone::net {

// One accepted connection, as its script sees it.
class ScriptedPeer {
 public:
  ScriptedPeer(base::FileDescriptor fd, int number) : fd_(std::move(fd)), number_(number) {}
  // 0, 1, ... in order of acceptance.
  int number() const { return number_; }
  // The next request's head (with a body of `body_bytes` behind it); empty when the client closed.
  std::string ReadRequest(size_t body_bytes = 0) {
    for (;;) {
      const size_t end = pending_.find("\r\n\r\n");
      if (end != std::string::npos && pending_.size() >= end + 4 + body_bytes) {
        std::string request = pending_.substr(0, end + 4 + body_bytes);
        pending_.erase(0, request.size());
        return request;
      }
      char buffer[4096];
      const ssize_t got = recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) return {};
      pending_.append(buffer, static_cast<size_t>(got));
    }
  }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // A system call for each byte, and (TCP_NODELAY) a segment.
  void SendByteByByte(std::string_view bytes) {
    for (const char& c : bytes) Send(std::string_view(&c, 1));
  }
  // Blocks until the client closes.
  void AwaitClose() {
    char buffer[256];
    while (recv(fd_.get(), buffer, sizeof buffer, 0) > 0) continue;
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    fd_.Reset();
  }
  // RST instead of FIN.
  void Reset() {
    const linger hard{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    Close();
  }
  // From another thread: ends whatever the script waits for.
  void Interrupt() {
    const std::lock_guard lock(mutex_);
    if (fd_) shutdown(fd_.get(), SHUT_RDWR);
  }

 private:
  std::mutex mutex_;
  base::FileDescriptor fd_;
  int number_;
  std::string pending_ = {};
};

class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedPeer&)>;

  explicit ScriptedServer(Script script)
      : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_.get(), 128);
    socklen_t length = sizeof address;
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    address_ = {"127.0.0.1", ntohs(address.sin_port)};
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~ScriptedServer() { Stop(); }

  const Address& address() const { return address_; }
  int accepted() const { return accepted_; }

  // Ends the listener and all connections; later connections are refused.
  void Stop() {
    if (!acceptor_.joinable()) return;
    shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (const auto& peer : peers_) peer->Interrupt();
    for (std::thread& thread : threads_) thread.join();
    listener_.Reset();
  }

 private:
  void Accept() {
    for (;;) {
      const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      peers_.push_back(std::make_unique<ScriptedPeer>(base::FileDescriptor(fd), accepted_++));
      threads_.emplace_back([this, peer = peers_.back().get()] {
        script_(*peer);
        peer->Close();
      });
    }
  }

  Script script_;
  base::FileDescriptor listener_;
  Address address_;
  std::atomic<int> accepted_ = 0;
  std::vector<std::unique_ptr<ScriptedPeer>> peers_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace hone::net
