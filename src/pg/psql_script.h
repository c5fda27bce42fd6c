// What psql makes of a script before the server sees it, as far as Hone does it too: variables, and scripts in scripts.
//
// Source: psql's reference page ("Meta-Commands", "Variables", "SQL Interpolation").
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace hone::pg {

// psql's variables by name.
using PsqlVariables = std::map<std::string, std::string, std::less<>>;

// A part of a script as the server gets it. Empty lines stand before it, so that lines count as in the file.
struct ScriptPart {
  std::filesystem::path file = {};
  std::string text = {};
};

// The parts of a file in their order: one, unless it includes others by \i or \ir (looked for from the file's folder
// upwards). :name, :'name', :"name" and :{?name} are replaced, \set and \unset are done, commands that change only what
// psql prints are left out, and a file of goose is cut to its part that goes up (UpPart). A file that psql would send
// as it is comes back as it is.
//
// kInput with file and line where a variable is not set, where a command is left that only psql can do (\copy, \gexec,
// \if, COPY ... FROM stdin), or where scripts include one another for ever.
base::Result<std::vector<ScriptPart>> ReadScript(const std::filesystem::path& file, PsqlVariables variables);

// Whether ReadScript() failed as a command is left that only psql can do.
bool NeedsPsql(const base::Error& error);

}  // namespace hone::pg
