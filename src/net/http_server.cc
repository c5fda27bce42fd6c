#include "net/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/files.h"
#include "net/loopback.h"

namespace hone::net {
namespace {

using base::Nanos;

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

std::string_view Reason(int status) {
  static const std::map<int, std::string_view> kReasons = {{200, "OK"},
                                                           {201, "Created"},
                                                           {202, "Accepted"},
                                                           {204, "No Content"},
                                                           {301, "Moved Permanently"},
                                                           {302, "Found"},
                                                           {304, "Not Modified"},
                                                           {400, "Bad Request"},
                                                           {401, "Unauthorized"},
                                                           {403, "Forbidden"},
                                                           {404, "Not Found"},
                                                           {409, "Conflict"},
                                                           {413, "Content Too Large"},
                                                           {417, "Expectation Failed"},
                                                           {422, "Unprocessable Content"},
                                                           {429, "Too Many Requests"},
                                                           {431, "Request Header Fields Too Large"},
                                                           {500, "Internal Server Error"},
                                                           {501, "Not Implemented"},
                                                           {502, "Bad Gateway"},
                                                           {503, "Service Unavailable"},
                                                           {504, "Gateway Timeout"},
                                                           {505, "HTTP Version Not Supported"}};
  const auto known = kReasons.find(status);
  return known == kReasons.end() ? "Status" : known->second;
}

// One accepted connection. While an answer is due or being written, nothing more is read from it: so a client that
// never reads cannot make the server keep answers.
struct Connection {
  explicit Connection(base::FileDescriptor descriptor, RequestParser::Limits limits)
      : fd(std::move(descriptor)), parser(limits) {}
  base::FileDescriptor fd;
  RequestParser parser;
  std::string in = {};            // bytes that came behind a request whose answer is not yet written
  std::string out = {};           // bytes to write
  std::optional<Nanos> due = {};  // when `out` may be written
  bool closing = false;           // after `out`
  bool at_end = false;            // the client sends no more
};

}  // namespace

std::string Serialise(const ServedAnswer& answer, bool to_head, bool keep_alive) {
  std::string bytes = fmt::format("HTTP/1.1 {} {}\r\n", answer.status, Reason(answer.status));
  for (const auto& [name, value] : answer.headers) {
    const auto own = [&](std::string_view other) { return EqualsIgnoringCase(name, other); };
    if (own("content-length") || own("connection") || own("transfer-encoding")) continue;
    std::string line = fmt::format("{}: {}", name, value);
    // What is filled in shall not break the lines.
    std::ranges::replace_if(line, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 127; }, ' ');
    bytes += line + "\r\n";
  }
  const bool body = HasBody(answer.status);
  if (body) bytes += fmt::format("Content-Length: {}\r\n", answer.body.size());
  if (!keep_alive) bytes += "Connection: close\r\n";
  bytes += "\r\n";
  if (body && !to_head) bytes += answer.body;
  return bytes;
}

struct HttpServer::State {
  Handler handler;
  ServerOptions options;
  base::FileDescriptor listener;
  base::FileDescriptor epoll;
  base::FileDescriptor wake;
  uint16_t port = 0;
  std::map<int, Connection> connections = {};
  std::set<std::pair<Nanos, int>> due = {};  // answers that wait, by their time
  std::atomic<bool> stop = false;
  std::atomic<int64_t> accepted = 0, refused = 0, requests = 0, faults = 0, tls = 0;
  std::thread thread = {};

  base::Result<void> Listen();
  bool Watch(int fd, uint32_t events, int operation) const;
  void Run();
  void Accept();
  void Handle(int fd, uint32_t events);
  bool Read(Connection& connection);
  void Take(Connection& connection, std::string_view bytes);
  void Answer(Connection& connection, const ServedRequest& request);
  bool Write(Connection& connection);
  bool Advance(Connection& connection);
  void Rearm(Connection& connection) const;
  void Close(int fd);
  void SendDue();
  int Timeout() const;
};

base::Result<void> HttpServer::State::Listen() {
  const auto fail = [] { return base::FailErrno(errno, "Cannot open a port on 127.0.0.1 for a stub"); };
  auto listening = ListenOnLoopback();
  if (!listening) return fail();
  listener = std::move(listening->fd);
  port = listening->port;
  epoll = base::FileDescriptor(epoll_create1(EPOLL_CLOEXEC));
  wake = base::FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake) return fail();
  if (!Watch(listener.get(), EPOLLIN, EPOLL_CTL_ADD) || !Watch(wake.get(), EPOLLIN, EPOLL_CTL_ADD)) return fail();
  return {};
}

bool HttpServer::State::Watch(int fd, uint32_t events, int operation) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return epoll_ctl(epoll.get(), operation, fd, &event) == 0;
}

// Milliseconds until the next answer is due, rounded up; -1: none is.
int HttpServer::State::Timeout() const {
  constexpr Nanos kLongest = 60'000;
  if (due.empty()) return -1;
  const Nanos left = std::max<Nanos>(due.begin()->first - base::SystemClock().Now(), 0);
  return static_cast<int>(std::min((left + base::kMillisecond - 1) / base::kMillisecond, kLongest));
}

void HttpServer::State::Run() {
  std::array<epoll_event, 64> events;
  while (!stop.load()) {
    const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), Timeout());
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.fd == listener.get()) {
        Accept();
      } else if (event.data.fd != wake.get()) {
        Handle(event.data.fd, event.events);
      }
    }
    SendDue();
  }
}

