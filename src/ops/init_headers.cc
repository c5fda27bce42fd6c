#include "ops/init_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "ops/header_examples.h"
#include "ops/init_settings.h"

namespace hone::ops {
namespace {

// Whether it may be a tenant's name: a key or a token is somebody's, but no thing belongs to it.
bool MayBeTenant(std::string_view name) {
  constexpr std::array<std::string_view, 6> kOthers = {"key", "token", "auth", "secret", "session", "cookie"};
  return !IsPlumbing(name) && !HoldsOneOf(name, kOthers);
}

// Whether a header by its name says who asks, so that a service can hardly do without it.
bool IsCredential(std::string_view header) {
  constexpr std::array<std::string_view, 3> kWords = {"api-key", "apikey", "access-key"};
  return HoldsOneOf(header, kWords);
}

void StayWithin(const RouteContext& context, const std::optional<golang::Compared>& compared, const std::string& value,
                Making& making) {
  const auto of = ColumnCompared(context.tables, compared);
  if (!of || making.within) return;
  making.within = project::Within{of->table, of->column, value};
  making.within_header = true;
}

}  // namespace

bool IsPlumbing(std::string_view name) {
  constexpr std::array<std::string_view, 22> kNames = {"accept",
                                                       "accept-encoding",
                                                       "accept-language",
                                                       "connection",
                                                       "content-type",
                                                       "content-length",
                                                       "cookie",
                                                       "date",
                                                       "host",
                                                       "if-modified-since",
                                                       "if-none-match",
                                                       "origin",
                                                       "range",
                                                       "referer",
                                                       "upgrade",
                                                       "user-agent",
                                                       "x-real-ip",
                                                       "x-request-id",
                                                       "x-correlation-id",
                                                       "x-requested-with",
                                                       "if-match",
                                                       "if-unmodified-since"};
  constexpr std::array<std::string_view, 6> kWords = {"x-forwarded", "access-control", "trace",
                                                      "sec-",        "cf-connecting",  "signature"};
  return IsOneOf(name, kNames) || HoldsOneOf(name, kWords) || IsRepeatKey(name);
}

bool IsRepeatKey(std::string_view header) { return base::Contains(LowerCase(header), "idempotency"); }

void MakeTenant(const RouteContext& context, const golang::Inspection& inspection,
                const std::map<std::string, std::string>& sent, const std::vector<SourceText>& texts, Making& making) {
  const golang::Route& route = context.route;
  for (const golang::MiddlewareHeader& header : inspection.headers) {
    const auto value = sent.find(LowerCase(header.name));
    const bool before = header.routes == 0 || base::Has(route.middleware, header.middleware);
    if (value == sent.end() || !before || !MayBeTenant(header.name)) continue;
    StayWithin(context, header.compared, value->second, making);
  }
  for (const golang::Parameter& header : route.headers) {
    // What middleware reads has its value once for all.
    const bool elsewhere = std::ranges::any_of(inspection.headers, [&](const golang::MiddlewareHeader& each) {
      return LowerCase(each.name) == LowerCase(header.name);
    });
    const bool credential = IsCredential(header.name) && !elsewhere;
    const bool tenant = MayBeTenant(header.name);
    if (!tenant && !credential) continue;
    std::optional<std::string> value;
    if (const auto known = sent.find(LowerCase(header.name)); known != sent.end()) {
      value = known->second;
    } else if (header.compared || ParseRules(header.rules).required || credential) {
      const auto shown = FindHeaderValue(texts, header.name, header.compared.has_value());
      if (!shown) continue;
      value = shown->value;
      making.headers.push_back(fmt::format("{} = {}  # {}", TomlKey(header.name), TomlText(*value), shown->origin));
    }
    if (value && tenant) StayWithin(context, header.compared, *value, making);
  }
}

void MakeRepeatKey(const RouteContext& context, Making& making) {
  std::string name = context.route.method == "GET" ? "" : context.repeat_key;
  for (const golang::Parameter& header : context.route.headers) {
    if (IsRepeatKey(header.name)) name = header.name;
  }
  if (!name.empty()) making.headers.push_back(fmt::format("{} = \"hone-${{seq}}\"", TomlKey(name)));
}

}  // namespace hone::ops
