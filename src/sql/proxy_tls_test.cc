// The proxy with TLS on either side, between libpq and a real PostgreSQL with ssl = on.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "base/files.h"
#include "net/certificate.h"
#include "net/tls.h"
#include "sql/postgres_for_test.h"
#include "sql/proxy.h"
#include "sql/upstream_probe.h"
#include "sql/wire_messages.h"

namespace hone::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using Context = std::shared_ptr<const net::TlsContext>;

constexpr base::Nanos kMostWait = 20'000'000'000;

base::FileDescriptor ConnectRaw(uint16_t port) {
  base::FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}

std::string ReadRaw(int fd, size_t size) {
  std::string bytes(size, '\0');
  const ssize_t count = ::recv(fd, bytes.data(), size, MSG_WAITALL);
  bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return bytes;
}

class ProxyTls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::vector<std::string> settings = {"log_statement=all", "log_line_prefix=", "ssl=on"};
    const auto prepare = [&settings](const std::filesystem::path& folder) {
      certificate_ = *net::MakeRunCertificate({});
      std::ignore = net::WriteCertificate(certificate_, folder / "server.crt", folder / "server.key");
      std::ignore = base::WriteFile(folder / "hba.conf",
                                    "local all all trust\n"
                                    "host all postgres 127.0.0.1/32 trust\n"
                                    "host all bob 127.0.0.1/32 scram-sha-256\n"
                                    "hostssl all secured 127.0.0.1/32 trust\n"
                                    "hostnossl all open 127.0.0.1/32 trust\n");
      for (const char* file : {"ssl_cert_file=server.crt", "ssl_key_file=server.key", "hba_file=hba.conf"}) {
        std::string setting = file;
        settings.push_back(setting.insert(setting.find('=') + 1, folder.string() + "/"));
      }
    };
    server_ = std::make_unique<PostgresForTest>(settings, prepare);
    const Connection direct(PQconnectdb(PostgresForTest::Dsn(server_->port()).c_str()), &PQfinish);
    Own(PQexec(direct.get(),
               "create role bob login password 'secret'; create role secured login; create role open login"));
    folder_ = std::make_unique<base::TemporaryDirectory>(*base::TemporaryDirectory::Create("proxy-tls"));
    made_ = *net::MakeRunCertificate({});
    std::ignore = base::WriteFile(ca(), made_.authority_pem);
    std::ignore = base::WriteFile(server_ca(), certificate_.authority_pem);
  }
  static void TearDownTestSuite() {
    server_.reset();
    folder_.reset();
    made_ = certificate_ = {};
  }

  static std::filesystem::path ca() { return folder_->path() / "ca.pem"; }                // of the proxy
  static std::filesystem::path server_ca() { return folder_->path() / "server-ca.pem"; }  // of the server
  static Context ForClients() { return *net::TlsContext::ForServer(made_); }
  static Context ForServer(const std::filesystem::path& authorities = server_ca()) {
    return *net::TlsContext::ForClient(
        {.verify = net::TlsClientOptions::Verify::kHost, .host = "127.0.0.1", .authorities = authorities});
  }

  void Start(Context clients, Context upstream, std::string host = "127.0.0.1", uint16_t port = server_->port()) {
    auto proxy = Proxy::Start({.upstream_host = std::move(host),
                               .upstream_port = port,
                               .tls = std::move(clients),
                               .upstream_tls = std::move(upstream)});
    ASSERT_TRUE(proxy.has_value());
    proxy_ = *std::move(proxy);
    proxy_->StartRecording();
    logged_before_ = Logged();
  }

  Connection Connect(const std::string& more) const {
    const std::string dsn =
        "host=127.0.0.1 gssencmode=disable dbname=postgres port=" + std::to_string(proxy_->port()) + " " + more;
    return {PQconnectdb(dsn.c_str()), &PQfinish};
  }
  std::string VerifyFull() const { return "sslmode=verify-full sslrootcert=" + ca().string() + " "; }
  // "" where it connects.
  std::string Problem(const std::string& more) const {
    const Connection connection = Connect(more);
    return PQstatus(connection.get()) == CONNECTION_OK ? "" : PQerrorMessage(connection.get());
  }

  static int64_t Logged() {
    const std::string log = *base::ReadFile(server_->log());
    int64_t count = 0;
    for (const std::string_view mark : {"LOG:  statement: ", "LOG:  execute "}) {
      for (size_t at = log.find(mark); at != std::string::npos; at = log.find(mark, at + 1)) ++count;
    }
    return count;
  }

  void ExpectCountsOfTheServer() {
    EXPECT_TRUE(proxy_->WaitQuiet(1'000'000, base::SystemClock().Now() + kMostWait).has_value());
    const Recording recording = proxy_->StopRecording();
    EXPECT_EQ(recording.lost.at("unparsed_bytes"), 0);
    EXPECT_EQ(std::ranges::count_if(recording.statements, &RecordedStatement::executed), Logged() - logged_before_);
  }

  static std::unique_ptr<PostgresForTest> server_;
  static std::unique_ptr<base::TemporaryDirectory> folder_;
  static net::RunCertificate made_;
  static net::RunCertificate certificate_;
  std::unique_ptr<Proxy> proxy_;
  int64_t logged_before_ = 0;
};

