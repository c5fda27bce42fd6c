// HdrHistogram's V2 payload, written and read.
#include <zlib.h>

#include <bit>
#include <limits>

#include "stats/base64.h"
#include "stats/histogram.h"

namespace hone::stats {
namespace {

// The lowest byte names the width of a count: 1 for V2's "up to nine bytes".
constexpr uint32_t kPayloadCookie = 0x1c849313;
constexpr uint32_t kCompressedCookie = 0x1c849314;
constexpr uint32_t kCookieMask = 0xffffff0f;
constexpr size_t kHeaderBytes = 40;
constexpr size_t kInflatedLimit = size_t{16} << 20;

template <typename T>
void PutBigEndian(std::string& out, T value) {
  for (size_t i = sizeof(T); i-- > 0;) out += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i) & 0xFF);
}

uint64_t BigEndian(std::string_view bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// Zigzag LEB128 of at most nine bytes, the ninth of which holds eight bits.
void PutZigzag(std::string& out, int64_t value) {
  uint64_t rest = static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
  for (int i = 0; i < 8 && rest >= 0x80; ++i) {
    out += static_cast<char>(rest | 0x80);
    rest >>= 7;
  }
  out += static_cast<char>(rest);
}

// False at the end of the bytes.
bool TakeZigzag(std::string_view& bytes, int64_t& value) {
  uint64_t raw = 0;
  for (size_t i = 0; i < 9; ++i) {
    if (i >= bytes.size()) return false;
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const bool last = i == 8 || byte < 0x80;
    raw |= static_cast<uint64_t>(i == 8 ? byte : byte & 0x7F) << (7 * i);
    if (!last) continue;
    bytes.remove_prefix(i + 1);
    value = static_cast<int64_t>(raw >> 1 ^ (~(raw & 1) + 1));
    return true;
  }
  return false;
}

auto Broken(std::string_view why) {
  return base::Fail(base::Code::kInput, "Not an HdrHistogram V2 payload: " + std::string(why));
}

// The bucket layout that a payload was written with.
struct Layout {
  int half_bits = 0;
  int unit_bits = 0;

  // The lowest value of a bucket; -1 beyond 62 bits.
  int64_t ValueAt(int64_t index) const {
    const int64_t half = int64_t{1} << half_bits;
    int64_t bucket = (index >> half_bits) - 1;
    int64_t sub = (index & (half - 1)) + half;
    if (bucket < 0) {
      bucket = 0;
      sub -= half;
    }
    if (bucket + unit_bits + half_bits + 1 > 62) return -1;
    return sub << (bucket + unit_bits);
  }
};

base::Result<Layout> ReadLayout(std::string_view payload) {
  const uint64_t digits = BigEndian(payload, 12, 4);
  const uint64_t lowest = BigEndian(payload, 16, 8);
  if (BigEndian(payload, 8, 4) != 0) return Broken("shifted counts");
  if (digits > 5) return Broken("more than five digits");
  if (lowest == 0 || lowest > uint64_t{1} << 40) return Broken("the unit");
  uint64_t resolution = 2;
  for (uint64_t i = 0; i < digits; ++i) resolution *= 10;
  return Layout{63 - std::countl_zero(resolution - 1), 63 - std::countl_zero(lowest)};
}

base::Result<std::string> Inflate(std::string_view deflated) {
  std::string inflated(std::min(kInflatedLimit, deflated.size() * 16 + 4096), '\0');
  for (;;) {
    auto length = static_cast<uLongf>(inflated.size());
    const int status = uncompress(reinterpret_cast<Bytef*>(inflated.data()), &length,
                                  reinterpret_cast<const Bytef*>(deflated.data()), static_cast<uLong>(deflated.size()));
    if (status == Z_OK) {
      inflated.resize(length);
      return inflated;
    }
    if (status != Z_BUF_ERROR || inflated.size() >= kInflatedLimit) return Broken("its compressed part");
    inflated.resize(std::min(kInflatedLimit, inflated.size() * 4));
  }
}

}  // namespace

