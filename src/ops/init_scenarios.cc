#include "ops/init_scenarios.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "ops/init_access.h"
#include "ops/init_headers.h"
#include "ops/init_making.h"
#include "ops/init_path.h"
#include "ops/init_query.h"
#include "ops/init_route_body.h"
#include "ops/init_settings.h"
#include "ops/init_version.h"
#include "ops/request_tables.h"
#include "ops/schema_reader.h"

namespace hone::ops {
namespace {

using golang::Route;

// Whether an example's path is that of a route with fewer parameters: "/orders/search" is no "/orders/{id}".
bool IsOfAnother(const Route& route, const std::vector<const Route*>& routes, const RequestExample& request) {
  return std::ranges::any_of(request.path, [&](const auto& value) {
    std::string path = route.path_template;
    const std::string parameter = "{" + value.first + "}";
    const size_t at = path.find(parameter);
    if (at == std::string::npos) return false;
    path.replace(at, parameter.size(), value.second);
    return std::ranges::find(routes, path, &Route::path_template) != routes.end();
  });
}

// The end of a route's path that documents may write alone, below what they say once: behind the tenant that middleware
// reads, or behind an API's prefix. Empty: none, or another route has it.
std::string TailOf(const Route& route, const std::vector<const Route*>& routes) {
  std::string_view tail = route.path_template;
  for (const golang::Parameter& parameter : route.path_parameters) {
    const size_t at = parameter.scope ? tail.find("{" + parameter.name + "}") : std::string_view::npos;
    if (at != std::string_view::npos) tail.remove_prefix(at + parameter.name.size() + 2);
  }
  if (tail.size() == route.path_template.size()) {
    size_t end = 0;
    for (size_t next = 0; next != std::string_view::npos && IsPrefixOfApi(tail.substr(0, next));
         next = tail.find('/', next + 1))
      end = next;
    tail.remove_prefix(end);
  }
  const bool whole = tail.size() == route.path_template.size();
  const bool others = std::ranges::find(routes, tail, &Route::path_template) != routes.end();
  return whole || others || tail.size() < 2 || tail.starts_with("/{") ? std::string() : std::string(tail);
}

std::string TextOf(const RouteContext& context, const Making& making) {
  std::string text = fmt::format("# {}\n[[scenario]]\n", golang::ToString(context.route.origin));
  if (!making.name.empty()) text += fmt::format("name = {}\n", TomlText(making.name));
  if (context.route.method != "GET") text += fmt::format("method = {}\n", TomlText(context.route.method));
  text += fmt::format("path = {}\n", TomlText(making.path + making.query));
  if (!making.body.empty()) {
    text += fmt::format("body = {}{}\n", TomlText(making.body),
                        making.body_origin.empty() ? "" : "  # " + making.body_origin);
  }
  text += StatusLine(context.route, context.operation);
  if (!making.headers.empty()) text += fmt::format("[scenario.headers]\n{}\n", fmt::join(making.headers, "\n"));
  if (!making.vars.empty()) text += fmt::format("[scenario.vars]\n{}\n", fmt::join(making.vars, "\n"));
  return text;
}

// The types of members that are objects or lists of objects.
void GatherTypes(const std::vector<golang::Field>& fields, std::set<std::string>& types) {
  for (const golang::Field& field : fields) {
    if (!field.fields.empty()) types.emplace(golang::ElementType(field.type));
    GatherTypes(field.fields, types);
  }
}

// RouteContext::scopes.
std::map<std::string, ShownValues> ShownInPaths(const golang::Inspection& inspection,
                                                const std::vector<const Route*>& routes,
                                                const std::vector<SourceText>& texts) {
  std::map<std::string, ShownValues> all;
  for (const Route* route : routes) {
    std::vector<RequestExample> requests = FindRequests(texts, route->method, route->path_template);
    const golang::Operation* const operation = FindOperation(inspection, *route);
    if (auto shown = operation == nullptr ? std::nullopt : RequestOf(*operation, *route))
      requests.push_back(*std::move(shown));
    for (const RequestExample& request : requests) {
      if (IsOfAnother(*route, routes, request)) continue;
      for (const auto& [name, value] : request.path) {
        const size_t open = route->path_template.find("{" + name + "}");
        if (open == std::string::npos) continue;
        ShownValues& shown = all[route->path_template.substr(0, open + name.size() + 2)];
        if (!base::Has(shown.values, value)) shown.values.push_back(value);
        if (shown.origin.empty()) shown.origin = request.origin;
      }
    }
  }
  return all;
}

// Of the parameters that middleware alone reads, those of which one value is shown, by the template up to their ends.
std::set<std::string> OnlyScopes(const std::vector<const Route*>& routes,
                                 const std::map<std::string, ShownValues>& shown) {
  std::set<std::string> only;
  for (const Route* route : routes) {
    for (const golang::Parameter& parameter : route->path_parameters) {
      const std::string name = "{" + parameter.name + "}";
      const size_t open = route->path_template.find(name);
      if (!parameter.scope || open == std::string::npos) continue;
      const std::string scope = route->path_template.substr(0, open + name.size());
      if (const auto values = shown.find(scope); values != shown.end() && values->second.values.size() == 1)
        only.insert(scope);
    }
  }
  return only;
}

// Turns routes into scenarios of one file.
class Drafter {
 public:
  Drafter(const golang::Inspection& inspection, const std::vector<const Route*>& routes,
          const std::vector<SourceText>& texts, const AccessDraft& access)
      : inspection_(inspection),
        routes_(routes),
        texts_(texts),
        sent_(access.sent),
        password_(access.password),
        scopes_(ShownInPaths(inspection, routes, texts)),
        lists_(routes, OnlyScopes(routes, scopes_)),
        tables_(FindTables(texts, inspection.models)) {
    for (const Route* route : routes) {
      for (const golang::Shape& response : route->responses) GatherTypes(response.fields, answered_);
    }
  }