std::unique_ptr<PostgresForTest> ProxyTls::server_;
std::unique_ptr<base::TemporaryDirectory> ProxyTls::folder_;
net::RunCertificate ProxyTls::made_;
net::RunCertificate ProxyTls::certificate_;

// Queries, errors, parameters, a pipeline, rows both large and many, COPY both ways.
void RunStatements(PGconn* c) {
  EXPECT_STREQ(PQgetvalue(Own(PQexec(c, "select 41 + 1")).get(), 0, 0), "42");
  const char* values[] = {"7"};
  EXPECT_STREQ(
      PQgetvalue(Own(PQexecParams(c, "select $1::int * 2", 1, nullptr, values, nullptr, nullptr, 0)).get(), 0, 0),
      "14");
  EXPECT_EQ(PQresultStatus(Own(PQexec(c, "select 1/0")).get()), PGRES_FATAL_ERROR);
  EXPECT_EQ(PQgetlength(Own(PQexec(c, "select repeat('x', 5000000)")).get(), 0, 0), 5'000'000);
  EXPECT_EQ(PQntuples(Own(PQexec(c, "select * from generate_series(1, 50000)")).get()), 50'000);
  const std::string large(3'000'000, 'y');
  const char* larges[] = {large.c_str()};
  EXPECT_STREQ(
      PQgetvalue(Own(PQexecParams(c, "select length($1)", 1, nullptr, larges, nullptr, nullptr, 0)).get(), 0, 0),
      "3000000");
  Own(PQexec(c, "create temp table t(a int)"));
  ASSERT_EQ(PQresultStatus(Own(PQexec(c, "copy t from stdin")).get()), PGRES_COPY_IN);
  PQputCopyData(c, "1\n2\n", 4);
  PQputCopyEnd(c, nullptr);
  while (Own(PQgetResult(c))) {
  }
  EXPECT_EQ(PQntuples(Own(PQexec(c, "select * from t")).get()), 2);
}

TEST_F(ProxyTls, AllFourWaysRelayAndAreCounted) {
  for (const bool client : {false, true}) {
    for (const bool upstream : {false, true}) {
      SCOPED_TRACE(testing::Message() << "client " << client << " upstream " << upstream);
      Start(client ? ForClients() : Context(), upstream ? ForServer() : Context());
      const Connection c = Connect("user=postgres " + (client ? VerifyFull() : "sslmode=prefer"));
      ASSERT_EQ(PQstatus(c.get()), CONNECTION_OK) << PQerrorMessage(c.get());
      EXPECT_EQ(PQsslInUse(c.get()) != 0, client);
      const Answer seen = Own(PQexec(c.get(), "select ssl from pg_stat_ssl where pid = pg_backend_pid()"));
      EXPECT_STREQ(PQgetvalue(seen.get(), 0, 0), upstream ? "t" : "f");
      RunStatements(c.get());
      ExpectCountsOfTheServer();
      EXPECT_EQ(proxy_->counters().connections, 1);
    }
  }
}

TEST_F(ProxyTls, AClientMayStayPlain) {
  Start(ForClients(), {});
  EXPECT_EQ(Problem("user=postgres sslmode=disable"), "");
  EXPECT_EQ(Problem("user=postgres sslmode=require"), "");
}

TEST_F(ProxyTls, AClientThatExpectsAnotherAuthorityGoesAway) {
  Start(ForClients(), {});
  EXPECT_THAT(Problem("user=postgres sslmode=verify-full sslrootcert=" + server_ca().string()),
              HasSubstr("certificate verify failed"));
  EXPECT_EQ(proxy_->counters().connections, 0);
}

TEST_F(ProxyTls, ScramWithoutAndWithBinding) {
  const std::string bob = "user=bob password=secret ";
  Start(ForClients(), {});
  for (const char* binding : {"channel_binding=disable", "channel_binding=prefer"}) {
    EXPECT_EQ(Problem(bob + VerifyFull() + binding), "");
    EXPECT_EQ(Problem(bob + "sslmode=disable " + binding), "");
  }
  EXPECT_THAT(Problem(bob + VerifyFull() + "channel_binding=require"), HasSubstr("channel binding"));
  Start(ForClients(), ForServer());
  for (const char* binding : {"channel_binding=disable", "channel_binding=prefer"})
    EXPECT_EQ(Problem(bob + "sslmode=disable " + binding), "");
  EXPECT_EQ(Problem(bob + VerifyFull() + "channel_binding=disable"), "");
  EXPECT_THAT(Problem(bob + VerifyFull() + "channel_binding=prefer"), HasSubstr("add channel_binding=disable"));
  EXPECT_THAT(Problem(bob + VerifyFull() + "channel_binding=require"), HasSubstr("channel binding"));
  EXPECT_THAT(Problem("user=bob password=wrong channel_binding=disable " + VerifyFull()),
              HasSubstr("password authentication failed"));
  EXPECT_EQ(proxy_->counters().unparsed_bytes, 0);
}

TEST_F(ProxyTls, CancelReachesTheRightBackend) {
  Start(ForClients(), ForServer());
  const Connection c = Connect("user=postgres " + VerifyFull());
  PQsendQuery(c.get(), "select pg_sleep(600)");
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(c.get()), &PQfreeCancel);
  char error[256];
  while (PQisBusy(c.get()) != 0) {
    ASSERT_EQ(PQcancel(cancel.get(), error, sizeof error), 1) << error;
    PQconsumeInput(c.get());
  }
  EXPECT_STREQ(PQresultErrorField(Own(PQgetResult(c.get())).get(), PG_DIAG_SQLSTATE), "57014");
}

