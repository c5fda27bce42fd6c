#include "pg/dsn.h"

#include <libpq-fe.h>

#include <charconv>
#include <memory>

namespace hone::pg {
namespace {

constexpr std::string_view kForm = "Write postgres://user:password@host:5432/database";

std::unexpected<base::Error> Wrong(const std::string& what) {
  return base::Fail(base::Code::kInput, "The database's address is not right: " + what, "", std::string(kForm));
}

std::string Percent(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  return out;
}

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

std::string Host(const Dsn& dsn) {
  if (dsn.host.starts_with('/')) return Percent(dsn.host);
  return dsn.host.find(':') != std::string::npos ? "[" + dsn.host + "]" : dsn.host;
}

std::string Url(const Dsn& dsn, bool with_password) {
  std::string url = "postgres://";
  if (!dsn.user.empty()) {
    url += Percent(dsn.user);
    if (with_password && !dsn.password.empty()) url += ":" + Percent(dsn.password);
    url += "@";
  }
  url += Host(dsn) + ":" + std::to_string(dsn.port) + "/" + Percent(dsn.database);
  char separator = '?';
  for (const auto& [name, value] : dsn.parameters) {
    url += separator + Percent(name) + "=" + Percent(value);
    separator = '&';
  }
  return url;
}

base::Result<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    return Wrong("its port is no number from 1 to 65535");
  return port;
}

}  // namespace

base::Result<Dsn> ParseDsn(std::string_view text) {
  const std::string copy(text);
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(copy.c_str(), &message),
                                                                             PQconninfoFree);
  PQfreemem(message);  // may hold the password
  if (!options) return Wrong("it cannot be read");
  Dsn dsn;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view name = option->keyword;
    const std::string value = option->val;
    if (name == "host" || (name == "hostaddr" && dsn.host.empty())) {
      dsn.host = value;
    } else if (name == "port") {
      if (value.find(',') != std::string::npos) return Wrong("it names several hosts");
      HONE_TRY(dsn.port, ParsePort(value));
    } else if (name == "user") {
      dsn.user = value;
    } else if (name == "password") {
      dsn.password = value;
    } else if (name == "dbname") {
      dsn.database = value;
    } else {
      dsn.parameters[std::string(name)] = value;
    }
  }
  if (dsn.host.find(',') != std::string::npos) return Wrong("it names several hosts");
  if (dsn.host.empty()) dsn.host = "localhost";
  if (dsn.database.empty()) dsn.database = dsn.user;
  return dsn;
}

std::string ToUrl(const Dsn& dsn) { return Url(dsn, true); }

std::string ToPrintable(const Dsn& dsn) { return Url(dsn, false); }

std::string ToKeyValues(const Dsn& dsn) {
  std::string text = "host=" + Quoted(dsn.host) + " port=" + Quoted(std::to_string(dsn.port));
  if (!dsn.user.empty()) text += " user=" + Quoted(dsn.user);
  if (!dsn.password.empty()) text += " password=" + Quoted(dsn.password);
  if (!dsn.database.empty()) text += " dbname=" + Quoted(dsn.database);
  for (const auto& [name, value] : dsn.parameters) text += " " + name + "=" + Quoted(value);
  return text;
}

bool IsLoopback(const Dsn& dsn) {
  return dsn.host.starts_with('/') || dsn.host == "localhost" || dsn.host.starts_with("127.") || dsn.host == "::1";
}

}  // namespace hone::pg
