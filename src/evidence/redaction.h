// Redaction: secrets and data values become type, length and a hash keyed per run before anything is stored or printed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hone::evidence {

// Holds one run's key (never stored) and the run's known secrets. Copyable; thread-safe after construction.
class Redactor {
 public:
  // A fresh key.
  Redactor();
  // For tests: a known key.
  explicit Redactor(std::string key);

  // The keyed hash of a value, 16 hex digits: equal values of one run have equal tokens, nothing else can be told.
  std::string Token(std::string_view value) const;

  // Adds values that must never appear in any text: passwords, tokens, DSNs, environment and header values. Values
  // shorter than 4 bytes and words too common to be secret ("true", "localhost", plain numbers below 6 digits) are
  // ignored.
  void AddSecret(std::string_view value);

  // `text` with every known secret (also URL-encoded, base64 at any alignment, hex and JSON-escaped) replaced by
  // "[redacted]", and likewise the user:password part of any URL and the password= of any key/value DSN. Scrubbing
  // twice gives what scrubbing once gives.
  std::string Scrub(std::string_view text) const;
  // The same for what an error says.
  base::Error Scrub(base::Error error) const;

 private:
  std::string key_;
  std::vector<std::string> secrets_;  // as they are
  std::vector<std::string> encoded_;  // what each one's base64 and hex forms contain, wherever it stands
};

}  // namespace hone::evidence
