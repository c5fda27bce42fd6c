// Values of one type, as the protocol carried them one by one, as one array parameter. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pg/connection.h"

namespace hone::ops {

// The array of `elements`, all of the same format and none NULL, of the element type `element_oid`; `array_oid` is its
// own. Empty where they differ in format. Source: PostgreSQL, array_recv and "Array Input and Output Syntax".
std::optional<pg::Parameter> ArrayOf(const std::vector<pg::Parameter>& elements, uint32_t element_oid,
                                     uint32_t array_oid);

}  // namespace hone::ops
