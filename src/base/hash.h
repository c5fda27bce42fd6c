// SHA-256 and keyed hashes (HMAC-SHA-256), as lower-case hex.
#pragma once

#include <string>
#include <string_view>

namespace hone::base {

std::string Sha256Hex(std::string_view bytes);

// HMAC-SHA-256 of `bytes` under `key`, shortened to `hex_digits` (at most 64): equality under one key is all that it
// tells.
std::string KeyedHashHex(std::string_view key, std::string_view bytes, size_t hex_digits = 16);

// `count` unpredictable bytes.
std::string RandomBytes(size_t count);

}  // namespace hone::base
