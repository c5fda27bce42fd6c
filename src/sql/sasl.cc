#include "sql/sasl.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sql/bytes.h"

namespace hone::sql {
namespace {

constexpr uint32_t kAuthenticationSasl = 10;
constexpr std::string_view kBinding = "SCRAM-SHA-256-PLUS";
constexpr std::string_view kScramSha256 = "SCRAM-SHA-256";
// Longer ones are nothing that stands before the end of a login.
constexpr uint32_t kMostBytes = 4096;

// The first message with its header. Empty: more bytes are needed. Nothing: it is no message of a login.
std::optional<std::string_view> FirstMessage(std::string_view bytes) {
  constexpr size_t kHeader = 5;
  if (bytes.size() < kHeader) return "";
  const uint32_t length = ByteReader(bytes.substr(1)).Uint32();
  if (length < 4 || length > kMostBytes) return std::nullopt;
  return bytes.substr(0, bytes.size() < length + 1 ? 0 : length + 1);
}

std::string WithLength(char type, const std::string& body) {
  std::string message(1, type);
  const auto length = static_cast<uint32_t>(body.size() + 4);
  for (int shift = 24; shift >= 0; shift -= 8) message.push_back(static_cast<char>(length >> shift & 0xff));
  return message + body;
}

// The message of AuthenticationSASL without the mechanism that binds; nothing where it does not offer that.
std::optional<std::string> WithoutBinding(std::string_view message) {
  ByteReader reader(message.substr(5));
  if (reader.Uint32() != kAuthenticationSasl || !reader.ok()) return std::nullopt;
  std::string body(message.substr(5, 4));
  bool offered = false;
  for (std::string_view name = reader.CString(); reader.ok() && !name.empty(); name = reader.CString()) {
    offered = offered || name == kBinding;
    if (name != kBinding) body.append(name).push_back('\0');
  }
  if (!offered || !reader.ok()) return std::nullopt;
  body.push_back('\0');
  return WithLength('R', body);
}

// Whether a SASLInitialResponse is that of a client which could bind and believes that the server cannot.
bool CouldBind(std::string_view message) {
  ByteReader reader(message.substr(5));
  const bool plain = message[0] == 'p' && reader.CString() == kScramSha256;
  reader.Int32();
  return plain && reader.ok() && reader.Char() == 'y';
}

}  // namespace

std::string_view SaslFilter::Release() {
  phase_ = Phase::kOver;
  passed_ += std::exchange(kept_, {});
  return passed_;
}

std::string_view SaslFilter::FromServer(std::string_view bytes) {
  if (phase_ != Phase::kOffer) return bytes;
  passed_.clear();
  kept_ += bytes;
  for (;;) {
    const auto message = FirstMessage(kept_);
    if (!message) return Release();
    const char type = kept_.empty() ? '\0' : kept_[0];
    if (type == 'E') return Release();
    if (message->empty()) return passed_;
    if (type == 'R') {
      const auto altered = WithoutBinding(*message);
      if (!altered) return Release();
      kept_.erase(0, message->size());
      passed_ += *altered;
      Release();
      if (client_tls_) phase_ = Phase::kChoice;
      return passed_;
    }
    // What may come before: a notice, NegotiateProtocolVersion.
    passed_ += *message;
    kept_.erase(0, message->size());
  }
}

std::string_view SaslFilter::FromClient(std::string_view bytes) {
  if (phase_ != Phase::kChoice) return bytes;
  passed_.clear();
  kept_ += bytes;
  const auto message = FirstMessage(kept_);
  if (message && message->empty()) return passed_;
  refused_ = message && CouldBind(*message);
  if (refused_) kept_.clear();
  return Release();
}

}  // namespace hone::sql
