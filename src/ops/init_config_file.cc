#include "ops/init_config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/ascii.h"
#include "ops/init_body.h"
#include "ops/init_deployment.h"

namespace hone::ops {
namespace {

// Templates of the file's own, such as ${HOME}, stay what they are.
std::string Escaped(std::string_view line) {
  std::string escaped;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '$' && i + 1 < line.size() && line[i + 1] == '{') escaped += '$';
    escaped += line[i];
  }
  return escaped;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A line of a file with one value a line: `  key: value # why` or `  "key": value,`.
struct ConfigLine {
  std::string_view head = {};   // "  key:"; empty where nothing but braces or a separator stands in the line
  std::string name = {};        // of the key, in lower case
  std::string_view value = {};  // as it is written; empty for a key whose members follow
  std::string_view tail = {};   // what JSON has behind it
};

// The value that `text` begins with, without the comment behind it; nothing where it goes on in the next line.
std::optional<std::string_view> FirstValue(std::string_view text) {
  const char quote = text.empty() ? ' ' : text[0];
  if (quote != '"' && quote != '\'') {
    size_t end = text.starts_with('#') ? 0 : text.find(" #");
    end = std::min({end, text.find("\t#"), text.size()});
    return base::Trimmed(text.substr(0, end));
  }
  size_t end = 1;
  while (end < text.size() && text[end] != quote) end += quote == '"' && text[end] == '\\' ? 2U : 1U;
  if (end >= text.size()) return std::nullopt;
  const std::string_view rest = text.substr(end + 1);
  const std::string_view behind = base::Trimmed(rest);
  const bool comment = behind.starts_with('#') && !rest.starts_with('#');
  if (!behind.empty() && behind != "," && !comment) return std::nullopt;
  return text.substr(0, end + 1 + (behind == "," ? rest.find(',') + 1 : 0));
}

// Nothing for a line of any other form, a sequence's too.
std::optional<ConfigLine> Parse(std::string_view line, bool json) {
  const std::string_view text = base::Trimmed(line);
  if (text.empty() || (!json && text.starts_with('#'))) return ConfigLine();
  if (json ? text == "{" || text == "}" || text == "}," : line == "---") return ConfigLine{.tail = line};
  const auto begin = static_cast<size_t>(text.data() - line.data());
  const size_t colon = line.find(':', begin);
  if (colon == std::string_view::npos || text.starts_with('-') || text.starts_with('?')) return std::nullopt;
  ConfigLine parsed = {.head = line.substr(0, colon + 1)};
  parsed.name = LowerCase(base::Trimmed(line.substr(begin, colon - begin)));
  if (parsed.name.size() > 1 && parsed.name[0] == parsed.name.back() &&
      (parsed.name[0] == '"' || parsed.name[0] == '\''))
    parsed.name = parsed.name.substr(1, parsed.name.size() - 2);
  if (parsed.name.find_first_of("\"'#{}[]&*!") != std::string::npos) return std::nullopt;
  const auto value = FirstValue(base::Trimmed(line.substr(colon + 1)));
  if (!value) return std::nullopt;
  parsed.value = *value;
  if (json && parsed.value.ends_with(',')) {
    parsed.value = base::Trimmed(parsed.value.substr(0, parsed.value.size() - 1));
    parsed.tail = ",";
  }
  if (json && parsed.value == "{") std::swap(parsed.value, parsed.tail);
  return parsed.value == "{" ? std::nullopt : std::optional(parsed);
}

// Whether a value is written as no more than what was read from it.
bool IsWrittenAs(std::string_view written, std::string_view value) {
  if (written.size() > 1 && (written[0] == '"' || written[0] == '\'')) written = written.substr(1, written.size() - 2);
  return written == value || (value.empty() && (written == "null" || written == "~"));
}

bool IsNameOf(std::string_view name, std::string_view key) {
  return key == name || (key.ends_with(name) && key[key.size() - name.size() - 1] == '.');
}

// The line with Hone's value, with its own, or with a placeholder; nothing unless it is clear what stands in it.
std::optional<std::string> Copied(const ConfigLine& line, const golang::NamedValue* key,
                                  const std::vector<Setting>& settings) {
  const std::string head = Escaped(line.head);
  // A key whose members follow.
  if (line.head.empty() || (line.value.empty() && (key == nullptr || key->value.empty())))
    return fmt::format("{}{}{}", head, line.head.empty() || line.tail.empty() ? "" : " ", line.tail);
  if (key == nullptr || !IsNameOf(line.name, key->name) || !IsWrittenAs(line.value, key->value)) return std::nullopt;
  const auto setting = std::ranges::find(settings, key->name, &Setting::name);
  const bool number = IsNumber(key->value);
  const bool secret = IsSecretName(key->name) || HoldsPassword(key->value);
  std::string value = Escaped(line.value);
  if (setting != settings.end()) {
    // A port is a number where it was one.
    value = number ? setting->value : fmt::format("\"{}\"", setting->value);
  } else if (secret && !key->value.empty() && !number) {
    value = fmt::format("\"{}\"", kSecretPlaceholder);
  }
  return fmt::format("{} {}{}", head, value, line.tail);
}

}  // namespace