  // The scenario's TOML; `obstacle` says why it is commented out, `endpoint` what others take its answers' values from.
  std::string Draft(const Route& route, std::string& obstacle, std::string& endpoint) const {
    const RouteContext context = ContextOf(route);
    const Making making = Make(context);
    obstacle = making.obstacle;
    endpoint = route.method + " " + making.path;
    std::erase(endpoint, '$');
    return TextOf(context, making);
  }

  // The same, filtered by a text: one for each filter that no index serves.
  std::vector<std::string> DraftFiltered(const Route& route) const {
    std::vector<std::string> texts;
    const std::vector<Filter> filters = FindFilters(ContextOf(route));
    for (const Filter& filter : filters) {
      // What a filter finds is as much whatever else is asked for.
      Route bare = route;
      std::erase_if(bare.query, [&](const golang::Parameter& parameter) {
        const bool needed = parameter.handed_on || ParseRules(parameter.rules).required;
        return parameter.name == filter.name || !needed;
      });
      RouteContext context = ContextOf(bare);
      for (RequestExample& request : context.requests) request.query.clear();
      Making making = Make(context);
      // Without what a document shows for it there is no request to be filtered.
      const bool given = base::Contains(making.query, "?" + filter.name + "=") ||
                         base::Contains(making.query, "&" + filter.name + "=");
      if (!making.obstacle.empty() || given) continue;
      const std::string value = filter.of ? FromColumn(filter.name, *filter.of, making)
                                          : Ranged(filter.name, filter.first, filter.last, "a guess", making);
      Append(filter.name, value, making);
      if (!filter.until.empty()) {
        project::OfColumn end = *filter.of;
        end.plus = kSpan;
        Append(filter.until, EndOfSpan(context, filter.until, filter.name, end, making), making);
      }
      making.name = fmt::format("{} {} by {}", route.method, route.path_template, filter.name);
      texts.push_back(TextOf(context, making));
    }
    return texts;
  }

