#include "project/section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/nearest.h"
#include "base/units.h"
#include "host/words.h"

namespace hone::project {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

bool IsPort(std::string_view name) { return name == "port" || (name.starts_with("port.") && name.size() > 5); }

// A field name of RFC 9110.
bool IsHeaderName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return c > ' ' && c < 127 && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
  });
}

std::string Placeholder(std::string_view name) { return fmt::format("${{{}}}", name); }

std::optional<int64_t> ParseBytes(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {
      {{"KiB", 1024.0}, {"MiB", 1024.0 * 1024}, {"GiB", 1024.0 * 1024 * 1024}, {"B", 1.0}}};
  constexpr double kMost = 1e15;
  for (const auto& [unit, size] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const std::string_view number = text.substr(0, text.size() - unit.size());
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || end != number.data() + number.size() || !(value >= 0) || value * size > kMost)
      return std::nullopt;
    return static_cast<int64_t>(value * size);
  }
  return std::nullopt;
}

}  // namespace

std::vector<Problem> Findings::Take() {
  std::ranges::stable_sort(problems_, {}, &Problem::at);
  const auto repeated = std::ranges::unique(problems_);
  problems_.erase(repeated.begin(), repeated.end());
  if (problems_.size() > kMostProblems) problems_.resize(kMostProblems);
  return std::exchange(problems_, {});
}

std::string Suggest(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  if (const auto near = base::NearestName(name, candidates))
    return fmt::format("`{}`; did you mean `{}`?", name, *near);
  constexpr size_t kFew = 8;
  if (known.empty() || known.size() > kFew) return fmt::format("`{}`", name);
  return fmt::format("`{}`; known are `{}`", name, fmt::join(known, "`, `"));
}

Template ReadTemplate(const std::string& text, Position at, const Scope& scope, Findings& findings) {
  auto parsed = Template::Parse(text);
  if (!parsed) {
    findings.Add(at, base::Sentence(parsed.error()));
    return {};
  }
  for (const Template::Part& part : parsed->parts()) {
    if (!part.is_name) continue;
    if (scope.ports && IsPort(part.text)) {
      findings.ports.insert(part.text);
      continue;
    }
    if (part.text.starts_with("env.") || std::ranges::find(scope.names, part.text) != scope.names.end()) continue;
    if (part.text == "db.ca" && std::ranges::find(scope.names, "db.sslmode") != scope.names.end()) {
      findings.Add(at, "`${db.ca}` needs `tls = \"on\"` in [database]");
      continue;
    }
    std::vector<std::string> known;
    for (const std::string& name : scope.names) known.push_back(Placeholder(name));
    if (scope.ports) known.push_back("${port}");
    findings.Add(at, "there is no " + Suggest(Placeholder(part.text), known));
  }
  return *std::move(parsed);
}

Section::Section(const TomlNode& table, std::string name, Findings& findings)
    : table_(&table), name_(std::move(name)), findings_(&findings) {}

const TomlNode* Section::Find(std::string_view key) {
  asked_.emplace_back(key);
  const auto found = std::ranges::find(table_->members, key, &TomlMember::key);
  return found == table_->members.end() ? nullptr : &found->value;
}

void Section::Missing(std::string_view key) {
  findings_->Add(at(),
                 name_.empty() ? fmt::format("there is no [{}]", key) : fmt::format("{} has no `{}`", name_, key));
}

void Section::Wrong(std::string_view key, const TomlNode& node, std::string_view wanted) {
  findings_->Add(node.at, fmt::format("`{}` must be {}, not {}", key, wanted, Describe(node.kind)));
}

const TomlNode* Section::FindKind(std::string_view key, TomlNode::Kind kind) {
  const TomlNode* node = Find(key);
  if (node == nullptr || node->kind == kind) return node;
  Wrong(key, *node, Describe(kind));
  return nullptr;
}

const TomlNode* Section::Table(std::string_view key) { return FindKind(key, TomlNode::Kind::kTable); }

std::vector<const TomlNode*> Section::Tables(std::string_view key) {
  const TomlNode* node = Find(key);
  std::vector<const TomlNode*> tables;
  if (node == nullptr) return tables;
  if (node->kind != TomlNode::Kind::kArray) {
    findings_->Add(node->at, fmt::format("`{0}` must be a list of tables: write [[{0}]]", key));
    return tables;
  }
  for (const TomlNode& item : node->items) {
    if (item.kind == TomlNode::Kind::kTable) {
      tables.push_back(&item);
    } else {
      Wrong(key, item, "a list of tables");
    }
  }
  return tables;
}

std::optional<std::string> Section::Text(std::string_view key) {
  const TomlNode* node = FindKind(key, TomlNode::Kind::kString);
  return node == nullptr ? std::nullopt : std::optional(node->text);
}

