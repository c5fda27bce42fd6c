#include "ops/upstreams.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/hash.h"
#include "project/scenario.h"
#include "project/stub.h"

namespace hone::ops {
namespace {

constexpr size_t kIdBytes = 16;
constexpr std::string_view kKeysPath = "/.well-known/jwks.json";

// What an OpenID provider says of itself (OpenID Connect Discovery 1.0, section 3), as far as verifying takes it.
std::vector<project::StubAnswer> KeyAnswers(const service::SigningKey& key, project::JwtAlgorithm algorithm) {
  project::StubAnswer keys{.method = "GET", .path = std::string(kKeysPath)};
  keys.bytes = key.Jwks();
  project::StubAnswer discovery{.method = "GET", .path = "/.well-known/openid-configuration"};
  // The same by its newer name (RFC 8414).
  project::StubAnswer metadata{.method = "GET", .path = "/.well-known/oauth-authorization-server"};
  const std::string text = fmt::format(
      R"({{"issuer":"${{jwt.issuer}}","jwks_uri":"${{jwt.jwks}}","authorization_endpoint":"${{jwt.issuer}}/authorize",)"
      R"("token_endpoint":"${{jwt.issuer}}/token","response_types_supported":["code"],)"
      R"("subject_types_supported":["public"],"id_token_signing_alg_values_supported":["{}"]}})",
      service::Name(algorithm));
  discovery.body = project::Template::Parse(text).value_or(project::Template());
  metadata.body = discovery.body;
  return {keys, discovery, metadata};
}

}  // namespace

base::Result<std::unique_ptr<Upstreams>> Upstreams::Start(const project::Project& project, evidence::Redactor& redactor,
                                                          project::Values& values) {
  auto upstreams = std::unique_ptr<Upstreams>(new Upstreams(project, redactor));
  for (const project::Stub& stub : project.stubs) {
    HONE_TRY(auto answers, project::ReadAnswers(stub));
    HONE_TRY(auto server, service::StubServer::Start(stub.name, std::move(answers)));
    values["stub." + stub.name] = server->url();
    values[fmt::format("stub.{}.address", stub.name)] = server->url().substr(std::string_view("http://").size());
    upstreams->stubs_.push_back(std::move(server));
  }
  HONE_CHECK_OK(upstreams->MakeKey(values));
  HONE_CHECK_OK(upstreams->Mint(values, std::nullopt));
  return upstreams;
}

base::Result<void> Upstreams::MakeKey(project::Values& values) {
  if (!project_.jwt) return {};
  HONE_TRY(service::SigningKey key, service::SigningKey::Make(project_.jwt->algorithm));
  HONE_TRY(key_server_, service::StubServer::Start("jwt", KeyAnswers(key, project_.jwt->algorithm)));
  values["jwt.issuer"] = key_server_->url();
  if (!project_.jwt->issuer.empty()) {
    HONE_TRY(values["jwt.issuer"], project_.jwt->issuer.Expand(values));
  }
  if (key.secret().empty()) {
    values["jwt.jwks"] = key_server_->url() + std::string(kKeysPath);
    values["jwt.public_key"] = key.PublicKey();
  } else {
    redactor_.AddSecret(key.secret());
    values["jwt.secret"] = key.secret();
  }
  key_.emplace(std::move(key));
  return {};
}

base::Result<void> Upstreams::Mint(project::Values& values, std::optional<int64_t> for_ns) {
  const int64_t now = base::WallSeconds();
  ends_.resize(project_.tokens.size());
  for (size_t i = 0; i < project_.tokens.size(); ++i) {
    const project::Token& token = project_.tokens[i];
    if (for_ns && ends_[i] > now + *for_ns / base::kSecond) continue;
    const auto lookup = [&](std::string_view name) { return project::Find(values, name); };
    HONE_TRY(const project::FilledBody given, project::FillBody(token.claims, nullptr, lookup));
    const int64_t ttl = token.ttl_ns / base::kSecond;
    HONE_TRY(const std::string claims,
             service::CompleteClaims(given.bytes, {.issuer = values.at("jwt.issuer"),
                                                   .subject = token.name,
                                                   .id = base::Sha256Hex(base::RandomBytes(kIdBytes)).substr(0, 16),
                                                   .now_s = now,
                                                   .ttl_s = ttl}));
    HONE_TRY(const std::string text, key_->Sign(claims));
    redactor_.AddSecret(text);
    values["token." + token.name] = text;
    ends_[i] = now + ttl;
  }
  for (const auto& stub : stubs_) stub->SetValues(values);
  if (key_server_) key_server_->SetValues(values);
  return {};
}

std::vector<std::vector<base::Nanos>> Upstreams::Drain() {
  std::vector<std::vector<base::Nanos>> calls;
  for (const auto& stub : stubs_) calls.push_back(stub->Drain());
  return calls;
}

std::vector<evidence::NotJudged> Upstreams::Unanswered() const {
  std::vector<evidence::NotJudged> sentences;
  const auto add = [&](const service::StubServer& stub, const std::string& subject) {
    const service::StubTotals totals = stub.totals();
    for (const auto& [what, count] : totals.unanswered) {
      const size_t blank = what.find(' ');
      sentences.push_back({subject,
                           fmt::format("got {}, which it has no answer for ({} times, answered 501)", what, count),
                           &stub == key_server_.get()
                               ? std::string("Play the issuer by a [[stub]], and set [jwt] issuer to its URL")
                               : fmt::format("Add to it in hone.toml: [[stub.answer]] with method = \"{}\" and path = "
                                             "\"{}\"",
                                             what.substr(0, blank), what.substr(blank + 1))});
    }
    if (totals.tls > 0) {
      sentences.push_back({subject, "the service speaks TLS to it, and it speaks plain HTTP only",
                           "Give the service the stub's URL as it is, with http://"});
    } else if (totals.not_http > 0) {
      sentences.push_back({subject, fmt::format("{} requests to it were no HTTP/1.1", totals.not_http),
                           "Let the service speak HTTP/1.1 to it"});
    }
  };
  for (const auto& stub : stubs_) add(*stub, "the stub " + stub->name());
  if (key_server_) add(*key_server_, "the key server of [jwt]");
  return sentences;
}

}  // namespace hone::ops
