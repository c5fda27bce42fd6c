#include "sql/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <string>

#include "base/ascii.h"
#include "base/hash.h"
#include "sql/bytes.h"

namespace hone::sql {
namespace {

// Type OIDs of PostgreSQL's catalogue (src/include/catalog/pg_type.dat).
enum Oid : uint32_t {
  kBool = 16,
  kName = 19,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kOid = 26,
  kFloat4 = 700,
  kFloat8 = 701,
  kUnknown = 705,
  kBpchar = 1042,
  kVarchar = 1043,
  kNumeric = 1700,
  kUuid = 2950,
};

std::string UuidText(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return text;
}

// Digits to the base of 10,000, as numeric_send writes them and numeric_out shows them. Empty: it is no number, or
// lies.
std::optional<std::string> NumericText(std::string_view bytes) {
  constexpr int32_t kLongest = 64;
  ByteReader reader(bytes);
  const int32_t count = reader.Int16();
  const int32_t weight = reader.Int16();
  const int32_t sign = reader.Int16();
  const int32_t scale = reader.Int16();
  const bool is_number = sign == 0 || sign == 0x4000;
  if (!is_number || count < 0 || std::ssize(bytes) != 8 + 2 * count || scale < 0 || scale > kLongest ||
      weight > kLongest / 4 || weight < -kLongest / 4)
    return std::nullopt;
  std::string whole;
  std::string fraction(static_cast<size_t>(weight < -1 ? 4 * (-1 - weight) : 0), '0');
  for (int32_t i = 0; i < std::max(count, weight + 1); ++i) {
    const int32_t digit = i < count ? reader.Int16() : 0;
    if (digit < 0 || digit > 9999) return std::nullopt;
    (i <= weight ? whole : fraction) += fmt::format("{:04}", digit);
  }
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  fraction.resize(static_cast<size_t>(scale), '0');
  return (sign != 0 ? "-" : "") + (whole.empty() ? "0" : whole) + (fraction.empty() ? "" : "." + fraction);
}

template <typename Float>
std::optional<std::string> FloatText(Float value) {
  const double size = std::abs(static_cast<double>(value));
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e6);
  return plain ? std::optional(fmt::format("{}", value)) : std::nullopt;
}

// Empty: this type has no binary form that is known here.
std::optional<std::string> FromBinary(uint32_t oid, std::string_view bytes) {
  ByteReader reader(bytes);
  switch (oid) {
    case kInt2:
      return bytes.size() == 2 ? std::optional(std::to_string(reader.Int16())) : std::nullopt;
    case kInt4:
      return bytes.size() == 4 ? std::optional(std::to_string(reader.Int32())) : std::nullopt;
    case kOid:
      return bytes.size() == 4 ? std::optional(std::to_string(reader.Uint32())) : std::nullopt;
    case kInt8:
      return bytes.size() == 8 ? std::optional(std::to_string(reader.Int64())) : std::nullopt;
    // Where the server writes an exponent, or infinity, its text is another one.
    case kFloat4:
      return bytes.size() == 4 ? FloatText(std::bit_cast<float>(reader.Uint32())) : std::nullopt;
    case kFloat8:
      return bytes.size() == 8 ? FloatText(std::bit_cast<double>(reader.Int64())) : std::nullopt;
    case kNumeric:
      return NumericText(bytes);
    case kUuid:
      return bytes.size() == 16 ? std::optional(UuidText(bytes)) : std::nullopt;
    case kBool:
      return bytes.size() == 1 ? std::optional<std::string>(bytes[0] != 0 ? "t" : "f") : std::nullopt;
    case kName:
    case kText:
    case kUnknown:
    case kBpchar:
    case kVarchar:
      return std::string(bytes);
    default:
      return std::nullopt;
  }
}

}  // namespace

RecordedValue Canonical(uint32_t oid, int16_t format, std::optional<std::string_view> bytes) {
  if (!bytes) return {.canonical = "null", .traceable = false};
  if (bytes->size() > kTraceableBytes) {
    return {.canonical = fmt::format("long/{}/{}", bytes->size(), base::Sha256Hex(*bytes)), .traceable = false};
  }
  std::optional<std::string> canonical;
  if (format == 1) {
    canonical = FromBinary(oid, *bytes);
    if (!canonical) return {.canonical = fmt::format("{}/{}/", oid, format) + std::string(*bytes), .traceable = false};
  } else {
    canonical = oid == kUuid ? base::LowerCase(*bytes) : std::string(*bytes);
  }
  const bool traceable = !canonical->empty() && oid != kBool;
  return {.canonical = *std::move(canonical), .traceable = traceable};
}

namespace {

int64_t BinaryItems(std::string_view bytes) {
  ByteReader reader(bytes);
  const int32_t dimensions = reader.Int32();
  const int32_t has_nulls = reader.Int32();
  reader.Uint32();  // the element type
  const int32_t items = reader.Int32();
  const int32_t first = reader.Int32();
  if (dimensions != 1 || (has_nulls != 0 && has_nulls != 1) || first != 1 || items < 0) return 0;
  for (int32_t i = 0; i < items && reader.ok(); ++i) {
    const int32_t length = reader.Int32();
    if (length > 0) reader.Bytes(static_cast<size_t>(length));
  }
  return reader.ok() && reader.rest().empty() ? items : 0;
}

// A JSON object has a colon outside of its strings; of an array's text only times may have, which then counts as none.
int64_t TextItems(std::string_view text) {
  if (text.size() < 3 || text.front() != '{' || text.back() != '}') return 0;
  int64_t items = 1;
  bool quoted = false;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (text[i] == ':' || text[i] == '{')) {
      return 0;
    } else if (!quoted && text[i] == ',') {
      ++items;
    }
  }
  return items;
}

}  // namespace

int64_t ArrayItems(int16_t format, std::string_view bytes) {
  return format == 1 ? BinaryItems(bytes) : TextItems(bytes);
}

int16_t FormatOf(const std::vector<int16_t>& formats, size_t index) {
  if (formats.size() == 1) return formats[0];
  return index < formats.size() ? formats[index] : int16_t{0};
}

}  // namespace hone::sql
