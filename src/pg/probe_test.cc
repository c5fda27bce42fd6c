#include "pg/probe.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <thread>

#include "base/files.h"

namespace hone::pg {
namespace {

// What a server that answers the first bytes with `answer` (nothing: with silence) is taken for.
bool Answering(const std::string& answer) {
  const base::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::thread server([&] {
    const base::FileDescriptor client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char request[8] = {};
    EXPECT_EQ(::recv(client.get(), request, sizeof request, MSG_WAITALL), 8);
    if (!answer.empty()) ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    ::recv(client.get(), request, 1, 0);  // until the asker has gone
  });
  const bool speaks = SpeaksPostgres("127.0.0.1", ntohs(address.sin_port));
  server.join();
  return speaks;
}

TEST(SpeaksPostgres, ByTheAnswerToAnSslRequest) {
  EXPECT_TRUE(Answering("N"));
  EXPECT_TRUE(Answering("S"));
  EXPECT_FALSE(Answering("-ERR unknown command\r\n"));
  EXPECT_FALSE(Answering("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_FALSE(Answering(""));
}

TEST(SpeaksPostgres, NotWhereNobodyListens) {
  EXPECT_FALSE(SpeaksPostgres("127.0.0.1", 1));
  EXPECT_FALSE(SpeaksPostgres("no address", 5432));
}

}  // namespace
}  // namespace hone::pg