TEST_F(ProxyTls, TheGateLetsInWhatItHasSeen) {
  Start(ForClients(), ForServer());
  const Connection c = Connect("user=postgres " + VerifyFull());
  Own(PQexec(c.get(), "select 1"));
  proxy_->SetGate(0);
  ASSERT_EQ(PQsendQuery(c.get(), "select 42"), 1);
  PQflush(c.get());
  while (proxy_->gate().waiting == 0) std::this_thread::yield();
  proxy_->SetGate(std::nullopt);
  EXPECT_STREQ(PQgetvalue(Own(PQgetResult(c.get())).get(), 0, 0), "42");
  while (Own(PQgetResult(c.get()))) {
  }
}

TEST_F(ProxyTls, AReplyIsHeldAndLetGo) {
  Start(ForClients(), ForServer());
  const Connection c = Connect("user=postgres " + VerifyFull());
  proxy_->HoldNext([](std::string_view text) { return text == "select 42"; }, kMostWait);
  ASSERT_EQ(PQsendQuery(c.get(), "select 42"), 1);
  PQflush(c.get());
  EXPECT_TRUE(proxy_->WaitHeld(base::SystemClock().Now() + kMostWait));
  EXPECT_TRUE(proxy_->ReleaseHeld());
  EXPECT_STREQ(PQgetvalue(Own(PQgetResult(c.get())).get(), 0, 0), "42");
  while (Own(PQgetResult(c.get()))) {
  }
}

