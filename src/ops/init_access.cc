#include "ops/init_access.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include "net/url.h"
#include "ops/basic_credentials.h"
#include "ops/credential_examples.h"
#include "ops/header_examples.h"
#include "ops/init_body.h"
#include "ops/init_deployment.h"
#include "ops/init_headers.h"
#include "ops/init_settings.h"
#include "ops/init_tokens.h"
#include "ops/parameter_names.h"
#include "ops/prose_credentials.h"
#include "project/project.h"

namespace hone::ops {
namespace {

using golang::MiddlewareHeader;
using golang::Route;

// Where a token stands in a login's answer.
std::optional<std::string> TokenPointer(const std::vector<golang::Field>& fields, const std::string& prefix = "") {
  constexpr std::array<std::string_view, 6> kTokens = {"token", "access_token", "accesstoken",
                                                       "jwt",   "id_token",     "auth_token"};
  for (const golang::Field& field : fields) {
    if (field.kind == "string" && IsOneOf(field.name, kTokens)) return prefix + "/" + field.name;
  }
  for (const golang::Field& field : fields) {
    if (field.kind != "object") continue;
    if (auto pointer = TokenPointer(field.fields, prefix + "/" + field.name)) return pointer;
  }
  return std::nullopt;
}

bool IsAgainstForgery(std::string_view name) {
  constexpr std::array<std::string_view, 2> kWords = {"csrf", "xsrf"};
  return HoldsOneOf(name, kWords);
}

// Where a token against forged requests stands in a login's answers: a JSON pointer, or "cookie:NAME". Empty: nowhere.
std::string ForgeryToken(const Route& route) {
  for (const golang::Shape& response : route.responses) {
    for (const golang::Field& field : response.fields) {
      if (response.status < 300 && field.kind == "string" && IsAgainstForgery(field.name)) return "/" + field.name;
    }
  }
  for (const golang::Parameter& cookie : route.cookies) {
    if (IsAgainstForgery(cookie.name)) return "cookie:" + cookie.name;
  }
  return {};
}

// Of a login that takes neither a password nor a secret.
constexpr int kAnyRank = 2;

struct LoginRoute {
  const Route* route = nullptr;
  std::string pointer = {};  // of the token in its answer
  std::string cookie = {};   // that it sets instead
  int status = 200;
  bool form = false;
  // The surest first: it takes a password; a secret or a key; or else anything for which it gives a token (kAnyRank).
  int rank = 0;
  std::vector<std::string> fields = {};
};

// Whether a body comes as a form: its fields have names for that, and in JSON others, which are Go's.
bool IsForm(const golang::Shape& body) {
  const auto in_form = [](const golang::Field& field) {
    const auto tag = field.tags.find("form");
    return tag != field.tags.end() && tag->second != field.name;
  };
  return !body.fields.empty() && std::ranges::all_of(body.fields, in_form);
}

// A POST with a password, or with what may stand for one, that does not make an account.
std::optional<LoginRoute> TakesCredentials(const Route& route) {
  if (route.method != "POST") return std::nullopt;
  LoginRoute login = {&route};
  if (route.body) {
    login.form = IsForm(*route.body);
    for (const golang::Field& field : route.body->fields) {
      if (field.kind == "string") login.fields.push_back(login.form ? field.tags.at("form") : field.name);
    }
  } else {
    login.form = true;
    for (const golang::Parameter& parameter : route.form) login.fields.push_back(parameter.name);
  }
  constexpr std::array<std::string_view, 6> kOthers = {"register", "signup", "sign-up", "password", "refresh", "{"};
  constexpr std::array<std::string_view, 5> kEntries = {"login", "signin", "token", "auth", "session"};
  constexpr std::array<std::string_view, 8> kLastEntries = {"login",    "signin", "sign-in", "session",
                                                            "sessions", "token",  "auth",    "authenticate"};
  const bool password = std::ranges::any_of(
      login.fields, [](const std::string& field) { return LowerCase(field).find("pass") != std::string::npos; });
  // Other things have a secret or a key, too.
  const bool secret = std::ranges::any_of(login.fields, IsSecretField) && HoldsOneOf(route.path_template, kEntries);
  const bool entry = IsOneOf(LastElement(route.path_template), kLastEntries) && !login.fields.empty() &&
                     std::ranges::none_of(login.fields, [](const std::string& field) {
                       return base::Contains(LowerCase(field), "token");
                     });
  if ((!password && !secret && !entry) || HoldsOneOf(route.path_template, kOthers)) return std::nullopt;
  login.rank = password ? 0 : secret ? 1 : kAnyRank;
  return login;
}

// The route that takes a password, or else a secret, and answers with a token, or else with a cookie; or else one that
// gives a token for something else (a card's number), if `any` does.
std::optional<LoginRoute> FindLogin(const std::vector<const Route*>& routes, bool any, int rank = 0) {
  std::optional<LoginRoute> by_cookie;
  for (const Route* route : routes) {
    auto login = TakesCredentials(*route);
    if (!login || login->rank != rank) continue;
    for (const golang::Shape& response : route->responses) {
      const auto pointer = TokenPointer(response.fields);
      if (!pointer || response.status >= 300) continue;
      login->pointer = *pointer;
      login->status = response.status == 0 ? 200 : response.status;
      return login;
    }
    const auto cookie = std::ranges::find_if_not(route->cookies, IsAgainstForgery, &golang::Parameter::name);
    if (cookie == route->cookies.end() || by_cookie || rank == kAnyRank) continue;
    login->cookie = cookie->name;
    for (const golang::Shape& response : route->responses) {
      if (response.status >= 200 && response.status < 300) login->status = response.status;
    }
    by_cookie = std::move(login);
  }
  const int last = any ? kAnyRank : kAnyRank - 1;
  return by_cookie || rank == last ? by_cookie : FindLogin(routes, any, rank + 1);
}

bool SaysWho(std::string_view name) {
  constexpr std::array<std::string_view, 10> kWords = {"token", "key",     "auth", "user",   "tenant",
                                                       "org",   "account", "api",  "client", "session"};
  return HoldsOneOf(name, kWords);
}

class Access {
 public:
  Access(const golang::Inspection& inspection, std::string main, const std::vector<SourceText>& texts)
      : inspection_(inspection), main_(std::move(main)), texts_(texts) {}

