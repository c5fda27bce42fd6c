// Reading big-endian numbers and C strings out of a message body; never past its end.
#pragma once

#include <endian.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace hone::sql {

// Reads from the front. What is not there reads as zero or empty and makes ok() false for good.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return bytes_; }

  char Char() {
    const std::string_view byte = Bytes(1);
    return byte.empty() ? '\0' : byte[0];
  }
  int16_t Int16() { return static_cast<int16_t>(be16toh(Raw<uint16_t>())); }
  int32_t Int32() { return static_cast<int32_t>(Uint32()); }
  uint32_t Uint32() { return be32toh(Raw<uint32_t>()); }
  int64_t Int64() { return static_cast<int64_t>(be64toh(Raw<uint64_t>())); }

  std::string_view Bytes(size_t count) {
    if (!ok_ || count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view head = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return head;
  }

  // Up to the next NUL, which is taken as well.
  std::string_view CString() {
    const size_t end = bytes_.find('\0');
    if (!ok_ || end == std::string_view::npos) {
      ok_ = false;
      return {};
    }
    const std::string_view text = bytes_.substr(0, end);
    bytes_.remove_prefix(end + 1);
    return text;
  }

 private:
  // The next bytes as they are.
  template <typename Number>
  Number Raw() {
    Number number = 0;
    if (const std::string_view bytes = Bytes(sizeof number); !bytes.empty())
      std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace hone::sql
