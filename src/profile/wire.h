// Protocol buffers' wire format, as much of it as profiles use: varints and length-delimited fields, read in place and
// written.
//
// Source: protobuf.dev/programming-guides/encoding. Views point into the bytes given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hone::profile {

// Walks over the fields of one message. After the last field, and at anything malformed, Next is false; ok() tells
// which.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  bool Next();
  bool ok() const { return ok_; }
  uint32_t field() const { return field_; }
  bool is_bytes() const { return is_bytes_; }
  uint64_t number() const { return number_; }        // of a varint or fixed-width field; 0 for bytes
  std::string_view bytes() const { return bytes_; }  // of a length-delimited field; empty for numbers

 private:
  bool Fail();
  bool TakeFixed(size_t width);
  bool TakeBytes();

  std::string_view rest_;
  std::string_view bytes_ = {};
  uint64_t number_ = 0;
  uint32_t field_ = 0;
  bool is_bytes_ = false;
  bool ok_ = true;
};

// Takes one varint (at most 10 bytes) off the front of `rest`.
bool TakeVarint(std::string_view& rest, uint64_t& value);

void PutVarint(std::string& out, uint64_t value);
void PutNumber(std::string& out, uint32_t field, uint64_t value);  // nothing for 0, the default
void PutBytes(std::string& out, uint32_t field, std::string_view bytes);

}  // namespace hone::profile
