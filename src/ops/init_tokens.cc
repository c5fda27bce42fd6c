#include "ops/init_tokens.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "project/project.h"

namespace hone::ops {
namespace {

using golang::PartialText;
using golang::TokenCheck;
using golang::TokenClaim;
using golang::TokenKey;
using golang::TokenValue;

bool NamesMain(const std::vector<std::string>& mains, std::string_view main) {
  return main.empty() || mains.empty() || base::Has(mains, main);
}

// The only variable, flag or key that a text is, and what stands behind it; nothing for other texts.
struct KeySource {
  enum class Kind { kVariable, kFlag, kKey };
  Kind kind = Kind::kVariable;
  std::string name = {};
  std::string after = {};
};

std::optional<KeySource> SourceOf(const PartialText& text) {
  if (!text.flag.empty()) return KeySource{KeySource::Kind::kFlag, text.flag, ""};
  if (!text.value.starts_with("${")) return std::nullopt;
  const size_t close = text.value.find('}');
  if (close == std::string::npos || text.value.find('$', close) != std::string::npos) return std::nullopt;
  KeySource source = {KeySource::Kind::kVariable, text.value.substr(2, close - 2), text.value.substr(close + 1)};
  if (source.name == "?") return std::nullopt;
  constexpr std::string_view kOfFile = "config:";
  if (source.name.starts_with(kOfFile)) {
    source.kind = KeySource::Kind::kKey;
    source.name.erase(0, kOfFile.size());
  }
  return source;
}

// A claim's value in TOML, and why it is that one.
struct ClaimValue {
  std::string toml = {};
  std::string comment = {};
  bool known = true;  // false: a person has to fill it in
};

// Of several roles the one that may most.
const std::string& Mightiest(const std::vector<std::string>& values) {
  constexpr std::array<std::string_view, 8> kMighty = {"super", "root",  "admin",  "owner",
                                                       "manag", "staff", "editor", "write"};
  for (const std::string_view word : kMighty) {
    const auto found = std::ranges::find_if(
        values, [&](const std::string& value) { return base::LowerCase(value).find(word) != std::string::npos; });
    if (found != values.end()) return *found;
  }
  return values.front();
}

std::string TomlList(const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  for (const std::string& value : values) quoted.push_back(TomlText(value));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

// Claims that say something about a person and decide nothing.
bool IsDescription(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames = {
      "name", "username",    "preferred_username", "given_name", "family_name", "nickname",
      "sid",  "displayname", "display_name",       "locale",     "azp",         "client_id"};
  return std::ranges::find(kNames, base::LowerCase(name)) != kNames.end();
}

bool NamesAnId(std::string_view name) {
  const std::string lower = base::LowerCase(name);
  return lower == "sub" || lower.ends_with("id");
}

class Tokens {
 public:
  Tokens(const golang::Inspection& inspection, std::string main, const Deployment& deployment)
      : inspection_(inspection), main_(std::move(main)), deployment_(deployment) {}

  TokenDraft Write() {
    const TokenCheck* check = ChooseKey();
    if (check == nullptr) return std::move(draft_);
    NoteOtherKeys();
    const std::string issuer = Issuer();
    draft_.text = fmt::format("# Hone signs the tokens of the run: the service verifies them at {} ({}).\n",
                              golang::ToString(check->origin), check->library);
    draft_.text += fmt::format("[jwt]\nalgorithm = \"{}\"  # {}\n", draft_.algorithm, golang::ToString(key_->origin));
    draft_.text += issuer + "\n[[token]]\nname = \"user\"\n";
    WriteClaims();
    draft_.text += "\n";
    draft_.header = TokenHeader(inspection_, main_, "${token.user}");
    if (draft_.header.empty()) {
      draft_.missing.push_back(
          fmt::format("how a request carries its token: the service reads it from the query ({}): add the parameter to "
                      "the paths, with ${{token.user}}",
                      golang::ToString(check->origin)));
    }
    draft_.found.push_back(fmt::format("tokens are verified at {}: Hone makes one, signed by {}",
                                       golang::ToString(check->origin), draft_.algorithm));
    return std::move(draft_);
  }

 private:
  // The first key that the service can be given; a secret before others.
  const TokenCheck* ChooseKey() {
    for (const std::string_view kind : {"secret", "jwks", "issuer", "public_key", "public_key_file"}) {
      for (const TokenCheck& check : inspection_.tokens) {
        if (!NamesMain(check.mains, main_)) continue;
        for (const TokenKey& key : check.keys) {
          if (key.kind == kind && Give(check, key)) return &check;
        }
      }
    }
    for (const TokenCheck& check : inspection_.tokens) {
      if (!NamesMain(check.mains, main_)) continue;
      draft_.missing.push_back(fmt::format(
          "a token: the service verifies them at {}, and {}; see [jwt] in the documentation of hone.toml",
          golang::ToString(check.origin), why_not_.empty() ? "where its key comes from was not found" : why_not_));
      break;
    }
    return nullptr;
  }

  // Notes how the service gets Hone's key instead of its own; false where it cannot be given one.
  bool Give(const TokenCheck& check, const TokenKey& key) {
    const std::string algorithm = AlgorithmOf(check, key);
    const std::string origin = golang::ToString(key.origin);
    const auto source = SourceOf(key.value);
    if (algorithm.empty()) {
      why_not_ =
          fmt::format("its key ({}) is for {}, which Hone does not sign by", origin, fmt::join(check.algorithms, ", "));
    } else if (!source) {
      why_not_ = fmt::format("its key ({}) is set by nothing that Hone can set", origin);
    } else if (key.encoding != "") {
      why_not_ =
          fmt::format("its key ({}) is decoded from {}, and Hone's secret is a plain text", origin, key.encoding);
    } else if (const std::string value = ValueFor(key, source->after); value.empty()) {
      why_not_ = fmt::format("its key set ({}) is at a path that Hone's key server does not have", origin);
    } else {
      const Setting setting = {source->name, value, origin};
      (source->kind == KeySource::Kind::kVariable ? draft_.env
       : source->kind == KeySource::Kind::kFlag   ? draft_.flags
                                                  : draft_.config)
          .push_back(setting);
      draft_.algorithm = algorithm;
      key_ = &key;
      if (key.kind == "public_key_file") {
        draft_.files = fmt::format(
            "[[service.file]]  # read at {}\npath = \"{}\"\ncontent = \"${{jwt.public_key}}\"\n\n", origin, kKeyFile);
      }
      return true;
    }
    return false;
  }

  static std::string AlgorithmOf(const TokenCheck& check, const TokenKey& key) {
    const auto names = [&](std::string_view name) { return base::Has(check.algorithms, name); };
    if (key.kind == "secret") return names("HS256") || !(names("HS384") || names("HS512")) ? "HS256" : "";
    if (!key.algorithm.empty()) return key.algorithm;
    return names("ES256") && !names("RS256") ? "ES256" : "RS256";
  }

  // What the variable must hold; `after` stands behind it in the code.
  static std::string ValueFor(const TokenKey& key, const std::string& after) {
    if (key.kind == "jwks") {
      if (after.empty()) return "${jwt.jwks}";
      return after == "/.well-known/jwks.json" ? "${jwt.issuer}" : "";
    }
    if (key.kind == "issuer") return after.empty() ? "${jwt.issuer}" : "";
    if (!after.empty()) return "";
    if (key.kind == "secret") return "${jwt.secret}";
    return key.kind == "public_key" ? "${jwt.public_key}" : fmt::format("${{run.dir}}/{}", kKeyFile);
  }

  void NoteOtherKeys() {
    for (const TokenCheck& check : inspection_.tokens) {
      for (const TokenKey& key : check.keys) {
        const auto source = SourceOf(key.value);
        if (&key != key_ && source && source->kind == KeySource::Kind::kVariable &&
            std::ranges::find(draft_.env, source->name, &Setting::name) == draft_.env.end())
          draft_.unneeded.push_back(source->name);
      }
    }
  }

  const TokenClaim* Claim(std::string_view name) const {
    const auto found = std::ranges::find_if(inspection_.claims, [&](const TokenClaim& claim) {
      return claim.name == name && NamesMain(claim.mains, main_);
    });
    return found == inspection_.claims.end() ? nullptr : &*found;
  }

  // A text's value as the service will have it: its defaults, what its deployment says, or else one that it is given.
  std::optional<std::string> Resolve(const PartialText& text, const std::string& given, const std::string& origin) {
    const auto source = SourceOf(text);
    if (source && source->kind == KeySource::Kind::kVariable) {
      const auto set = std::ranges::find(draft_.env, source->name, &Setting::name);
      if (set != draft_.env.end()) return set->value + source->after;
    }
    if (!text.resolved.empty()) return text.resolved;
    if (!source || source->kind == KeySource::Kind::kFlag) return std::nullopt;
    // One that is empty unless it is set demands nothing.
    if (std::ranges::any_of(text.env, [](const golang::EnvRead& read) { return read.preset && read.preset->empty(); }))
      return std::nullopt;
    if (source->kind == KeySource::Kind::kKey) return std::nullopt;
    const auto deployed = deployment_.ValueOf(source->name);
    if (deployed && deployed->use == DeployedValue::Use::kAsItIs && !deployed->value.empty())
      return deployed->value + source->after;
    draft_.env.push_back({source->name, given, origin});
    return given + source->after;
  }

  // The line of [jwt] for the issuer that the service demands; none where Hone's own will do.
  std::string Issuer() {
    const TokenClaim* claim = Claim("iss");
    if (claim == nullptr) return "";
    for (const TokenValue& value : claim->values) {
      const std::string origin = golang::ToString(value.origin);
      const auto wanted = Resolve(value.value, "${jwt.issuer}", origin);
      if (!wanted || wanted->find("${jwt.issuer}") != std::string::npos) continue;
      return fmt::format("issuer = {}  # {}\n", TomlText(*wanted), origin);
    }
    return "";
  }

  void WriteClaims() {
    bool begun = false;
    for (const TokenClaim& claim : inspection_.claims) {
      constexpr std::array<std::string_view, 5> kOwn = {"iss", "exp", "iat", "nbf", "jti"};
      if (!NamesMain(claim.mains, main_) || std::ranges::find(kOwn, claim.name) != kOwn.end()) continue;
      const auto value = ValueOf(claim);
      if (!value) continue;
      if (!begun) draft_.text += "[token.claims]\n";
      begun = true;
      draft_.text += fmt::format("{} = {}  # {}\n", TomlKey(claim.name), value->toml, value->comment);
      if (!value->known) {
        draft_.missing.push_back(fmt::format("a value for the claim {} ({}): fill it in", claim.name, value->comment));
      }
    }
  }

  std::optional<ClaimValue> ValueOf(const TokenClaim& claim) {
    const std::string origin = golang::ToString(claim.origin);
    if (auto compared = Compared(claim)) return compared;
    if (claim.kind == "object") return std::nullopt;
    if (claim.kind == "boolean") return ClaimValue{"true", origin};
    if (claim.kind == "integer" || claim.kind == "number") return ClaimValue{"1", origin + ": a serial id is likely"};
    if (claim.kind == "array") return ClaimValue{"[]", origin + ": what it must hold was not found"};
    if (claim.format == "integer") return ClaimValue{"\"1\"", origin + ": a number as text"};
    if (claim.format == "uuid") {
      return ClaimValue{TomlText(project::kFillIn), origin + ": a UUID of a row that the seed makes", false};
    }
    if (claim.name == "aud") return std::nullopt;
    if (NamesAnId(claim.name)) return ClaimValue{"\"1\"", origin + ": a serial id is likely"};
    if (base::LowerCase(claim.name).find("email") != std::string::npos)
      return ClaimValue{"\"hone@example.com\"", origin + ": made up"};
    if (IsDescription(claim.name)) return ClaimValue{"\"hone\"", origin + ": made up"};
    return ClaimValue{TomlText(project::kFillIn), origin + ": nothing shows what it may hold", false};
  }

  // By what the code compares the claim with: first where it refuses others.
  std::optional<ClaimValue> Compared(const TokenClaim& claim) {
    std::vector<std::string> values;
    std::string origin;
    for (const bool refuses : {true, false}) {
      for (const TokenValue& value : claim.values) {
        if (value.refuses != refuses) continue;
        const auto resolved = Resolve(value.value, "hone", golang::ToString(value.origin));
        if (!resolved || resolved->empty() || std::ranges::find(values, *resolved) != values.end()) continue;
        if (origin.empty()) origin = golang::ToString(value.origin);
        values.push_back(*resolved);
      }
      if (!values.empty() && claim.kind != "array") break;
    }
    if (values.empty()) return std::nullopt;
    const std::string comment = values.size() == 1 ? origin : fmt::format("{}: of {}", origin, fmt::join(values, ", "));
    if (claim.kind == "array") return ClaimValue{TomlList(values), origin};
    if (claim.kind == "boolean" || claim.kind == "integer") return ClaimValue{values.front(), comment};
    if (claim.name == "scope" || claim.name == "scp")
      return ClaimValue{TomlText(fmt::format("{}", fmt::join(values, " "))), origin};
    return ClaimValue{TomlText(Mightiest(values)), comment};
  }

  static constexpr std::string_view kKeyFile = "jwt-public.pem";

  const golang::Inspection& inspection_;
  std::string main_;
  const Deployment& deployment_;
  const TokenKey* key_ = nullptr;  // that the service is given
  std::string why_not_ = {};       // the last key could not be given
  TokenDraft draft_ = {};
};

}  // namespace

TokenDraft DraftTokens(const golang::Inspection& inspection, const std::string& main, const Deployment& deployment) {
  return Tokens(inspection, main, deployment).Write();
}

std::string TokenHeader(const golang::Inspection& inspection, const std::string& main, std::string_view value) {
  const golang::TokenSource* best = nullptr;
  const auto rank = [](const golang::TokenSource& source) {
    if (source.in == "header") return base::LowerCase(source.name) == "authorization" ? 3 : 2;
    return source.in == "cookie" ? 1 : 0;
  };
  for (const TokenCheck& check : inspection.tokens) {
    if (!NamesMain(check.mains, main)) continue;
    for (const golang::TokenSource& source : check.sources) {
      if (best == nullptr || rank(source) > rank(*best)) best = &source;
    }
  }
  if (best == nullptr) return fmt::format("Authorization = {}\n", TomlText(fmt::format("Bearer {}", value)));
  if (best->in == "query") return "";
  const std::string origin = best->origin.file.empty() ? "" : "  # " + golang::ToString(best->origin);
  if (best->in == "cookie")
    return fmt::format("Cookie = {}{}\n", TomlText(fmt::format("{}={}", best->name, value)), origin);
  const bool usual = rank(*best) == 3 && best->prefix == "Bearer ";
  return fmt::format("{} = {}{}\n", TomlKey(best->name), TomlText(fmt::format("{}{}", best->prefix, value)),
                     usual ? "" : origin);
}

}  // namespace hone::ops
