// One client's session through the proxy: two sockets, the bytes on their way between them, and the parser beside.
//
// Belongs to one of the proxy's threads.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "net/tls.h"
#include "sql/address.h"
#include "sql/delay.h"
#include "sql/gate.h"
#include "sql/hold.h"
#include "sql/sasl.h"
#include "sql/wire.h"

namespace hone::sql {

// What a step of a session brought.
struct Relayed {
  int64_t to_server = 0;
  int64_t to_client = 0;
  base::Nanos read_at = 0;  // when the last of it was read; 0: nothing was
  std::vector<WireTrip> trips = {};
  void Clear() {
    to_server = to_client = read_at = 0;
    trips.clear();
  }
};

class Relay;

// One of the two sockets; its address is what epoll hands back.
struct Side {
  Relay* relay = nullptr;
  base::FileDescriptor fd = {};
  std::string pending =
      {};  // bytes for this socket that it did not take yet; while there are any, the other side is not read
  bool ended = false;                        // its peer sends no more
  bool shut = false;                         // nothing more will be sent to it
  bool watched = false;                      // by epoll
  std::unique_ptr<net::TlsStream> tls = {};  // empty: the socket carries plain bytes

  // As recv and send. The C library's are points where a thread can be cancelled, for which each call takes two locked
  // instructions; nobody cancels the proxy's.
  ssize_t Receive(char* data, size_t size) const {
    return tls ? tls->Receive(data, size) : ::syscall(SYS_recvfrom, fd.get(), data, size, 0, nullptr, nullptr);
  }
  ssize_t Send(std::string_view bytes) const {
    if (tls) return tls->Send(bytes);
    return ::syscall(SYS_sendto, fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
  }
  bool Peek(char& byte) const { return tls ? tls->Peek(byte) : ::recv(fd.get(), &byte, 1, MSG_PEEK) == 1; }
};

// How TLS is spoken on the two sides; it outlives the relays.
struct RelayTls {
  std::shared_ptr<const net::TlsContext> clients = {};   // empty: they are told that there is none
  std::shared_ptr<const net::TlsContext> upstream = {};  // empty: plain
};

class Relay {
 public:
  enum class State { kGreeting, kConnecting, kSecuring, kOpen, kClosed };
  enum class Kind { kSession, kCancel };

  // Takes the accepted socket; Begin watches it on `epoll`. `hold` says which reply is to be held.
  Relay(uint32_t id, base::FileDescriptor client, const Address& upstream, int epoll, TextPool& texts, ReplyHold& hold);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // To be called last of what prepares it, at `now`: from then on its thread has it.
  void Begin(base::Nanos now) {
    opened_at_ = now;
    Watch(client_);
  }

  // From now on the client's first message of a transaction stays unread until `gate`, which `mutex` guards, lets it
  // in.
  void set_gate(Gate* gate, std::mutex* mutex) {
    gate_ = gate;
    gate_mutex_ = mutex;
  }
  void set_tls(const RelayTls* tls) { tls_ = tls; }
  // From now on replies wait as `delay` says.
  void set_delay(ReplyDelay* delay) { delay_ = delay; }
  // When the reply that waits came; 0: none waits. Nothing is read from the server until EndDelay.
  base::Nanos delayed_since() const { return delayed_since_; }
  void EndDelay();
  // As long as `each` is set, every reply is held (see Proxy::HoldEach). It must outlive the relay.
  void set_hold_each(const std::atomic<bool>* each) { hold_each_ = each; }
  // The texts whose replies it is that are held because of that; empty the next time.
  std::vector<std::string> TakeHeldTexts() { return std::exchange(held_texts_, {}); }
  // The gate has let it in: the client is read again.
  void Admit();

  // `side`'s socket has these epoll events. `details`: see WireParser.
  void OnEvents(Side& side, uint32_t events, bool details, Relayed& relayed);

  // Nothing is read from the server until Resume: what it sends stays in the socket.
  bool reply_held() const { return reply_held_; }
  void Resume();

