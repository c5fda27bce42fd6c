#include "ops/init_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hone::ops {
namespace {

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The port of "127.0.0.1:8080" or ":8080" where it is a number.
std::string_view PortOf(std::string_view address) {
  const size_t colon = address.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
  return IsDigits(port) ? port : std::string_view();
}

const golang::EnvRead* FindRead(const golang::PartialText& text, std::string_view name) {
  const auto found = std::ranges::find(text.env, name, &golang::EnvRead::name);
  return found == text.env.end() ? nullptr : &*found;
}

// A text cut at its ${...}: literals at even places, names at odd ones.
std::vector<std::string> Cut(std::string_view text) {
  std::vector<std::string> pieces;
  for (size_t open = text.find("${"); open != std::string_view::npos; open = text.find("${")) {
    const size_t close = std::min(text.find('}', open), text.size() - 1);
    pieces.emplace_back(text.substr(0, open));
    pieces.emplace_back(text.substr(open + 2, close - open - 2));
    text.remove_prefix(close + 1);
  }
  pieces.emplace_back(text);
  return pieces;
}

// Whether a variable or flag that is the whole address holds only a port.
bool IsPortAlone(const std::string& name, std::string_view preset) {
  if (!preset.empty()) return IsDigits(preset);
  std::string upper = name;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return upper.find("PORT") != std::string::npos && upper.find("ADDR") == std::string::npos;
}

constexpr std::string_view kConfig = "config:";  // before a key of a configuration file

struct Role {
  std::string_view word;  // in a variable's name
  std::string_view value;
};
// The first that fits counts.
constexpr std::array<Role, 16> kRoles = {{{"SSL", "disable"},
                                          {"TLS", "disable"},
                                          {"HOST", "${db.host}"},
                                          {"ADDR", "${db.host}"},
                                          {"PORT", "${db.port}"},
                                          {"PASS", "${db.password}"},
                                          {"PWD", "${db.password}"},
                                          {"USER", "${db.user}"},
                                          {"URL", "${db.url}"},
                                          {"URI", "${db.url}"},
                                          {"DSN", "${db.url}"},
                                          {"CONN", "${db.url}"},
                                          {"NAME", "${db.name}"},
                                          {"DATABASE", "${db.name}"},
                                          {"SCHEMA", "public"},
                                          {"DB", "${db.name}"}}};

// What a variable within a connection string stands for: by the key before it ("dbname="), else by its own name.
std::string_view RoleOf(std::string_view before, std::string_view name) {
  constexpr std::array<Role, 7> kKeys = {{{"addr=", "${db.host}:${db.port}"},
                                          {"host=", "${db.host}"},
                                          {"port=", "${db.port}"},
                                          {"user=", "${db.user}"},
                                          {"password=", "${db.password}"},
                                          {"dbname=", "${db.name}"},
                                          {"sslmode=", "disable"}}};
  if (before.ends_with('\'')) before.remove_suffix(1);
  for (const auto& [key, value] : kKeys) {
    if (before.ends_with(key)) return value;
  }
  return DatabaseRole(name);
}

}  // namespace

std::string_view DatabaseRole(std::string_view name) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  for (const auto& [word, value] : kRoles) {
    if (upper.find(word) != std::string::npos) return value;
  }
  return {};
}

std::string TomlText(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 127; });
  if (plain && text.find_first_of("\"\\") != std::string_view::npos && text.find('\'') == std::string_view::npos) {
    return fmt::format("'{}'", text);
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += fmt::format("\\{}", c);
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(c) < ' ' || c == 127) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string TomlKey(const std::string& name) {
  const bool bare = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare && !name.empty() ? name : TomlText(name);
}

ListenSettings SolveAddress(const golang::PartialText& address, std::string_view port, const std::string& origin) {
  ListenSettings result;
  const std::string url = fmt::format("http://127.0.0.1:${{{}}}", port);
  const std::string port_value = fmt::format("${{{}}}", port);
  const std::string address_value = "127.0.0.1:" + port_value;
  if (!address.flag.empty()) {
    const bool alone = IsDigits(address.resolved) || IsPortAlone(address.flag, address.resolved);
    result.flags.push_back({address.flag, alone ? port_value : address_value, origin});
    result.base_url = url;
    return result;
  }
  const std::vector<std::string> pieces = Cut(address.value);
  if (pieces.size() == 1) {
    const std::string_view constant = PortOf(address.value);
    result.fixed = !constant.empty();
    if (result.fixed) result.base_url = fmt::format("http://127.0.0.1:{}", constant);
    return result;
  }
  for (size_t i = 1; i < pieces.size(); i += 2) {
    const golang::EnvRead* read = FindRead(address, pieces[i]);
    const bool config = pieces[i].starts_with(kConfig);
    if (read == nullptr && !config) return {};
    const bool whole = pieces.size() == 3 && pieces[0].empty() && pieces[2].empty();
    const std::string name = config ? pieces[i].substr(kConfig.size()) : read->name;
    const std::string preset = config ? address.resolved : read->preset.value_or("");
    std::vector<Setting>& settings = config ? result.config : result.env;
    const bool after_colon = pieces[i - 1].ends_with(':');
    const bool last = i + 2 == pieces.size() && pieces[i + 1].empty();
    if (whole && !IsPortAlone(name, preset)) {
      settings.push_back({name, address_value, origin});
    } else if (last && (whole || after_colon)) {
      settings.push_back({name, port_value, origin});
    } else {
      settings.push_back({name, "127.0.0.1", origin});
    }
  }
  result.base_url = url;
  return result;
}

DatabaseSettings SolveDsn(const golang::PartialText& dsn, const std::string& origin) {
  DatabaseSettings result;
  if (!dsn.flag.empty()) {
    result.flags.push_back({dsn.flag, "${db.url}", origin});
    result.understood = true;
    return result;
  }
  const std::vector<std::string> pieces = Cut(dsn.value);
  // pgx and lib/pq read libpq's variables where they are given nothing.
  if (pieces.size() == 1 && pieces[0].empty()) {
    for (const auto& [name, value] : {std::pair("PGHOST", "${db.host}"),
                                      {"PGPORT", "${db.port}"},
                                      {"PGUSER", "${db.user}"},
                                      {"PGPASSWORD", "${db.password}"},
                                      {"PGDATABASE", "${db.name}"},
                                      {"PGSSLMODE", "disable"}}) {
      result.env.push_back({name, value, origin});
    }
    result.understood = true;
    return result;
  }
  const bool whole = pieces.size() == 3 && pieces[0].empty() && pieces[2].empty();
  for (size_t i = 1; i < pieces.size(); i += 2) {
    const bool config = pieces[i].starts_with(kConfig);
    const std::string name = config ? pieces[i].substr(kConfig.size()) : pieces[i];
    const std::string_view role = whole ? "${db.url}" : RoleOf(pieces[i - 1], name.substr(name.rfind('.') + 1));
    if (name == "?" || role.empty()) return {};
    (config ? result.config : result.env).push_back({name, std::string(role), origin});
  }
  // A host or a URL at least: otherwise it would reach some other database.
  const auto reaches = [](const Setting& s) { return s.value.starts_with("${db.host}") || s.value == "${db.url}"; };
  if (!std::ranges::any_of(result.env, reaches) && !std::ranges::any_of(result.config, reaches)) return {};
  result.understood = result.config.empty();
  return result;
}

}  // namespace hone::ops
