#include "net/http_response.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"

namespace hone::net {
namespace {

// RFC 9110, section 5.6.2.
constexpr std::array<bool, 256> MakeTokenCharacters() {
  std::array<bool, 256> token{};
  for (const char c :
       std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    token[static_cast<unsigned char>(c)] = true;
  }
  return token;
}
constexpr std::array<bool, 256> kToken = MakeTokenCharacters();

constexpr std::string_view kWhite = " \t\r\n";

constexpr bool IsBlank(char c) { return c == ' ' || c == '\t'; }

int HexDigit(char c) {
  if (base::IsDigit(c)) return c - '0';
  c = base::LowerCase(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Control characters but the tab have no place in a value (RFC 9110, section 5.5); line breaks of a fold were checked
// before.
bool IsValue(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\t' && c != '\r' && c != '\n') || byte == 0x7F;
  });
}

// The next element of a comma-separated list.
std::string_view TakeElement(std::string_view& list) {
  const size_t comma = std::min(list.find(','), list.size());
  const std::string_view element = base::Trimmed(list.substr(0, comma), kWhite);
  list.remove_prefix(std::min(comma + 1, list.size()));
  return element;
}

bool ParseLength(std::string_view text, uint64_t& length) {
  if (text.empty() || text.size() > 18 || !std::all_of(text.begin(), text.end(), base::IsDigit)) return false;
  length = 0;
  for (const char c : text) length = length * 10 + static_cast<uint64_t>(c - '0');
  return true;
}

}  // namespace

std::string_view Name(ResponseFault fault) {
  constexpr std::string_view kNames[] = {"none",           "status_line",       "header",
                                         "head_too_large", "content_length",    "chunk",
                                         "body_too_large", "switched_protocol", "truncated"};
  return kNames[std::to_underlying(fault)];
}

std::string_view Describe(ResponseFault fault) {
  constexpr std::string_view kClauses[] = {"the response is complete",
                                           "the answer does not begin with an HTTP/1 status line",
                                           "a header line of the response is malformed",
                                           "the head of the response is too large",
                                           "the Content-Length of the response is malformed or contradicts itself",
                                           "the chunked framing of the response is broken",
                                           "the body of the response is too large",
                                           "the server switched to another protocol without being asked",
                                           "the connection ended in the middle of the response"};
  return kClauses[std::to_underlying(fault)];
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return base::LowerCase(x) == base::LowerCase(y); });
}

bool HeaderFields::Next(HeaderField& field) {
  if (rest_.empty() || rest_ == "\r\n" || rest_ == "\n") return false;
  broken_ = true;
  size_t end = 0;
  do {  // a line that begins with white space belongs to the one before (obs-fold)
    end = rest_.find('\n', end);
    if (end == std::string_view::npos) return false;
    ++end;
  } while (end < rest_.size() && IsBlank(rest_[end]));
  std::string_view line = rest_.substr(0, end);
  const size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  if (!std::all_of(name.begin(), name.end(), [](char c) { return kToken[static_cast<unsigned char>(c)]; }))
    return false;
  const std::string_view value = base::Trimmed(line.substr(colon + 1), kWhite);
  if (!IsValue(value)) return false;
  for (size_t i = 0; i < value.size(); ++i) {  // a bare CR is no line break
    if (value[i] == '\r' && (i + 1 == value.size() || value[i + 1] != '\n')) return false;
  }
  field = {name, value};
  rest_.remove_prefix(end);
  broken_ = false;
  return true;
}

void ResponseParser::Begin(bool to_head) {
  state_ = State::kHead;
  fault_ = ResponseFault::kNone;
  carry_.clear();
  fields_ = {};
  part_ = {};
  head_bytes_ = 0;
  line_end_ = 0;
  status_ = 0;
  interim_ = 0;
  to_head_ = to_head;
  started_ = false;
  keep_alive_ = true;
  length_ = 0;
  body_bytes_ = 0;
}

ResponseParser::Event ResponseParser::Fail(ResponseFault fault) {
  state_ = State::kFault;
  fault_ = fault;
  keep_alive_ = false;
  return Event::kFault;
}

ResponseParser::Event ResponseParser::Finished() {
  state_ = State::kDone;
  return Event::kDone;
}

ResponseParser::Event ResponseParser::Feed(std::string_view& bytes) {
  if (!bytes.empty() && state_ != State::kDone) started_ = true;
  switch (state_) {
    case State::kDone:
      return Event::kDone;
    case State::kFault:
      return Event::kFault;
    case State::kHead:
      return FeedHead(bytes);
    default:
      return FeedBody(bytes);
  }
}

ResponseParser::Event ResponseParser::Finish() {
  if (state_ == State::kClose) return Finished();
  if (state_ == State::kDone) return Event::kDone;
  if (state_ == State::kFault) return Event::kFault;
  return Fail(ResponseFault::kTruncated);
}

