#include "service/jwt.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/hash.h"

namespace hone::service {
namespace {

using base::Code;
using base::Fail;
using Json = nlohmann::json;
using project::JwtAlgorithm;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

constexpr int kRsaBits = 2048;
constexpr int kEs256Bytes = 32;  // of each coordinate and of each half of a signature

const unsigned char* Unsigned(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

// RFC 7515, appendix C.
std::string EncodeBase64Url(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), Unsigned(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  std::string padded(text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  const size_t padding = (4 - padded.size() % 4) % 4;
  padded.append(padding, '=');
  std::string bytes(padded.size() / 4 * 3 + 1, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), Unsigned(padded),
                                     static_cast<int>(padded.size()));
  if (length < static_cast<int>(padding) || padding == 3) return std::nullopt;
  bytes.resize(static_cast<size_t>(length) - padding);
  return bytes;
}

// A number of the public key as a JWK has it: big-endian, of at least `least` bytes.
std::string Parameter(EVP_PKEY* key, const char* name, int least) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const Number number(raw);
  std::string bytes(static_cast<size_t>(std::max(BN_num_bytes(number.get()), least)), '\0');
  BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return EncodeBase64Url(bytes);
}

// The two halves of an ECDSA signature, one after the other (RFC 7518, section 3.4).
std::optional<std::string> JoinHalves(std::string_view der) {
  const unsigned char* at = Unsigned(der);
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return std::nullopt;
  std::string joined(2 * kEs256Bytes, '\0');
  auto* halves = reinterpret_cast<unsigned char*>(joined.data());
  const bool fits = BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), halves, kEs256Bytes) == kEs256Bytes &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), halves + kEs256Bytes, kEs256Bytes) == kEs256Bytes;
  return fits ? std::optional(joined) : std::nullopt;
}

std::optional<std::string> SignDigest(EVP_PKEY* key, std::string_view text) {
  const Digest context(EVP_MD_CTX_new());
  size_t length = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, Unsigned(text), text.size()) != 1)
    return std::nullopt;
  std::string signature(length, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), bytes, &length, Unsigned(text), text.size()) != 1) return std::nullopt;
  signature.resize(length);
  return signature;
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Unsigned(text), text.size(),
       reinterpret_cast<unsigned char*>(digest.data()), &length);
  digest.resize(length);
  return digest;
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

}  // namespace

struct SigningKey::State {
  JwtAlgorithm algorithm = JwtAlgorithm::kRs256;
  Key key = {};
  std::string secret = {};
  std::string id = {};
};

SigningKey::SigningKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

std::string_view Name(JwtAlgorithm algorithm) {
  switch (algorithm) {
    case JwtAlgorithm::kRs256:
      return "RS256";
    case JwtAlgorithm::kEs256:
      return "ES256";
    case JwtAlgorithm::kHs256:
      return "HS256";
  }
  std::unreachable();
}

base::Result<SigningKey> SigningKey::Make(JwtAlgorithm algorithm) {
  constexpr size_t kSecretBytes = 32;
  constexpr size_t kIdDigits = 16;
  auto state = std::make_unique<State>();
  state->algorithm = algorithm;
  if (algorithm == JwtAlgorithm::kHs256) {
    state->secret = Hex(base::RandomBytes(kSecretBytes));
    return SigningKey(std::move(state));
  }
  state->key.reset(algorithm == JwtAlgorithm::kRs256 ? EVP_RSA_gen(kRsaBits) : EVP_EC_gen("P-256"));
  if (!state->key)
    return Fail(Code::kEnvironment, "OpenSSL makes no key for [jwt]", std::string(Name(algorithm)),
                "Try another [jwt] algorithm");
  SigningKey key(std::move(state));
  key.state_->id = base::Sha256Hex(key.PublicKey()).substr(0, kIdDigits);
  return key;
}

const std::string& SigningKey::secret() const { return state_->secret; }

std::string SigningKey::PublicKey() const {
  if (!state_->key) return {};
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(memory.get(), state_->key.get());
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<size_t>(length)};
}

std::string SigningKey::Jwks() const {
  Json keys = Json::array();
  if (state_->key) {
    Json key = {{"use", "sig"}, {"alg", Name(state_->algorithm)}, {"kid", state_->id}};
    EVP_PKEY* public_key = state_->key.get();
    if (state_->algorithm == JwtAlgorithm::kRs256) {
      key["kty"] = "RSA";
      key["n"] = Parameter(public_key, OSSL_PKEY_PARAM_RSA_N, 0);
      key["e"] = Parameter(public_key, OSSL_PKEY_PARAM_RSA_E, 0);
    } else {
      key["kty"] = "EC";
      key["crv"] = "P-256";
      key["x"] = Parameter(public_key, OSSL_PKEY_PARAM_EC_PUB_X, kEs256Bytes);
      key["y"] = Parameter(public_key, OSSL_PKEY_PARAM_EC_PUB_Y, kEs256Bytes);
    }
    keys.push_back(std::move(key));
  }
  return Json{{"keys", std::move(keys)}}.dump();
}

base::Result<std::string> SigningKey::Sign(std::string_view claims) const {
  Json header = {{"alg", Name(state_->algorithm)}, {"typ", "JWT"}};
  if (!state_->id.empty()) header["kid"] = state_->id;
  const std::string text = EncodeBase64Url(header.dump()) + "." + EncodeBase64Url(claims);
  std::optional<std::string> signature;
  switch (state_->algorithm) {
    case JwtAlgorithm::kHs256:
      signature = HmacSha256(state_->secret, text);
      break;
    case JwtAlgorithm::kRs256:
      signature = SignDigest(state_->key.get(), text);
      break;
    case JwtAlgorithm::kEs256:
      signature = SignDigest(state_->key.get(), text);
      if (signature) signature = JoinHalves(*signature);
      break;
  }
  if (!signature) return Fail(Code::kEnvironment, "OpenSSL did not sign a token of [[token]]");
  return text + "." + EncodeBase64Url(*signature);
}

base::Result<std::string> CompleteClaims(std::string_view given, const Claims& missing) {
  Json claims = Json::parse(given, nullptr, false);
  if (!claims.is_object()) return Fail(Code::kInput, "The claims of a token are no JSON object");
  const auto add = [&](const char* name, const Json& value) {
    if (!claims.contains(name)) claims[name] = value;
  };
  add("iss", missing.issuer);
  add("sub", missing.subject);
  add("iat", missing.now_s);
  add("nbf", missing.now_s);
  add("exp", missing.now_s + missing.ttl_s);
  add("jti", missing.id);
  return claims.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<int64_t> ExpiryOf(std::string_view token) {
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto payload = DecodeBase64Url(token.substr(first + 1, second - first - 1));
  if (!payload) return std::nullopt;
  const Json claims = Json::parse(*payload, nullptr, false);
  if (!claims.is_object() || !claims.contains("exp") || !claims["exp"].is_number()) return std::nullopt;
  return claims["exp"].get<int64_t>();
}

}  // namespace hone::service
