#include "sql/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <tuple>

#include "base/clock.h"
#include "sql/bytes.h"

namespace hone::sql {
namespace {

constexpr size_t kChunk = 64 << 10;
constexpr std::string_view kNoReplication =
    "Hone's proxy relays no replication connections: connect to the server itself";
constexpr int kChunksInARow = 16;  // of one side, before the others have their turn

// The next close sends a reset instead of an orderly end.
void ResetOnClose(int fd) {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

// An ErrorResponse that ends the session, with an SQLSTATE of the server's.
std::string Refusal(std::string_view sqlstate, std::string_view sentence) {
  std::string body;
  for (const auto& [field, value] :
       {std::pair<char, std::string_view>{'S', "FATAL"}, {'V', "FATAL"}, {'C', sqlstate}, {'M', sentence}}) {
    body += field;
    body.append(value) += '\0';
  }
  body += '\0';
  const uint32_t length = htonl(static_cast<uint32_t>(body.size() + 4));
  std::string message = "E";
  message.append(reinterpret_cast<const char*>(&length), sizeof length);
  return message + body;
}

}  // namespace

Relay::Relay(uint32_t id, base::FileDescriptor client, const Address& upstream, int epoll, TextPool& texts,
             ReplyHold& hold)
    : id_(id), epoll_(epoll), parser_(texts), upstream_(&upstream) {
  // While the client's bytes are parsed, before the server gets them: its answer cannot have been read yet.
  parser_.set_watch([this, &hold](std::string_view text, base::Nanos now) {
    if (hold.Take(id_, text, now)) reply_held_ = true;
    if (delay_ != nullptr && delay_->Wants(text)) delay_owed_ = true;
    if (hold_each_ != nullptr && hold_each_->load(std::memory_order_relaxed)) {
      reply_held_ = true;
      held_texts_.emplace_back(text);
    }
  });
  client_.relay = this;
  server_.relay = this;
  client_.fd = std::move(client);
}

// Sockets are watched by the edge, once: whoever leaves bytes unread must ask again with Watch.
void Relay::OnEvents(Side& side, uint32_t events, bool details, Relayed& relayed) {
  if (state_ == State::kClosed) return;
  const bool hung_up = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (state_ == State::kGreeting) {
    Greet(details, relayed);
  } else if (state_ == State::kOpen) {
    // TLS may have to read before it can write, and to write before it can read.
    if ((events & EPOLLOUT) != 0 || side.tls) Flush(side, relayed);
    if (state_ == State::kOpen && ((events & EPOLLIN) != 0 || hung_up || side.tls))
      Pump(side, hung_up, details, relayed);
  } else if (state_ == State::kSecuring) {
    OnSecuring(side, hung_up, relayed);
  } else if (&side == &server_) {
    OnConnected(relayed);
  }
  if (state_ != State::kClosed) Settle(relayed);
}

// Reads until it is clear what the client wants; refuses encryption as a server without it would.
void Relay::Greet(bool details, Relayed& relayed) {
  if (tls_ != nullptr && tls_->clients && !GreetByTls(relayed)) return;
  static thread_local std::array<char, kChunk> chunk;
  const ssize_t count = client_.Receive(chunk.data(), chunk.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return Close(false, relayed);
  server_.pending.append(chunk.data(), static_cast<size_t>(count));
  StartupKind kind = ClassifyStartup(server_.pending);
  while (kind == StartupKind::kSsl || kind == StartupKind::kGss) {
    server_.pending.erase(0, 8);
    if (kind == StartupKind::kSsl && BeginTls(true, relayed)) return;
    if (client_.Send("N") != 1) return Close(false, relayed);
    kind = ClassifyStartup(server_.pending);
  }
  if (kind == StartupKind::kIncomplete) return Watch(client_);
  if (kind == StartupKind::kSession) {
    const size_t length = ByteReader(server_.pending).Uint32();
    if (server_.pending.size() < length) return Watch(client_);
    const std::string_view packet = std::string_view(server_.pending).substr(0, length);
    timeouts_ = TimeoutsOf(packet);
    if (AsksForReplication(packet)) {
      const std::string refusal = Refusal("0A000", kNoReplication);
      std::ignore = client_.Send(refusal);
      return Close(false, relayed);
    }
  }
  kind_ = kind == StartupKind::kCancel ? Kind::kCancel : Kind::kSession;
  Parse(client_, server_.pending, base::SystemClock().Now(), details, relayed);
  Connect();
  if (state_ == State::kGreeting) Close(false, relayed);
}

void Relay::Connect() {
  server_.fd = ConnectTo(*upstream_);
  unreachable_ = !server_.fd;
  if (unreachable_) return;
  reached_ = true;
  upstream_port_ = LocalPort(server_.fd.get());
  state_ = State::kConnecting;
  Watch(server_);
}

void Relay::OnConnected(Relayed& relayed) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(server_.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    unreachable_ = true;
    return Close(false, relayed);
  }
  if (tls_ != nullptr && tls_->upstream) return Secure(relayed);
  state_ = State::kOpen;
  Flush(server_, relayed);
}

// Lets the parser see what one side sent, and moves it to the other. What must not be read now is asked for again when
// it may be: behind a flush, a held reply, the gate.
void Relay::Pump(Side& from, bool hung_up, bool details, Relayed& relayed) {
  static thread_local std::array<char, kChunk> chunk;
  Side& to = Other(from);
  for (int turn = 0; turn < kChunksInARow; ++turn) {
    if (from.ended || !to.pending.empty() || (reply_held_ && &from == &server_)) return;
    if (&from == &client_ && MustWait()) return;
    if (&from == &server_ && MustDelay()) return;
    const bool begins = &from == &client_ && !parser_.busy();
    const ssize_t count = from.Receive(chunk.data(), chunk.size());
    if (&from == &client_) admitted_ = false;
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) Close(true, relayed);
      return;
    }
    if (count == 0) {
      from.ended = true;
      return;
    }
    std::string_view bytes(chunk.data(), static_cast<size_t>(count));
    if (sasl_) bytes = Negotiate(from, bytes, relayed);
    if (state_ == State::kClosed) return;
    if (to.shut || bytes.empty()) continue;  // after a refusal nobody gets it; or a login's message is not whole yet
    relayed.read_at = base::SystemClock().Now();
    // Before it is sent: that wakes the peer, often on this very core, where what is left to do here would be in its
    // way.
    Parse(from, bytes, relayed.read_at, details, relayed);
    const size_t sent = Send(to, bytes, relayed);
    if (state_ == State::kClosed) return;
    if (sent < bytes.size()) to.pending.assign(bytes.substr(sent));
    if (begins && delay_ != nullptr && started() && delay_->WantsEveryTrip()) delay_owed_ = true;
    // A short read has emptied the socket (of TLS: a record), and what comes later is reported; an end that came with
    // it is not.
    if (!from.tls && static_cast<size_t>(count) < chunk.size() && !hung_up) return;
  }
  Watch(from);
}

