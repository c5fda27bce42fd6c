// Base64 with padding (RFC 4648, section 4): what histogram logs are written in.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace hone::stats {

std::string EncodeBase64(std::string_view bytes);

// kInput for other characters, wrong padding or bits left over.
base::Result<std::string> DecodeBase64(std::string_view text);

}  // namespace hone::stats
