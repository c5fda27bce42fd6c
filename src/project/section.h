// One table of hone.toml, read key by key: what is wrong is collected, what was not asked for is unknown.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "project/project.h"
#include "project/template.h"
#include "project/toml_tree.h"

namespace hone::project {

// What is wrong with a file, and the ports that its templates name.
class Findings {
 public:
  void Add(Position at, std::string text) { problems_.push_back({at, std::move(text)}); }
  // In the order of the text, without repetitions, at most kMostProblems.
  std::vector<Problem> Take();
  bool empty() const { return problems_.empty(); }
  std::set<std::string> ports = {};

 private:
  std::vector<Problem> problems_ = {};
};

// The names that ${...} may hold at some place, beside env.NAME.
struct Scope {
  std::vector<std::string> names = {};
  bool ports = true;  // port and port.NAME
};

// "`x`; did you mean `y`?" or "`x`; known are `a`, `b`" (nothing where there are none or more than eight).
std::string Suggest(std::string_view name, const std::vector<std::string>& known);

// `text` as a template, whose names must be in `scope`.
Template ReadTemplate(const std::string& text, Position at, const Scope& scope, Findings& findings);

// A view of `table`, which must outlive it. Each getter returns the default or nothing where the key is missing or
// wrong; in the latter case it says so. Finish() reports keys that nothing asked for.
class Section {
 public:
  // `name` is how messages call it: "[service]".
  Section(const TomlNode& table, std::string name, Findings& findings);

  const TomlNode* Find(std::string_view key);
  // A sub-table, an array of tables (nothing where missing), or an array of any kind.
  const TomlNode* Table(std::string_view key);
  std::vector<const TomlNode*> Tables(std::string_view key);

  std::optional<std::string> Text(std::string_view key);
  std::string RequiredText(std::string_view key);
  std::optional<bool> Boolean(std::string_view key);
  std::optional<int64_t> Integer(std::string_view key, int64_t least, int64_t most);
  std::optional<double> Number(std::string_view key, double above);
  std::optional<int64_t> Duration(std::string_view key, int64_t least_ns);
  // "256MiB", "1GiB", "512KiB", "100B", with or without a fraction.
  std::optional<int64_t> Bytes(std::string_view key, int64_t least);
  std::optional<std::vector<std::string>> Texts(std::string_view key);  // a list of texts
  std::vector<int> Statuses(std::string_view key);                      // a status or a list; {200} where missing
  std::optional<Template> Filled(std::string_view key, const Scope& scope);
  Words Command(std::string_view key, const Scope& scope);
  Environment Env(std::string_view key, const Scope& scope);
  Headers HeaderFields(std::string_view key, const Scope& scope);
  // "GET" and so on; `preset` where missing.
  std::string Method(std::string_view key, std::string preset);
  // A path as it stands in a request line, with templates: begins with a slash, no blanks.
  Template Path(std::string_view key, const Scope& scope, bool required);

  void Finish();
  void Missing(std::string_view key);
  // Reports that `node`, the value of `key`, is not `wanted`.
  void Wrong(std::string_view key, const TomlNode& node, std::string_view wanted);

  Position at() const { return table_->at; }
  const std::string& name() const { return name_; }
  Findings& findings() { return *findings_; }

 private:
  const TomlNode* FindKind(std::string_view key, TomlNode::Kind kind);
  const TomlNode* table_;
  std::string name_;
  Findings* findings_;
  std::vector<std::string> asked_ = {};
};

// The files of `section`, each of them a table that messages call `name`: "[[service.file]]".
std::vector<File> ReadFiles(Section& section, const std::string& name, const Scope& scope);

}  // namespace hone::project
