#include "ops/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace hone::ops {
namespace {

using ::testing::ElementsAre;

host::TcpSocket To(const std::string& address, uint16_t port) {
  host::TcpSocket socket;
  socket.remote_address = address;
  socket.remote_port = port;
  return socket;
}

PeerLog Seen() {
  PeerLog log;
  log.Add(std::vector{To("127.0.0.1", 6379), To("10.1.2.3", 443)});
  log.Add(std::vector{To("127.0.0.1", 6379), To("::1", 6379), To("10.1.2.4", 443), To("10.1.2.3", 443)});
  log.Add({});
  return log;
}

TEST(PeerLog, CountsAtEachMomentAndNamesNoOtherMachine) {
  const PeerLog log = Seen();
  EXPECT_THAT(log.Peers(), ElementsAre(Peer{0, 6379}, Peer{1, 443}, Peer{2, 443}));
  const std::string text = Encode(log.moments());
  EXPECT_EQ(text, "net.peers 1, moments: 3\n0 0 6379 1\n0 1 443 1\n1 0 6379 2\n1 1 443 1\n1 2 443 1\n");
  const auto decoded = DecodePeers(text);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, log.moments());
}

TEST(PeerLog, RefusesOtherBytes) {
  for (const char* text : {"", "net.peers 1, moments: x\n", "net.peers 1, moments: 1\n1 0 1 1\n",
                           "net.peers 1, moments: 1\n0 0 99999 1\n", "net.peers 1, moments: 1\n0 0 1 0\n",
                           "net.peers 1, moments: 1\n0 0 1 1\n0 0 1 1\n", "net.peers 1, moments: 99999999999\n"})
    EXPECT_FALSE(DecodePeers(text)) << text;
}

TEST(WhatListens, GoesByTheProgramThenByTheUsualPort) {
  EXPECT_EQ(WhatListens({0, 41000}, "cache", "redis-server"), "Redis (sidecar cache)");
  EXPECT_EQ(WhatListens({0, 41000}, "cache", "python3"), "sidecar cache");
  EXPECT_EQ(WhatListens({0, 33060}, "", "mysqld"), "MySQL");
  EXPECT_EQ(WhatListens({2, 9092}, "", ""), "Kafka");
  EXPECT_EQ(WhatListens({2, 41000}, "", ""), "");
}

TEST(MeasurePeers, EachNumberIsAMeasurement) {
  const auto folder = base::TemporaryDirectory::Create("peers-test").value();
  const auto ledger = evidence::Ledger::Open(folder.path() / ".hone").value();
  Measurer measurer(*ledger, ledger->BeginRun({.verb = "check"}).value());
  const auto what = [](const Peer& peer) { return WhatListens(peer, "", ""); };
  const auto seen = MeasurePeers(Seen(), "shop", what, measurer);
  ASSERT_TRUE(seen) << base::Sentence(seen.error());
  ASSERT_EQ(seen->size(), 3u);
  EXPECT_EQ((*seen)[0].what, "Redis");
  EXPECT_EQ((*seen)[0].address, "127.0.0.1:6379");
  EXPECT_EQ((*seen)[0].text, "at most 2 connections at a time");
  EXPECT_EQ((*seen)[1].address, "machine 1, port 443");
  EXPECT_EQ((*seen)[1].text, "at most 1 connection at a time");
  EXPECT_EQ(measurer.measurements().at(0).value, 2);
  EXPECT_EQ(measurer.measurements().at(0).n, 3);
  const auto none = MeasurePeers(PeerLog(), "shop", what, measurer);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  EXPECT_EQ(measurer.captures().size(), 1u);
}

TEST(PeerCaveats, SaysThatStatementsOfMySqlAreNotCounted) {
  const std::vector<evidence::SeenOnly> seen = {{"Redis", "127.0.0.1:6379", "x", 1},
                                                {"MySQL", "127.0.0.1:3306", "x", 2}};
  EXPECT_THAT(
      PeerCaveats(seen),
      ElementsAre("the service is connected to MySQL (127.0.0.1:3306): statements of MySQL are not counted; load, "
                  "profiles and response times are measured all the same"));
}

}  // namespace
}  // namespace hone::ops
