#include "ops/source_map.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "golang/helper.h"
#include "ops/init_mains.h"
#include "sql/lexer.h"

namespace hone::ops {
namespace {

// An endpoint with the names of its parameters left out: routers and hone.toml may call them differently.
std::string Unnamed(std::string_view endpoint) {
  std::string shape;
  bool inside = false;
  for (const char c : endpoint) {
    if (c == '}') inside = false;
    if (!inside) shape.push_back(c);
    if (c == '{') inside = true;
  }
  return shape;
}

// Whether a rule is about a statement, whoever sends it: where it is written says more than which helper sent it.
bool SpeaksOfText(std::string_view rule) {
  constexpr std::array<std::string_view, 4> kOfPlans = {"sql.missing_index", "sql.row_estimate", "sql.rows_discarded",
                                                        "sql.spill"};
  return std::ranges::find(kOfPlans, rule) != kOfPlans.end();
}

bool IsOfPlatform(std::string_view path) {
  constexpr std::array<std::string_view, 10> kParts = {"health", "ready", "live",    "metrics", "/debug/",
                                                       "ping",   "swag",  "openapi", "version", "favicon"};
  return std::ranges::any_of(kParts, [&](std::string_view part) { return path.find(part) != std::string_view::npos; });
}

std::map<std::string, std::string> Handlers(const project::Project& project, const golang::Inspection& inspection) {
  std::map<std::string, std::string> handlers;
  for (const project::Scenario& scenario : project.scenarios) {
    const std::string endpoint = project::EndpointName(scenario);
    for (const golang::Route& route : inspection.routes) {
      const bool any_method = route.method.empty() || route.method == "ANY";
      const std::string name = (any_method ? scenario.method : route.method) + " " + route.path_template;
      if (!route.partial && Unnamed(name) == Unnamed(endpoint)) handlers[endpoint] = route.handler;
    }
  }
  return handlers;
}

}  // namespace

SourceMap SourceMap::Read(const project::Project& project, const host::Guardian& guardian, const base::Task& task) {
  SourceMap map;
  const auto helper = golang::FindHelper(guardian, task);
  if (!helper) {
    map.caveats_.push_back("the lines behind statements are not known: " + base::Sentence(helper.error()));
    return map;
  }
  auto inspection = golang::Inspect(*helper, project.service.dir, guardian, task);
  if (!inspection) {
    map.caveats_.push_back("the lines behind statements are not known: " + base::Sentence(inspection.error()));
    return map;
  }
  map.inspection_ = *std::move(inspection);
  map.modules_ = map.inspection_.modules;
  for (golang::Module& module : map.modules_) {
    module.dir = (std::filesystem::path(project.service.dir) / module.dir).lexically_normal().string();
    if (module.dir.ends_with('/')) module.dir.pop_back();
  }
  map.handlers_ = Handlers(project, map.inspection_);
  return map;
}

namespace {

// Whether only programs serve it that stand in for the services of others.
bool IsOfStandIn(const golang::Inspection& inspection, const golang::Route& route) {
  const auto stands_in = [&](const std::string& package) {
    const auto main = std::ranges::find(inspection.mains, package, &golang::MainPackage::package);
    return main != inspection.mains.end() && StandsInForOthers(inspection, *main);
  };
  return !route.mains.empty() && std::ranges::all_of(route.mains, stands_in);
}

}  // namespace

std::vector<std::string> SourceMap::Unasked(const project::Project& project) const {
  std::vector<std::string> unasked;
  for (const golang::Route& route : inspection_.routes) {
    if (IsOfStandIn(inspection_, route)) continue;
    if (route.partial || route.framework == "grpc" || IsOfPlatform(route.path)) continue;
    const bool any_method = route.method.empty() || route.method == "ANY";
    const bool asked = std::ranges::any_of(project.scenarios, [&](const project::Scenario& scenario) {
      const std::string name = (any_method ? scenario.method : route.method) + " " + route.path_template;
      return Unnamed(name) == Unnamed(project::EndpointName(scenario));
    });
    const bool logs_in = std::ranges::any_of(project.logins, [&](const project::Login& login) {
      return login.path.source() == route.path_template && (any_method || login.method == route.method);
    });
    const std::string name = (any_method ? std::string() : route.method + " ") + route.path_template;
    if (!asked && !logs_in && std::ranges::find(unasked, name) == unasked.end()) unasked.push_back(name);
  }
  return unasked;
}

void SourceMap::Locate(evidence::Finding& finding, const golang::Caller* caller) const {
  evidence::Subject& subject = finding.subject;
  if (subject.kind != "query" || !subject.file.empty()) return;
  if (caller != nullptr && !caller->frames.empty()) return LocateByStack(finding, *caller);
  const auto found = golang::FindQuery(inspection_, subject.name);
  if (found.empty()) return;
  subject.file = found.front()->origin.file;
  subject.line = found.front()->origin.line;
  subject.function = found.front()->function;
  subject.located = "text";
}

// The call of the sources that has the text, where a hand-written function of the stack holds it: a driver may wait
// later than there (in rows.Next), and a helper of the user's asks for many. Otherwise the first line that was written
// by hand, but the text's own for what is wrong with its plan, whoever sends it. A call that only prepares the text is
// the place of what is wrong with preparing, of nothing else.
void SourceMap::LocateByStack(evidence::Finding& finding, const golang::Caller& caller) const {
  evidence::Subject& subject = finding.subject;
  const bool prepares = finding.rule == "sql.statement_cache_thrash";
  subject.located = "stack";
  for (const golang::StackFrame& frame : caller.frames)
    subject.stack.push_back({frame.function, frame.file, frame.line});
  const auto written = golang::FindQuery(inspection_, subject.name);
  for (const golang::StackFrame& frame : caller.frames) {
    if (IsGenerated(frame.file)) continue;
    const auto call = std::ranges::find_if(written, [&](const golang::Query* query) {
      return !query->function.empty() && (prepares || !query->method.starts_with("Prepare")) &&
             golang::IsWithin(frame.function, query->function);
    });
    if (call == written.end()) continue;
    subject.file = (*call)->origin.file;
    subject.line = (*call)->origin.line;
    subject.function = (*call)->function;
    return;
  }
  if (written.size() == 1 && SpeaksOfText(finding.rule) && !IsGenerated(written.front()->origin.file)) {
    subject.file = written.front()->origin.file;
    subject.line = written.front()->origin.line;
    subject.function = written.front()->function;
    return;
  }
  const auto by_hand = [&](const golang::StackFrame& frame) { return !IsGenerated(frame.file); };
  auto frame = std::ranges::find_if(
      caller.frames, [&](const golang::StackFrame& each) { return by_hand(each) && !IsHelper(each.function); });
  if (frame == caller.frames.end()) frame = std::ranges::find_if(caller.frames, by_hand);
  const golang::StackFrame& place = frame == caller.frames.end() ? caller.frames.front() : *frame;
  subject.file = place.file;
  subject.line = place.line;
  subject.function = place.function;
}

bool SourceMap::WritesParameters(const std::string& query) const {
  const auto has = [](const std::string& text) {
    const std::vector<sql::Token> tokens = sql::Tokenize(text);
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].kind == sql::TokenKind::kParameter || tokens[i].text == "@") return true;
      // Before a literal it is an operator of jsonb.
      const bool operates = i + 1 < tokens.size() && tokens[i + 1].kind == sql::TokenKind::kLiteral;
      if (tokens[i].text == "?" && !operates) return true;
    }
    return false;
  };
  const std::string shape = golang::FoldSql(query, true);
  bool found = false;
  for (const golang::Query& written : inspection_.queries) {
    if (written.test || written.partial || golang::FoldSql(written.text, true) != shape) continue;
    if (!has(written.text)) return false;  // constants of the code
    found = true;
  }
  return found;
}