std::string Section::RequiredText(std::string_view key) {
  const TomlNode* node = Find(key);
  if (node == nullptr) {
    Missing(key);
    return {};
  }
  const std::string text = Text(key).value_or("");
  if (node->kind == TomlNode::Kind::kString && text.empty())
    findings_->Add(node->at, fmt::format("`{}` is empty", key));
  return text;
}

std::optional<bool> Section::Boolean(std::string_view key) {
  const TomlNode* node = FindKind(key, TomlNode::Kind::kBoolean);
  return node == nullptr ? std::nullopt : std::optional(node->boolean);
}

std::optional<int64_t> Section::Integer(std::string_view key, int64_t least, int64_t most) {
  const TomlNode* node = FindKind(key, TomlNode::Kind::kInteger);
  if (node == nullptr) return std::nullopt;
  if (node->integer >= least && node->integer <= most) return node->integer;
  findings_->Add(node->at, most == std::numeric_limits<int64_t>::max()
                               ? fmt::format("`{}` must be {} or more, not {}", key, least, node->integer)
                               : fmt::format("`{}` must be {} to {}, not {}", key, least, most, node->integer));
  return std::nullopt;
}

std::optional<double> Section::Number(std::string_view key, double above) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != TomlNode::Kind::kInteger && node->kind != TomlNode::Kind::kFloat) {
    Wrong(key, *node, "a number");
    return std::nullopt;
  }
  // TOML knows inf and nan.
  if (node->real > above && node->real <= 1e9) return node->real;
  findings_->Add(node->at,
                 fmt::format("`{}` must be above {} and no more than 1000000000, not {}", key, above, node->real));
  return std::nullopt;
}

std::optional<int64_t> Section::Duration(std::string_view key, int64_t least_ns) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != TomlNode::Kind::kString) {
    Wrong(key, *node, "a duration in quotes, such as \"5ms\"");
    return std::nullopt;
  }
  const auto duration = base::ParseDuration(node->text);
  if (!duration) {
    findings_->Add(node->at,
                   fmt::format("`{}` must be a duration such as 500us, 5ms, 8s or 2m, not `{}`", key, node->text));
    return std::nullopt;
  }
  if (*duration >= least_ns) return *duration;
  findings_->Add(node->at, least_ns <= 1 ? fmt::format("`{}` must be above 0", key)
                                         : fmt::format("`{}` must be at least {}", key,
                                                       base::FormatDuration(static_cast<double>(least_ns))));
  return std::nullopt;
}

std::optional<int64_t> Section::Bytes(std::string_view key, int64_t least) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto bytes = node->kind == TomlNode::Kind::kString ? ParseBytes(node->text) : std::nullopt;
  if (bytes && *bytes >= least) return bytes;
  findings_->Add(node->at,
                 bytes ? fmt::format("`{}` must be at least {}", key, base::FormatBytes(static_cast<double>(least)))
                       : fmt::format("`{}` must be a size in quotes, such as \"256MiB\" or \"1GiB\"", key));
  return std::nullopt;
}

std::optional<std::vector<std::string>> Section::Texts(std::string_view key) {
  const TomlNode* node = FindKind(key, TomlNode::Kind::kArray);
  if (node == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const TomlNode& item : node->items) {
    if (item.kind != TomlNode::Kind::kString) {
      Wrong(key, item, "a list of texts");
      return std::nullopt;
    }
    texts.push_back(item.text);
  }
  if (texts.empty()) findings_->Add(node->at, fmt::format("`{}` is an empty list", key));
  return texts;
}

std::vector<int> Section::Statuses(std::string_view key) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return {200};
  const std::vector<TomlNode> single = {*node};
  std::vector<int> statuses;
  for (const TomlNode& item : node->kind == TomlNode::Kind::kArray ? node->items : single) {
    if (item.kind != TomlNode::Kind::kInteger) {
      Wrong(key, item, "an HTTP status such as 200, or a list of them");
    } else if (item.integer < 100 || item.integer > 599) {
      findings_->Add(item.at, fmt::format("`{}` must be an HTTP status, 100 to 599, not {}", key, item.integer));
    } else {
      statuses.push_back(static_cast<int>(item.integer));
    }
  }
  if (node->kind == TomlNode::Kind::kArray && node->items.empty())
    findings_->Add(node->at, fmt::format("`{}` is an empty list", key));
  return statuses;
}

std::optional<Template> Section::Filled(std::string_view key, const Scope& scope) {
  const TomlNode* node = FindKind(key, TomlNode::Kind::kString);
  if (node == nullptr) return std::nullopt;
  return ReadTemplate(node->text, node->at, scope, *findings_);
}

