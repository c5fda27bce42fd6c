// How a PostgreSQL database is named: postgres:// URLs and key=value strings, to and from values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hone::pg {

// Where a database is and who enters it. `host` may be a folder (starting with "/"): a Unix socket.
struct Dsn {
  std::string host = {};
  uint16_t port = 5432;
  std::string user = {};
  std::string password = {};
  std::string database = {};
  std::map<std::string, std::string> parameters = {};  // sslmode, application_name, ...
};

// Reads "postgres://user:pa%40ss@host:5432/db?sslmode=disable" (postgresql:// too) or "host=... port=...
// password='...'", as libpq's section "Connection Strings" defines them. One host only. kInput; the message never holds
// the text, which has a password in it.
base::Result<Dsn> ParseDsn(std::string_view text);

// "postgres://user:password@host:port/db?sslmode=disable", everything percent-encoded where it must be.
std::string ToUrl(const Dsn& dsn);
// "host='...' port='...' ...".
std::string ToKeyValues(const Dsn& dsn);
// ToUrl without the password, for messages.
std::string ToPrintable(const Dsn& dsn);

// Whether the host is this machine: a socket folder, localhost, 127.0.0.0/8 or ::1.
bool IsLoopback(const Dsn& dsn);

}  // namespace hone::pg
