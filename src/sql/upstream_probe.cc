#include "sql/upstream_probe.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "base/clock.h"
#include "sql/address.h"
#include "sql/wire.h"

namespace hone::sql {
namespace {

std::string StartupPacket(const UpstreamQuestion& question) {
  std::string body("\0\3\0\0", 4);
  for (const std::string_view word : {std::string_view("user"), std::string_view(question.user),
                                      std::string_view("database"), std::string_view(question.database)})
    body.append(word).push_back('\0');
  body.push_back('\0');
  const auto length = static_cast<uint32_t>(body.size() + 4);
  std::string packet;
  for (int shift = 24; shift >= 0; shift -= 8) packet.push_back(static_cast<char>(length >> shift & 0xff));
  return packet + body;
}

class ProbeSession {
 public:
  ProbeSession(const UpstreamQuestion& question, base::Nanos deadline) : question_(question), deadline_(deadline) {}

  base::Result<UpstreamAnswer> Ask() {
    HONE_TRY(const Address address, Resolve(question_.host, question_.port, false));
    fd_ = ConnectTo(address);
    if (!fd_) return Lost(std::system_category().message(errno));
    HONE_CHECK_OK(Wait(POLLOUT));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return Lost(std::system_category().message(error));
    UpstreamAnswer answer;
    if (question_.tls != nullptr) HONE_CHECK_OK(Secure(answer));
    if (!answer.secured() || question_.user.empty()) return answer;
    HONE_CHECK_OK(Send(StartupPacket(question_)));
    HONE_TRY(const char type, Receive());
    answer.refused = type == 'E';
    return answer;
  }

 private:
  std::unexpected<base::Error> Lost(const std::string& reason) const {
    return base::Fail(base::Code::kNetwork, "The database's server cannot be asked: " + reason,
                      fmt::format("{}:{}", question_.host, question_.port));
  }

  base::Result<void> Wait(short events) const {
    for (;;) {
      const base::Nanos left = deadline_ - base::SystemClock().Now();
      pollfd waiting{.fd = fd_.get(), .events = events, .revents = 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<base::Nanos>(left / base::kMillisecond, 0)));
      if (ready == 1) return {};
      if (ready == 0) return Lost("it gives no answer");
      if (errno != EINTR) return Lost(std::system_category().message(errno));
    }
  }

  base::Result<void> Secure(UpstreamAnswer& answer) {
    HONE_CHECK_OK(Send(kSslRequest));
    HONE_TRY(const char byte, Receive());
    answer.declined = byte != 'S';
    if (answer.declined) return {};
    stream_.emplace(*question_.tls, fd_.get());
    for (;;) {
      const auto step = stream_->Handshake();
      if (step == net::TlsStream::Step::kDone) return {};
      if (step == net::TlsStream::Step::kFailed) {
        answer.problem = stream_->problem();
        return {};
      }
      HONE_CHECK_OK(Wait(stream_->wants_write() ? POLLOUT : POLLIN));
    }
  }

  // A few bytes on a new connection: they are taken at once.
  base::Result<void> Send(std::string_view bytes) {
    const ssize_t count = stream_ ? stream_->Send(bytes) : ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count != std::ssize(bytes)) return Lost("the connection was lost");
    return {};
  }

  // One byte; what follows it in a message of TLS is not asked for any more.
  base::Result<char> Receive() {
    for (;;) {
      std::array<char, size_t{16} << 10> bytes{};
      const ssize_t count =
          stream_ ? stream_->Receive(bytes.data(), bytes.size()) : ::recv(fd_.get(), bytes.data(), 1, 0);
      if (count > 0) return bytes[0];
      if (count == 0) return Lost("it ended the connection");
      if (errno != EAGAIN && errno != EINTR) return Lost(std::system_category().message(errno));
      HONE_CHECK_OK(Wait(POLLIN));
    }
  }

  const UpstreamQuestion& question_;
  base::Nanos deadline_;
  base::FileDescriptor fd_;
  std::optional<net::TlsStream> stream_;
};

}  // namespace

base::Result<UpstreamAnswer> AskUpstream(const UpstreamQuestion& question, base::Nanos deadline) {
  return ProbeSession(question, deadline).Ask();
}

}  // namespace hone::sql
