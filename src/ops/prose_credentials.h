// Accounts that a document names in words: "Logins (password `letmein`): `admin@example.com`". Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone::ops {

// Whether a field of a login holds what only its owner knows: a password, a client's secret, a key.
bool IsSecretField(std::string_view field);

struct ProseCredentials {
  std::map<std::string, std::string> values = {};  // by field
  size_t at = 0;                                   // where the password stands in the text
};

// The first password (or secret, where that is what a field holds) of a document with values for all other `fields`
// within three lines of it: the word with what is quoted or stands behind a colon or equals sign after it, or a row of
// a table below it; for addresses any e-mail address. Placeholders (<...>, ${...}, %s) are none. Empty where a field
// has no value.
std::optional<ProseCredentials> FindInProse(std::string_view text, const std::vector<std::string>& fields);

// The first e-mail address in the text that is no placeholder; empty if there is none.
std::string FirstAddress(std::string_view text);

}  // namespace hone::ops
