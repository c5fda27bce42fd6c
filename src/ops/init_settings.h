// How a service is told where to listen and where its database is: environment variables and flags, from what it reads.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"

namespace hone::ops {

// TOML for a text: 'literal' where it holds quotes, "basic" otherwise.
std::string TomlText(std::string_view text);

// A key of TOML, quoted where it must be.
std::string TomlKey(const std::string& name);

// One environment variable or flag that Hone sets, with the reason as a comment.
struct Setting {
  std::string name = {};
  std::string value = {};
  std::string origin = {};
};

// How to make the service listen on a port of Hone's choice.
struct ListenSettings {
  std::vector<Setting> env = {};
  std::vector<Setting> flags = {};
  std::vector<Setting> config = {};  // keys of a configuration file
  std::string base_url = {};         // "http://127.0.0.1:${port}"; empty if the address is not understood
  bool fixed = false;                // the address is constant in the sources
};
// `port` is the template's name: "port", "port.debug".
ListenSettings SolveAddress(const golang::PartialText& address, std::string_view port, const std::string& origin);

// How to make it use Hone's database.
struct DatabaseSettings {
  std::vector<Setting> env = {};
  std::vector<Setting> flags = {};
  std::vector<Setting> config =
      {};  // keys of a configuration file; then it is for the caller to say if it is understood
  bool understood = false;
};
// What a variable of that name holds of a connection: "${db.host}" for DB_HOST; empty if the name says nothing.
std::string_view DatabaseRole(std::string_view name);

DatabaseSettings SolveDsn(const golang::PartialText& dsn, const std::string& origin);

}  // namespace hone::ops