  // Ends the session.
  void End(Relayed& relayed) { Close(false, relayed); }

  uint32_t id() const { return id_; }
  base::Nanos opened_at() const { return opened_at_; }
  State state() const { return state_; }
  Kind kind() const { return kind_; }
  bool busy() const { return parser_.busy() || state_ == State::kConnecting || state_ == State::kSecuring; }
  // A statement or a transaction is under way.
  bool held() const { return kind_ == Kind::kSession && parser_.held(); }
  bool started() const { return kind_ == Kind::kSession && parser_.started(); }
  // What the gate let in is not over: under way, or not read to the end of its first message.
  bool needs_place() const { return admitted_ || held() || parser_.in_message(); }
  // How long the client was kept waiting at the gate before what it sends now; 0 the next time.
  base::Nanos TakeWaited() { return std::exchange(waited_, 0); }
  // What holds it up is the client: nothing is asked that is not answered, or its rows are not taken.
  bool stalled() const { return !busy() || !client_.pending.empty(); }
  bool unreachable() const { return unreachable_; }          // the server did not take the connection
  bool reached() const { return reached_; }                  // a connection to the server was begun
  uint16_t upstream_port() const { return upstream_port_; }  // local; 0 before that, and for a Unix socket
  int64_t unparsed_bytes() const { return parser_.unparsed_bytes(); }
  // Those that the client's start-up packet sets (see TimeoutsOf).
  const std::vector<std::string_view>& timeouts() const { return timeouts_; }

 private:
  Side& Other(Side& side) { return &side == &client_ ? server_ : client_; }
  void Greet(bool details, Relayed& relayed);
  void Connect();
  void OnConnected(Relayed& relayed);
  void Pump(Side& from, bool hung_up, bool details, Relayed& relayed);
  void Parse(const Side& from, std::string_view bytes, base::Nanos now, bool details, Relayed& relayed);
  bool MustWait();
  bool MustDelay();
  void Flush(Side& to, Relayed& relayed);
  size_t Send(Side& to, std::string_view bytes, Relayed& relayed);
  void Watch(Side& side);  // reports what is there already, too
  void Settle(Relayed& relayed);
  void Close(bool reset, Relayed& relayed);

  // In relay_tls.cc.
  bool BeginTls(bool asked, Relayed& relayed);
  bool GreetByTls(Relayed& relayed);
  void Secure(Relayed& relayed);
  void OnSecuring(const Side& side, bool hung_up, Relayed& relayed);
  bool AskedForTls(Relayed& relayed);
  std::string_view Negotiate(const Side& from, std::string_view bytes, Relayed& relayed);
  void RefuseClient(const std::string& reason, Relayed& relayed);

  // What each event looks at stands together, and first.
  State state_ = State::kGreeting;
  Kind kind_ = Kind::kSession;
  bool reached_ = false;
  bool unreachable_ = false;
  bool reply_held_ = false;
  bool delay_owed_ = false;  // by the next reply
  bool admitted_ = false;    // since then nothing was read from the client
  bool direct_ = false;      // the client began with TLS at once
  uint32_t id_;
  int epoll_;
  base::Nanos waiting_since_ = 0;  // at the gate; 0: it does not wait
  base::Nanos waited_ = 0;
  base::Nanos delayed_since_ = 0;
  ReplyDelay* delay_ = nullptr;
  Gate* gate_ = nullptr;
  std::mutex* gate_mutex_ = nullptr;
  const std::atomic<bool>* hold_each_ = nullptr;
  const RelayTls* tls_ = nullptr;
  std::unique_ptr<SaslFilter> sasl_;  // during a login over TLS to the server
  Side client_ = {};
  Side server_ = {};
  WireParser parser_;

  base::Nanos opened_at_ = 0;
  const Address* upstream_;
  uint16_t upstream_port_ = 0;
  std::vector<std::string_view> timeouts_ = {};
  std::vector<std::string> held_texts_ = {};
};

}  // namespace hone::sql