  AccessDraft Write(const std::vector<const Route*>& routes, const std::string& token) {
    auto login = IsKnownByBasic(routes.size()) ? std::nullopt : FindLogin(routes, token.empty());
    // What gives a token for anything is a login only if somebody shows how.
    if (login && login->rank == kAnyRank && !FindCredentials(texts_, login->fields)) login.reset();
    if (login) WriteLogin(*login);
    headers_ += token;
    const bool known = login || !token.empty();
    for (const MiddlewareHeader& header : inspection_.headers) AddHeader(header, known);
    if (!headers_.empty() || !notes_.empty()) {
      draft_.text += notes_ + (headers_.empty() ? "# " : "") + "[headers]\n" + headers_ + "\n";
    }
    return std::move(draft_);
  }

 private:
  static std::string Body(const LoginRoute& login, const std::map<std::string, std::string>* values) {
    std::string body = login.form ? "" : "{";
    for (const std::string& field : login.fields) {
      std::string value = values != nullptr ? values->at(field) : std::string(project::kFillIn);
      if (login.form && values != nullptr) value = net::PercentEncode(value);
      const std::string between = &field == &login.fields.front() ? "" : login.form ? "&" : ", ";
      body += login.form ? fmt::format("{}{}={}", between, field, value)
                         : fmt::format("{}\"{}\": {}", between, field, JsonText(value));
    }
    return body + (login.form ? "" : "}");
  }

  void WriteLogin(const LoginRoute& login) {
    draft_.login = login.route;
    const auto credentials = FindCredentials(texts_, login.fields);
    const std::string origin = golang::ToString(login.route->origin);
    const std::string where = fmt::format("POST {} ({})", login.route->path_template, origin);
    if (credentials) {
      draft_.found.push_back(fmt::format("login by {} with the credentials of {}", where, credentials->origin));
      for (const auto& [field, value] : credentials->value) {
        if (IsPassword(field)) draft_.password = value;
      }
    } else {
      draft_.missing.push_back(
          fmt::format("credentials for {}: nothing in documents, seed code or tests shows any; fill them in", where));
      draft_.text += "# Fill in an account that the seed makes, or take this login and [headers] out.\n";
    }
    draft_.text += fmt::format("[[login]]  # {}\nname = \"user\"\n", origin);
    draft_.text += fmt::format("path = {}\n", TomlText(login.route->path_template));
    draft_.text += fmt::format("body = {}{}\n", TomlText(Body(login, credentials ? &credentials->value : nullptr)),
                               credentials ? "  # " + credentials->origin : "");
    if (login.status != 200) draft_.text += fmt::format("status = {}\n", login.status);
    if (login.form) draft_.text += "[login.headers]\nContent-Type = \"application/x-www-form-urlencoded\"\n";
    if (login.cookie.empty()) {
      draft_.text += fmt::format("[login.capture]\ntoken = {}\n\n", TomlText(login.pointer));
      headers_ += TokenHeader(inspection_, main_, "${login.user.token}");
    } else {
      WriteSession(login);
    }
  }

