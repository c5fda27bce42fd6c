#include "net/http_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/files.h"
#include "net/loopback.h"

namespace hone::net {
namespace {

constexpr size_t kMostLogged = 1'000'000;

// One end of a relayed connection.
struct RelaySide {
  base::FileDescriptor fd = {};
  std::string out = {};  // what it has still to be sent; nothing is read from the other end meanwhile
  uint32_t watched = 0;  // 0: it is not in the epoll set
  bool ended = false;    // it sends no more
  bool told = false;     // it knows that nothing more comes
};

struct RelaySession {
  RelaySide client;
  RelaySide service;
  bool connected = false;
  bool reset = false;  // the service broke the connection: so will the client's be when it has what came before
  HttpObserver observer;
};

void SetNoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// False where the connection is broken.
bool Flush(RelaySide& side) {
  size_t done = 0;
  while (done < side.out.size()) {
    const ssize_t sent = send(side.fd.get(), side.out.data() + done, side.out.size() - done, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent < 0) break;
    done += static_cast<size_t>(sent);
  }
  side.out.erase(0, done);
  return true;
}

// The other end hears of an end behind everything that came before it.
void PassEndOn(const RelaySide& from, RelaySide& to) {
  if (!from.ended || to.told || !to.out.empty()) return;
  shutdown(to.fd.get(), SHUT_WR);
  to.told = true;
}

void BreakOff(const RelaySide& side) {
  const linger hard{1, 0};
  setsockopt(side.fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

}  // namespace

struct HttpRelay::State {
  SocketAddress service = {};
  base::FileDescriptor listener = {};
  base::FileDescriptor epoll = {};
  base::FileDescriptor wake = {};
  uint16_t port = 0;
  std::map<int, std::shared_ptr<RelaySession>> sessions = {};  // by both descriptors
  RelayLog log = {};
  std::atomic<bool> stop = false;
  std::thread thread = {};

  base::Result<void> Listen();
  void Run();
  void Accept();
  bool Connect(RelaySession& session) const;
  void Handle(int fd);
  bool Advance(RelaySession& session);
  bool FromClient(RelaySession& session);
  bool FromService(RelaySession& session);
  void Watch(RelaySide& side, uint32_t wanted) const;
  void Rearm(RelaySession& session) const;
  void Collect(RelaySession& session);
  void Close(RelaySession& session, bool hard);
};

base::Result<void> HttpRelay::State::Listen() {
  const auto fail = [] { return base::FailErrno(errno, "Cannot open a port on 127.0.0.1 for the driver"); };
  auto listening = ListenOnLoopback();
  if (!listening) return fail();
  listener = std::move(listening->fd);
  port = listening->port;
  epoll = base::FileDescriptor(epoll_create1(EPOLL_CLOEXEC));
  wake = base::FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake) return fail();
  for (const int fd : {listener.get(), wake.get()}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) return fail();
  }
  return {};
}

void HttpRelay::State::Run() {
  std::array<epoll_event, 64> events;
  while (!stop.load()) {
    const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener.get()) {
        Accept();
      } else if (fd != wake.get()) {
        Handle(fd);
      }
    }
  }
  while (!sessions.empty()) Close(*std::shared_ptr(sessions.begin()->second), false);
}

void HttpRelay::State::Accept() {
  constexpr base::Nanos kPause = 1'000'000;
  for (;;) {
    base::FileDescriptor fd(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      // Out of descriptors: the client waits in the queue until one is closed.
      if (errno == EMFILE || errno == ENFILE) base::SystemClock().SleepUntil(base::SystemClock().Now() + kPause);
      return;
    }
    ++log.connections;
    SetNoDelay(fd.get());
    auto session = std::make_shared<RelaySession>();
    session->client.fd = std::move(fd);
    if (!Connect(*session)) {
      ++log.unreachable;
      BreakOff(session->client);
      continue;
    }
    sessions[session->client.fd.get()] = session;
    sessions[session->service.fd.get()] = session;
    Rearm(*session);
  }
}

bool HttpRelay::State::Connect(RelaySession& session) const {
  RelaySide& side = session.service;
  side.fd = base::FileDescriptor(socket(service.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!side.fd) return false;
  SetNoDelay(side.fd.get());
  session.connected = connect(side.fd.get(), reinterpret_cast<const sockaddr*>(&service.storage), service.length) == 0;
  return session.connected || errno == EINPROGRESS;
}

void HttpRelay::State::Handle(int fd) {
  const auto found = sessions.find(fd);
  if (found == sessions.end()) return;
  const std::shared_ptr<RelaySession> session = found->second;
  if (!session->connected) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(session->service.fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) {
      ++log.unreachable;
      return Close(*session, true);
    }
    session->connected = true;
  }
  const bool goes_on = Advance(*session);
  Collect(*session);
  if (!goes_on) return Close(*session, true);
  if (session->client.told && session->service.told) return Close(*session, false);
  Rearm(*session);
}

