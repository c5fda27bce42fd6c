#include "net/http_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/files.h"
#include "net/http_response.h"

namespace hone::net {
namespace {

using base::Code;
using base::Fail;
using base::Nanos;

// Waits until the socket is ready for `events` (or broken). kTimeout at the deadline.
base::Result<void> Await(int fd, short events, Nanos deadline, const Address& address) {
  for (;;) {
    const Nanos left = deadline - base::SystemClock().Now();
    if (left <= 0) return Fail(Code::kTimeout, "No answer in time", ToString(address));
    const Nanos milliseconds = std::min<Nanos>((left + 999'999) / 1'000'000, std::numeric_limits<int>::max());
    pollfd entry{fd, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(milliseconds));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return base::FailErrno(errno, "Waiting for the service", ToString(address));
  }
}

std::unexpected<base::Error> FailConnection(int error, const Address& address) {
  if (error == ECONNREFUSED)
    return Fail(Code::kNetwork, "Nothing listens there (connection refused)", ToString(address));
  if (error == ECONNRESET || error == EPIPE)
    return Fail(Code::kNetwork, "The service reset the connection", ToString(address));
  return Fail(Code::kNetwork, fmt::format("The connection failed ({})", strerrordesc_np(error)), ToString(address));
}

base::Result<base::FileDescriptor> ConnectTo(const SocketAddress& target, const Address& address, Nanos deadline) {
  base::FileDescriptor fd(socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return base::FailErrno(errno, "Cannot open a socket");
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&target.storage), target.length) != 0) {
    if (errno != EINPROGRESS) return FailConnection(errno, address);
    HONE_CHECK_OK(Await(fd.get(), POLLOUT, deadline, address));
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return FailConnection(error, address);
  }
  return fd;
}

bool IsNameLike(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != 0x7F && c != ':'; });
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\t') || byte == 0x7F;
  });
}

// RFC 9110, section 9.2.2.
bool IsIdempotent(std::string_view method) {
  constexpr std::string_view kMethods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

}  // namespace

base::Result<std::string> Serialise(const HttpRequest& request, const Address& address) {
  if (!IsNameLike(request.method)) return Fail(Code::kInput, "Not an HTTP method", request.method);
  const bool bad_target =
      request.target.empty() || HasControl(request.target) || request.target.find_first_of(" \t") != std::string::npos;
  if (bad_target)
    return Fail(Code::kInput, "A request's path must not be empty or hold white space or control characters",
                request.target);
  std::string bytes = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
  bool has_host = false;
  bool has_length = false;
  for (const auto& [name, value] : request.headers) {
    if (!IsNameLike(name) || HasControl(value))
      return Fail(Code::kInput, "A header would break the request's lines", name);
    has_host |= EqualsIgnoringCase(name, "host");
    has_length |= EqualsIgnoringCase(name, "content-length") || EqualsIgnoringCase(name, "transfer-encoding");
    bytes += fmt::format("{}: {}\r\n", name, value);
  }
  if (!has_host) bytes += fmt::format("Host: {}\r\n", ToString(address));
  const bool expects_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!has_length && (expects_body || !request.body.empty()))
    bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  return bytes + "\r\n" + request.body;
}

const std::string* FindHeader(const HttpAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (EqualsIgnoringCase(key, name)) return &value;
  }
  return nullptr;
}

struct HttpConnection::State {
  Address address;
  std::vector<SocketAddress> targets;
  base::FileDescriptor fd;
  ResponseParser parser;

  base::Result<void> Connect(Nanos deadline);
  bool Stale() const;
  base::Result<void> Send(std::string_view bytes, Nanos deadline);
  base::Result<HttpAnswer> Receive(HttpAnswer answer, Nanos deadline);
  base::Result<HttpAnswer> Attempt(std::string_view bytes, bool to_head, Nanos deadline, uint64_t max_bytes);
};

// The first of the host's addresses that accepts.
base::Result<void> HttpConnection::State::Connect(Nanos deadline) {
  base::Result<base::FileDescriptor> connected = Fail(Code::kNetwork, "The host has no address", address.host);
  for (const SocketAddress& target : targets) {
    connected = ConnectTo(target, address, deadline);
    if (connected || connected.error().code == Code::kTimeout) break;
  }
  if (!connected) return std::unexpected(std::move(connected).error());
  fd = *std::move(connected);
  return {};
}

