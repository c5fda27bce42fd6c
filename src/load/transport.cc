#include "load/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "base/files.h"

namespace hone::load {
namespace {

class EpollTransport : public Transport {
 public:
  EpollTransport(base::FileDescriptor epoll, const net::SocketAddress& address, uint32_t slots)
      : epoll_(std::move(epoll)), address_(address), sockets_(slots) {
    ready_.reserve(events_.size());
  }

  base::Nanos Now() const override { return ClockTime(CLOCK_MONOTONIC); }
  base::Nanos CpuTime() const override { return ClockTime(CLOCK_THREAD_CPUTIME_ID); }

  int Connect(uint32_t slot) override {
    base::FileDescriptor fd(socket(address_.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return -errno;
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address_.storage), address_.length) != 0 &&
        errno != EINPROGRESS) {
      return -errno;
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u32 = slot;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) return -errno;
    sockets_[slot] = std::move(fd);
    return 0;
  }

  int ConnectError(uint32_t slot) override {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(sockets_[slot].get(), SOL_SOCKET, SO_ERROR, &error, &length);
    return -error;
  }

  int64_t Write(uint32_t slot, std::string_view bytes) override {
    const ssize_t sent = send(sockets_[slot].get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
  }

  int64_t Read(uint32_t slot, std::span<char> buffer) override {
    const ssize_t got = recv(sockets_[slot].get(), buffer.data(), buffer.size(), 0);
    return got < 0 ? -errno : got;
  }

  void Close(uint32_t slot) override {
    // To close it does not end its watch while a child has it, too, which has been forked just now: the slot's next
    // socket would hear of this one's end.
    if (sockets_[slot]) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, sockets_[slot].get(), nullptr);
    sockets_[slot].Reset();
  }

  std::span<const Ready> Wait(base::Nanos deadline) override {
    ready_.clear();
    const base::Nanos left = std::max<base::Nanos>(0, deadline - Now());
    const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
    const auto most = static_cast<int>(events_.size());
    int count = epoll_pwait2(epoll_.get(), events_.data(), most, &timeout, nullptr);
    // Kernels before 5.11: whole milliseconds, the rest of one is polled away.
    if (count < 0 && errno == ENOSYS)
      count = epoll_wait(epoll_.get(), events_.data(), most,
                         static_cast<int>(std::min<base::Nanos>(left / 1'000'000, 1000)));
    for (size_t i = 0; i < static_cast<size_t>(std::max(count, 0)); ++i) {
      const uint32_t bits = events_[i].events;
      const bool closed = (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
      ready_.push_back({events_[i].data.u32, closed || (bits & EPOLLIN) != 0, (bits & EPOLLOUT) != 0, closed});
    }
    return ready_;
  }

 private:
  static base::Nanos ClockTime(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return base::Nanos{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }

  base::FileDescriptor epoll_;
  net::SocketAddress address_;
  std::vector<base::FileDescriptor> sockets_;
  std::array<epoll_event, 256> events_;
  std::vector<Ready> ready_;
};

}  // namespace

base::Result<std::unique_ptr<Transport>> SystemTransport(const net::SocketAddress& address, uint32_t slots) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  // Some descriptors are the rest of the program's.
  if (limit.rlim_cur < rlim_t{slots} + 64) {
    return base::Fail(base::Code::kEnvironment, "The limit of open files is too low for that many connections",
                      std::to_string(slots), "Raise it (ulimit -n) or ask for fewer connections");
  }
  base::FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return base::FailErrno(errno, "Cannot create an epoll instance");
  return std::make_unique<EpollTransport>(std::move(epoll), address, slots);
}

}  // namespace hone::load
