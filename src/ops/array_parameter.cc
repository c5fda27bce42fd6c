#include "ops/array_parameter.h"

#include <algorithm>

namespace hone::ops {
namespace {

void AppendInt32(std::string& bytes, uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>((value >> shift) & 0xFF);
}

std::string Binary(const std::vector<pg::Parameter>& elements, uint32_t element_oid) {
  std::string bytes;
  const auto count = static_cast<uint32_t>(elements.size());
  // Dimensions, "holds NULL", the element's type, then of the only dimension its length and first index.
  for (const uint32_t field : {count > 0 ? 1U : 0U, 0U, element_oid}) AppendInt32(bytes, field);
  if (count > 0) {
    AppendInt32(bytes, count);
    AppendInt32(bytes, 1);
  }
  for (const pg::Parameter& element : elements) {
    AppendInt32(bytes, static_cast<uint32_t>(element.bytes->size()));
    bytes += *element.bytes;
  }
  return bytes;
}

// Every element in double quotes: then only these and backslashes mean anything.
std::string Text(const std::vector<pg::Parameter>& elements) {
  std::string text = "{";
  for (const pg::Parameter& element : elements) {
    text += text.size() > 1 ? ",\"" : "\"";
    for (const char c : *element.bytes) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

}  // namespace

std::optional<pg::Parameter> ArrayOf(const std::vector<pg::Parameter>& elements, uint32_t element_oid,
                                     uint32_t array_oid) {
  const bool alike = std::ranges::all_of(elements, [&](const pg::Parameter& element) {
    return element.bytes.has_value() && element.format == elements.front().format;
  });
  if (!alike) return std::nullopt;
  const bool binary = !elements.empty() && elements.front().format == 1;
  return pg::Parameter{.oid = array_oid,
                       .format = static_cast<int16_t>(binary ? 1 : 0),
                       .bytes = binary ? Binary(elements, element_oid) : Text(elements)};
}

}  // namespace hone::ops
