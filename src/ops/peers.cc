#include "ops/peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "evidence/claim.h"
#include "host/proc_files.h"
#include "service/known_programs.h"

namespace hone::ops {
namespace {

constexpr std::string_view kPeersHeader = "net.peers 1, moments: ";
constexpr std::string_view kMySql = "MySQL";

bool IsLoopback(std::string_view address) { return address.starts_with("127.") || address == "::1"; }

template <typename T>
bool ReadWhole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool ReadLine(std::string_view line, std::vector<PeerCounts>& moments) {
  const std::vector<std::string_view> fields = host::Fields(line);
  size_t moment = 0;
  Peer peer;
  int64_t count = 0;
  const bool read = fields.size() == 4 && ReadWhole(fields[0], moment) && ReadWhole(fields[1], peer.machine) &&
                    ReadWhole(fields[2], peer.port) && ReadWhole(fields[3], count);
  if (!read || moment >= moments.size() || peer.machine < 0 || count < 1) return false;
  return moments[moment].emplace(peer, count).second;
}

base::Result<evidence::Computed> ComputeConnections(std::span<const evidence::CaptureBytes> captures,
                                                    const evidence::Parameters& parameters, uint64_t) {
  Peer peer;
  const bool named = parameters.contains("machine") && parameters.contains("port") &&
                     ReadWhole(parameters.at("machine"), peer.machine) && ReadWhole(parameters.at("port"), peer.port);
  if (captures.size() != 1 || !named)
    return base::Fail(base::Code::kInput, "The method takes one net.peers capture, a machine and a port");
  HONE_TRY(const std::vector<PeerCounts> moments, DecodePeers(captures.front().bytes));
  int64_t most = 0;
  for (const PeerCounts& counts : moments) {
    const auto found = counts.find(peer);
    if (found != counts.end()) most = std::max(most, found->second);
  }
  evidence::Computed computed;
  computed.value = static_cast<double>(most);
  computed.n = std::ssize(moments);
  computed.n_of = "moments";
  return computed;
}

// What a program is usually called, by its name in /proc.
std::string_view NameOf(std::string_view program) {
  if (program.starts_with("mysqld") || program.starts_with("mariadbd")) return kMySql;
  const service::KnownProgram* known = service::FindProgram(program);
  return known == nullptr ? std::string_view() : known->name;
}

}  // namespace

void PeerLog::Add(std::span<const host::TcpSocket> sockets) {
  PeerCounts& counts = moments_.emplace_back();
  for (const host::TcpSocket& socket : sockets) {
    Peer peer = {0, socket.remote_port};
    if (!IsLoopback(socket.remote_address)) {
      auto found = std::ranges::find(machines_, socket.remote_address);
      if (found == machines_.end()) found = machines_.insert(machines_.end(), socket.remote_address);
      peer.machine = static_cast<int>(found - machines_.begin()) + 1;
    }
    ++counts[peer];
  }
}

std::vector<Peer> PeerLog::Peers() const {
  PeerCounts all;
  for (const PeerCounts& counts : moments_) all.insert(counts.begin(), counts.end());
  std::vector<Peer> peers;
  for (const auto& [peer, count] : all) peers.push_back(peer);
  return peers;
}

std::string Encode(std::span<const PeerCounts> moments) {
  std::string text = fmt::format("{}{}\n", kPeersHeader, moments.size());
  for (size_t i = 0; i < moments.size(); ++i) {
    for (const auto& [peer, count] : moments[i])
      text += fmt::format("{} {} {} {}\n", i, peer.machine, peer.port, count);
  }
  return text;
}

base::Result<std::vector<PeerCounts>> DecodePeers(std::string_view bytes) {
  constexpr size_t kMostMoments = 1'000'000;
  const auto broken = [] { return base::Fail(base::Code::kInput, "Not a net.peers capture"); };
  const std::vector<std::string_view> lines = base::Lines(bytes);
  size_t count = 0;
  if (lines.empty() || !lines[0].starts_with(kPeersHeader) || !ReadWhole(lines[0].substr(kPeersHeader.size()), count) ||
      count > kMostMoments)
    return broken();
  std::vector<PeerCounts> moments(count);
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!ReadLine(lines[i], moments)) return broken();
  }
  return moments;
}

std::string ToString(const Peer& peer) {
  return peer.machine == 0 ? fmt::format("127.0.0.1:{}", peer.port)
                           : fmt::format("machine {}, port {}", peer.machine, peer.port);
}

std::string WhatListens(const Peer& peer, const std::string& sidecar, std::string_view program) {
  std::string_view name = NameOf(program);
  if (name.empty() && sidecar.empty()) name = service::UsualOfPort(peer.port);
  if (sidecar.empty()) return std::string(name);
  return name.empty() ? "sidecar " + sidecar : fmt::format("{} (sidecar {})", name, sidecar);
}

base::Result<std::vector<evidence::SeenOnly>> MeasurePeers(const PeerLog& log, const std::string& service,
                                                           const std::function<std::string(const Peer&)>& what,
                                                           Measurer& measurer) {
  std::vector<evidence::SeenOnly> seen;
  const std::vector<Peer> peers = log.Peers();
  if (peers.empty()) return seen;
  evidence::Capture capture;
  capture.kind = kPeerKind;
  capture.scope.service = service;
  HONE_TRY(capture, measurer.Keep(capture, Encode(log.moments())));
  for (const Peer& peer : peers) {
    HONE_TRY(const evidence::Measurement measured,
             measurer.Measure(
                 {.metric = "net.connections",
                  .scope = {.service = service},
                  .unit = "count",
                  .method = "net.connections@1",
                  .captures = {capture.id},
                  .parameters = {{"machine", std::to_string(peer.machine)}, {"port", std::to_string(peer.port)}}}));
    const bool one = measured.value == 1;
    seen.push_back({what(peer), ToString(peer),
                    fmt::format("at most {} connection{} at a time", evidence::FormatValue(measured), one ? "" : "s"),
                    measured.id});
  }
  return seen;
}

std::vector<std::string> PeerCaveats(std::span<const evidence::SeenOnly> seen) {
  std::vector<std::string> caveats;
  for (const evidence::SeenOnly& one : seen) {
    if (!one.what.starts_with(kMySql)) continue;
    caveats.push_back(
        fmt::format("the service is connected to MySQL ({}): statements of MySQL are not counted; load, profiles and "
                    "response times "
                    "are measured all the same",
                    one.address));
  }
  return caveats;
}

std::span<const evidence::Method> PeerMethods() {
  static constexpr std::array<evidence::Method, 1> kMethods = {{
      {"net.connections@1",
       "the most established TCP connections of the service to one peer at a moment, from /proc/net",
       ComputeConnections},
  }};
  return kMethods;
}

}  // namespace hone::ops
