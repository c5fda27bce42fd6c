// What the service is connected to besides its database (Redis, HTTP, brokers): seen from its own connections, counted
// at some moments, and shown as seen only.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/method.h"
#include "evidence/report.h"
#include "host/process_stats.h"
#include "ops/measurer.h"

namespace hone::ops {

inline constexpr std::string_view kPeerKind = "net.peers";

// The far end of a connection. Other machines are numbered as they are seen: where they are may stand in the
// environment of the service, of which nothing is kept.
struct Peer {
  int machine = 0;  // 0: this one
  uint16_t port = 0;
  auto operator<=>(const Peer&) const = default;
};

// Open connections to each peer, at one moment.
using PeerCounts = std::map<Peer, int64_t>;

class PeerLog {
 public:
  // One moment: connections that the service opened, but for those to its database.
  void Add(std::span<const host::TcpSocket> sockets);
  const std::vector<PeerCounts>& moments() const { return moments_; }
  // All that were seen.
  std::vector<Peer> Peers() const;

 private:
  std::vector<std::string> machines_;
  std::vector<PeerCounts> moments_;
};

// The capture's bytes: a header line with the number of moments, then "MOMENT MACHINE PORT CONNECTIONS" a line.
std::string Encode(std::span<const PeerCounts> moments);
base::Result<std::vector<PeerCounts>> DecodePeers(std::string_view bytes);

// "127.0.0.1:6379", "machine 1, port 443".
std::string ToString(const Peer& peer);

// What listens at `peer`, by the name of the sidecar (empty: none) and of the program (of a process of this machine,
// or empty), else by the usual port: "Redis (sidecar cache)", "HTTP"; empty where nothing is known.
std::string WhatListens(const Peer& peer, const std::string& sidecar, std::string_view program);

// Keeps a capture of the moments and measures each peer; `what` answers for a peer as WhatListens() does.
base::Result<std::vector<evidence::SeenOnly>> MeasurePeers(const PeerLog& log, const std::string& service,
                                                           const std::function<std::string(const Peer&)>& what,
                                                           Measurer& measurer);

// The sentences for the report's caveats where the service is connected to something whose statements are missed.
std::vector<std::string> PeerCaveats(std::span<const evidence::SeenOnly> seen);

// net.connections@1 (count): the most connections to the peer of parameters "machine" and "port" at one moment.
std::span<const evidence::Method> PeerMethods();

}  // namespace hone::ops
