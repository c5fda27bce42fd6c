#include "project/upstream_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/units.h"
#include "project/scenario_reader.h"
#include "project/stub.h"

namespace hone::project {
namespace {

namespace fs = std::filesystem;

fs::path Resolved(const Project& project, const std::string& path) {
  return (project.file.parent_path() / path).lexically_normal();
}

void CheckName(const TomlNode& table, const std::string& name, std::string_view what, Findings& findings) {
  if (!name.empty() && !IsIdentifier(name))
    findings.Add(table.at, fmt::format("{} `{}`: its name must be letters, digits and _", what, name));
}

StubAnswer ReadAnswer(const TomlNode& table, const Scope& scope, int64_t delay_ns, const Project& project,
                      Findings& findings) {
  constexpr int kFirst = 200;
  constexpr int kLast = 599;
  Section section(table, "[[stub.answer]]", findings);
  StubAnswer answer;
  answer.at = table.at;
  answer.method = section.Method("method", "");
  answer.path = section.RequiredText("path");
  if (const auto wrong = WrongPattern(answer.path); wrong && !answer.path.empty())
    findings.Add(section.Find("path")->at, fmt::format("`path` {}", *wrong));
  answer.status = static_cast<int>(section.Integer("status", kFirst, kLast).value_or(answer.status));
  answer.headers = section.HeaderFields("headers", scope);
  Scope body_scope = scope;
  for (std::string& name : WildcardsOf(answer.path)) body_scope.names.push_back(std::move(name));
  answer.body = section.Filled("body", body_scope).value_or(Template());
  if (const auto file = section.Text("file")) {
    answer.file = Resolved(project, *file);
    if (section.Find("body") != nullptr)
      findings.Add(section.Find("file")->at, "an answer has either `body` or `file`");
  }
  answer.delay_ns = section.Duration("delay", 0).value_or(delay_ns);
  section.Finish();
  return answer;
}

void ReadStub(const TomlNode& table, const Scope& scope, Project& project, Findings& findings) {
  Section section(table, "[[stub]]", findings);
  Stub stub;
  stub.at = table.at;
  stub.name = section.RequiredText("name");
  CheckName(table, stub.name, "stub", findings);
  if (std::ranges::find(project.stubs, stub.name, &Stub::name) != project.stubs.end())
    findings.Add(table.at, fmt::format("two stubs are called `{}`", stub.name));
  stub.delay_ns = section.Duration("delay", 0).value_or(0);
  if (const auto har = section.Text("har")) stub.har = Resolved(project, *har);
  for (const TomlNode* answer : section.Tables("answer"))
    stub.answers.push_back(ReadAnswer(*answer, scope, stub.delay_ns, project, findings));
  if (stub.answers.empty() && stub.har.empty())
    findings.Add(table.at, fmt::format("stub `{}` has nothing to answer: give it [[stub.answer]] or `har`", stub.name));
  section.Finish();
  project.stubs.push_back(std::move(stub));
}

void ReadJwt(Section& root, const Scope& scope, Project& project) {
  const TomlNode* table = root.Table("jwt");
  if (table == nullptr) return;
  Section section(*table, "[jwt]", root.findings());
  Jwt jwt;
  const std::string algorithm = section.Text("algorithm").value_or("RS256");
  if (algorithm == "ES256") {
    jwt.algorithm = JwtAlgorithm::kEs256;
  } else if (algorithm == "HS256") {
    jwt.algorithm = JwtAlgorithm::kHs256;
  } else if (algorithm != "RS256") {
    root.findings().Add(section.Find("algorithm")->at,
                        "there is no algorithm " + Suggest(algorithm, {"RS256", "ES256", "HS256"}));
  }
  jwt.issuer = section.Filled("issuer", scope).value_or(Template());
  section.Finish();
  project.jwt = std::move(jwt);
}

// A claim as JSON; templates stay within its texts.
nlohmann::json ClaimJson(const TomlNode& node, Findings& findings) {
  nlohmann::json json;
  switch (node.kind) {
    case TomlNode::Kind::kString:
      return node.text;
    case TomlNode::Kind::kInteger:
      return node.integer;
    case TomlNode::Kind::kFloat:
      return node.real;
    case TomlNode::Kind::kBoolean:
      return node.boolean;
    case TomlNode::Kind::kDate:
      findings.Add(node.at, "a claim cannot be a date: write it as JWT does, in seconds since 1970");
      return json;
    case TomlNode::Kind::kArray:
      json = nlohmann::json::array();
      for (const TomlNode& item : node.items) json.push_back(ClaimJson(item, findings));
      return json;
    case TomlNode::Kind::kTable:
      json = nlohmann::json::object();
      for (const TomlMember& member : node.members) json[member.key] = ClaimJson(member.value, findings);
      return json;
  }
  return json;
}

void ReadToken(const TomlNode& table, const Scope& scope, Project& project, Findings& findings) {
  Section section(table, "[[token]]", findings);
  Token token;
  token.at = table.at;
  token.name = section.RequiredText("name");
  CheckName(table, token.name, "token", findings);
  if (std::ranges::find(project.tokens, token.name, &Token::name) != project.tokens.end())
    findings.Add(table.at, fmt::format("two tokens are called `{}`", token.name));
  std::string claims = "{}";
  if (const TomlNode* node = section.Table("claims")) claims = ClaimJson(*node, findings).dump();
  token.claims = ReadTemplate(claims, table.at, scope, findings);
  token.ttl_ns = section.Duration("ttl", base::kSecond).value_or(token.ttl_ns);
  section.Finish();
  project.tokens.push_back(std::move(token));
}

Until ReadUntil(const TomlNode& table, const Scope& scope, Findings& findings) {
  Section section(table, "[setup.until]", findings);
  Until until;
  until.pointer = section.Text("pointer").value_or("");
  if (!IsPointer(until.pointer)) {
    findings.Add(section.Find("pointer")->at,
                 fmt::format("`pointer` must be a JSON pointer such as /state, not `{}`", until.pointer));
  }
  if (const TomlNode* node = section.Find("equals")) {
    const auto text = ScalarText(*node);
    if (text) {
      until.equals = ReadTemplate(*text, node->at, scope, findings);
    } else {
      section.Wrong("equals", *node, "text or a number (write JSON as text)");
    }
  }
  if (until.pointer.empty() != until.equals.empty())
    findings.Add(table.at, "[setup.until] has `pointer` and `equals` together, or neither: then the status counts");
  until.interval_ns = section.Duration("interval", base::kMillisecond).value_or(until.interval_ns);
  until.timeout_ns = section.Duration("timeout", 100 * base::kMillisecond).value_or(until.timeout_ns);
  section.Finish();
  return until;
}

Step ReadStep(const TomlNode& table, std::string_view kind, const Scope& scope, Findings& findings) {
  const bool setup = kind == "setup";
  Section section(table, fmt::format("[[{}]]", kind), findings);
  Step step;
  step.at = table.at;
  if (setup) {
    step.name = section.RequiredText("name");
    CheckName(table, step.name, "set-up step", findings);
    step.captures = ReadCaptures(section, "setup", step.name);
    if (const TomlNode* until = section.Table("until")) step.until = ReadUntil(*until, scope, findings);
  }
  step.method = section.Method("method", step.until ? "GET" : setup ? "POST" : "DELETE");
  step.path = section.Path("path", scope, true);
  step.body = section.Filled("body", scope).value_or(Template());
  step.headers = section.HeaderFields("headers", scope);
  step.status = section.Statuses("status");
  section.Finish();
  return step;
}

void AddStubNames(const std::string& name, Scope& scope) {
  scope.names.push_back("stub." + name);
  scope.names.push_back(fmt::format("stub.{}.address", name));
}

}  // namespace

void ReadUpstreams(Section& root, Project& project) {
  Scope scope{.names = {}, .ports = false};
  const std::vector<const TomlNode*> stubs = root.Tables("stub");
  for (const TomlNode* table : stubs) {
    for (const TomlMember& member : table->members) {
      if (member.key == "name") AddStubNames(member.value.text, scope);
    }
  }
  ReadJwt(root, scope, project);
  for (const TomlNode* table : root.Tables("token")) ReadToken(*table, scope, project, root.findings());
  if (!project.tokens.empty() && !project.jwt) project.jwt = Jwt{};
  // What a stub answers may hold tokens: an authorization server hands them out.
  AddUpstreamNames(project, scope);
  for (const TomlNode* table : stubs) ReadStub(*table, scope, project, root.findings());
}

void AddUpstreamNames(const Project& project, Scope& scope) {
  for (const Stub& stub : project.stubs) AddStubNames(stub.name, scope);
  for (const Token& token : project.tokens) scope.names.push_back("token." + token.name);
  if (!project.jwt) return;
  scope.names.emplace_back("jwt.issuer");
  if (project.jwt->algorithm == JwtAlgorithm::kHs256) {
    scope.names.emplace_back("jwt.secret");
  } else {
    scope.names.insert(scope.names.end(), {"jwt.jwks", "jwt.public_key"});
  }
}

void ReadSteps(Section& root, Scope& scope, Project& project) {
  for (const TomlNode* table : root.Tables("setup")) {
    Step step = ReadStep(*table, "setup", scope, root.findings());
    if (std::ranges::find(project.setup, step.name, &Step::name) != project.setup.end())
      root.findings().Add(step.at, fmt::format("two set-up steps are called `{}`", step.name));
    for (const Capture& capture : step.captures)
      scope.names.push_back(fmt::format("setup.{}.{}", step.name, capture.key));
    project.setup.push_back(std::move(step));
  }
  for (const TomlNode* table : root.Tables("cleanup"))
    project.cleanup.push_back(ReadStep(*table, "cleanup", scope, root.findings()));
}

void CheckTokens(const Project& project, Findings& findings) {
  // The window's warm-up, and what goes by before it.
  constexpr int64_t kAround = 5 * base::kSecond;
  const int64_t least = project.limits.latency_for_ns + kAround;
  for (const Token& token : project.tokens) {
    if (token.ttl_ns >= least) continue;
    findings.Add(token.at,
                 fmt::format("`ttl` of token `{}` must be at least {}: a load window ([limits] latency_for) is sent "
                             "with one token",
                             token.name, base::FormatDuration(static_cast<double>(least))));
  }
}

}  // namespace hone::project
