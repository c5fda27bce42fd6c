#include "sql/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>

#include "base/clock.h"

namespace hone::sql {
namespace {

constexpr size_t kChunk = 64 << 10;

void SetNoDelay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// The next close sends a reset instead of an orderly end.
void ResetOnClose(int fd) {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

uint16_t LocalPort(int fd) {
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) return 0;
  if (local.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&local)->sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6*>(&local)->sin6_port);
}

}  // namespace

Relay::Relay(uint32_t id, base::FileDescriptor client, const Address& upstream, int epoll, TextPool& texts,
             ReplyHold& hold)
    : id_(id), epoll_(epoll), upstream_(&upstream), parser_(texts) {
  // While the client's bytes are parsed, which the server got a moment ago: its answer cannot have been read yet.
  parser_.set_watch([this, &hold](std::string_view text) {
    if (hold.Take(text, base::SystemClock().Now())) reply_held_ = true;
    if (hold_each_ != nullptr && hold_each_->load(std::memory_order_relaxed)) {
      reply_held_ = true;
      held_texts_.emplace_back(text);
    }
  });
  client_.relay = this;
  server_.relay = this;
  client_.fd = std::move(client);
  SetNoDelay(client_.fd.get());
  Watch(client_);
}

void Relay::OnEvents(Side& side, uint32_t events, bool details, Relayed& relayed) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kConnecting && &side == &server_) {
    OnConnected(relayed);
  } else if (state_ == State::kGreeting) {
    Greet(details, relayed);
  } else {
    if ((events & EPOLLOUT) != 0) Flush(side, relayed);
    if (state_ == State::kOpen && (events & EPOLLIN) != 0) {
      Pump(side, details, relayed);
    } else if (state_ == State::kOpen && (events & EPOLLERR) != 0) {
      Close(true, relayed);
    }
  }
  if (state_ != State::kClosed) Settle(relayed);
}

// Reads until it is clear what the client wants; refuses encryption as a server without it would.
void Relay::Greet(bool details, Relayed& relayed) {
  std::array<char, 4096> chunk;
  const ssize_t count = ::recv(client_.fd.get(), chunk.data(), chunk.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return Close(false, relayed);
  server_.pending.append(chunk.data(), static_cast<size_t>(count));
  StartupKind kind = ClassifyStartup(server_.pending);
  while (kind == StartupKind::kSsl || kind == StartupKind::kGss) {
    if (::send(client_.fd.get(), "N", 1, MSG_NOSIGNAL) != 1) return Close(false, relayed);
    server_.pending.erase(0, 8);
    kind = ClassifyStartup(server_.pending);
  }
  if (kind == StartupKind::kIncomplete) return;
  kind_ = kind == StartupKind::kCancel ? Kind::kCancel : Kind::kSession;
  Parse(client_, server_.pending, base::SystemClock().Now(), details, relayed);
  Connect();
  if (state_ == State::kGreeting) Close(false, relayed);
}

void Relay::Connect() {
  server_.fd.Reset(::socket(upstream_->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  unreachable_ = true;
  if (!server_.fd) return;
  SetNoDelay(server_.fd.get());
  const int failed =
      ::connect(server_.fd.get(), reinterpret_cast<const sockaddr*>(&upstream_->storage), upstream_->size);
  if (failed != 0 && errno != EINPROGRESS) return;
  unreachable_ = false;
  upstream_port_ = LocalPort(server_.fd.get());
  state_ = State::kConnecting;
}

void Relay::OnConnected(Relayed& relayed) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(server_.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    unreachable_ = true;
    return Close(false, relayed);
  }
  state_ = State::kOpen;
  Flush(server_, relayed);
}

// Moves what one side sent to the other, then lets the parser see it.
void Relay::Pump(Side& from, bool details, Relayed& relayed) {
  static thread_local std::array<char, kChunk> chunk;
  Side& to = Other(from);
  if (!to.pending.empty() || (reply_held_ && &from == &server_)) return;
  if (&from == &client_ && MustWait()) return;
  const ssize_t count = ::recv(from.fd.get(), chunk.data(), chunk.size(), 0);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) Close(true, relayed);
    return;
  }
  if (count == 0) {
    from.ended = true;
    return;
  }
  const std::string_view bytes(chunk.data(), static_cast<size_t>(count));
  const base::Nanos now = base::SystemClock().Now();
  const size_t sent = Send(to, bytes, relayed);
  if (state_ == State::kClosed) return;
  to.pending.assign(bytes.substr(sent));
  Parse(from, bytes, now, details, relayed);
}

