#include "net/http_request.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace hone::net {
namespace {

// RFC 9110, section 5.6.2.
bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool IsVisible(char c) { return c > ' ' && c != 0x7F; }

// The path of a target in absolute form; any other target as it is.
std::string_view OriginForm(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || !EqualsIgnoringCase(target.substr(0, scheme.size()), scheme)) continue;
    const size_t path = target.find_first_of("/?", scheme.size());
    return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  return target;
}

// The elements of all headers of a name, as one list, lower case.
std::vector<std::string> Elements(const ServedRequest& request, std::string_view name) {
  std::vector<std::string> elements;
  for (const auto& [field, value] : request.headers) {
    if (!EqualsIgnoringCase(field, name)) continue;
    for (size_t at = 0; at <= value.size();) {
      const size_t comma = std::min(value.find(',', at), value.size());
      std::string element = value.substr(at, comma - at);
      element.erase(0, std::min(element.find_first_not_of(" \t"), element.size()));
      element.erase(element.find_last_not_of(" \t") + 1);
      std::ranges::transform(element, element.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
      elements.push_back(std::move(element));
      at = comma + 1;
    }
  }
  return elements;
}

bool Holds(const std::vector<std::string>& elements, std::string_view wanted) {
  return std::ranges::find(elements, wanted) != elements.end();
}

}  // namespace

std::string_view Describe(RequestFault fault) {
  switch (fault) {
    case RequestFault::kNone:
      return "the request is sound";
    case RequestFault::kNotHttp:
      return "the request does not begin with an HTTP/1 request line";
    case RequestFault::kTls:
      return "the client speaks TLS";
    case RequestFault::kVersion:
      return "the version of HTTP is not 1.0 or 1.1";
    case RequestFault::kHeader:
      return "a header line of the request is malformed, or Host is missing";
    case RequestFault::kHeadTooLarge:
      return "the head of the request is too large";
    case RequestFault::kContentLength:
      return "the Content-Length of the request is malformed or contradicts itself";
    case RequestFault::kCoding:
      return "the request has a transfer coding other than chunked";
    case RequestFault::kChunk:
      return "the chunked framing of the request is broken";
    case RequestFault::kBodyTooLarge:
      return "the body of the request is too large";
    case RequestFault::kExpectation:
      return "the request expects something other than 100-continue";
  }
  std::unreachable();
}

int StatusOf(RequestFault fault) {
  switch (fault) {
    case RequestFault::kVersion:
      return 505;
    case RequestFault::kHeadTooLarge:
      return 431;
    case RequestFault::kCoding:
      return 501;
    case RequestFault::kBodyTooLarge:
      return 413;
    case RequestFault::kExpectation:
      return 417;
    default:
      return 400;
  }
}

const std::string* FindHeader(const ServedRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (EqualsIgnoringCase(key, name)) return &value;
  }
  return nullptr;
}

RequestParser::Event RequestParser::Fail(RequestFault fault) {
  state_ = State::kFault;
  fault_ = fault;
  return Event::kFault;
}

ServedRequest RequestParser::Take() {
  state_ = State::kHead;
  head_.clear();
  return std::exchange(request_, {});
}

RequestParser::Event RequestParser::Feed(std::string_view& bytes) {
  switch (state_) {
    case State::kHead:
      return FeedHead(bytes);
    case State::kLength:
      return FeedLength(bytes);
    case State::kChunked:
      return FeedChunked(bytes);
    case State::kDone:
      return Event::kRequest;
    case State::kFault:
      return Event::kFault;
  }
  std::unreachable();
}

RequestParser::Event RequestParser::FeedHead(std::string_view& bytes) {
  constexpr char kTlsHandshake = 0x16;
  while (!bytes.empty()) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    // Empty lines before a request are none of it (RFC 9112, section 2.2).
    if (head_.empty() && (c == '\r' || c == '\n')) continue;
    if (head_.empty() && c == kTlsHandshake) return Fail(RequestFault::kTls);
    // What is no HTTP shall not make anyone wait for the end of its head.
    if (head_.empty() && !IsToken(std::string_view(&c, 1))) return Fail(RequestFault::kNotHttp);
    head_ += c;
    if (head_.size() > limits_.head_bytes) return Fail(RequestFault::kHeadTooLarge);
    if (c != '\n' || !(head_.ends_with("\n\n") || head_.ends_with("\n\r\n"))) continue;
    const Event event = ParseHead();
    return event == Event::kNeedMore && !bytes.empty() ? Feed(bytes) : event;
  }
  return Event::kNeedMore;
}

