// Values of the wire in one canonical form, so that the binary and the text form of a parameter and of a column are
// equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sql/recording.h"

namespace hone::sql {

// Values longer than this are kept as a hash only and never traced.
inline constexpr size_t kTraceableBytes = 64;

// `bytes` as the protocol carries them (empty optional: NULL) of a value of type `oid` (0: unknown) in `format` (0
// text, 1 binary). Integers become decimal, uuids lower-case text, strings stay; what has no known binary form is named
// by type and format.
RecordedValue Canonical(uint32_t oid, int16_t format, std::optional<std::string_view> bytes);

// How many elements an array of one dimension has, of whatever type; 0: the bytes are no such array. Sources:
// PostgreSQL, array_recv and "Array Input and Output Syntax".
int64_t ArrayItems(int16_t format, std::string_view bytes);

// The format code of parameter or column `index`: no code means text, one is everyone's.
int16_t FormatOf(const std::vector<int16_t>& formats, size_t index);

}  // namespace hone::sql