// Between two transactions: whether what the client sends next stays where it is. A Terminate and an end always pass.
bool Relay::MustWait() {
  if (server_.ended) return false;  // there is nobody to be let in to
  if (gate_ == nullptr || !started() || held() || gate_->Holds(id_)) return false;
  if (gate_->limit()) {
    char type = 0;
    if (::recv(client_.fd.get(), &type, 1, MSG_PEEK) != 1 || type == 'X') return false;
  }
  if (!gate_->Enter(id_) && waiting_since_ == 0) waiting_since_ = base::SystemClock().Now();
  return waiting_since_ != 0;
}

void Relay::Admit() {
  if (waiting_since_ != 0) waited_ = base::SystemClock().Now() - waiting_since_;
  waiting_since_ = 0;
  if (state_ == State::kOpen) Watch(client_);
}

void Relay::Parse(const Side& from, std::string_view bytes, base::Nanos now, bool details, Relayed& relayed) {
  if (&from == &client_) {
    parser_.FromClient(bytes, now, details, relayed.trips);
  } else {
    parser_.FromServer(bytes, now, details, relayed.trips);
  }
}

// Returns how much the socket took; closes the session where it takes nothing any more.
size_t Relay::Send(Side& to, std::string_view bytes, Relayed& relayed) {
  const ssize_t count = ::send(to.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) Close(true, relayed);
    return 0;
  }
  (&to == &server_ ? relayed.to_server : relayed.to_client) += count;
  return static_cast<size_t>(count);
}

void Relay::Flush(Side& to, Relayed& relayed) {
  if (to.pending.empty()) return;
  to.pending.erase(0, Send(to, to.pending, relayed));
  if (to.pending.empty()) to.pending.shrink_to_fit();
}

void Relay::Watch(Side& side) {
  if (!side.fd) return;
  const bool held = reply_held_ && &side == &server_;
  const bool waits = waiting_since_ != 0 && &side == &client_;
  const bool readable = !side.ended && !held && !waits && state_ != State::kConnecting && Other(side).pending.empty();
  const bool greeting = state_ == State::kGreeting && &side == &client_;
  const bool writable = !side.pending.empty() || (state_ == State::kConnecting && &side == &server_);
  const uint32_t wanted = (readable || greeting ? uint32_t{EPOLLIN} : 0) | (writable ? uint32_t{EPOLLOUT} : 0);
  if (side.interest == wanted) return;
  // A socket that nothing is wanted from is not watched at all: epoll reports its hang-up again and again otherwise.
  epoll_event event{};
  event.events = wanted;
  event.data.ptr = &side;
  const int operation = side.interest == 0 ? EPOLL_CTL_ADD : wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  ::epoll_ctl(epoll_, operation, side.fd.get(), &event);
  side.interest = wanted;
}

void Relay::Resume() {
  reply_held_ = false;
  if (state_ == State::kOpen) Watch(server_);
}

// Passes ends on, and sets what to wait for next.
void Relay::Settle(Relayed& relayed) {
  if (waiting_since_ != 0 && server_.ended) {
    // There is no server any more whose connection the client could be waiting for.
    gate_->Leave(id_);
    waiting_since_ = 0;
  }
  for (Side* side : {&client_, &server_}) {
    if (Other(*side).ended && side->pending.empty() && !side->shut && side->fd) {
      side->shut = true;
      ::shutdown(side->fd.get(), SHUT_WR);
    }
  }
  if (client_.shut && server_.shut) return Close(false, relayed);
  Watch(client_);
  Watch(server_);
}

void Relay::Close(bool reset, Relayed& relayed) {
  if (state_ == State::kClosed) return;
  parser_.Finish(base::SystemClock().Now(), relayed.trips);
  state_ = State::kClosed;
  for (Side* side : {&client_, &server_}) {
    if (reset && side->fd) ResetOnClose(side->fd.get());
    side->fd.Reset();
  }
}

}  // namespace hone::sql