  // Who is known by a cookie often sends a token beside it, which other sites do not know.
  void WriteSession(const LoginRoute& login) {
    const std::string forgery = ForgeryToken(*login.route);
    std::string cookies = login.cookie + "=${login.user.session}";
    draft_.text += fmt::format("[login.capture]\nsession = {}\n", TomlText("cookie:" + login.cookie));
    if (!forgery.empty()) draft_.text += fmt::format("forgery = {}\n", TomlText(forgery));
    draft_.text += "\n";
    if (forgery.starts_with("cookie:")) cookies += fmt::format("; {}=${{login.user.forgery}}", forgery.substr(7));
    headers_ += fmt::format("Cookie = {}\n", TomlText(cookies));
    captures_forgery_ = !forgery.empty();
  }

  // Of several places that read one header the one that refuses requests counts.
  bool IsFirst(const MiddlewareHeader& header) const {
    for (const MiddlewareHeader& other : inspection_.headers) {
      if (LowerCase(other.name) != LowerCase(header.name) || !Belongs(other)) continue;
      if (&other == &header) return true;
      if (!other.optional || header.optional) return false;
    }
    return true;
  }

  bool Belongs(const MiddlewareHeader& header) const {
    return main_.empty() || header.mains.empty() || std::ranges::find(header.mains, main_) != header.mains.end();
  }

  bool IsRefusedElsewhere(const MiddlewareHeader& header) const {
    return header.optional && std::ranges::any_of(inspection_.headers, [&](const MiddlewareHeader& other) {
             return !other.optional && Belongs(other) && LowerCase(other.name) == LowerCase(header.name);
           });
  }

  // The line of a token stands first.
  bool CarriesToken(const std::string& name) const {
    return LowerCase(headers_).starts_with(LowerCase(name) + " = ") && headers_.find("${") < headers_.find('\n');
  }

  // Requests say by themselves who asks: no login is needed. Not where that guards but a few routes.
  bool IsKnownByBasic(size_t routes) const {
    return std::ranges::any_of(inspection_.headers, [&](const MiddlewareHeader& header) {
      const bool most = 2 * static_cast<size_t>(header.routes) >= routes;
      return header.basic && most && !header.optional && Belongs(header) && ValueOf(header, "").has_value();
    });
  }

  std::optional<Example<std::string>> ValueOf(const MiddlewareHeader& header, const std::string& origin) const {
    if (auto given = Given(header)) return given;
    if (const std::string& preset = header.wanted.resolved; !preset.empty())
      return Example<std::string>{header.basic ? BasicAuthorization(preset) : preset, "its default"};
    return Shown(header, origin);
  }

  // A value of Hone's own, which the service gets as well: of a secret, and of what has no default.
  static std::optional<Example<std::string>> Given(const MiddlewareHeader& header) {
    std::string value = header.wanted.value;
    std::vector<std::string_view> names;
    bool free = header.wanted.resolved.empty();
    for (const golang::EnvRead& read : header.wanted.env) {
      const std::string place = fmt::format("${{{}}}", read.name);
      const size_t at = value.find(place);
      if (at == std::string::npos) continue;
      value.replace(at, place.size(), kSecretPlaceholder);
      names.push_back(read.name);
      free = free || IsSecretName(read.name);
    }
    if (names.empty() || !free || value.find("${") != std::string::npos) return std::nullopt;
    return Example<std::string>{header.basic ? BasicAuthorization(value) : value,
                                fmt::format("{} in [service.env]", fmt::join(names, " and "))};
  }

  std::optional<Example<std::string>> Shown(const MiddlewareHeader& header, const std::string& origin) const {
    if (!header.basic) {
      auto found = FindHeaderValue(texts_, header.name, header.compared.has_value());
      return found ? std::optional(MostMay(*std::move(found))) : std::nullopt;
    }
    if (!header.account.empty()) return Example<std::string>{BasicAuthorization(header.account), origin};
    auto shown = FindBasicCredentials(texts_);
    if (shown) shown->value = BasicAuthorization(shown->value);
    return shown;
  }