TEST_F(ProxyTls, AUnixSocketUpstream) {
  Start(ForClients(), {}, server_->folder().string());
  const Connection c = Connect("user=postgres " + VerifyFull());
  ASSERT_EQ(PQstatus(c.get()), CONNECTION_OK) << PQerrorMessage(c.get());
  RunStatements(c.get());
  EXPECT_STREQ(PQgetvalue(Own(PQexec(c.get(), "select inet_client_addr() is null")).get(), 0, 0), "t");
  ExpectCountsOfTheServer();
  EXPECT_EQ(proxy_->counters().connections, 1);
  EXPECT_TRUE(proxy_->UpstreamPorts().empty());
}

// PostgreSQL 17's clients may begin with TLS at once.
TEST_F(ProxyTls, DirectTls) {
  Start(ForClients(), ForServer());
  const base::FileDescriptor fd = ConnectRaw(proxy_->port());
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  net::TlsStream stream(**net::TlsContext::ForClient({}), fd.get());
  const auto wait = [&] {
    pollfd waiting{.fd = fd.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&waiting, 1, 20'000), 1);
  };
  while (stream.Handshake() == net::TlsStream::Step::kAgain) wait();
  EXPECT_EQ(stream.protocol(), "postgresql");
  const std::string body = messages::Number(196608, 4) + messages::Zero("user") + messages::Zero("postgres") + '\0';
  ASSERT_GT(stream.Send(messages::Number(body.size() + 4, 4) + body), 0);
  std::string room(size_t{16} << 10, '\0');
  ssize_t count = -1;
  while ((count = stream.Receive(room.data(), room.size())) < 0 && errno == EAGAIN) wait();
  EXPECT_THAT(room.substr(0, static_cast<size_t>(std::max<ssize_t>(count, 0))),
              StartsWith(messages::AuthenticationOk()));
}

TEST_F(ProxyTls, WhatComesBehindTheRequestInPlainEndsTheConnection) {
  Start(ForClients(), {});
  const base::FileDescriptor fd = ConnectRaw(proxy_->port());
  const std::string bytes = messages::Ssl() + messages::Startup();
  ASSERT_EQ(::send(fd.get(), bytes.data(), bytes.size(), 0), std::ssize(bytes));
  EXPECT_EQ(ReadRaw(fd.get(), 1), "");
}

TEST_F(ProxyTls, LossDuringTheHandshakeIsTheEndOfThatClientOnly) {
  Start(ForClients(), ForServer());
  for (const std::string& bytes : {std::string(), std::string("\x16"), std::string("\x16\x03\x01\x02\x00\x01", 6),
                                   std::string("\x16") + std::string(100, '\xff')}) {
    const base::FileDescriptor fd = ConnectRaw(proxy_->port());
    const std::string request = messages::Ssl();
    ASSERT_EQ(::send(fd.get(), request.data(), request.size(), 0), std::ssize(request));
    EXPECT_EQ(ReadRaw(fd.get(), 1), "S");
    ASSERT_EQ(::send(fd.get(), bytes.data(), bytes.size(), 0), std::ssize(bytes));
    ::shutdown(fd.get(), SHUT_WR);
    while (!ReadRaw(fd.get(), 1).empty()) {
    }
  }
  EXPECT_EQ(Problem("user=postgres " + VerifyFull()), "");
}

TEST_F(ProxyTls, AServerWhoseCertificateIsNotAcceptedIsSaid) {
  Start(ForClients(), ForServer(ca()));
  EXPECT_THAT(Problem("user=postgres sslmode=disable"),
              HasSubstr("hone: no TLS with the database's server: its certificate"));
  // The client hears of it before it is counted.
  const base::Nanos deadline = base::SystemClock().Now() + 20'000'000'000;
  while (proxy_->counters().refused_connections == 0 && base::SystemClock().Now() < deadline) std::this_thread::yield();
  EXPECT_EQ(proxy_->counters().refused_connections, 1);
}

// A server that is asked for TLS, and does this with the connection.
std::string RefusalOf(const std::function<void(int)>& serve, const Context& upstream) {
  const base::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener.get(), 1);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const auto proxy = Proxy::Start({.upstream_port = ntohs(address.sin_port), .upstream_tls = upstream});
  std::thread server([&] {
    const base::FileDescriptor fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_EQ(ReadRaw(fd.get(), 8), messages::Ssl());
    serve(fd.get());
  });
  const base::FileDescriptor client = ConnectRaw((*proxy)->port());
  const std::string startup = messages::Startup();
  EXPECT_EQ(::send(client.get(), startup.data(), startup.size(), 0), std::ssize(startup));
  std::string text;
  for (std::string byte = ReadRaw(client.get(), 1); !byte.empty(); byte = ReadRaw(client.get(), 1)) text += byte;
  server.join();
  return text;
}

