#include "sql/value.h"

#include <fmt/format.h>

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
  kUnknown = 705,
  kBpchar = 1042,
  kVarchar = 1043,
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

int16_t FormatOf(const std::vector<int16_t>& formats, size_t index) {
  if (formats.size() == 1) return formats[0];
  return index < formats.size() ? formats[index] : int16_t{0};
}

}  // namespace hone::sql
