// An incremental parser for HTTP/1.x responses: bytes in, events out, any split of the bytes giving the same events.
//
// Source: RFC 9112 (sections 2 to 7) and RFC 9110. No allocation for a response whose head arrives in one piece;
// otherwise one buffer, reused. Not thread-safe. It parses and frames; what a status means is for the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hone::net {

// What is wrong with a response. Name() gives the word that reports use.
enum class ResponseFault {
  kNone,
  kStatusLine,        // not "HTTP/1.x NNN reason"
  kHeader,            // a field line that is none
  kHeadTooLarge,      // head, interim heads or trailers beyond the limit
  kContentLength,     // not a number, or several that differ
  kChunk,             // broken chunk framing
  kBodyTooLarge,      // beyond the limit
  kSwitchedProtocol,  // 101, which nobody asked for
  kTruncated,         // the connection ended within the response
};
std::string_view Name(ResponseFault fault);      // "status_line", ...
std::string_view Describe(ResponseFault fault);  // a clause: "the connection ended in the middle of the response"

struct HeaderField {
  std::string_view name = {};
  std::string_view value = {};  // without white space around it; a folded value keeps its line breaks
};

// Walks over the fields of a head. Views live as long as the head's bytes.
class HeaderFields {
 public:
  // `fields` are the head's bytes after the status line.
  explicit HeaderFields(std::string_view fields) : rest_(fields) {}
  // False at the end, and at a line that is no field; then broken() tells which.
  bool Next(HeaderField& field);
  bool broken() const { return broken_; }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

// ASCII, in any case.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

class ResponseParser {
 public:
  struct Limits {
    size_t head_bytes = size_t{64} << 10;  // of all heads of one response together, and of its trailers
    uint64_t body_bytes = uint64_t{1} << 40;
  };
  enum class Event {
    kNeedMore,  // all bytes are consumed
    kHead,      // status(), keep_alive() and head_fields() are known; head_fields() lives until the next call
    kBody,      // body_part() holds the next bytes of the body: a view of what was fed
    kDone,      // the response is complete
    kFault,     // fault() says why; the connection is of no use any more
  };

  ResponseParser() = default;
  explicit ResponseParser(Limits limits) : limits_(limits) {}

  // Begins the next response. `to_head`: it answers a HEAD request, so it has no body whatever its head says.
  void Begin(bool to_head = false);

  // Takes bytes from the front of `bytes` up to the next event. After kDone the rest belongs to nothing that was asked
  // for.
  Event Feed(std::string_view& bytes);
  // The peer closed: kDone where that ends the body, kFault (kTruncated) otherwise. After kDone or kFault it repeats
  // that.
  Event Finish();

  int status() const { return status_; }
  // Whether the connection may carry another request after this response.
  bool keep_alive() const { return keep_alive_; }
  HeaderFields head_fields() const { return HeaderFields(fields_); }
  std::string_view body_part() const { return part_; }
  // Of the body so far, without framing.
  uint64_t body_bytes() const { return body_bytes_; }
  // 1xx responses that came before.
  int interim() const { return interim_; }
  ResponseFault fault() const { return fault_; }
  // Whether any byte of this response has come.
  bool started() const { return started_; }

 private:
  enum class State {
    kHead,
    kComplete,
    kLength,
    kClose,
    kChunkSize,
    kChunkExtension,
    kChunkSizeLf,
    kChunkData,
    kChunkCr,
    kChunkLf,
    kTrailer,
    kDone,
    kFault
  };

  Event Fail(ResponseFault fault);
  Event Finished();
  Event FeedHead(std::string_view& bytes);
  Event FeedBody(std::string_view& bytes);
  Event FeedChunk(std::string_view& bytes);
  Event FeedTrailer(std::string_view& bytes);
  Event TakeBody(std::string_view& bytes);
  size_t FindHeadEnd(std::string_view bytes);
  Event ParseHead(std::string_view head);
  ResponseFault ParseStatusLine(std::string_view line);
  ResponseFault ParseFields(std::string_view fields);
  ResponseFault ChooseFraming();

  Limits limits_ = {};
  State state_ = State::kHead;
  ResponseFault fault_ = ResponseFault::kNone;
  std::string carry_ = {};  // a head that came in pieces
  std::string_view fields_ = {};
  std::string_view part_ = {};
  size_t head_bytes_ = 0;
  int line_end_ = 0;  // how far the end of a head or trailer has been recognised
  int status_ = 0;
  int minor_ = 1;
  int interim_ = 0;
  bool to_head_ = false;
  bool started_ = false;
  bool keep_alive_ = true;
  bool said_close_ = false;
  bool said_keep_alive_ = false;
  bool has_length_ = false;
  bool has_coding_ = false;
  bool chunked_ = false;
  bool chunk_digits_ = false;
  uint64_t length_ = 0;  // of the body, or of the chunk, that is still to come
  uint64_t body_bytes_ = 0;
};

}  // namespace hone::net