TEST_F(ProxyTls, AServerWithoutTlsIsSaid) {
  EXPECT_THAT(RefusalOf([](int fd) { ::send(fd, "N", 1, 0); }, ForServer()), HasSubstr("does not speak TLS"));
  EXPECT_THAT(RefusalOf([](int) {}, ForServer()), HasSubstr("ended the connection when it was asked for TLS"));
  EXPECT_THAT(RefusalOf([](int fd) { ::send(fd, "S", 1, 0); }, ForServer()), HasSubstr("during the handshake"));
  EXPECT_THAT(RefusalOf([](int fd) { ::send(fd, "Sgarbage that is no TLS", 23, 0); }, ForServer()),
              HasSubstr("no TLS with the database's server: the handshake failed"));
}

TEST_F(ProxyTls, AClientThatHangsUpDuringTheServersHandshakeEndsIt) {
  const base::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener.get(), 1);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  Start({}, ForServer(), "127.0.0.1", ntohs(address.sin_port));
  base::FileDescriptor client = ConnectRaw(proxy_->port());
  const std::string startup = messages::Startup();
  ASSERT_EQ(::send(client.get(), startup.data(), startup.size(), 0), std::ssize(startup));
  const base::FileDescriptor server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_EQ(ReadRaw(server.get(), 8), messages::Ssl());
  client.Reset();
  // The server never answered; its connection ends all the same.
  EXPECT_EQ(ReadRaw(server.get(), 1), "");
}

TEST_F(ProxyTls, TheServerIsAskedBeforehand) {
  const auto ask = [&](const Context& tls, const char* user) {
    return *AskUpstream(
        {.host = "127.0.0.1", .port = server_->port(), .tls = tls.get(), .user = user, .database = "postgres"},
        base::SystemClock().Now() + kMostWait);
  };
  EXPECT_FALSE(ask({}, "bob").refused);
  EXPECT_FALSE(ask(ForServer(), "bob").refused);
  EXPECT_TRUE(ask({}, "secured").refused);
  EXPECT_FALSE(ask(ForServer(), "secured").refused);
  EXPECT_TRUE(ask(ForServer(), "open").refused);
  EXPECT_THAT(ask(ForServer(ca()), "bob").problem, HasSubstr("certificate"));
  EXPECT_FALSE(AskUpstream({.host = "127.0.0.1", .port = 1}, base::SystemClock().Now() + kMostWait).has_value());
}

}  // namespace
}  // namespace hone::sql