// The length of the bytes up to and with the empty line that ends a head, or npos. line_end_ remembers across calls: 1
// after a line's LF, 2 after that and a CR.
size_t ResponseParser::FindHeadEnd(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '\n') {
      if (line_end_ != 0) {
        line_end_ = 0;
        return i + 1;
      }
      line_end_ = 1;
    } else if (c == '\r' && line_end_ == 1) {
      line_end_ = 2;
    } else {
      line_end_ = 0;
      const size_t next = bytes.find('\n', i + 1);
      i = (next == std::string_view::npos ? bytes.size() : next) - 1;
    }
  }
  return std::string_view::npos;
}

ResponseParser::Event ResponseParser::FeedHead(std::string_view& bytes) {
  constexpr std::string_view kPrefix = "HTTP/1.";
  // What is no HTTP shall not make anyone wait for the end of its head.
  for (size_t i = 0; i < bytes.size() && carry_.size() + i < kPrefix.size(); ++i) {
    if (bytes[i] != kPrefix[carry_.size() + i]) return Fail(ResponseFault::kStatusLine);
  }
  const size_t end = FindHeadEnd(bytes);
  const size_t taken = std::min(end, bytes.size());
  head_bytes_ += taken;
  if (head_bytes_ > limits_.head_bytes) return Fail(ResponseFault::kHeadTooLarge);
  std::string_view head = bytes.substr(0, taken);
  bytes.remove_prefix(taken);
  if (end == std::string_view::npos || !carry_.empty()) carry_.append(head);
  if (end == std::string_view::npos) return Event::kNeedMore;
  if (!carry_.empty()) head = carry_;
  const Event event = ParseHead(head);
  if (event != Event::kNeedMore) return event;
  // An interim response (RFC 9110, section 15.2): the real one follows.
  carry_.clear();
  return bytes.empty() ? Event::kNeedMore : FeedHead(bytes);
}

// kNeedMore after an interim response.
ResponseParser::Event ResponseParser::ParseHead(std::string_view head) {
  const size_t line_end = head.find('\n');
  std::string_view line = head.substr(0, line_end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (const auto fault = ParseStatusLine(line); fault != ResponseFault::kNone) return Fail(fault);
  if (const auto fault = ParseFields(head.substr(line_end + 1)); fault != ResponseFault::kNone) return Fail(fault);
  if (status_ == 101) return Fail(ResponseFault::kSwitchedProtocol);
  if (status_ < 200) {
    ++interim_;
    return Event::kNeedMore;
  }
  if (const auto fault = ChooseFraming(); fault != ResponseFault::kNone) return Fail(fault);
  return Event::kHead;
}

// "HTTP/1.1 200 OK" (RFC 9112, section 4); the space before an empty reason may be missing, as it is from some servers.
ResponseFault ResponseParser::ParseStatusLine(std::string_view line) {
  const bool framed = line.size() >= 12 && base::IsDigit(line[7]) && line[8] == ' ' && base::IsDigit(line[9]) &&
                      base::IsDigit(line[10]) && base::IsDigit(line[11]) && (line.size() == 12 || line[12] == ' ');
  if (!framed || line[9] == '0' || line.find('\r') != std::string_view::npos || !IsValue(line))
    return ResponseFault::kStatusLine;
  minor_ = line[7] - '0';
  status_ = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  return ResponseFault::kNone;
}

ResponseFault ResponseParser::ParseFields(std::string_view fields) {
  fields_ = fields;
  said_close_ = said_keep_alive_ = has_length_ = has_coding_ = chunked_ = false;
  HeaderFields walk(fields);
  HeaderField field;
  while (walk.Next(field)) {
    std::string_view list = field.value;
    if (EqualsIgnoringCase(field.name, "content-length")) {
      // The same number several times is one number (RFC 9110, section 8.6).
      do {
        uint64_t length = 0;
        if (!ParseLength(TakeElement(list), length)) return ResponseFault::kContentLength;
        if (has_length_ && length != length_) return ResponseFault::kContentLength;
        has_length_ = true;
        length_ = length;
      } while (!list.empty());
    } else if (EqualsIgnoringCase(field.name, "transfer-encoding")) {
      has_coding_ = true;
      while (!list.empty()) chunked_ = EqualsIgnoringCase(TakeElement(list), "chunked");  // the last one counts
    } else if (EqualsIgnoringCase(field.name, "connection")) {
      while (!list.empty()) {
        const std::string_view option = TakeElement(list);
        said_close_ |= EqualsIgnoringCase(option, "close");
        said_keep_alive_ |= EqualsIgnoringCase(option, "keep-alive");
      }
    }
  }
  return walk.broken() ? ResponseFault::kHeader : ResponseFault::kNone;
}

// The message body's length (RFC 9112, section 6.3) and the connection's persistence (section 9.3).
ResponseFault ResponseParser::ChooseFraming() {
  keep_alive_ = !said_close_ && (minor_ >= 1 || said_keep_alive_);
  if (to_head_ || status_ == 204 || status_ == 304) {
    length_ = 0;
    state_ = State::kComplete;
  } else if (has_coding_) {
    // Beside a Content-Length, or from HTTP/1.0, the coding counts and the connection is not to be trusted further.
    keep_alive_ = keep_alive_ && chunked_ && !has_length_ && minor_ >= 1;
    length_ = 0;
    chunk_digits_ = false;
    state_ = chunked_ ? State::kChunkSize : State::kClose;
  } else if (has_length_) {
    if (length_ > limits_.body_bytes) return ResponseFault::kBodyTooLarge;
    state_ = length_ == 0 ? State::kComplete : State::kLength;
  } else {
    keep_alive_ = false;
    state_ = State::kClose;
  }
  return ResponseFault::kNone;
}

ResponseParser::Event ResponseParser::FeedBody(std::string_view& bytes) {
  // The last part of a body is told before its end, so that both have their event.
  if (state_ == State::kComplete) return Finished();
  if (bytes.empty()) return Event::kNeedMore;
  switch (state_) {
    case State::kClose:
      length_ = bytes.size();
      return TakeBody(bytes);
    case State::kLength:
      return TakeBody(bytes);
    case State::kTrailer:
      return FeedTrailer(bytes);
    default:
      return FeedChunk(bytes);
  }
}

// Hands over what has come of `length_` bytes of the body and moves on where that is all.
ResponseParser::Event ResponseParser::TakeBody(std::string_view& bytes) {
  part_ = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(bytes.size(), length_)));
  bytes.remove_prefix(part_.size());
  length_ -= part_.size();
  body_bytes_ += part_.size();
  if (body_bytes_ > limits_.body_bytes) return Fail(ResponseFault::kBodyTooLarge);
  if (length_ == 0 && state_ == State::kLength) state_ = State::kComplete;
  if (length_ == 0 && state_ == State::kChunkData) state_ = State::kChunkCr;
  return Event::kBody;
}

