#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <array>
#include <sstream>
#include <string_view>

#include "base/nearest.h"
#include "ops/version.h"

namespace hone::cli {
namespace {

// One subcommand and where its values go once it was the one that was typed.
struct Parser {
  CLI::App app{"Hone measures a Go + PostgreSQL service, finds what makes it slow or heavy, and proves it.", "hone"};
  CommonOptions common;
  CheckCommand check;
  CheckCommand sql{.quiet_only = true};
  InitCommand init;
  ShowCommand show;
  AcceptCommand accept;
  EvidenceCommand evidence;
  ProfileCommand profile;
  SqlProxyCommand sql_proxy;
  LoadRunCommand load_run;
  PoolCommand pool;
  ScratchKeeperCommand scratch_keeper;
  std::optional<Command> command;
};

void AddCommon(Parser& parser, CLI::App& verb) {
  verb.add_option("--dir", parser.common.dir, "The folder that holds hone.toml and .hone/")->capture_default_str();
  verb.add_flag("--json", parser.common.json,
                "Print one JSON document (hone.report/1) and nothing else on standard output");
}

void AddCheckOptions(CLI::App& verb, CheckCommand& check) {
  verb.add_option("--endpoint", check.endpoints, "Only this endpoint, such as 'GET /orders/{id}' (may be repeated)");
  verb.add_option("--gate", check.gate, "Exit with 1 on findings: none, new, all, or the name of a rule")
      ->capture_default_str();
  verb.add_option("--rank", check.rank, "Order findings by time, cpu or memory")
      ->capture_default_str()
      ->check(CLI::IsMember({"time", "cpu", "memory"}));
  verb.add_option("--yes-write", check.yes_write,
                  "Allow migrations, seed and writes on this database that is not Hone's own")
      ->type_name("DBNAME");
  verb.add_option("--inconclusive", check.inconclusive, "'pass' turns exit status 3 into 0")->type_name("pass");
}

void AddCheck(Parser& parser) {
  CLI::App* verb = parser.app.add_subcommand("check", "Prove what is slow in the service that hone.toml describes");
  AddCommon(parser, *verb);
  AddCheckOptions(*verb, parser.check);
  verb->add_option("--driver", parser.check.driver,
                   "Run this command, by sh and with HONE_URL, instead of sending requests; judge its run as a whole")
      ->type_name("CMD")
      ->excludes("--endpoint");
  verb->footer(
      "Examples:\n  hone check\n  hone check --endpoint 'GET /orders'\n  hone check --gate new --json > report.json\n"
      "  hone check --driver 'k6 run script.js'");
  verb->callback([&parser] { parser.command = parser.check; });
}

void AddSql(Parser& parser) {
  CLI::App* verb =
      parser.app.add_subcommand("sql", "What each request does to its database: the quiet phase of check, alone");
  AddCommon(parser, *verb);
  AddCheckOptions(*verb, parser.sql);
  CLI::App* proxy =
      verb->add_subcommand("proxy", "Only relay: prints the address that it listens on, then counts what passes");
  proxy->add_option("--listen", parser.sql_proxy.listen, "Where to listen; port 0 takes a free one")
      ->capture_default_str();
  proxy->add_option("--upstream", parser.sql_proxy.upstream, "postgres://host:port of the server")->required();
  proxy->add_flag("--tls", parser.sql_proxy.tls, "Speak TLS with clients that ask for it");
  proxy->add_option("--ca", parser.sql_proxy.ca, "Likewise, and write the authority of its certificate to this file");
  proxy->add_option("--threads", parser.sql_proxy.threads, "How many threads relay, each its share of the connections")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  proxy->add_flag("--control", parser.sql_proxy.control,
                  "Take commands as JSON lines on standard input and answer on standard output; end with the input");
  proxy->add_flag("--live", parser.sql_proxy.live, "Show what passes: statements, their rates and times, suspects")
      ->excludes("--control");
  proxy->add_flag("--json", parser.common.json, "Print the counts as JSON at the end");
  verb->footer("Examples:\n  hone sql --endpoint 'GET /orders'\n  hone sql proxy --upstream postgres://127.0.0.1:5432");
  proxy->callback([&parser] { parser.command = parser.sql_proxy; });
  verb->callback([&parser, proxy] {
    if (!proxy->parsed()) parser.command = parser.sql;
  });
}

void AddPool(Parser& parser) {
  CLI::App* verb = parser.app.add_subcommand("pool", "Measure which size the service's connection pool should have");
  AddCommon(parser, *verb);
  PoolCommand& pool = parser.pool;
  verb->add_option("--endpoint", pool.endpoints, "Only this endpoint, such as 'GET /orders/{id}' (may be repeated)");
  verb->add_option("--for", pool.duration, "How long sizes are tried, beside what comes before")->capture_default_str();
  verb->add_option("--rate", pool.rate, "Requests a second; default: [limits] rate, or by a pilot")
      ->check(CLI::PositiveNumber);
  verb->add_option("--gate", pool.gate, "Exit with 1 on findings: none, new, all, or the name of a rule")
      ->capture_default_str();
  verb->add_option("--yes-write", pool.yes_write,
                   "Allow migrations, seed and writes on this database that is not Hone's own")
      ->type_name("DBNAME");
  verb->add_option("--inconclusive", pool.inconclusive, "'pass' turns exit status 3 into 0")->type_name("pass");
  verb->footer("Examples:\n  hone pool\n  hone pool --rate 400 --for 3m\n  hone pool --endpoint 'GET /orders' --json");
  verb->callback([&parser] { parser.command = parser.pool; });
}

void AddInitAndDoctor(Parser& parser) {
  CLI::App* init = parser.app.add_subcommand("init", "Write a commented benchmarks/hone.toml for a Go repository");
  AddCommon(parser, *init);
  init->add_option("repository", parser.init.repository, "The repository's folder")->capture_default_str();
  init->add_flag("--force", parser.init.force, "Replace a hone.toml that exists");
  init->add_flag("--check", parser.init.check, "Only say what the hone.toml that is there would do")
      ->excludes("--force");
  init->footer("Examples:\n  cd my-service && hone init\n  hone init --check");
  init->callback([&parser] { parser.command = parser.init; });
  CLI::App* doctor =
      parser.app.add_subcommand("doctor", "Say what this machine lacks for hone to work, and what to do");
  AddCommon(parser, *doctor);
  doctor->callback([&parser] { parser.command = DoctorCommand{}; });
}

void AddShowAndAccept(Parser& parser) {
  CLI::App* show = parser.app.add_subcommand("show", "The last report, or one of its findings in full");
  AddCommon(parser, *show);
  show->add_option("what", parser.show.what, "A finding's number (1 or f1), a measurement (m12), a capture (c3)");
  show->footer("Examples:\n  hone show\n  hone show 1\n  hone show m12");
  show->callback([&parser] { parser.command = parser.show; });
  CLI::App* accept = parser.app.add_subcommand("accept", "Keep a finding as accepted in benchmarks/accepted.toml");
  AddCommon(parser, *accept);
  accept->add_option("finding", parser.accept.finding, "The finding's number in the last report")->required();
  accept->add_option("--reason", parser.accept.reason, "Why it is as it must be")->required();
  accept->add_option("--owner", parser.accept.owner, "Who answers for it");
  accept->add_option("--until", parser.accept.until, "The day on which it must be looked at again, 2027-01-31");
  accept->footer("Example:\n  hone accept 2 --reason 'the report runs once a night' --until 2027-01-31");
  accept->callback([&parser] { parser.command = parser.accept; });
}

CLI::App* AddEvidenceAction(Parser& parser, CLI::App& verb, const std::string& name, const std::string& summary,
                            EvidenceCommand::Action action) {
  CLI::App* sub = verb.add_subcommand(name, summary);
  AddCommon(parser, *sub);
  sub->callback([&parser, action] {
    parser.evidence.action = action;
    parser.command = parser.evidence;
  });
  return sub;
}

void AddEvidence(Parser& parser) {
  using Action = EvidenceCommand::Action;
  CLI::App* verb = parser.app.add_subcommand("evidence", "The ledger: what was captured and measured");
  verb->require_subcommand(1);
  CLI::App* list = AddEvidenceAction(parser, *verb, "list", "The runs, or what one run kept", Action::kList);
  list->add_option("--run", parser.evidence.run, "One run: its captures and measurements");
  CLI::App* show =
      AddEvidenceAction(parser, *verb, "show", "A measurement (m12), a capture (c3) or a run (4)", Action::kShow);
  show->add_option("id", parser.evidence.id)->required();
  show->add_option("--run", parser.evidence.run, "The run of a finding (f1); default: the newest with findings");
  CLI::App* recompute = AddEvidenceAction(parser, *verb, "recompute",
                                          "Compute measurements again from what was captured", Action::kRecompute);
  recompute->add_option("id", parser.evidence.id, "m12; without it all of --run, or of the last run");
  recompute->add_option("--run", parser.evidence.run);
  CLI::App* exported =
      AddEvidenceAction(parser, *verb, "export", "Write a run with its captures into a folder", Action::kExport);
  exported->add_option("--run", parser.evidence.run, "Default: the last run");
  exported->add_option("--output", parser.evidence.output, "The folder to create")->required();
  AddEvidenceAction(parser, *verb, "gc", "Remove bytes that no capture names", Action::kGc);
  CLI::App* purge =
      AddEvidenceAction(parser, *verb, "purge", "Remove a run, or all of them with --yes", Action::kPurge);
  purge->add_option("--run", parser.evidence.run);
  purge->add_flag("--yes", parser.evidence.yes, "All runs");
  verb->footer("Examples:\n  hone evidence list\n  hone evidence recompute m12\n  hone evidence recompute --run 3");
}

void AddProfile(Parser& parser) {
  CLI::App* verb = parser.app.add_subcommand("profile", "Diagnose pprof files of one program");
  AddCommon(parser, *verb);
  verb->add_option("files", parser.profile.files, "CPU, allocs, heap or mutex profiles")->required();
  verb->footer(
      "Example:\n  curl -o cpu.pprof http://127.0.0.1:6060/debug/pprof/profile?seconds=10 && hone profile cpu.pprof");
  verb->callback([&parser] { parser.command = parser.profile; });
}

void AddLoad(Parser& parser) {
  CLI::App* load = parser.app.add_subcommand("load", "Generate load, open loop, and measure response times");
  load->require_subcommand(1);
  CLI::App* run = load->add_subcommand("run", "A constant mean rate for a time");
  LoadRunCommand& command = parser.load_run;
  AddCommon(parser, *run);
  run->add_option("url", command.url, "http://127.0.0.1:8080/path")->required();
  run->add_option("--rate", command.rate, "Requests a second")->capture_default_str()->check(CLI::Range(0.01, 1e7));
  run->add_option("--duration", command.duration, "Such as 10s")->capture_default_str();
  run->add_option("--arrivals", command.arrivals, "constant or poisson")
      ->capture_default_str()
      ->check(CLI::IsMember({"constant", "poisson"}));
  run->add_option("--connections", command.connections, "At most")->capture_default_str()->check(CLI::Range(1, 10000));
  run->add_option("--method", command.method)->capture_default_str();
  run->add_option("-H,--header", command.headers, "'Name: value' (may be repeated)");
  run->add_option("--body", command.body, "The request's body");
  run->add_option("--status", command.statuses, "Statuses that count as success; default: any 2xx or 3xx");
  run->add_option("--seed", command.seed, "Of the arrivals")->capture_default_str();
  run->add_flag("--yes-remote", command.yes_remote, "Allow an address that is neither loopback nor private");
  run->footer("Example:\n  hone load run http://127.0.0.1:8080/orders --rate 500 --duration 20s");
  run->callback([&parser] { parser.command = parser.load_run; });
}

// What hone starts itself as: no verb for people.
void AddHidden(Parser& parser) {
  CLI::App* keeper = parser.app.add_subcommand("scratch-keeper", "Drops a scratch database when it is told to stop");
  keeper->group("");
  keeper->add_option("name", parser.scratch_keeper.name, "The database")->required();
  keeper->callback([&parser] { parser.command = parser.scratch_keeper; });
}

constexpr std::array<std::string_view, 10> kVerbs = {"init",     "doctor",  "check", "show", "accept",
                                                     "evidence", "profile", "sql",   "load", "pool"};

base::Error UsageError(const CLI::ParseError& error, int argc, const char* const* argv) {
  std::string what = error.what();
  if (const size_t newline = what.find('\n'); newline != std::string::npos) what.resize(newline);
  std::string remedy = "See hone --help";
  if (argc > 0) {
    const std::string_view verb = argv[0];
    const bool known = std::ranges::find(kVerbs, verb) != kVerbs.end();
    if (known) remedy = "See hone " + std::string(verb) + " --help";
    const auto nearest = base::NearestName(verb, kVerbs);
    if (!known && !verb.starts_with('-')) {
      what = "There is no verb '" + std::string(verb) + "'";
      if (nearest) remedy = "Did you mean hone " + *nearest + "?";
    }
  }
  return {base::Code::kUsage, what, "", remedy};
}

}  // namespace

base::Result<std::variant<CommandLine, Information>> ParseCommandLine(int argc, const char* const* argv) {
  Parser parser;
  parser.app.require_subcommand(1);
  parser.app.set_version_flag("--version", std::string("hone ") + ops::kVersion);
  AddInitAndDoctor(parser);
  AddCheck(parser);
  AddShowAndAccept(parser);
  AddEvidence(parser);
  AddSql(parser);
  AddProfile(parser);
  AddLoad(parser);
  AddPool(parser);
  AddHidden(parser);
  try {
    std::vector<std::string> reversed(argv, argv + argc);
    std::ranges::reverse(reversed);
    parser.app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      std::ostringstream text;
      parser.app.exit(error, text, text);
      return Information{text.str()};
    }
    return std::unexpected(UsageError(error, argc, argv));
  }
  return CommandLine{parser.common, *parser.command};
}

}  // namespace hone::cli