std::optional<std::string> WithSettings(std::string_view text, const golang::ConfigFile& file,
                                        const std::vector<Setting>& settings) {
  const bool json = file.file.ends_with(".json");
  std::string result;
  std::map<size_t, const golang::NamedValue*> keys;
  for (const golang::NamedValue& key : file.keys) {
    // What no line holds alone would be kept from a person's eyes, and from the search for secrets.
    if (key.origin.line < 1 || !keys.emplace(key.origin.line - 1, &key).second) return std::nullopt;
  }
  const std::vector<std::string_view> lines = base::Lines(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto line = Parse(lines[i], json);
    if (!line) return std::nullopt;
    const auto key = keys.find(i);
    const auto copied = Copied(*line, key == keys.end() ? nullptr : key->second, settings);
    if (!copied) return std::nullopt;
    if (!copied->empty()) result += *copied + "\n";
    if (key != keys.end() && !line->head.empty()) keys.erase(key);
  }
  if (!keys.empty() || result.find("'''") != std::string::npos) return std::nullopt;
  return result;
}

bool ConfigCopy::Set(const std::vector<Setting>& keys) {
  for (const golang::ConfigFile& config : inspection_.config) {
    const bool belongs = config.mains.empty() || base::Has(config.mains, main_);
    const bool named = !config.flag.empty() || !config.variable.empty();
    const auto text = std::ranges::find(texts_, config.file, &SourceText::file);
    const bool has_all = std::ranges::all_of(keys, [&](const Setting& key) {
      return std::ranges::find(config.keys, key.name, &golang::NamedValue::name) != config.keys.end();
    });
    if (!belongs || !named || !has_all || text == texts_.end()) continue;
    if (file_ != nullptr && file_ != &config) continue;
    std::vector<Setting> all = set_;
    all.insert(all.end(), keys.begin(), keys.end());
    auto content = WithSettings(text->text, config, all);
    if (!content) continue;
    file_ = &config;
    set_ = all;
    content_ = *std::move(content);
    return true;
  }
  return false;
}

std::string ConfigCopy::Place() const {
  return file_->folder ? "${run.dir}" : "${run.dir}/" + std::filesystem::path(file_->file).filename().generic_string();
}

std::string ConfigCopy::Text() const {
  if (file_ == nullptr) return "";
  return fmt::format("[[service.file]]  # {}, read at {}\npath = {}\ncontent = '''\n{}'''\n\n", file_->file,
                     golang::ToString(file_->origin),
                     TomlText(std::filesystem::path(file_->file).filename().generic_string()), content_);
}

}  // namespace hone::ops