// Between two transactions: whether what the client sends next stays where it is. A Terminate and an end always pass.
bool Relay::MustWait() {
  if (server_.ended) return false;  // there is nobody to be let in to
  if (waiting_since_ != 0) return true;
  if (gate_ == nullptr || !gate_->limited() || !started() || held()) return false;
  char type = 0;
  const bool begins = client_.Peek(type) && type != 'X';
  const std::lock_guard lock(*gate_mutex_);
  if (gate_->Holds(id_) || !begins || gate_->Enter(id_)) return false;
  waiting_since_ = base::SystemClock().Now();
  return true;
}

// What the server sends now stays where it is for a while: the beginning of a reply that is to wait. What follows of
// it, and the replies to what was sent meanwhile, wait with it and not once more.
bool Relay::MustDelay() {
  char first = 0;
  // The socket of TLS may be ready for something else than a reply.
  if (delay_owed_ && delayed_since_ == 0 && (!server_.tls || server_.Peek(first)))
    delayed_since_ = base::SystemClock().Now();
  return delayed_since_ != 0;
}

void Relay::EndDelay() {
  if (delayed_since_ != 0) delay_->Waited(base::SystemClock().Now() - delayed_since_);
  delayed_since_ = 0;
  delay_owed_ = false;
  if (state_ == State::kOpen) Watch(server_);
}

void Relay::Admit() {
  if (waiting_since_ != 0) waited_ = base::SystemClock().Now() - waiting_since_;
  waiting_since_ = 0;
  admitted_ = true;
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
  ssize_t count = 0;
  do {
    count = to.Send(bytes);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    if (errno != EAGAIN) Close(true, relayed);
    return 0;
  }
  (&to == &server_ ? relayed.to_server : relayed.to_client) += count;
  return static_cast<size_t>(count);
}

void Relay::Flush(Side& to, Relayed& relayed) {
  if (to.pending.empty()) return;
  to.pending.erase(0, Send(to, to.pending, relayed));
  if (state_ == State::kClosed || !to.pending.empty()) return;
  to.pending.shrink_to_fit();
  Watch(Other(to));
}

void Relay::Watch(Side& side) {
  if (!side.fd) return;
  epoll_event event{};
  event.events = uint32_t{EPOLLIN} | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &side;
  // Nothing is touched after the call: from then on another thread may be at it.
  const int operation = std::exchange(side.watched, true) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  ::epoll_ctl(epoll_, operation, side.fd.get(), &event);
}

void Relay::Resume() {
  reply_held_ = false;
  if (state_ == State::kOpen) Watch(server_);
}

// Passes ends on, and sets what to wait for next.
void Relay::Settle(Relayed& relayed) {
  if (waiting_since_ != 0 && server_.ended) {
    // There is no server any more whose connection the client could be waiting for.
    {
      const std::lock_guard lock(*gate_mutex_);
      gate_->Leave(id_);
    }
    waiting_since_ = 0;
    Watch(client_);
  }
  for (Side* side : {&client_, &server_}) {
    if (Other(*side).ended && side->pending.empty() && !side->shut && side->fd) {
      side->shut = true;
      if (side->tls) side->tls->SendEnd();
      ::shutdown(side->fd.get(), SHUT_WR);
    }
  }
  if (client_.shut && server_.shut) Close(false, relayed);
}

void Relay::Close(bool reset, Relayed& relayed) {
  if (state_ == State::kClosed) return;
  parser_.Finish(base::SystemClock().Now(), relayed.trips);
  state_ = State::kClosed;
  for (Side* side : {&client_, &server_}) {
    if (reset && side->fd) ResetOnClose(side->fd.get());
    // To close it does not end its watch while a child has it, too, which has been forked just now.
    if (side->watched) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, side->fd.get(), nullptr);
    side->fd.Reset();
  }
}

}  // namespace hone::sql
