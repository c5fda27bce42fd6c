#include "host/process_stats.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <string>

#include "base/files.h"
#include "host/proc_files.h"

namespace hone::host {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

TEST(ProcPidStat, ReadsALineWithAnUglyName) {
  const auto stat = ParseProcPidStat("42 (a) b (c) S 1 40 39 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 10");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 1);
  EXPECT_EQ(stat->group, 40);
  EXPECT_EQ(stat->session, 39);
  EXPECT_EQ(stat->start_ticks, 987654u);
  EXPECT_EQ(stat->reaped_ticks, 15);
  EXPECT_FALSE(ParseProcPidStat("42 (a) S 1 40"));
  EXPECT_FALSE(ParseProcPidStat(""));
}

TEST(SampleProcessTest, CountsThisProcess) {
  const auto before = SampleProcess(::getpid());
  ASSERT_TRUE(before);
  EXPECT_GT(before->cpu_ns, 0);
  EXPECT_GT(before->rss_bytes, 100'000u);
  EXPECT_GE(before->threads, 1);
  EXPECT_GE(before->fds, 3);
  volatile uint64_t sink = 0;
  while (SampleOwnCost().cpu_ns < before->cpu_ns + 20'000'000) sink = sink + 1;
  const auto after = SampleProcess(::getpid());
  ASSERT_TRUE(after);
  EXPECT_GE(after->cpu_ns - before->cpu_ns, 20'000'000);
  EXPECT_GE(SampleOwnCost().peak_rss_bytes, 100'000u);
  EXPECT_EQ(SampleProcess(1 << 30).error().code, base::Code::kNotFound);
}

TEST(SampleTreeTest, AddsDescendants) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const pid_t grandchild = ::fork();
    if (grandchild > 0 && ::write(ends[1], &grandchild, sizeof grandchild) < 0) ::_exit(1);
    for (;;) ::pause();
  }
  pid_t grandchild = 0;
  ASSERT_EQ(::read(ends[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
  const auto tree = ProcessTree(child);
  EXPECT_EQ(tree, (std::vector<pid_t>{child, grandchild}));
  const auto sum = SampleTree(child);
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->processes, 2);
  EXPECT_GE(sum->threads, 2);  // a sanitizer may run one of its own
  ::kill(grandchild, SIGKILL);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(ProcNetTcp, ReadsBothFamilies) {
  const auto sockets = ParseProcNetTcp(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 4711 1 0 100 0 0 10 "
      "0\n"
      "   1: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:D431 01 0:0 00:0 0 0 0 4712 1 0\n"
      "   2: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 4713 1 0\n"
      "   3: garbage\n");
  ASSERT_EQ(sockets.size(), 3u);
  EXPECT_EQ(sockets[0].local_address, "127.0.0.1");
  EXPECT_EQ(sockets[0].local_port, 5432);
  EXPECT_TRUE(sockets[0].listening);
  EXPECT_EQ(sockets[0].inode, 4711u);
  EXPECT_EQ(sockets[1].remote_address, "127.0.0.1");
  EXPECT_EQ(sockets[1].remote_port, 54321);
  EXPECT_TRUE(sockets[1].established);
  EXPECT_EQ(sockets[2].local_address, "::1");
}

TEST(Sockets, FindsListenersAndConnections) {
  const auto port = FreePort();
  ASSERT_TRUE(port);
  EXPECT_FALSE(ListenerOfPort(*port));
  EXPECT_FALSE(IsListening(*port));
  const base::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(*port);
  ASSERT_EQ(::bind(listener.get(), std::bit_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(ListenerOfPort(*port), ::getpid());
  EXPECT_TRUE(IsListening(*port));
  const base::FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(), std::bit_cast<const sockaddr*>(&address), sizeof address), 0);
  const auto connections = ConnectionsOf(::getpid());
  EXPECT_TRUE(std::ranges::any_of(connections, [&](const TcpSocket& socket) { return socket.remote_port == *port; }));
}

}  // namespace
}  // namespace hone::host