  // Of keys with roles in one setting of an example ("dev-viewer:viewer,dev-admin:admin") the one that may most.
  Example<std::string> MostMay(Example<std::string> shown) const {
    constexpr std::array<std::string_view, 10> kRoles = {"root",  "super", "admin", "owner", "all",
                                                         "manag", "full",  "write", "edit",  "operator"};
    const auto rank = [&](std::string_view role) {
      const auto found =
          std::ranges::find_if(kRoles, [&](std::string_view word) { return base::Contains(LowerCase(role), word); });
      return found - kRoles.begin();
    };
    for (const golang::EnvFile& file : inspection_.env_files) {
      if (!file.example) continue;  // a person's own
      for (const golang::NamedValue& setting : file.values) {
        std::optional<std::string> best;
        std::ptrdiff_t most = 0;
        bool lists = false;
        for (std::string_view rest = setting.value; !rest.empty();) {
          const std::string_view entry = base::Trimmed(rest.substr(0, rest.find(',')));
          rest.remove_prefix(std::min(rest.find(','), rest.size() - 1) + 1);
          const size_t colon = entry.find(':');
          if (colon == std::string_view::npos) continue;
          const std::string_view key = entry.substr(0, colon);
          lists = lists || key == shown.value;
          if (best && rank(entry.substr(colon + 1)) >= most) continue;
          best = key;
          most = rank(entry.substr(colon + 1));
        }
        if (lists && *best != shown.value) return {*best, golang::ToString(setting.origin)};
      }
    }
    return shown;
  }

  void AddHeader(const MiddlewareHeader& header, bool authorized) {
    if (!Belongs(header) || !IsFirst(header) || IsRefusedElsewhere(header) || IsPlumbing(header.name)) return;
    const bool authorization = LowerCase(header.name) == "authorization";
    if ((authorization && authorized) || CarriesToken(header.name)) return;
    const std::string origin = golang::ToString(header.origin);
    const std::string who =
        header.routes == 0 ? "" : fmt::format(", before {} route{}", header.routes, header.routes == 1 ? "" : "s");
    const auto shown = ValueOf(header, origin);
    const std::string key = TomlKey(header.name);
    if (captures_forgery_ && IsAgainstForgery(header.name)) {
      headers_ += fmt::format("{} = \"${{login.user.forgery}}\"  # read at {}\n", key, origin);
      draft_.found.push_back(fmt::format("the header {} ({}{}) with what the login answers", header.name, origin, who));
    } else if (shown && (!header.optional || SaysWho(header.name))) {
      if (!Given(header)) draft_.sent[LowerCase(header.name)] = shown->value;
      headers_ += fmt::format("{} = {}  # {}; read at {}\n", key, TomlText(shown->value), shown->origin, origin);
      draft_.found.push_back(
          fmt::format("the header {} ({}{}) with the value of {}", header.name, origin, who, shown->origin));
      if (const auto given = Given(header); given && given->value == shown->value) {
        for (const golang::EnvRead& read : header.wanted.env) {
          // Not what a default is made of.
          if (header.wanted.value.find(fmt::format("${{{}}}", read.name)) != std::string::npos)
            draft_.env.push_back({read.name, std::string(kSecretPlaceholder), origin});
        }
      }
    } else if (authorization) {
      notes_ += fmt::format("# {} is read at {}: no login was found.\n", header.name, origin);
      draft_.missing.push_back(
          fmt::format("a login: middleware wants the header {} ({}{}): without it requests may be refused", header.name,
                      origin, who));
    } else if (header.optional) {
      notes_ += fmt::format("# {} = \"\"  # {}: used only if it is set\n", key, origin);
    } else {
      headers_ +=
          fmt::format("{} = {}  # {}: fill in a value that the seed makes\n", key, TomlText(project::kFillIn), origin);
      draft_.missing.push_back(
          fmt::format("a value for the header {} ({}{}): nothing in documents or tests shows one; fill it in",
                      header.name, origin, who));
    }
  }

  const golang::Inspection& inspection_;
  std::string main_;
  const std::vector<SourceText>& texts_;
  std::string headers_ = {};  // lines of [headers]
  std::string notes_ = {};    // comments before it
  bool captures_forgery_ = false;
  AccessDraft draft_ = {};
};

}  // namespace

AccessDraft DraftAccess(const golang::Inspection& inspection, const std::string& main,
                        const std::vector<const Route*>& routes, const std::vector<SourceText>& texts,
                        const std::string& token) {
  return Access(inspection, main, texts).Write(routes, token);
}

bool LogsIn(const golang::Inspection& inspection, const std::string& main) {
  std::vector<const Route*> routes;
  for (const Route& route : inspection.routes) {
    const bool own = route.mains.empty() || std::ranges::find(route.mains, main) != route.mains.end();
    if (own && route.framework != "grpc") routes.push_back(&route);
  }
  return FindLogin(routes, false).has_value();
}

}  // namespace hone::ops