 private:
  RouteContext ContextOf(const Route& route) const {
    RouteContext context = {.route = route, .routes = routes_, .lists = lists_, .tables = tables_};
    context.answered = answered_;
    context.operation = FindOperation(inspection_, route);
    AddShownBy(route.path_template, context);
    const std::string tail = TailOf(route, routes_);
    if (context.requests.empty() && !tail.empty()) AddShownBy(tail, context);
    if (auto shown = context.operation == nullptr ? std::nullopt : RequestOf(*context.operation, route)) {
      if (!shown->query.empty()) context.queries.push_back({shown->query, shown->origin});
      context.requests.push_back(*std::move(shown));
    }
    std::erase_if(context.requests,
                  [&](const RequestExample& request) { return IsOfAnother(route, routes_, request); });
    context.scopes = scopes_;
    context.password = password_;
    for (const golang::MiddlewareHeader& header : inspection_.headers) {
      if (IsRepeatKey(header.name)) context.repeat_key = header.name;
    }
    return context;
  }

  // What documents show of requests by that path.
  void AddShownBy(std::string_view path, RouteContext& context) const {
    std::ranges::move(FindQueries(texts_, path), std::back_inserter(context.queries));
    std::ranges::move(FindRequests(texts_, context.route.method, path), std::back_inserter(context.requests));
    for (RequestExample& sample : FindTableRequests(texts_, context.route.method, path)) {
      if (!sample.query.empty()) context.queries.push_back({sample.query, sample.origin});
      context.requests.push_back(std::move(sample));
    }
  }

  Making Make(const RouteContext& context) const {
    Making making;
    MakeTenant(context, inspection_, sent_, texts_, making);
    MakePath(context, making);
    MakeQuery(context, making);
    if (making.obstacle.empty()) MakeBody(context, making);
    MakeRepeatKey(context, making);
    MakeIfMatch(context, making);
    return making;
  }

  const golang::Inspection& inspection_;
  const std::vector<const Route*>& routes_;
  const std::vector<SourceText>& texts_;
  const std::map<std::string, std::string>& sent_;  // as AccessDraft has them
  const std::string& password_;                     // likewise
  std::map<std::string, ShownValues> scopes_;
  Lists lists_;
  std::vector<SchemaTable> tables_;
  std::set<std::string> answered_ = {};
};

std::string CommentedOut(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = text.substr(0, end);
    result += fmt::format("{}{}\n", line.starts_with('#') ? "" : "# ", line);
    text.remove_prefix(end + 1);
  }
  return result;
}

// A route with its scenario, and those of its filters.
struct DraftedRoute {
  std::string name = {};
  std::string origin = {};
  std::string endpoint = {};
  std::string text = {};
  std::string obstacle = {};  // empty: it is driven
  std::vector<std::string> filtered = {};
};

// What a scenario takes values from that is none of those endpoints; empty: nothing.
std::string MissingSource(std::string_view text, const std::set<std::string>& endpoints) {
  constexpr std::string_view kFrom = "{ from = \"";
  for (size_t at = text.find(kFrom); at != std::string_view::npos; at = text.find(kFrom, at + 1)) {
    const size_t begin = at + kFrom.size();
    std::string source(text.substr(begin, text.find('"', begin) - begin));
    if (!endpoints.contains(source)) return source;
  }
  return {};
}

// A scenario whose values come from what is not driven is not driven either, nor is one that takes values from it.
void DropWithoutSources(std::vector<DraftedRoute>& all) {
  for (bool again = true; again;) {
    again = false;
    std::set<std::string> endpoints;
    for (const DraftedRoute& each : all) {
      if (each.obstacle.empty()) endpoints.insert(each.endpoint);
    }
    for (DraftedRoute& each : all) {
      if (!each.obstacle.empty()) continue;
      std::erase_if(each.filtered, [&](const std::string& text) { return !MissingSource(text, endpoints).empty(); });
      const std::string missing = MissingSource(each.text, endpoints);
      if (missing.empty()) continue;
      each.obstacle = fmt::format("{}, which it takes values from, is not driven", missing);
      again = true;
    }
  }
}

bool Belongs(const Route& route, const std::string& main) {
  return main.empty() || route.mains.empty() || std::ranges::find(route.mains, main) != route.mains.end();
}

}  // namespace