void HttpServer::State::Accept() {
  constexpr Nanos kPause = 1'000'000;
  for (;;) {
    base::FileDescriptor fd(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      // Out of descriptors: the client waits in the queue until one is closed.
      if (errno == EMFILE || errno == ENFILE) base::SystemClock().SleepUntil(base::SystemClock().Now() + kPause);
      return;
    }
    if (connections.size() >= options.max_connections) {
      ++refused;
      continue;
    }
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int number = fd.get();
    if (!Watch(number, EPOLLIN, EPOLL_CTL_ADD)) continue;
    ++accepted;
    connections.try_emplace(number, std::move(fd), options.limits);
  }
}

void HttpServer::State::Close(int fd) {
  const auto found = connections.find(fd);
  if (found == connections.end()) return;
  if (found->second.due) due.erase({*found->second.due, fd});
  connections.erase(found);  // closing it takes it out of the epoll set
}

void HttpServer::State::Handle(int fd, uint32_t events) {
  const auto found = connections.find(fd);
  if (found == connections.end()) return;
  Connection& connection = found->second;
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if (broken || ((events & EPOLLIN) != 0 && !Read(connection)) || !Advance(connection)) {
    Close(fd);
    return;
  }
  Rearm(connection);
}

// False where the connection is of no more use.
bool HttpServer::State::Read(Connection& connection) {
  std::array<char, 16384> buffer;
  const ssize_t got = recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) {
    connection.at_end = true;
    return !connection.out.empty();  // what is still to be answered is; half a request is not
  }
  Take(connection, {buffer.data(), static_cast<size_t>(got)});
  return true;
}

// Parses up to the next request, and answers it.
void HttpServer::State::Take(Connection& connection, std::string_view bytes) {
  while (!bytes.empty() && !connection.closing) {
    switch (connection.parser.Feed(bytes)) {
      case RequestParser::Event::kNeedMore:
        return;
      case RequestParser::Event::kContinue:
        // Whoever has begun to send the body does not wait.
        if (bytes.empty()) connection.out += "HTTP/1.1 100 Continue\r\n\r\n";
        break;
      case RequestParser::Event::kRequest:
        Answer(connection, connection.parser.Take());
        connection.in.append(bytes);
        return;
      case RequestParser::Event::kFault: {
        ++faults;
        const RequestFault fault = connection.parser.fault();
        if (fault == RequestFault::kTls) ++tls;
        connection.closing = true;
        if (fault == RequestFault::kTls) return;
        connection.out += Serialise({.status = StatusOf(fault),
                                     .headers = {{"Content-Type", "text/plain"}},
                                     .body = std::string(Describe(fault)) + "\n"},
                                    false, false);
        return;
      }
    }
  }
}

void HttpServer::State::Answer(Connection& connection, const ServedRequest& request) {
  const Nanos came = base::SystemClock().Now();
  ++requests;
  const ServedAnswer answer = handler(request);
  connection.closing = !request.keep_alive;
  connection.out += Serialise(answer, request.method == "HEAD", request.keep_alive);
  if (answer.delay_ns <= 0) return;
  connection.due = came + answer.delay_ns;
  due.emplace(*connection.due, connection.fd.get());
}

bool HttpServer::State::Write(Connection& connection) {
  while (!connection.out.empty()) {
    const ssize_t sent = send(connection.fd.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    connection.out.erase(0, static_cast<size_t>(sent));
  }
  return true;
}

// Writes what may be written, and goes on with the requests behind. False where the connection is to be closed.
bool HttpServer::State::Advance(Connection& connection) {
  for (;;) {
    if (connection.due) return true;
    if (!Write(connection)) return false;
    if (!connection.out.empty()) return true;
    if (connection.closing) return false;
    if (connection.in.empty()) return !connection.at_end;
    const std::string bytes = std::exchange(connection.in, {});
    Take(connection, bytes);
  }
}

void HttpServer::State::Rearm(Connection& connection) const {
  uint32_t events = 0;
  if (!connection.due && !connection.out.empty()) events = EPOLLOUT;
  if (!connection.due && connection.out.empty() && !connection.at_end) events = EPOLLIN;
  Watch(connection.fd.get(), events, EPOLL_CTL_MOD);
}

void HttpServer::State::SendDue() {
  while (!due.empty() && due.begin()->first <= base::SystemClock().Now()) {
    const int fd = due.begin()->second;
    due.erase(due.begin());
    const auto found = connections.find(fd);
    if (found == connections.end()) continue;
    found->second.due.reset();
    if (Advance(found->second)) {
      Rearm(found->second);
    } else {
      Close(fd);
    }
  }
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<HttpServer>> HttpServer::Start(Handler handler, const ServerOptions& options) {
  auto state = std::make_unique<State>();
  state->handler = std::move(handler);
  state->options = options;
  HONE_CHECK_OK(state->Listen());
  state->thread = std::thread([running = state.get()] { running->Run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::~HttpServer() {
  state_->stop.store(true);
  const uint64_t one = 1;
  while (write(state_->wake.get(), &one, sizeof one) < 0 && errno == EINTR) continue;
  state_->thread.join();
}

uint16_t HttpServer::port() const { return state_->port; }

ServerCounters HttpServer::counters() const {
  return {.connections = state_->accepted.load(),
          .refused_connections = state_->refused.load(),
          .requests = state_->requests.load(),
          .faults = state_->faults.load(),
          .tls = state_->tls.load()};
}

}  // namespace hone::net