std::string Histogram::Encode() const {
  std::string counts;
  size_t end = counts_.size();
  while (end > 0 && counts_[end - 1] == 0) --end;
  for (size_t i = 0; i < end;) {
    size_t zeros = 0;
    while (i + zeros < end && counts_[i + zeros] == 0) ++zeros;
    if (zeros > 1) {
      PutZigzag(counts, -static_cast<int64_t>(zeros));
      i += zeros;
    } else {
      PutZigzag(counts, counts_[i++]);
    }
  }
  std::string payload;
  payload.reserve(kHeaderBytes + counts.size());
  PutBigEndian(payload, kPayloadCookie);
  PutBigEndian(payload, static_cast<uint32_t>(counts.size()));
  PutBigEndian(payload, uint32_t{0});  // normalising index offset
  PutBigEndian(payload, uint32_t{kSignificantDigits});
  PutBigEndian(payload, uint64_t{1});  // lowest discernible value
  PutBigEndian(payload, static_cast<uint64_t>(kHighest));
  PutBigEndian(payload, std::bit_cast<uint64_t>(1.0));  // ratio of integer to double values
  return payload + counts;
}

std::string Histogram::EncodeCompressedBase64() const {
  const std::string payload = Encode();
  std::string deflated(compressBound(static_cast<uLong>(payload.size())), '\0');
  auto length = static_cast<uLongf>(deflated.size());
  // Cannot fail: the buffer is as large as zlib asks for.
  compress(reinterpret_cast<Bytef*>(deflated.data()), &length, reinterpret_cast<const Bytef*>(payload.data()),
           static_cast<uLong>(payload.size()));
  deflated.resize(length);
  std::string framed;
  PutBigEndian(framed, kCompressedCookie);
  PutBigEndian(framed, static_cast<uint32_t>(deflated.size()));
  return EncodeBase64(framed + deflated);
}

base::Result<Histogram> Histogram::Decode(std::string_view payload) {
  if (payload.size() < 8) return Broken("too short");
  const uint64_t cookie = BigEndian(payload, 0, 4);
  const uint64_t length = BigEndian(payload, 4, 4);
  if ((cookie & kCookieMask) == (kCompressedCookie & kCookieMask)) {
    if (length > payload.size() - 8) return Broken("too short");
    HONE_TRY(const std::string inflated, Inflate(payload.substr(8, length)));
    if (inflated.size() < 4 || (BigEndian(inflated, 0, 4) & kCookieMask) != (kPayloadCookie & kCookieMask)) {
      return Broken("its compressed part");
    }
    return Decode(inflated);
  }
  if ((cookie & kCookieMask) != (kPayloadCookie & kCookieMask)) return Broken("its first bytes");
  if (payload.size() < kHeaderBytes || length > payload.size() - kHeaderBytes) return Broken("too short");
  HONE_TRY(const Layout layout, ReadLayout(payload));

  Histogram histogram;
  std::string_view rest = payload.substr(kHeaderBytes, length);
  for (int64_t index = 0; !rest.empty();) {
    int64_t count = 0;
    if (!TakeZigzag(rest, count)) return Broken("a count that is cut off");
    if (count <= 0) {
      // A run of zeros longer than any layout has buckets would only overflow the index.
      if (count < -(int64_t{1} << 32)) return Broken("a run of zeros");
      index += count == 0 ? 1 : -count;
      continue;
    }
    const int64_t value = layout.ValueAt(index++);
    if (value < 0) return Broken("more buckets than there are values");
    if (count > std::numeric_limits<int64_t>::max() / 2 - histogram.count_) return Broken("counts that are too large");
    histogram.RecordMany(value, count);
  }
  return histogram;
}

base::Result<Histogram> Histogram::DecodeBase64(std::string_view text) {
  HONE_TRY(const std::string payload, stats::DecodeBase64(text));
  return Decode(payload);
}

}  // namespace hone::stats