bool IsDebugRoute(const golang::Inspection& inspection, const Route& route) {
  const auto is = [&](const golang::DebugEndpoint& endpoint) { return endpoint.origin == route.origin; };
  return std::ranges::any_of(inspection.pprof, is) || std::ranges::any_of(inspection.metrics, is) ||
         route.path_template.find("/debug/pprof") != std::string::npos || route.path_template == "/metrics";
}

std::string StatusLine(const Route& route, const golang::Operation* operation) {
  std::vector<int> good;
  const bool reads = route.method == "GET" || route.method == "HEAD";
  const auto add = [&](int status) {
    if (status >= 200 && status < 300 && std::ranges::find(good, status) == good.end()) good.push_back(status);
  };
  bool plain = false;
  for (const golang::Shape& response : route.responses) {
    add(response.status == 0 && reads ? 200 : response.status);
    plain = plain || response.type.empty();
  }
  if (good.empty() && operation != nullptr) std::ranges::for_each(operation->status, add);
  // A status that was seen without a body may belong to one branch of several.
  if (!good.empty() && plain && reads) add(200);
  if (good.empty() && !reads) good = {200, 201, 202, 204};
  std::ranges::sort(good);
  if (good.empty() || good == std::vector{200}) return {};
  return good.size() == 1 ? fmt::format("status = {}\n", good[0])
                          : fmt::format("status = [{}]\n", fmt::join(good, ", "));
}

ScenarioDraft DraftScenarios(const golang::Inspection& inspection, const std::string& main,
                             const std::vector<SourceText>& texts, const std::string& token) {
  ScenarioDraft draft;
  std::vector<const Route*> routes;
  for (const Route& route : inspection.routes) {
    if (Belongs(route, main) && route.framework != "grpc" && !IsDebugRoute(inspection, route)) routes.push_back(&route);
  }
  AccessDraft access = DraftAccess(inspection, main, routes, texts, token);
  draft.text += access.text;
  draft.env = std::move(access.env);
  draft.found = std::move(access.found);
  draft.missing = std::move(access.missing);
  const Drafter drafter(inspection, routes, texts, access);
  std::vector<DraftedRoute> all;
  for (const Route* route : routes) {
    if (route == access.login) continue;
    Route known = *route;
    if (known.method.empty() || known.method == "ANY" || known.method == "*") known.method = "GET";
    const std::string name = known.method + " " + known.path_template;
    if (std::ranges::find(all, name, &DraftedRoute::name) != all.end()) continue;
    DraftedRoute drafted{.name = name, .origin = golang::ToString(known.origin)};
    drafted.text = drafter.Draft(known, drafted.obstacle, drafted.endpoint);
    if (known.partial) drafted.obstacle = "its path is put together at run time";
    constexpr std::array<std::string_view, 6> kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    if (std::ranges::find(kMethods, known.method) == kMethods.end())
      drafted.obstacle = "Hone does not ask with that method";
    if (drafted.obstacle.empty()) drafted.filtered = drafter.DraftFiltered(known);
    all.push_back(std::move(drafted));
  }
  DropWithoutSources(all);
  for (const DraftedRoute& each : all) {
    if (!each.obstacle.empty()) {
      draft.missing.push_back(fmt::format("{} ({}) is not driven: {}", each.name, each.origin, each.obstacle));
      draft.text += fmt::format("# Not driven: {}.\n", each.obstacle) + CommentedOut(each.text) + "\n";
      continue;
    }
    draft.text += each.text + "\n";
    for (const std::string& filtered : each.filtered) draft.text += filtered + "\n";
    draft.driven += 1 + static_cast<int>(each.filtered.size());
  }
  return draft;
}

}  // namespace hone::ops
