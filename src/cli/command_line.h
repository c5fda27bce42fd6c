// The command line as values: which verb, with what. No verb runs here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"

namespace hone::cli {

// What every verb takes.
struct CommonOptions {
  std::string dir = "benchmarks";  // the folder of hone.toml and .hone/
  bool json = false;
};

struct CheckCommand {
  std::vector<std::string> endpoints = {};
  std::string gate = "none";       // none, all, new or a rule
  std::string rank = "time";       // time, cpu or memory
  std::string inconclusive = "3";  // "pass": exit 0 instead of 3
  bool quiet_only = false;         // `hone sql`: no load phase
  std::string driver = {};         // a command that sends the requests instead of hone
  std::string yes_write = {};      // a database of the user's that may be written to
};
struct InitCommand {
  std::string repository = ".";
  bool force = false;
  bool check = false;  // only explain the hone.toml that is there
};
struct DoctorCommand {};
struct ShowCommand {
  std::string what = {};  // "1", "f1", "m12", "c3" or empty: the last report
};
struct AcceptCommand {
  std::string finding = {};
  std::string reason = {};
  std::string owner = {};
  std::string until = {};
};
struct EvidenceCommand {
  enum class Action { kList, kShow, kRecompute, kExport, kGc, kPurge };
  Action action = Action::kList;
  std::string id = {};
  std::optional<int64_t> run;
  std::string output = {};
  bool yes = false;
};
struct ProfileCommand {
  std::vector<std::string> files = {};
};
struct PoolCommand {
  std::vector<std::string> endpoints = {};
  std::string duration = "90s";
  std::optional<double> rate;
  std::string gate = "none";
  std::string inconclusive = "3";
  std::string yes_write = {};
};
struct SqlProxyCommand {
  bool live = false;     // a table of what passes
  bool control = false;  // commands on standard input
  std::string listen = "127.0.0.1:0";
  std::string upstream = {};
  bool tls = false;
  std::string ca = {};
  int threads = 1;
};
struct ScratchKeeperCommand {
  std::string name = {};
};
struct LoadRunCommand {
  std::string url = {};
  double rate = 100;
  std::string duration = "10s";
  std::string arrivals = "poisson";
  int connections = 64;
  std::string method = "GET";
  std::vector<std::string> headers = {};
  std::string body = {};
  std::vector<int> statuses = {};
  uint64_t seed = 1;
  bool yes_remote = false;
};

using Command = std::variant<CheckCommand, InitCommand, DoctorCommand, ShowCommand, AcceptCommand, EvidenceCommand,
                             ProfileCommand, SqlProxyCommand, LoadRunCommand, PoolCommand, ScratchKeeperCommand>;

struct CommandLine {
  CommonOptions common;
  Command command;
};

// What there is to print instead of running: --help, --version.
struct Information {
  std::string text = {};
};

// Parses the arguments after the program's name. kUsage with the nearest right word for a wrong one.
base::Result<std::variant<CommandLine, Information>> ParseCommandLine(int argc, const char* const* argv);

}  // namespace hone::cli
