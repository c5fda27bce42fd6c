// Keys that live as long as a run, the tokens that they sign, and how others learn the public half.
//
// Sources: RFC 7515 (JWS, compact form), RFC 7517 (JWKS), RFC 7518 (RS256, ES256, HS256), RFC 7519 (JWT).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "project/project.h"

namespace hone::service {

// A fresh key. Movable; the private half never leaves it.
class SigningKey {
 public:
  // kEnvironment where the system's OpenSSL will not make one.
  static base::Result<SigningKey> Make(project::JwtAlgorithm algorithm);
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  // A JWKS document with the public key; without keys for HS256.
  std::string Jwks() const;
  // The public key as PEM (SubjectPublicKeyInfo); empty for HS256.
  std::string PublicKey() const;
  // The shared secret of HS256, as text; its bytes are the key. Empty for the others.
  const std::string& secret() const;

  // The token of these claims (a JSON object).
  base::Result<std::string> Sign(std::string_view claims) const;

 private:
  struct State;
  explicit SigningKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "RS256", "ES256", "HS256".
std::string_view Name(project::JwtAlgorithm algorithm);

// The claims of a token: `given` (a JSON object), and iss, sub, iat, nbf, exp and jti where they are missing. kInput
// where `given` is no object.
struct Claims {
  std::string issuer = {};
  std::string subject = {};
  std::string id = {};  // no two tokens have the same
  int64_t now_s = 0;
  int64_t ttl_s = 0;
};
base::Result<std::string> CompleteClaims(std::string_view given, const Claims& missing);

// When a token that somebody issued ends (its claim `exp`, seconds since 1970), if it is a JWT that says so. Nothing is
// verified.
std::optional<int64_t> ExpiryOf(std::string_view token);

}  // namespace hone::service
