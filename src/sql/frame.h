// Cuts one direction of a PostgreSQL 3.0 session into messages, from chunks that end anywhere, in bounded memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sql/bytes.h"

namespace hone::sql {

// PostgreSQL's own limit for one message is 1 GiB - 1.
inline constexpr uint32_t kMaxMessageBytes = 0x3fffffff;

// A message: `body` is its beginning, as much of it as was asked for. The view lives as long as the call that brings
// it.
struct Frame {
  char type = 0;
  uint32_t length = 0;  // of the whole body
  std::string_view body = {};
};

class FrameReader {
 public:
  // Feeds the next bytes. For each header `keep(type, length)` says how many bytes of the body are wanted, and whether
  // the header can be one (negative: no); for each complete message `take(frame)` says whether to go on. Returns the
  // number of bytes understood: fewer than given when the stream is no longer PostgreSQL's, and then nothing may be fed
  // any more.
  template <typename Keep, typename Take>
  size_t Feed(std::string_view bytes, Keep&& keep, Take&& take) {
    size_t used = 0;
    while (used < bytes.size()) {
      // Most messages come whole: those need no state.
      if (header_size_ == 0 && bytes.size() - used >= kHeaderBytes) {
        const std::string_view rest = bytes.substr(used);
        const uint32_t length = LengthIn(rest);
        if (length < kLengthBytes || length > kMaxMessageBytes) return used;
        if (length < rest.size()) {
          const uint32_t body = length - kLengthBytes;
          const int64_t wanted = keep(rest[0], body);
          if (wanted < 0) return used;
          used += 1 + length;
          if (!take(
                  Frame{rest[0], body, rest.substr(kHeaderBytes, std::min<size_t>(body, static_cast<size_t>(wanted)))}))
            return used;
          continue;
        }
      }
      if (header_size_ < kHeaderBytes) {
        const size_t part = std::min(kHeaderBytes - header_size_, bytes.size() - used);
        std::copy_n(bytes.data() + used, part, header_ + header_size_);
        header_size_ += part;
        used += part;
        if (header_size_ < kHeaderBytes) break;
        if (!BeginBody(keep)) return used - part;
      }
      const size_t part = std::min<size_t>(length_ - seen_, bytes.size() - used);
      const bool whole = seen_ == 0 && part == length_;
      if (!whole && buffer_.size() < keep_) buffer_.append(bytes.substr(used, std::min(part, keep_ - buffer_.size())));
      const std::string_view body =
          whole ? bytes.substr(used, std::min<size_t>(length_, keep_)) : std::string_view(buffer_);
      seen_ += static_cast<uint32_t>(part);
      used += part;
      if (seen_ < length_) break;
      const bool go_on = take(Frame{header_[0], length_, body});
      Reset();
      if (!go_on) return used;
    }
    return used;
  }

  // The beginning of a message was fed, but not its end.
  bool in_message() const { return header_size_ > 0; }

 private:
  static constexpr uint32_t kLengthBytes = 4;
  static constexpr size_t kHeaderBytes = 1 + kLengthBytes;

  // Behind the type; it counts itself.
  static uint32_t LengthIn(std::string_view header) { return ByteReader(header.substr(1, kLengthBytes)).Uint32(); }

  template <typename Keep>
  bool BeginBody(Keep&& keep) {
    const uint32_t length = LengthIn({header_, kHeaderBytes});
    if (length < kLengthBytes || length > kMaxMessageBytes) return false;
    length_ = length - kLengthBytes;
    seen_ = 0;
    const int64_t wanted = keep(header_[0], length_);
    keep_ = static_cast<size_t>(std::max<int64_t>(wanted, 0));
    return wanted >= 0;
  }

  void Reset() {
    header_size_ = 0;
    if (buffer_.capacity() > 4096) buffer_ = {};
    buffer_.clear();
  }

  char header_[kHeaderBytes] = {};
  size_t header_size_ = 0;
  uint32_t length_ = 0;
  uint32_t seen_ = 0;
  size_t keep_ = 0;
  std::string buffer_ = {};
};

}  // namespace hone::sql
