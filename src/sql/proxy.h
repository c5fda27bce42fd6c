// The PostgreSQL wire proxy: relays every byte 1:1 on background threads and parses beside.
//
// It alters nothing, with exceptions that PostgreSQL's protocol allows for: SSLRequest and GSSENCRequest are answered
// here ('N', the listener being loopback; SSLRequest 'S' with ProxyOptions::tls), a CancelRequest travels on an
// upstream connection of its own, and a session that asks for replication is refused with an error. With TLS to the
// server there is one more: SCRAM-SHA-256-PLUS is taken out of what the server offers, because a login that is bound to
// one TLS connection cannot pass over two (see sasl.h). SetGate delays what begins a transaction, HoldNext and
// SetDelay replies, and they alter nothing either. All functions are thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "net/tls.h"
#include "sql/delay.h"
#include "sql/hold.h"
#include "sql/holds.h"
#include "sql/recording.h"

namespace hone::sql {

struct ProxyOptions {
  std::string listen_host = "127.0.0.1";    // a numeric address
  uint16_t listen_port = 0;                 // 0: chosen by the kernel
  std::string upstream_host = "127.0.0.1";  // a name, an address or a Unix socket's folder; resolved once, at the start
  uint16_t upstream_port = 5432;
  size_t max_connections = 1000;      // more are closed at once and counted
  size_t max_statements = 1'000'000;  // of one recording; more are dropped and counted
  size_t threads = 1;                 // each with its share of the connections
  // What clients that ask for TLS get (by SSLRequest, or at once as PostgreSQL 17 has it); those that do not ask are
  // served in plain all the same. Empty: there is none.
  std::shared_ptr<const net::TlsContext> tls = {};
  std::shared_ptr<const net::TlsContext> upstream_tls = {};  // every connection to the server; empty: plain
  // Of the time after which a client that does not say what it wants is sent away, as a server does
  // (authentication_timeout, 60 s).
  const base::Clock* clock = &base::SystemClock();
};

// Totals since the start.
struct ProxyCounters {
  int64_t connections = 0;          // accepted, without cancel requests
  int64_t open_connections = 0;     // now
  int64_t refused_connections = 0;  // beyond max_connections, or upstream could not be reached
  int64_t cancels = 0;
  int64_t statements = 0;
  int64_t round_trips = 0;
  int64_t rows = 0;
  int64_t bytes_to_server = 0;
  int64_t bytes_to_client = 0;
  int64_t unparsed_bytes = 0;  // relayed but not understood: TLS, a foreign protocol, a broken frame
  int64_t dropped_events = 0;  // statements of a recording that did not fit
  // Errors about prepared statements: see WireTrip.
  int64_t changed_plans = 0;
  int64_t unknown_prepared = 0;
  int64_t prepared_twice = 0;
  std::map<std::string, int64_t, std::less<>> timeouts =
      {};  // by name, how many sessions began with one: see TimeoutsOf
};

// What happens at the gate right now (see Proxy::SetGate).
struct GateStatus {
  int64_t holding = 0;            // sessions with a statement or transaction under way; 0 without a limit
  int64_t stalled = 0;            // of them, those that the server does not work for: it waits for the client
  int64_t waiting = 0;            // sessions whose next transaction is kept back
  base::Nanos last_activity = 0;  // when anything was relayed
};

class Proxy {
 public:
  // Listens and starts the threads; does not connect to the server before a client does. kEnvironment when the
  // listener's address is taken or not this machine's, kInput when the upstream's name cannot be resolved.
  static base::Result<std::unique_ptr<Proxy>> Start(const ProxyOptions& options);
  // Closes every connection, ends the threads.
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  uint16_t port() const;
  std::string address() const;  // "127.0.0.1:41234"

  ProxyCounters counters() const;

  // The local ports of the connections to the server that are open now, ascending: what pg_stat_activity.client_port
  // shows for connections that do come through this proxy. None for Unix sockets.
  std::vector<uint16_t> UpstreamPorts() const;

  // Begins to note down statements, round trips and values (a recording that runs already begins anew). Off: counters
  // only.
  void StartRecording();
  // What was recorded since the start of the recording or the last Drain; recording goes on.
  Recording Drain();
  // The same, and ends the recording.
  Recording StopRecording();

  // Holds the reply to the next execution of a statement whose text matches (a simple Query's only while recording),
  // for `at_most`: what the server sends on that connection waits, nothing else does. ReleaseHeld lets it go before.
  void HoldNext(ReplyHold::Matches matches, base::Nanos at_most);
  // Waits until a reply is held; false where none was until `deadline` (of base::SystemClock()).
  bool WaitHeld(base::Nanos deadline) const;
  // What is held goes on, and nothing will be held. False where it had gone on by itself before.
  bool ReleaseHeld();

  // From now on the reply to each round trip waits for `delay` beyond its time, as on a longer way to the database;
  // with `matches`, to each that executes a statement with such a text (a simple Query's only while recording). What is
  // pipelined waits once. 0: no reply waits; those that do now finish their time.
  void SetDelay(base::Nanos delay, ReplyDelay::Matches matches = {});
  // Of the replies that waited since the last SetDelay.
  ReplyDelay::Totals delayed() const;
  // From now on the reply to every statement is held (a simple Query's only while recording), each connection's until
  // LetGo or for `at_most`. `held` hears of it on the proxy's threads, by one at a time, and must be quick: which
  // connection waits, and the texts that it executes. Not beside HoldNext.
  using Held = std::function<void(uint32_t connection, const std::vector<std::string>& texts)>;
  void HoldEach(Held held, base::Nanos at_most);
  void LetGo(uint32_t connection);
  // Nothing is held any more.
  void StopHoldEach();

  // From now on at most `most` sessions may have a statement or a transaction under way (0: no new ones; empty: no
  // limit). The first message of a further one stays unread in its socket until a place is free, first come first
  // served; no byte is altered, and none of a transaction that has begun is kept back. Start-ups, cancel requests,
  // Terminate and what is no PostgreSQL protocol pass. A session counts from that first message to the ReadyForQuery
  // with status 'I'; transactions that are under way when the limit falls go on. A client that hangs up while it waits
  // keeps its place. In force when it returns.
  void SetGate(std::optional<size_t> most);
  GateStatus gate() const;

  // Begins to note down how long connections are held (see holds.h), beside any recording; off at first.
  void StartHolds();
  // What was noted down, and ends it.
  HoldLog StopHolds();

  // Returns when no round trip is in flight on any connection and nothing was relayed for `quiet_for`; kTimeout at
  // `deadline` (of base::SystemClock()). Idle transactions and listening connections are quiet.
  base::Result<void> WaitQuiet(base::Nanos quiet_for, base::Nanos deadline) const;

 private:
  struct State;
  explicit Proxy(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hone::sql
