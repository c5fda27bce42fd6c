// Reading big-endian numbers and C strings out of a message body; never past its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hone::sql {

// Reads from the front. What is not there reads as zero or empty and makes ok() false for good.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return bytes_; }

  // Of so many bytes, at most eight, which is known when it is compiled: no loop is left of it.
  template <size_t kWidth>
  uint64_t Unsigned() {
    const std::string_view digits = Bytes(kWidth);
    if (digits.size() < kWidth) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < kWidth; ++i) value = value << 8 | static_cast<unsigned char>(digits[i]);
    return value;
  }
  char Char() { return static_cast<char>(Unsigned<1>()); }
  int16_t Int16() { return static_cast<int16_t>(Unsigned<2>()); }
  int32_t Int32() { return static_cast<int32_t>(Unsigned<4>()); }
  uint32_t Uint32() { return static_cast<uint32_t>(Unsigned<4>()); }
  int64_t Int64() { return static_cast<int64_t>(Unsigned<8>()); }

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
  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace hone::sql
