#include "net/tls.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/files.h"

namespace hone::net {
namespace {

using ::testing::HasSubstr;
using Step = TlsStream::Step;
using Verify = TlsClientOptions::Verify;

struct SocketPair {
  SocketPair() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    server.Reset(fds[0]);
    client.Reset(fds[1]);
  }
  base::FileDescriptor server;
  base::FileDescriptor client;
};

class Tls : public ::testing::Test {
 protected:
  Tls() : folder_(*base::TemporaryDirectory::Create("tls-test")) {}

  std::filesystem::path Authority(const RunCertificate& made, const char* name = "ca.pem") const {
    const std::filesystem::path file = folder_.path() / name;
    EXPECT_TRUE(base::WriteFile(file, made.authority_pem).has_value());
    return file;
  }

  // The client's view of the handshake: "" where it succeeds.
  static std::string Handshake(const RunCertificate& made, const TlsClientOptions& options) {
    const auto server_context = TlsContext::ForServer(made);
    const auto client_context = TlsContext::ForClient(options);
    if (!server_context || !client_context) return "no context";
    const SocketPair sockets;
    TlsStream server(**server_context, sockets.server.get());
    TlsStream client(**client_context, sockets.client.get());
    for (int round = 0; round < 20; ++round) {
      const Step one = client.Handshake();
      const Step other = server.Handshake();
      if (one == Step::kFailed) return client.problem();
      if (one == Step::kDone && other == Step::kDone) return client.protocol() == "postgresql" ? "" : "no protocol";
    }
    return "no end";
  }

  base::TemporaryDirectory folder_;
};

TEST_F(Tls, ACertificateOfTheRunIsForItsHosts) {
  const auto made = MakeRunCertificate({"db.example.com", "10.1.2.3"});
  ASSERT_TRUE(made.has_value());
  const auto authority = Authority(*made);
  for (const char* host : {"127.0.0.1", "::1", "localhost", "db.example.com", "10.1.2.3"}) {
    EXPECT_EQ(Handshake(*made, {.verify = Verify::kHost, .host = host, .authorities = authority}), "") << host;
  }
  EXPECT_EQ(Handshake(*made, {}), "");
}

TEST_F(Tls, AWrongNameOrAuthorityIsSaid) {
  const auto made = MakeRunCertificate({});
  const auto other = MakeRunCertificate({});
  ASSERT_TRUE(made && other);
  const auto authority = Authority(*made);
  EXPECT_THAT(Handshake(*made, {.verify = Verify::kHost, .host = "elsewhere", .authorities = authority}),
              HasSubstr("certificate is not accepted: hostname mismatch"));
  EXPECT_THAT(Handshake(*made, {.verify = Verify::kHost, .host = "127.0.0.2", .authorities = authority}),
              HasSubstr("certificate is not accepted: IP address mismatch"));
  EXPECT_EQ(Handshake(*made, {.verify = Verify::kAuthority, .host = "elsewhere", .authorities = authority}), "");
  EXPECT_THAT(Handshake(*made, {.verify = Verify::kAuthority, .authorities = Authority(*other, "other.pem")}),
              HasSubstr("certificate is not accepted"));
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  const auto missing = folder_.path() / "missing.pem";
  const auto context = TlsContext::ForClient({.verify = Verify::kAuthority, .authorities = missing});
  ASSERT_FALSE(context.has_value());
  EXPECT_EQ(context.error().code, base::Code::kInput);
  EXPECT_EQ(context.error().subject, missing.string());
  const auto client = TlsContext::ForClient({.certificate = missing, .key = missing});
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().subject, missing.string());
  EXPECT_FALSE(TlsContext::ForClient({.least_version = "TLSv9"}).has_value());
}

TEST_F(Tls, KeysAreTheirOwnersAlone) {
  const auto made = MakeRunCertificate({});
  ASSERT_TRUE(WriteCertificate(*made, folder_.path() / "server.crt", folder_.path() / "server.key").has_value());
  struct stat file = {};
  ASSERT_EQ(::stat((folder_.path() / "server.key").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600);
  EXPECT_THAT(made->authority_pem, ::testing::Not(HasSubstr("KEY")));
}

// Both ends of a connection whose handshake is over.
class TlsPair : public Tls {
 protected:
  TlsPair() {
    const auto made = MakeRunCertificate({});
    server_ = std::make_unique<TlsStream>(**TlsContext::ForServer(*made), sockets_.server.get());
    client_ = std::make_unique<TlsStream>(**TlsContext::ForClient({}), sockets_.client.get());
    for (int round = 0; round < 20 && !(client_->ready() && server_->ready()); ++round) {
      client_->Handshake();
      server_->Handshake();
    }
    room_.resize(size_t{64} << 10);
  }

  std::string Received(TlsStream& stream) {
    const ssize_t count = stream.Receive(room_.data(), room_.size());
    return count < 0 ? "error" : std::string(room_.data(), static_cast<size_t>(count));
  }

  SocketPair sockets_;
  std::unique_ptr<TlsStream> server_;
  std::unique_ptr<TlsStream> client_;
  std::string room_;
};

TEST_F(TlsPair, APeekedByteIsToldAndStays) {
  char byte = 0;
  EXPECT_FALSE(server_->Peek(byte));
  EXPECT_EQ(client_->Send("Query"), 5);
  EXPECT_FALSE(server_->buffered());
  EXPECT_TRUE(server_->Peek(byte));
  EXPECT_EQ(byte, 'Q');
  EXPECT_TRUE(server_->buffered());
  EXPECT_EQ(Received(*server_), "Query");
  EXPECT_FALSE(server_->buffered());
  EXPECT_EQ(server_->Receive(room_.data(), room_.size()), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST_F(TlsPair, WhatTheSocketDoesNotTakeIsGivenAgain) {
  std::string sent(size_t{4} << 20, '\0');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7 + i / 251);
  std::string_view left = sent;
  std::string received;
  bool waited = false;
  while (received.size() < sent.size()) {
    const ssize_t count = server_->Send(left);
    waited = waited || count < std::ssize(left);
    if (count < 0) {
      ASSERT_EQ(errno, EAGAIN);
    }
    if (count > 0) left.remove_prefix(static_cast<size_t>(count));
    for (std::string part = Received(*client_); part != "error"; part = Received(*client_)) received += part;
  }
  EXPECT_TRUE(waited);
  EXPECT_TRUE(received == sent);
}

TEST_F(TlsPair, AnEndIsAnEndAndGarbageAnError) {
  client_->SendEnd();
  EXPECT_EQ(Received(*server_), "");
  EXPECT_EQ(server_->Send("still"), 5);
  EXPECT_EQ(Received(*client_), "still");
  ASSERT_EQ(::send(sockets_.server.get(), "garbage", 7, 0), 7);
  EXPECT_EQ(client_->Receive(room_.data(), room_.size()), -1);
  EXPECT_NE(errno, EAGAIN);
}

TEST_F(TlsPair, ALostConnectionIsAnEnd) {
  sockets_.client.Reset();
  EXPECT_EQ(Received(*server_), "");
  EXPECT_EQ(server_->Send("nobody reads this"), -1);
}

}  // namespace
}  // namespace hone::net