bool SourceMap::IsHelper(const std::string& function) const {
  return std::ranges::any_of(inspection_.queries, [&](const golang::Query& query) {
    return !query.via.empty() && golang::IsWithin(function, query.via);
  });
}

// By the line that go generate's tools write: https://go.dev/s/generatedcode.
bool SourceMap::IsGenerated(const std::string& file_name) const {
  for (const golang::Module& module : modules_) {
    std::ifstream file(std::filesystem::path(module.dir) / file_name);
    std::string line;
    for (int i = 0; i < 20 && std::getline(file, line); ++i) {
      if (line.starts_with("// Code generated ") && line.ends_with(" DO NOT EDIT.")) return true;
    }
  }
  return false;
}

bool SourceMap::UsesMapper() const {
  constexpr std::array<std::string_view, 7> kMappers = {"gorm", "ent", "bun", "go-pg", "xorm", "sqlboiler", "jet"};
  return std::ranges::any_of(inspection_.libraries, [&](const std::string& library) {
    return std::ranges::find(kMappers, library) != kMappers.end();
  });
}

bool SourceMap::UsesBuilder() const {
  return std::ranges::any_of(inspection_.libraries,
                             [](const std::string& library) { return library == "squirrel" || library == "goqu"; });
}

std::string SourceMap::DatabaseLibrary() const {
  const auto uses = [&](std::string_view name) {
    return std::ranges::find(inspection_.libraries, name) != inspection_.libraries.end();
  };
  std::vector<std::string> above;
  for (const char* library : {"gorm", "ent", "bun", "sqlc", "sqlx"}) {
    if (uses(library)) above.emplace_back(library);
  }
  if (above.size() == 1) return above.front();
  if (above.size() > 1 || uses("pgx") == uses("database/sql")) return "";
  return uses("pgx") ? "pgx" : "database/sql";
}

}  // namespace hone::ops