RequestParser::Event RequestParser::ParseHead() {
  const std::string_view head = head_;
  const size_t line_end = head.find('\n');
  std::string_view line = head.substr(0, line_end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (const auto fault = ParseLine(line); fault != RequestFault::kNone) return Fail(fault);
  if (const auto fault = ParseFields(head.substr(line_end + 1)); fault != RequestFault::kNone) return Fail(fault);
  if (const auto fault = ParseConnection(); fault != RequestFault::kNone) return Fail(fault);
  if (const auto fault = ParseFraming(); fault != RequestFault::kNone) return Fail(fault);
  head_.clear();
  if (state_ == State::kDone) return Event::kRequest;
  return expects_ ? Event::kContinue : Event::kNeedMore;
}

// "GET /path HTTP/1.1" (RFC 9112, section 3).
RequestFault RequestParser::ParseLine(std::string_view line) {
  constexpr std::string_view kPrefix = "HTTP/";
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return RequestFault::kNotHttp;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method) || target.empty() || !std::ranges::all_of(target, IsVisible) || !version.starts_with(kPrefix))
    return RequestFault::kNotHttp;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return RequestFault::kVersion;
  one_one_ = version == "HTTP/1.1";
  request_.method = method;
  request_.target = OriginForm(target);
  if (request_.target.starts_with('?')) request_.target.insert(0, "/");
  const bool whole_server = request_.target == "*" && method == "OPTIONS";
  return request_.target.starts_with('/') || whole_server ? RequestFault::kNone : RequestFault::kNotHttp;
}

RequestFault RequestParser::ParseFields(std::string_view fields) {
  HeaderFields walk(fields);
  HeaderField field;
  while (walk.Next(field)) {
    // A server need not understand folded lines (RFC 9112, section 5.2).
    if (field.value.find('\n') != std::string_view::npos) return RequestFault::kHeader;
    request_.headers.emplace_back(field.name, field.value);
  }
  return walk.broken() ? RequestFault::kHeader : RequestFault::kNone;
}

RequestFault RequestParser::ParseConnection() {
  const auto hosts = std::ranges::count_if(request_.headers,
                                           [](const auto& field) { return EqualsIgnoringCase(field.first, "host"); });
  if (hosts > 1 || (hosts == 0 && one_one_)) return RequestFault::kHeader;
  const std::vector<std::string> options = Elements(request_, "connection");
  request_.keep_alive = !Holds(options, "close") && (one_one_ || Holds(options, "keep-alive"));
  const std::vector<std::string> expectations = Elements(request_, "expect");
  expects_ = Holds(expectations, "100-continue") && one_one_;
  const bool other = std::ranges::any_of(expectations, [](const auto& one) { return one != "100-continue"; });
  return other ? RequestFault::kExpectation : RequestFault::kNone;
}

// RFC 9112, section 6; what is ambiguous there is refused, as section 11.2 advises.
RequestFault RequestParser::ParseFraming() {
  const std::vector<std::string> codings = Elements(request_, "transfer-encoding");
  const std::vector<std::string> lengths = Elements(request_, "content-length");
  if (!codings.empty()) {
    if (!lengths.empty()) return RequestFault::kContentLength;
    if (codings.size() != 1 || codings.front() != "chunked" || !one_one_) return RequestFault::kCoding;
    chunks_ = ResponseParser({.head_bytes = limits_.head_bytes, .body_bytes = limits_.body_bytes});
    chunks_.Begin();
    std::string_view head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    chunks_.Feed(head);
    state_ = State::kChunked;
    return RequestFault::kNone;
  }
  length_ = 0;
  for (const std::string& text : lengths) {
    uint64_t length = 0;
    constexpr size_t kMostDigits = 18;
    const bool digits = !text.empty() && text.size() <= kMostDigits &&
                        std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    std::from_chars(text.data(), text.data() + text.size(), length);
    if (!digits || (&text != &lengths.front() && length != length_)) return RequestFault::kContentLength;
    length_ = length;
  }
  if (length_ > limits_.body_bytes) return RequestFault::kBodyTooLarge;
  state_ = length_ == 0 ? State::kDone : State::kLength;
  return RequestFault::kNone;
}

RequestParser::Event RequestParser::FeedLength(std::string_view& bytes) {
  const auto taken = static_cast<size_t>(std::min<uint64_t>(length_, bytes.size()));
  if (limits_.keep_body) request_.body.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  length_ -= taken;
  if (length_ > 0) return Event::kNeedMore;
  state_ = State::kDone;
  return Event::kRequest;
}

RequestParser::Event RequestParser::FeedChunked(std::string_view& bytes) {
  for (;;) {
    switch (chunks_.Feed(bytes)) {
      case ResponseParser::Event::kBody:
        if (limits_.keep_body) request_.body.append(chunks_.body_part());
        break;
      case ResponseParser::Event::kDone:
        state_ = State::kDone;
        return Event::kRequest;
      case ResponseParser::Event::kFault:
        switch (chunks_.fault()) {
          case ResponseFault::kBodyTooLarge:
            return Fail(RequestFault::kBodyTooLarge);
          case ResponseFault::kHeadTooLarge:
            return Fail(RequestFault::kHeadTooLarge);
          default:
            return Fail(RequestFault::kChunk);
        }
      default:
        return Event::kNeedMore;
    }
  }
}

}  // namespace hone::net