// Chunk framing (RFC 9112, section 7.1), byte by byte but for the data. Extensions are passed over; they count as head.
ResponseParser::Event ResponseParser::FeedChunk(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (state_ == State::kChunkData) return TakeBody(bytes);
    if (state_ == State::kTrailer) return FeedTrailer(bytes);
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (state_ == State::kChunkSize) {
      const int digit = HexDigit(c);
      if (digit >= 0 && length_ < uint64_t{1} << 56) {
        length_ = length_ * 16 + static_cast<uint64_t>(digit);
        chunk_digits_ = true;
      } else if (chunk_digits_ && (c == '\r' || c == ';' || IsBlank(c))) {
        state_ = c == '\r' ? State::kChunkSizeLf : State::kChunkExtension;
      } else {
        return Fail(ResponseFault::kChunk);
      }
    } else if (state_ == State::kChunkExtension) {
      if (++head_bytes_ > limits_.head_bytes) return Fail(ResponseFault::kHeadTooLarge);
      if (c == '\r') state_ = State::kChunkSizeLf;
      if (c == '\n') return Fail(ResponseFault::kChunk);
    } else if (c != (state_ == State::kChunkCr ? '\r' : '\n')) {
      return Fail(ResponseFault::kChunk);
    } else if (state_ == State::kChunkCr) {
      state_ = State::kChunkLf;
    } else if (state_ == State::kChunkLf) {
      state_ = State::kChunkSize;
      chunk_digits_ = false;
    } else {
      state_ = length_ == 0 ? State::kTrailer : State::kChunkData;
      line_end_ = 1;  // a trailer section may be empty
      if (body_bytes_ + length_ > limits_.body_bytes) return Fail(ResponseFault::kBodyTooLarge);
      carry_.clear();
    }
  }
  return Event::kNeedMore;
}

// Trailers are checked and dropped (RFC 9112, section 7.1.2).
ResponseParser::Event ResponseParser::FeedTrailer(std::string_view& bytes) {
  const size_t end = FindHeadEnd(bytes);
  const size_t taken = std::min(end, bytes.size());
  head_bytes_ += taken;
  if (head_bytes_ > limits_.head_bytes) return Fail(ResponseFault::kHeadTooLarge);
  carry_.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  if (end == std::string_view::npos) return Event::kNeedMore;
  HeaderFields walk(carry_);
  HeaderField field;
  while (walk.Next(field)) continue;
  return walk.broken() ? Fail(ResponseFault::kHeader) : Finished();
}

}  // namespace hone::net
