// TLS on either side of a session: how it begins, and what a client is told where it cannot.
#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "sql/relay.h"
#include "sql/wire.h"

namespace hone::sql {
namespace {

constexpr char kHandshake = 0x16;  // the first byte of TLS; that of a start-up packet is 0
constexpr std::string_view kProtocol = "postgresql";

// As a server ends a session that cannot be.
std::string FatalError(const std::string& text) {
  std::string body;
  for (const std::string& field :
       {std::string("SFATAL"), std::string("VFATAL"), std::string("C08006"), "Mhone: " + text})
    body.append(field).push_back('\0');
  body.push_back('\0');
  const auto length = static_cast<uint32_t>(body.size() + 4);
  std::string message = "E";
  for (int shift = 24; shift >= 0; shift -= 8) message.push_back(static_cast<char>(length >> shift & 0xff));
  return message + body;
}

}  // namespace

// The client asked for TLS (or begins with it): whether it gets it. Closed where it sent something behind its request:
// whoever put that there could speak for the client later.
bool Relay::BeginTls(bool asked, Relayed& relayed) {
  if (tls_ == nullptr || !tls_->clients || client_.tls) return false;
  if (asked && (!server_.pending.empty() || client_.Send("S") != 1)) {
    Close(false, relayed);
    return true;
  }
  client_.tls = std::make_unique<net::TlsStream>(*tls_->clients, client_.fd.get());
  direct_ = !asked;
  Watch(client_);
  return true;
}

// Before the client's start-up packet: whether that may be read now.
bool Relay::GreetByTls(Relayed& relayed) {
  char first = 0;
  if (!client_.tls && server_.pending.empty() && client_.Peek(first) && first == kHandshake) BeginTls(false, relayed);
  if (!client_.tls || client_.tls->ready()) return true;
  const net::TlsStream::Step step = client_.tls->Handshake();
  if (step == net::TlsStream::Step::kAgain) return false;
  // A server wants to be sure that it is PostgreSQL's protocol that will come.
  if (step == net::TlsStream::Step::kFailed || (direct_ && client_.tls->protocol() != kProtocol)) Close(false, relayed);
  // What comes next is still in the socket.
  if (state_ != State::kClosed) Watch(client_);
  return false;
}

// Connected: asks the server for TLS.
void Relay::Secure(Relayed& relayed) {
  state_ = State::kSecuring;
  if (server_.Send(kSslRequest) != std::ssize(kSslRequest)) return Close(false, relayed);
  Watch(client_);
}

void Relay::OnSecuring(const Side& side, bool hung_up, Relayed& relayed) {
  if (&side == &client_) {
    // A cancel request is carried out though its sender has gone.
    if (hung_up && kind_ == Kind::kSession) Close(false, relayed);
    return;
  }
  if (!server_.tls && !AskedForTls(relayed)) return;
  switch (server_.tls->Handshake()) {
    case net::TlsStream::Step::kAgain:
      return;
    case net::TlsStream::Step::kFailed:
      return RefuseClient("no TLS with the database's server: " + server_.tls->problem(), relayed);
    case net::TlsStream::Step::kDone:
      break;
  }
  state_ = State::kOpen;
  sasl_ = std::make_unique<SaslFilter>(client_.tls != nullptr);
  Flush(server_, relayed);
  if (state_ == State::kClosed) return;
  // What came meanwhile was not read.
  Watch(client_);
  Watch(server_);
}

// Reads the server's answer, one byte and no more: whether it is TLS.
bool Relay::AskedForTls(Relayed& relayed) {
  char answer = 0;
  const ssize_t count = server_.Receive(&answer, 1);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count == 1 && answer == 'S') {
    server_.tls = std::make_unique<net::TlsStream>(*tls_->upstream, server_.fd.get());
    return true;
  }
  RefuseClient(count == 1 ? "the database's server does not speak TLS, which its sslmode asks for"
                          : "the database's server ended the connection when it was asked for TLS",
               relayed);
  return false;
}

std::string_view Relay::Negotiate(const Side& from, std::string_view bytes, Relayed& relayed) {
  if (sasl_->over()) {
    sasl_.reset();
    return bytes;
  }
  bytes = &from == &client_ ? sasl_->FromClient(bytes) : sasl_->FromServer(bytes);
  if (!sasl_->refused()) return bytes;
  RefuseClient(
      "the client could bind its login to the TLS connection (SCRAM channel binding), which the database's server "
      "insists on and which cannot pass through a proxy: add channel_binding=disable to the client's address of the "
      "database, or speak plain to the proxy",
      relayed);
  return {};
}

// Tells the client why, and lets the session end.
void Relay::RefuseClient(const std::string& reason, Relayed& relayed) {
  unreachable_ = true;
  if (kind_ == Kind::kCancel) return Close(false, relayed);
  state_ = State::kOpen;
  client_.pending = FatalError(reason);
  server_.pending.clear();
  server_.ended = server_.shut = true;
  Flush(client_, relayed);
}

}  // namespace hone::sql