Words Section::Command(std::string_view key, const Scope& scope) {
  const TomlNode* node = Find(key);
  if (node == nullptr) return {};
  std::vector<std::string> words;
  if (node->kind == TomlNode::Kind::kArray) {
    words = Texts(key).value_or(std::vector<std::string>());
  } else if (node->kind == TomlNode::Kind::kString) {
    auto split = host::SplitWords(node->text);
    if (split) {
      words = *std::move(split);
    } else {
      findings_->Add(node->at, fmt::format("`{}`: {}", key, base::Sentence(split.error())));
    }
  } else {
    Wrong(key, *node, "a command: text or a list of words");
  }
  Words command;
  for (const std::string& word : words) command.push_back(ReadTemplate(word, node->at, scope, *findings_));
  return command;
}

Environment Section::Env(std::string_view key, const Scope& scope) {
  Environment environment;
  const TomlNode* table = Table(key);
  if (table == nullptr) return environment;
  for (const auto& [name, at, value] : table->members) {
    if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos) {
      findings_->Add(at, fmt::format("`{}` cannot be the name of an environment variable", name));
    } else if (value.kind != TomlNode::Kind::kString) {
      Wrong(name, value, "text (environment variables are)");
    } else if (value.text.find('\0') != std::string::npos) {
      findings_->Add(value.at,
                     fmt::format("`{}` holds a character of value 0, which no environment variable can", name));
    } else {
      environment.emplace(name, ReadTemplate(value.text, value.at, scope, *findings_));
    }
  }
  return environment;
}

Headers Section::HeaderFields(std::string_view key, const Scope& scope) {
  Headers headers;
  const TomlNode* table = Table(key);
  if (table == nullptr) return headers;
  for (const auto& [name, at, value] : table->members) {
    if (!IsHeaderName(name)) {
      findings_->Add(at, fmt::format("`{}` cannot be the name of a header", name));
    } else if (value.kind != TomlNode::Kind::kString) {
      Wrong(name, value, "text");
    } else if (value.text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      findings_->Add(value.at, fmt::format("header `{}` must be one line", name));
    } else {
      headers.emplace_back(name, ReadTemplate(value.text, value.at, scope, *findings_));
    }
  }
  return headers;
}

std::string Section::Method(std::string_view key, std::string preset) {
  const TomlNode* node = FindKind(key, TomlNode::Kind::kString);
  if (node == nullptr) return preset;
  if (std::ranges::find(kMethods, node->text) != kMethods.end()) return node->text;
  std::string upper = node->text;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  const auto near = base::NearestName(upper, kMethods);
  findings_->Add(node->at,
                 near ? fmt::format("there is no method `{}`; did you mean `{}`?", node->text, *near)
                      : fmt::format("there is no method `{}`; known are {}", node->text, fmt::join(kMethods, ", ")));
  return preset;
}

Template Section::Path(std::string_view key, const Scope& scope, bool required) {
  const TomlNode* node = FindKind(key, TomlNode::Kind::kString);
  if (node == nullptr) {
    if (required && std::ranges::find(table_->members, key, &TomlMember::key) == table_->members.end()) Missing(key);
    return {};
  }
  if (!node->text.starts_with('/')) {
    findings_->Add(node->at, fmt::format("`{}` must begin with a slash", key));
  } else if (std::ranges::any_of(node->text, [](char c) { return (c >= 0 && c <= ' ') || c == 127; })) {
    findings_->Add(node->at, fmt::format("`{}` must hold no blanks and control characters: write a blank as %20", key));
  } else if (node->text.find('#') != std::string::npos) {
    findings_->Add(node->at,
                   fmt::format("`{}` must hold no #: browsers never send what follows it; write it as %23", key));
  }
  return ReadTemplate(node->text, node->at, scope, *findings_);
}

void Section::Finish() {
  std::ranges::sort(asked_);
  const auto repeated = std::ranges::unique(asked_);
  asked_.erase(repeated.begin(), repeated.end());
  for (const TomlMember& member : table_->members) {
    if (std::ranges::find(asked_, member.key) != asked_.end()) continue;
    findings_->Add(member.at, name_.empty() ? "there is no section " + Suggest(member.key, asked_)
                                            : fmt::format("{} has no key {}", name_, Suggest(member.key, asked_)));
  }
}

std::vector<File> ReadFiles(Section& section, const std::string& name, const Scope& scope) {
  std::vector<File> files;
  for (const TomlNode* table : section.Tables("file")) {
    Section file(*table, name, section.findings());
    if (table->members.empty() || file.Find("path") == nullptr) file.Missing("path");
    if (file.Find("content") == nullptr) file.Missing("content");
    files.push_back(
        {file.Filled("path", scope).value_or(Template()), file.Filled("content", scope).value_or(Template())});
    file.Finish();
  }
  return files;
}

}  // namespace hone::project
