#include "golang/inspection.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace hone::golang {
namespace {

using base::Code;
using base::Fail;
using Json = nlohmann::json;

constexpr std::string_view kSchema = "hone.go/1";

// Readers of one member; anything that is missing or of another kind leaves the default.
const Json* Member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

void Read(const Json& value, std::string& to) {
  if (value.is_string()) to = value.get<std::string>();
}
void Read(const Json& value, int& to) {
  if (value.is_number_integer()) to = value.get<int>();
}
void Read(const Json& value, int64_t& to) {
  if (value.is_number_integer()) to = value.get<int64_t>();
}
void Read(const Json& value, double& to) {
  if (value.is_number()) to = value.get<double>();
}
void Read(const Json& value, bool& to) {
  if (value.is_boolean()) to = value.get<bool>();
}
void Read(const Json& value, Place& to);
void Read(const Json& value, Module& to);
void Read(const Json& value, Flag& to);
void Read(const Json& value, Subcommand& to);
void Read(const Json& value, MainPackage& to);
void Read(const Json& value, Compared& to);
void Read(const Json& value, Parameter& to);
void Read(const Json& value, Field& to);
void Read(const Json& value, Shape& to);
void Read(const Json& value, Route& to);
void Read(const Json& value, MiddlewareHeader& to);
void Read(const Json& value, Model& to);
void Read(const Json& value, DeferredUnlock& to);
void Read(const Json& value, EnvRead& to);
void Read(const Json& value, PartialText& to);
void Read(const Json& value, Listener& to);
void Read(const Json& value, DebugEndpoint& to);
void Read(const Json& value, EnvVariable& to);
void Read(const Json& value, Query& to);
void Read(const Json& value, Connect& to);
void Read(const Json& value, PoolSize& to);
void Read(const Json& value, Migrations& to);
void Read(const Json& value, CommandGuess& to);
void Read(const Json& value, Benchmark& to);
void Read(const Json& value, Note& to);
void Read(const Json& value, std::map<std::string, std::string>& to);
void Read(const Json& value, Gate& to);
void Read(const Json& value, Applies& to);
void Read(const Json& value, NamedValue& to);
void Read(const Json& value, ConfigFile& to);
void Read(const Json& value, TokenKey& to);
void Read(const Json& value, TokenSource& to);
void Read(const Json& value, TokenCheck& to);
void Read(const Json& value, Unprepared& to);
void Read(const Json& value, TokenValue& to);
void Read(const Json& value, TokenClaim& to);
void Read(const Json& value, UpstreamAnswer& to);
void Read(const Json& value, UpstreamCall& to);
void Read(const Json& value, ComposePort& to);
void Read(const Json& value, ResourceLimits& to);
void Read(const Json& value, ComposeService& to);
void Read(const Json& value, Workload& to);
void Read(const Json& value, EnvFile& to);
void Read(const Json& value, DockerBuild& to);
void Read(const Json& value, Dockerfile& to);
void Read(const Json& value, SqlcEntry& to);
void Read(const Json& value, OperationParameter& to);
void Read(const Json& value, Operation& to);

template <typename T>
void Read(const Json& value, std::optional<T>& to) {
  Read(value, to.emplace());
}
template <typename T>
void Read(const Json& value, std::vector<T>& to) {
  if (!value.is_array()) return;
  for (const Json& item : value) Read(item, to.emplace_back());
}
template <typename T>
void Get(const Json& object, const char* key, T& to) {
  if (const Json* value = Member(object, key)) Read(*value, to);
}

void Read(const Json& value, std::map<std::string, std::string>& to) {
  if (!value.is_object()) return;
  for (const auto& [key, text] : value.items()) Read(text, to[key]);
}
void Read(const Json& value, Place& to) {
  Get(value, "file", to.file);
  Get(value, "line", to.line);
}
void Read(const Json& value, Module& to) {
  Get(value, "path", to.path);
  Get(value, "dir", to.dir);
}
void Read(const Json& value, Flag& to) {
  Get(value, "name", to.name);
  Get(value, "type", to.type);
  Get(value, "default", to.preset);
  Get(value, "usage", to.usage);
  Get(value, "subcommand", to.subcommand);
  Get(value, "seeds", to.seeds);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Subcommand& to) {
  Get(value, "name", to.name);
  Get(value, "serves", to.serves);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, MainPackage& to) {
  Get(value, "package", to.package);
  Get(value, "dir", to.dir);
  Get(value, "binary", to.binary);
  Get(value, "subcommands", to.subcommands);
  Get(value, "flags", to.flags);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Compared& to) {
  Get(value, "tables", to.tables);
  Get(value, "column", to.column);
  Get(value, "day", to.day);
}
void Read(const Json& value, Parameter& to) {
  Get(value, "name", to.name);
  Get(value, "default", to.preset);
  Get(value, "type", to.type);
  Get(value, "rules", to.rules);
  Get(value, "handed_on", to.handed_on);
  Get(value, "compared", to.compared);
  Get(value, "scope", to.scope);
  Get(value, "repeated", to.repeated);
  Get(value, "joined", to.joined);
}
void Read(const Json& value, Field& to) {
  Get(value, "name", to.name);
  Get(value, "type", to.type);
  Get(value, "kind", to.kind);
  Get(value, "tags", to.tags);
  Get(value, "fields", to.fields);
  Get(value, "compared", to.compared);
}
void Read(const Json& value, Shape& to) {
  Get(value, "status", to.status);
  Get(value, "type", to.type);
  Get(value, "array", to.array);
  Get(value, "fields", to.fields);
}
void Read(const Json& value, Route& to) {
  Get(value, "method", to.method);
  Get(value, "path", to.path);
  Get(value, "template", to.path_template);
  Get(value, "partial", to.partial);
  Get(value, "framework", to.framework);
  Get(value, "handler", to.handler);
  Get(value, "value_symbol", to.value_symbol);
  Get(value, "middleware", to.middleware);
  Get(value, "mains", to.mains);
  Get(value, "cookies", to.cookies);
  Get(value, "etag", to.etag);
  if (const Json* request = Member(value, "request")) {
    Get(*request, "path", to.path_parameters);
    Get(*request, "query", to.query);
    Get(*request, "header", to.headers);
    Get(*request, "form", to.form);
    Get(*request, "body", to.body);
    Get(*request, "bodyless", to.bodyless);
  }
  Get(value, "responses", to.responses);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, DeferredUnlock& to) {
  Get(value, "defer", to.defer_line);
  Get(value, "first", to.first);
  Get(value, "last", to.last);
  Get(value, "unlocks", to.unlocks);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, MiddlewareHeader& to) {
  Get(value, "name", to.name);
  Get(value, "middleware", to.middleware);
  Get(value, "routes", to.routes);
  Get(value, "optional", to.optional);
  Get(value, "basic", to.basic);
  Get(value, "account", to.account);
  Get(value, "wanted", to.wanted);
  Get(value, "compared", to.compared);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Model& to) {
  Get(value, "sql", to.sql);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, EnvRead& to) {
  Get(value, "name", to.name);
  Get(value, "default", to.preset);
}
void Read(const Json& value, PartialText& to) {
  Get(value, "value", to.value);
  Get(value, "env", to.env);
  Get(value, "flag", to.flag);
  Get(value, "resolved", to.resolved);
}
void Read(const Json& value, Listener& to) {
  Get(value, "address", to.address);
  Get(value, "serves", to.serves);
  Get(value, "tls", to.tls);
  Get(value, "mains", to.mains);
  Get(value, "routes", to.routes);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, DebugEndpoint& to) {
  Get(value, "kind", to.kind);
  Get(value, "path", to.path);
  Get(value, "listener", to.listener);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, EnvVariable& to) {
  Get(value, "name", to.name);
  Get(value, "default", to.preset);
  Get(value, "file", to.file);
  Get(value, "test", to.test);
  Get(value, "optional", to.optional);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Query& to) {
  Get(value, "text", to.text);
  Get(value, "partial", to.partial);
  Get(value, "parts", to.parts);
  Get(value, "method", to.method);
  Get(value, "function", to.function);
  Get(value, "via", to.via);
  Get(value, "name", to.name);
  Get(value, "name_origin", to.name_origin);
  Get(value, "test", to.test);
  Get(value, "text_origin", to.text_origin);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Connect& to) {
  Get(value, "call", to.call);
  Get(value, "dsn", to.dsn);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, PoolSize& to) {
  Get(value, "setting", to.setting);
  Get(value, "value", to.value);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Migrations& to) {
  Get(value, "tool", to.tool);
  Get(value, "dir", to.dir);
  Get(value, "pattern", to.pattern);
  Get(value, "files", to.files);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, CommandGuess& to) {
  Get(value, "main", to.main);
  Get(value, "args", to.args);
  Get(value, "file", to.file);
  Get(value, "flags", to.flags);
  Get(value, "vars", to.vars);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Benchmark& to) {
  Get(value, "name", to.name);
  Get(value, "package", to.package);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Note& to) {
  Get(value, "message", to.message);
  Get(value, "package", to.package);
  Get(value, "origin", to.origin);
}

void Read(const Json& value, Gate& to) {
  Get(value, "env", to.env);
  Get(value, "flag", to.flag);
  Get(value, "value", to.value);
}
void Read(const Json& value, Applies& to) {
  Get(value, "call", to.call);
  Get(value, "function", to.function);
  Get(value, "gate", to.gate);
  Get(value, "command", to.command);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, NamedValue& to) {
  Get(value, "name", to.name);
  Get(value, "value", to.value);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, ConfigFile& to) {
  Get(value, "file", to.file);
  Get(value, "names", to.names);
  Get(value, "flag", to.flag);
  Get(value, "var", to.variable);
  Get(value, "folder", to.folder);
  Get(value, "env", to.env);
  Get(value, "keys", to.keys);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, TokenKey& to) {
  Get(value, "kind", to.kind);
  Get(value, "algorithm", to.algorithm);
  Get(value, "encoding", to.encoding);
  Get(value, "value", to.value);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, TokenSource& to) {
  Get(value, "in", to.in);
  Get(value, "name", to.name);
  Get(value, "prefix", to.prefix);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Unprepared& to) {
  Get(value, "what", to.what);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, TokenCheck& to) {
  Get(value, "library", to.library);
  Get(value, "algorithms", to.algorithms);
  Get(value, "keys", to.keys);
  Get(value, "sources", to.sources);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, TokenValue& to) {
  Get(value, "value", to.value);
  Get(value, "refuses", to.refuses);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, TokenClaim& to) {
  Get(value, "name", to.name);
  Get(value, "kind", to.kind);
  Get(value, "format", to.format);
  Get(value, "required", to.required);
  Get(value, "values", to.values);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, UpstreamAnswer& to) {
  Get(value, "type", to.type);
  Get(value, "kind", to.kind);
  Get(value, "array", to.array);
  Get(value, "fields", to.fields);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, UpstreamCall& to) {
  Get(value, "method", to.method);
  Get(value, "url", to.url);
  Get(value, "status", to.status);
  Get(value, "answer", to.answer);
  Get(value, "mains", to.mains);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, ComposePort& to) {
  Get(value, "host", to.host);
  Get(value, "container", to.container);
}
void Read(const Json& value, ResourceLimits& to) {
  Get(value, "cpus", to.cpus);
  Get(value, "memory", to.memory_bytes);
  Get(value, "cpus_origin", to.cpus_origin);
  Get(value, "memory_origin", to.memory_origin);
}
void Read(const Json& value, Workload& to) {
  Get(value, "name", to.name);
  Get(value, "container", to.container);
  Get(value, "image", to.image);
  Get(value, "limits", to.limits);
  Get(value, "env", to.env);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, ComposeService& to) {
  Get(value, "name", to.name);
  Get(value, "image", to.image);
  Get(value, "context", to.context);
  Get(value, "dockerfile", to.dockerfile);
  Get(value, "command", to.command);
  Get(value, "env", to.env);
  Get(value, "env_files", to.env_files);
  Get(value, "ports", to.ports);
  Get(value, "depends_on", to.depends_on);
  Get(value, "init_sql", to.init_sql);
  Get(value, "limits", to.limits);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, EnvFile& to) {
  Get(value, "file", to.file);
  Get(value, "example", to.example);
  Get(value, "values", to.values);
}
void Read(const Json& value, DockerBuild& to) {
  Get(value, "package", to.package);
  Get(value, "tags", to.tags);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Dockerfile& to) {
  Get(value, "file", to.file);
  Get(value, "builds", to.builds);
  Get(value, "env", to.env);
  Get(value, "command", to.command);
}
void Read(const Json& value, SqlcEntry& to) {
  Get(value, "engine", to.engine);
  Get(value, "schema", to.schema);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, OperationParameter& to) {
  Get(value, "name", to.name);
  Get(value, "in", to.in);
  Get(value, "required", to.required);
  Get(value, "example", to.example);
  Get(value, "enum", to.choices);
  Get(value, "origin", to.origin);
}
void Read(const Json& value, Operation& to) {
  Get(value, "method", to.method);
  Get(value, "path", to.path);
  Get(value, "params", to.parameters);
  Get(value, "body", to.body);
  Get(value, "bodyless", to.bodyless);
  Get(value, "status", to.status);
  Get(value, "origin", to.origin);
}

void ReadDatabase(const Json& database, Inspection& to) {
  if (const Json* libraries = Member(database, "libraries"); libraries != nullptr && libraries->is_array()) {
    for (const Json& library : *libraries) Get(library, "name", to.libraries.emplace_back());
  }
  Get(database, "connect", to.connects);
  Get(database, "pool_sizes", to.pool_sizes);
  Get(database, "schemas", to.schemas);
  Get(database, "migrations", to.migrations);
  Get(database, "applies", to.applies);
  Get(database, "unprepared", to.unprepared);
  Get(database, "migrate", to.migrate);
  Get(database, "seed", to.seed);
}

Inspection ReadDocument(const Json& document) {
  Inspection to;
  Get(document, "go_version", to.go_version);
  if (const Json* module = Member(document, "module")) Read(*module, to.modules.emplace_back());
  if (const Json* workspace = Member(document, "workspace")) Get(*workspace, "modules", to.modules);
  Get(document, "mains", to.mains);
  Get(document, "routes", to.routes);
  Get(document, "headers", to.headers);
  Get(document, "models", to.models);
  Get(document, "locks", to.locks);
  Get(document, "listeners", to.listeners);
  Get(document, "queries", to.queries);
  Get(document, "sql_pieces", to.sql_pieces);
  Get(document, "pprof", to.pprof);
  Get(document, "metrics", to.metrics);
  Get(document, "env", to.env);
  Get(document, "benchmarks", to.benchmarks);
  Get(document, "problems", to.problems);
  Get(document, "config", to.config);
  Get(document, "tokens", to.tokens);
  Get(document, "claims", to.claims);
  Get(document, "upstreams", to.upstreams);
  Get(document, "compose", to.compose);
  Get(document, "workloads", to.workloads);
  Get(document, "env_files", to.env_files);
  Get(document, "dockerfiles", to.dockerfiles);
  Get(document, "sqlc", to.sqlc);
  Get(document, "openapi", to.operations);
  Get(document, "ignored", to.ignored);
  if (const Json* database = Member(document, "database")) ReadDatabase(*database, to);
  return to;
}

}  // namespace

std::string ToString(const Place& origin) { return fmt::format("{}:{}", origin.file, origin.line); }

base::Result<Inspection> ParseInspection(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  std::string schema;
  if (!document.is_discarded()) Get(document, "schema", schema);
  if (schema.empty()) return Fail(Code::kInput, "hone-go did not answer with a document of its own");
  if (schema != kSchema) {
    return Fail(Code::kTooNew, fmt::format("hone-go answers with {}, this hone reads {}", schema, kSchema), {},
                "Install both anew");
  }
  return ReadDocument(document);
}

}  // namespace hone::golang
