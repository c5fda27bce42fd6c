// One client's session through the proxy: two sockets, the bytes on their way between them, and the parser beside.
//
// Belongs to the proxy's thread.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "sql/gate.h"
#include "sql/hold.h"
#include "sql/wire.h"

namespace hone::sql {

struct Address {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
};

// What a step of a session brought.
struct Relayed {
  int64_t to_server = 0;
  int64_t to_client = 0;
  std::vector<WireTrip> trips = {};
  void Clear() {
    to_server = to_client = 0;
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
  bool ended = false;     // its peer sends no more
  bool shut = false;      // nothing more will be sent to it
  uint32_t interest = 0;  // what epoll watches for; 0: it is not watched
};

class Relay {
 public:
  enum class State { kGreeting, kConnecting, kOpen, kClosed };
  enum class Kind { kSession, kCancel };

  // Takes the accepted socket and watches it on `epoll`. `hold` says which reply is to be held.
  Relay(uint32_t id, base::FileDescriptor client, const Address& upstream, int epoll, TextPool& texts, ReplyHold& hold);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // From now on the client's first message of a transaction stays unread until `gate` lets it in.
  void set_gate(Gate* gate) { gate_ = gate; }
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

  uint32_t id() const { return id_; }
  State state() const { return state_; }
  Kind kind() const { return kind_; }
  bool busy() const { return parser_.busy() || state_ == State::kConnecting; }
  // A statement or a transaction is under way.
  bool held() const { return kind_ == Kind::kSession && parser_.held(); }
  bool started() const { return kind_ == Kind::kSession && parser_.started(); }
  // How long the client was kept waiting at the gate before what it sends now; 0 the next time.
  base::Nanos TakeWaited() { return std::exchange(waited_, 0); }
  // What holds it up is the client: nothing is asked that is not answered, or its rows are not taken.
  bool stalled() const { return !busy() || !client_.pending.empty(); }
  bool unreachable() const { return unreachable_; }          // the server did not take the connection
  uint16_t upstream_port() const { return upstream_port_; }  // local; 0 before there is a connection
  int64_t unparsed_bytes() const { return parser_.unparsed_bytes(); }

 private:
  Side& Other(Side& side) { return &side == &client_ ? server_ : client_; }
  void Greet(bool details, Relayed& relayed);
  void Connect();
  void OnConnected(Relayed& relayed);
  void Pump(Side& from, bool details, Relayed& relayed);
  void Parse(const Side& from, std::string_view bytes, base::Nanos now, bool details, Relayed& relayed);
  bool MustWait();
  void Flush(Side& to, Relayed& relayed);
  size_t Send(Side& to, std::string_view bytes, Relayed& relayed);
  void Watch(Side& side);
  void Settle(Relayed& relayed);
  void Close(bool reset, Relayed& relayed);

  uint32_t id_;
  int epoll_;
  const Address* upstream_;
  WireParser parser_;
  Side client_ = {};
  Side server_ = {};
  State state_ = State::kGreeting;
  Kind kind_ = Kind::kSession;
  uint16_t upstream_port_ = 0;
  bool unreachable_ = false;
  bool reply_held_ = false;
  const std::atomic<bool>* hold_each_ = nullptr;
  std::vector<std::string> held_texts_ = {};
  Gate* gate_ = nullptr;
  base::Nanos waiting_since_ = 0;  // at the gate; 0: it does not wait
  base::Nanos waited_ = 0;
};

}  // namespace hone::sql
