#include "profile/wire.h"

namespace hone::profile {

bool TakeVarint(std::string_view& rest, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < rest.size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>(rest[i]);
    if (i == 9 && byte > 1) return false;  // more than 64 bits
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool WireReader::Fail() {
  ok_ = false;
  rest_ = {};
  return false;
}

bool WireReader::TakeFixed(size_t width) {
  if (rest_.size() < width) return Fail();
  for (size_t i = 0; i < width; ++i) number_ |= static_cast<uint64_t>(static_cast<uint8_t>(rest_[i])) << (8 * i);
  rest_.remove_prefix(width);
  return true;
}

bool WireReader::TakeBytes() {
  uint64_t length = 0;
  if (!TakeVarint(rest_, length) || length > rest_.size()) return Fail();
  is_bytes_ = true;
  bytes_ = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

bool WireReader::Next() {
  if (rest_.empty()) return false;
  uint64_t key = 0;
  if (!TakeVarint(rest_, key) || (key >> 3) == 0 || (key >> 3) > 0x1fffffff) return Fail();
  field_ = static_cast<uint32_t>(key >> 3);
  number_ = 0;
  bytes_ = {};
  is_bytes_ = false;
  switch (key & 7) {
    case 0:
      return TakeVarint(rest_, number_) || Fail();
    case 1:
      return TakeFixed(8);
    case 2:
      return TakeBytes();
    case 5:
      return TakeFixed(4);
    default:
      return Fail();  // groups: no profile has them
  }
}

void PutVarint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(static_cast<uint8_t>(value) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void PutNumber(std::string& out, uint32_t field, uint64_t value) {
  if (value == 0) return;
  PutVarint(out, uint64_t{field} << 3);
  PutVarint(out, value);
}

void PutBytes(std::string& out, uint32_t field, std::string_view bytes) {
  PutVarint(out, uint64_t{field} << 3 | 2);
  PutVarint(out, bytes.size());
  out += bytes;
}

}  // namespace hone::profile