// Whether the peer closed, or sent what nobody asked for, since the last exchange.
bool HttpConnection::State::Stale() const {
  char byte = 0;
  return recv(fd.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

base::Result<void> HttpConnection::State::Send(std::string_view bytes, Nanos deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      HONE_CHECK_OK(Await(fd.get(), POLLOUT, deadline, address));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return {};  // the peer may have answered before it closed: reading tells
    } else if (errno != EINTR) {
      return FailConnection(errno, address);
    }
  }
  return {};
}

base::Result<HttpAnswer> HttpConnection::State::Receive(HttpAnswer answer, Nanos deadline) {
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      HONE_CHECK_OK(Await(fd.get(), POLLIN, deadline, address));
      continue;
    }
    if (got < 0) return FailConnection(errno, address);
    if (got > 0 && answer.first_byte_ns == 0) answer.first_byte_ns = base::SystemClock().Now();
    if (got == 0 && !parser.started())
      return Fail(Code::kNetwork, "The service closed the connection without an answer", ToString(address));
    std::string_view bytes(buffer.data(), static_cast<size_t>(got));
    auto event = got == 0 ? parser.Finish() : parser.Feed(bytes);
    for (; event == ResponseParser::Event::kHead || event == ResponseParser::Event::kBody; event = parser.Feed(bytes)) {
      if (event == ResponseParser::Event::kBody) {
        answer.body += parser.body_part();
        continue;
      }
      HeaderFields fields = parser.head_fields();
      for (HeaderField field; fields.Next(field);) answer.headers.emplace_back(field.name, field.value);
    }
    if (event == ResponseParser::Event::kFault) {
      const bool cut = parser.fault() == ResponseFault::kTruncated;
      return Fail(cut ? Code::kNetwork : Code::kInput, fmt::format("Bad answer: {}", Describe(parser.fault())),
                  ToString(address));
    }
    if (event != ResponseParser::Event::kDone) continue;
    answer.status = parser.status();
    answer.done_ns = base::SystemClock().Now();
    if (!parser.keep_alive() || !bytes.empty()) fd.Reset();
    return answer;
  }
}

base::Result<HttpAnswer> HttpConnection::State::Attempt(std::string_view bytes, bool to_head, Nanos deadline,
                                                        uint64_t max_bytes) {
  parser = ResponseParser({.body_bytes = max_bytes});
  parser.Begin(to_head);
  HttpAnswer answer;
  answer.write_ns = base::SystemClock().Now();
  base::Result<void> sent = Send(bytes, deadline);
  base::Result<HttpAnswer> received =
      sent ? Receive(std::move(answer), deadline) : std::unexpected(std::move(sent).error());
  if (!received) fd.Reset();
  return received;
}

HttpConnection::HttpConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;
HttpConnection::~HttpConnection() = default;

base::Result<HttpConnection> HttpConnection::Open(const Address& address, Nanos deadline) {
  auto state = std::make_unique<State>();
  state->address = address;
  HONE_TRY(state->targets, Resolve(address));
  HONE_CHECK_OK(state->Connect(deadline));
  return HttpConnection(std::move(state));
}

base::Result<HttpAnswer> HttpConnection::Exchange(const HttpRequest& request, Nanos deadline, uint64_t max_bytes) {
  HONE_TRY(const std::string bytes, Serialise(request, state_->address));
  const bool to_head = request.method == "HEAD";
  const bool reused = state_->fd && !state_->Stale();
  if (!reused) HONE_CHECK_OK(state_->Connect(deadline));
  base::Result<HttpAnswer> answer = state_->Attempt(bytes, to_head, deadline, max_bytes);
  // A kept-alive connection may have been closed while the request was on its way.
  const bool closed_meanwhile = reused && !answer && answer.error().code == Code::kNetwork && !state_->parser.started();
  if (!closed_meanwhile || !IsIdempotent(request.method)) return answer;
  HONE_CHECK_OK(state_->Connect(deadline));
  return state_->Attempt(bytes, to_head, deadline, max_bytes);
}

base::Result<HttpAnswer> Fetch(std::string_view url, Nanos deadline, uint64_t max_bytes) {
  HONE_TRY(const Url parsed, ParseUrl(url));
  HONE_TRY(HttpConnection connection, HttpConnection::Open(parsed.address, deadline));
  return connection.Exchange({.target = Target(parsed), .headers = {{"Connection", "close"}}}, deadline, max_bytes);
}

}  // namespace hone::net