// False where the connection is to be broken off.
bool HttpRelay::State::Advance(RelaySession& session) {
  if (!Flush(session.client)) return false;
  if (!FromClient(session) || !FromService(session)) return false;
  if (session.reset && session.client.out.empty()) return false;
  PassEndOn(session.client, session.service);
  if (!session.reset) PassEndOn(session.service, session.client);
  return true;
}

bool HttpRelay::State::FromClient(RelaySession& session) {
  // What the service said last may still be on the way, though it takes nothing any more: then FromService sees how it
  // ended.
  if (!Flush(session.service)) {
    session.service.out.clear();
    session.client.ended = session.service.told = true;
  }
  if (session.client.ended || !session.service.out.empty()) return true;
  std::array<char, 65536> buffer;
  const ssize_t got = recv(session.client.fd.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) {
    session.client.ended = true;
    return true;
  }
  const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
  session.observer.FromClient(bytes, base::SystemClock().Now());
  session.service.out.assign(bytes);
  if (!Flush(session.service)) {
    session.service.out.clear();
    session.client.ended = session.service.told = true;
  }
  return true;
}

bool HttpRelay::State::FromService(RelaySession& session) {
  if (session.service.ended || !session.client.out.empty()) return true;
  std::array<char, 65536> buffer;
  const ssize_t got = recv(session.service.fd.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  const base::Nanos now = base::SystemClock().Now();
  if (got <= 0) {
    session.service.ended = true;
    session.reset = got < 0;
    if (got == 0) session.observer.ServerEnded(now);
    return true;
  }
  const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
  session.observer.FromServer(bytes, now);
  session.client.out.assign(bytes);
  return Flush(session.client);
}

void HttpRelay::State::Watch(RelaySide& side, uint32_t wanted) const {
  if (side.watched == wanted) return;
  const int operation = side.watched == 0 ? EPOLL_CTL_ADD : wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  epoll_event event{.events = wanted, .data = {.fd = side.fd.get()}};
  epoll_ctl(epoll.get(), operation, side.fd.get(), &event);
  side.watched = wanted;
}

void HttpRelay::State::Rearm(RelaySession& session) const {
  const auto wanted = [](const RelaySide& side, const RelaySide& other, bool reads) {
    const uint32_t in = reads && !side.ended && other.out.empty() ? EPOLLIN : 0U;
    return in | (side.out.empty() ? 0U : EPOLLOUT);
  };
  Watch(session.client, wanted(session.client, session.service, session.connected));
  Watch(session.service,
        session.connected ? wanted(session.service, session.client, true) : static_cast<uint32_t>(EPOLLOUT));
}

void HttpRelay::State::Collect(RelaySession& session) {
  for (ObservedRequest& request : session.observer.Take()) {
    if (log.requests.size() < kMostLogged)
      log.requests.push_back(std::move(request));
    else
      ++log.dropped;
  }
}

void HttpRelay::State::Close(RelaySession& session, bool hard) {
  session.observer.Ended(base::SystemClock().Now());
  Collect(session);
  log.lost_connections += session.observer.lost() ? 1 : 0;
  if (hard) {
    BreakOff(session.client);
    BreakOff(session.service);
  }
  const std::array<int, 2> descriptors = {session.client.fd.get(), session.service.fd.get()};
  for (const int fd : descriptors) sessions.erase(fd);  // the last owner closes them, which ends their watch
}

HttpRelay::HttpRelay(std::unique_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<HttpRelay>> HttpRelay::Start(const Address& service) {
  auto state = std::make_unique<State>();
  HONE_TRY(const std::vector<SocketAddress> addresses, Resolve(service));
  state->service = addresses.front();
  HONE_CHECK_OK(state->Listen());
  state->thread = std::thread([running = state.get()] { running->Run(); });
  return std::unique_ptr<HttpRelay>(new HttpRelay(std::move(state)));
}

HttpRelay::~HttpRelay() { (void)Stop(); }

Address HttpRelay::address() const { return {"127.0.0.1", state_->port}; }

RelayLog HttpRelay::Stop() {
  if (!state_->thread.joinable()) return {};
  state_->stop.store(true);
  const uint64_t one = 1;
  while (write(state_->wake.get(), &one, sizeof one) < 0 && errno == EINTR) continue;
  state_->thread.join();
  state_->listener.Reset();
  std::ranges::stable_sort(state_->log.requests, {}, &ObservedRequest::start_ns);
  return std::move(state_->log);
}

}  // namespace hone::net
