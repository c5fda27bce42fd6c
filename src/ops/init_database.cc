#include "ops/init_database.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "base/ascii.h"
#include "host/words.h"
#include "ops/init_body.h"
#include "ops/init_settings.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
using golang::CommandGuess;
using golang::Inspection;
using golang::MainPackage;
using golang::Migrations;

std::string DatabaseName(std::string_view name) {
  std::string result = LowerCase(name);
  std::ranges::replace_if(
      result, [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'); }, '_');
  return result;
}

// How many folders of one path stand in another, in whatever order: db/migrations/orders is
// services/orders/cmd/server's.
int64_t Shared(const std::string& a, const std::string& b) {
  const fs::path first = a;
  const fs::path second = b;
  return std::ranges::count_if(first,
                               [&](const fs::path& part) { return std::ranges::find(second, part) != second.end(); });
}

std::string Count(const Migrations& migrations) {
  return fmt::format("{} migration{}", migrations.files.size(), migrations.files.size() == 1 ? "" : "s");
}

// The command of the main package that migrates; with `others`, one of another program's too. Or nullptr.
const CommandGuess* MigrateCommand(const Inspection& inspection, const std::string& package, bool others = false) {
  const auto found = std::ranges::find_if(inspection.migrate, [&](const CommandGuess& guess) {
    return guess.main == package || (!guess.main.empty() && others);
  });
  return found == inspection.migrate.end() ? nullptr : &*found;
}

// Where a program's own code makes the tables, in a place for which `counts` holds.
template <typename F>
const golang::Applies* AppliedBy(const Inspection& inspection, const std::string& package, F counts) {
  const bool folder = std::ranges::any_of(inspection.migrations,
                                          [](const Migrations& migrations) { return !migrations.files.empty(); });
  const auto found = std::ranges::find_if(inspection.applies, [&](const golang::Applies& call) {
    // Beside a folder of migrations a table that the code makes is one more, and not all of them.
    return base::Has(call.mains, package) && counts(call) && !(folder && call.call == "CREATE TABLE");
  });
  return found == inspection.applies.end() ? nullptr : &*found;
}

class DatabaseDraft {
 public:
  DatabaseDraft(const Inspection& inspection, const MainPackage& main, const Deployment& deployment,
                const InitPlace& place)
      : inspection_(inspection), main_(main), deployment_(deployment), place_(place) {}

  SectionDraft Write(std::string_view name, const PoolerDraft& pooler) {
    draft_.text += "[database]\nmode = \"embedded\"\n";
    WriteName(name);
    draft_.text += pooler.line;
    if (!pooler.found.empty()) draft_.found.push_back(pooler.found);
    if (!pooler.missing.empty()) draft_.missing.push_back(pooler.missing);
    WritePublished();
    WriteMigrations();
    WriteSeed();
    draft_.text += "\n";
    return std::move(draft_);
  }

 private:
  void Line(const std::string& key, const std::string& value, const std::string& comment = {}) {
    draft_.text += fmt::format("{} = {}{}{}\n", key, value, comment.empty() ? "" : "  # ", comment);
  }

  void WriteName(std::string_view name) {
    const golang::ComposeService* postgres = deployment_.postgres();
    std::string comment;
    std::string database = DatabaseName(name);
    if (postgres != nullptr) {
      draft_.found.push_back(fmt::format("{} in {}", postgres->image, golang::ToString(postgres->origin)));
      comment = fmt::format("{} runs {}", golang::ToString(postgres->origin), postgres->image);
      for (const golang::NamedValue& value : postgres->env) {
        if (value.name != "POSTGRES_DB" || value.value.empty() || value.value.find('$') != std::string::npos) continue;
        database = value.value;
        comment = fmt::format("{}, of {}", golang::ToString(value.origin), postgres->image);
      }
      if (const std::string_view extension = ExtensionOf(postgres->image); !extension.empty()) {
        draft_.missing.push_back(fmt::format("the extension {} of {} ({}): it must be installed here too", extension,
                                             postgres->image, golang::ToString(postgres->origin)));
      }
    }
    Line("name", TomlText(database), comment);
  }

  // The database that a running compose project publishes, as a choice in comments: Hone starts none by compose. Its
  // password stays out of the file.
  void WritePublished() {
    const golang::ComposeService* postgres = deployment_.postgres();
    if (postgres == nullptr) return;
    const auto port = std::ranges::find_if(postgres->ports, [](const golang::ComposePort& each) {
      const bool number = !each.host.empty() && each.host.find_first_not_of("0123456789") == std::string::npos;
      return number && each.container == "5432";
    });
    if (port == postgres->ports.end()) return;
    const auto value = [&](std::string_view name, const std::string& preset) {
      const auto found = std::ranges::find(postgres->env, name, &golang::NamedValue::name);
      const bool plain = found != postgres->env.end() && !found->value.empty() &&
                         found->value.find_first_of("$/@:?# \"\\'\n") == std::string::npos;
      return plain ? found->value : preset;
    };
    const std::string user = value("POSTGRES_USER", "postgres");
    const bool trusted = value("POSTGRES_HOST_AUTH_METHOD", "") == "trust";
    draft_.text += fmt::format(
        "# Or, while {} runs: a scratch database beside the one that it publishes. It takes --yes-write hone_scratch.\n"
        "# mode    = \"url\"\n"
        "# url     = \"postgres://{}{}@127.0.0.1:{}/{}?sslmode=disable\"\n"
        "# scratch = true\n",
        golang::ToString(postgres->origin), user, trusted ? "" : ":${env.POSTGRES_PASSWORD}", port->host,
        value("POSTGRES_DB", user));
  }

  // The folder of migrations that is nearest to the program. Where there are several programs, it must be nearer than
  // the others: another program's tables would be worse than none.
  const Migrations* Nearest() {
    const Migrations* best = nullptr;
    bool tie = false;
    for (const Migrations& migrations : inspection_.migrations) {
      if (migrations.files.empty()) continue;
      const int64_t more = best == nullptr ? 1 : Shared(migrations.dir, main_.dir) - Shared(best->dir, main_.dir);
      tie = more == 0 || (tie && more < 0);
      if (more > 0) best = &migrations;
    }
    ambiguous_ = tie && inspection_.mains.size() > 1;
    return ambiguous_ ? nullptr : best;
  }

  void WriteMigrations() {
    const golang::Applies* applies = AppliedByService(inspection_, main_);
    const bool applies_at_all = AppliedBy(inspection_, main_.package, [](const auto&) { return true; }) != nullptr;
    const Migrations* nearest = Nearest();
    const bool folder = nearest != nullptr || ambiguous_;
    const CommandGuess* command = MigrateCommand(inspection_, main_.package, !folder);
    const golang::Applies* by_seed = AppliedBySeed();
    if (command != nullptr && (applies_at_all || !folder)) {
      WriteCommand(*command);
    } else if (applies != nullptr) {
      WriteAtStart(*applies);
    } else if (by_seed != nullptr) {
      // A program that has a command for that does it there, and not whatever it is told.
      const CommandGuess* own = MigrateCommand(inspection_, SeedCommand()->main);
      own != nullptr ? WriteCommand(*own) : WriteBySeed(*by_seed);
    } else if (nearest != nullptr) {
      WriteFolder(*nearest);
    } else {
      WriteSchema();
    }
  }

  void WriteCommand(const CommandGuess& command) {
    Line("migrate", TomlText(CommandOf(command)), golang::ToString(command.origin));
    draft_.found.push_back(fmt::format("a command that migrates ({})", golang::ToString(command.origin)));
  }

  void WriteAtStart(const golang::Applies& applies) {
    const std::string origin = golang::ToString(applies.origin);
    std::string how = applies.call.substr(applies.call.rfind('/') + 1);
    if (how.ends_with(".FS")) how = "SQL files that are built in";
    draft_.text += "# The service makes its tables itself: Hone starts it once for that, before the seed.\n";
    Line("migrate_at_start", "true", fmt::format("{}: {}", origin, how));
    draft_.found.push_back(fmt::format("the service applies its migrations itself ({})", origin));
  }

  // Where the program whose command seeds makes the tables.
  const golang::Applies* AppliedBySeed() const {
    const CommandGuess* seed = SeedCommand();
    if (seed == nullptr) return nullptr;
    const bool migrates = MigrateCommand(inspection_, seed->main) != nullptr;
    const golang::Applies* applies = AppliedBy(inspection_, seed->main, [&](const golang::Applies& call) {
      return migrates || call.command.empty() || (!seed->args.empty() && call.command == seed->args[0]);
    });
    return applies != nullptr && !applies->gate ? applies : nullptr;
  }

  void WriteBySeed(const golang::Applies& applies) {
    const std::string origin = golang::ToString(applies.origin);
    draft_.text += fmt::format("# The seed makes the tables before it fills them: {}.\n", origin);
    draft_.found.push_back(fmt::format("the command that seeds applies the migrations itself ({})", origin));
  }

  void WriteFolder(const Migrations& migrations) {
    const std::string pattern = place_.FromFile((fs::path(migrations.dir) / migrations.pattern).generic_string());
    wrote_folder_ = true;
    Line("migrations", fmt::format("[{}]", TomlText(pattern)),
         fmt::format("{}: {}", golang::ToString(migrations.origin), migrations.tool));
    draft_.found.push_back(fmt::format("{} in {} ({})", Count(migrations), migrations.dir, migrations.tool));
    for (const Migrations& other : inspection_.migrations) {
      if (&other != &migrations && !other.files.empty())
        draft_.found.push_back(fmt::format("other migrations, not used: {} in {}", Count(other), other.dir));
    }
    if (const golang::ComposeService* postgres = deployment_.postgres()) {
      for (const std::string& file : postgres->init_sql) {
        if (IsAmong(migrations, file)) continue;
        draft_.missing.push_back(fmt::format(
            "{} is run by the database of {} and not by Hone: add it to `migrations` if tables depend on it", file,
            golang::ToString(postgres->origin)));
      }
    }
  }

  static bool IsAmong(const Migrations& migrations, const fs::path& file) {
    return file.parent_path() == migrations.dir && base::Has(migrations.files, file.filename().string());
  }

  // The file among the migrations of a folder that makes rows, by the end of its name; empty: there is none.
  std::string SeedAmongMigrations() {
    constexpr std::array<std::string_view, 4> kRows = {"seed.sql", "seeds.sql", "fixtures.sql", "testdata.sql"};
    const Migrations* nearest = wrote_folder_ ? Nearest() : nullptr;
    if (nearest == nullptr) return {};
    const auto makes_rows = [&](const std::string& file) {
      return std::ranges::any_of(kRows, [&](std::string_view end) { return file.ends_with(end); });
    };
    const auto found = std::ranges::find_if(nearest->files, makes_rows);
    return found == nearest->files.end() ? std::string() : (fs::path(nearest->dir) / *found).generic_string();
  }

  // Where there are no migrations: sqlc's schema, or what the database of a compose file is made with.
  void WriteSchema() {
    for (const golang::SqlcEntry& entry : inspection_.sqlc) {
      if (entry.schema.empty() || (!entry.engine.empty() && entry.engine != "postgresql")) continue;
      WriteFiles(entry.schema, golang::ToString(entry.origin));
      return;
    }
    if (const golang::ComposeService* postgres = deployment_.postgres()) {
      std::vector<std::string> files = postgres->init_sql;
      // Rows are drafted as a seed.
      std::erase_if(files, [&](const std::string& file) {
        return std::ranges::find(inspection_.seed, file, &CommandGuess::file) != inspection_.seed.end();
      });
      if (!files.empty()) {
        WriteFiles(files, golang::ToString(postgres->origin));
        return;
      }
    }
    if (ambiguous_) {
      NoteAmbiguous();
      return;
    }
    if (inspection_.schemas.size() == 1) {
      WriteFiles(inspection_.schemas, inspection_.schemas.front());
      return;
    }
    draft_.text += "# migrations = [\"../migrations/*.sql\"]  # none found\n";
    draft_.missing.emplace_back(
        "migrations: unless the service makes its tables at its start, name them in [database]");
  }

  void NoteAmbiguous() {
    std::vector<std::string> folders;
    for (const Migrations& migrations : inspection_.migrations) folders.push_back(migrations.dir);
    const std::string all = fmt::format("{}", fmt::join(folders, ", "));
    draft_.text += fmt::format("# migrations = [\"../migrations/*.sql\"]  # one of {}\n", all);
    draft_.missing.push_back(
        fmt::format("whose migrations are whose: name those of this service in [database], out of {}", all));
  }

  void WriteFiles(const std::vector<std::string>& files, const std::string& origin) {
    std::vector<std::string> patterns;
    for (const std::string& file : files) {
      patterns.push_back(TomlText(place_.FromFile(file.ends_with(".sql") ? file : file + "/*.sql")));
    }
    Line("migrations", fmt::format("[{}]", fmt::join(patterns, ", ")), origin);
    draft_.found.push_back(fmt::format("the schema in {} ({})", fmt::join(files, ", "), origin));
  }

  std::string CommandOf(const CommandGuess& guess) const {
    std::string command = "${bin}";
    if (guess.main != main_.package) {
      const auto other = std::ranges::find(inspection_.mains, guess.main, &MainPackage::package);
      const std::string dir = other == inspection_.mains.end()
                                  ? guess.main
                                  : fs::path(other->dir).lexically_relative(place_.module).generic_string();
      command = "go run ./" + dir;
    }
    for (const std::string& word : guess.args) command += " " + word;
    return command;
  }

  // The flag of a seed command that says how much.
  const golang::Flag* SizeFlag(const CommandGuess& guess) const {
    const auto main = std::ranges::find(inspection_.mains, guess.main, &MainPackage::package);
    if (main == inspection_.mains.end()) return nullptr;
    const std::string subcommand = guess.args.empty() ? "" : guess.args[0];
    for (const golang::Flag& flag : main->flags) {
      if (flag.name == "seed") continue;  // of random numbers
      if (base::Has(guess.flags, flag.name) && flag.type.find("int") != std::string::npos &&
          (flag.subcommand.empty() || flag.subcommand == subcommand))
        return &flag;
    }
    return nullptr;
  }

  // A command of the program itself before one of another.
  const CommandGuess* SeedCommand() const {
    const CommandGuess* best = nullptr;
    for (const CommandGuess& guess : inspection_.seed) {
      if (guess.main.empty()) continue;
      if (guess.main == main_.package) return &guess;
      if (best == nullptr) best = &guess;
    }
    return best;
  }

  void WriteSeed() {
    if (const CommandGuess* guess = SeedCommand()) {
      WriteSeedCommand(*guess);
      return;
    }
    if (const golang::Flag* flag = SeedingFlag(inspection_, main_)) {
      const std::string origin = golang::ToString(flag->origin);
      draft_.text += fmt::format("# -{} seeds when the service starts: {}\n", flag->name, origin);
      draft_.found.push_back(fmt::format("the flag -{}, by which the service seeds ({})", flag->name, origin));
      return;
    }
    for (const CommandGuess& guess : inspection_.seed) {
      if (!guess.file.ends_with(".sql")) continue;
      if (guess.needs_psql) {
        WriteSeedByPsql(guess);
        return;
      }
      Line("seed_files", fmt::format("[{}]", TomlText(place_.FromFile(guess.file))));
      draft_.found.push_back(fmt::format("seed file {}", guess.file));
      WriteVariables(guess);
      return;
    }
    if (const std::string file = SeedAmongMigrations(); !file.empty()) {
      draft_.text += fmt::format("# {} makes the rows, with the migrations\n", file);
      draft_.found.push_back(fmt::format("{} among the migrations makes the rows", file));
      return;
    }
    draft_.text += "# seed = \"${bin} seed\"  # none found; without rows there is little to measure\n";
    draft_.missing.emplace_back("a command or file that seeds the database: without rows there is little to measure");
  }

  void WriteSeedCommand(const CommandGuess& guess) {
    const golang::Flag* flag = SizeFlag(guess);
    std::string command = CommandOf(guess);
    if (flag != nullptr) command += fmt::format(" --{} ${{size}}", flag->name);
    Line("seed", TomlText(command), golang::ToString(guess.origin));
    int64_t size = 0;
    if (flag != nullptr) std::from_chars(flag->preset.data(), flag->preset.data() + flag->preset.size(), size);
    if (flag != nullptr) Line("size", std::to_string(size > 0 ? size : 1000), golang::ToString(flag->origin));
    draft_.found.push_back(fmt::format("a command that seeds ({})", golang::ToString(guess.origin)));
  }

  // The command runs in the module's folder.
  void WriteSeedByPsql(const CommandGuess& guess) {
    const std::string file = fs::path(guess.file).lexically_relative(place_.module).generic_string();
    std::vector<std::string> words = {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"};
    for (const golang::NamedValue& variable : guess.vars) {
      words.emplace_back("-v");
      words.push_back(variable.name + "=" + variable.value);
      if (variable.value.empty())
        draft_.missing.push_back(
            fmt::format("a value for psql's variable {} ({})", variable.name, golang::ToString(variable.origin)));
    }
    words.insert(words.end(), {"-f", file});
    Line("seed", TomlText(host::JoinWords(words) + " ${db.url}"), "psql's own commands are in it");
    draft_.found.push_back(fmt::format("seed file {}, for psql", guess.file));
  }

  // Variables of psql's that the file is given when a person runs it: the first number says how much there is.
  void WriteVariables(const CommandGuess& guess) {
    if (guess.vars.empty()) return;
    std::string lines;
    bool sized = false;
    for (const golang::NamedValue& variable : guess.vars) {
      const std::string origin = golang::ToString(variable.origin);
      const bool number =
          !variable.value.empty() && variable.value.find_first_not_of("0123456789") == std::string::npos;
      if (!sized && (number || variable.value.empty())) {
        if (number) Line("size", variable.value, origin);
        sized = true;
        lines += fmt::format("{} = \"${{size}}\"  # {}\n", variable.name, origin);
      } else {
        lines += fmt::format("{} = {}  # {}\n", variable.name,
                             TomlText(variable.value.empty() ? "${size}" : variable.value), origin);
      }
      if (variable.value.empty()) {
        draft_.missing.push_back(
            fmt::format("a value for psql's variable {} ({}): ${{size}} is a guess", variable.name, origin));
      }
    }
    draft_.text += "[database.vars]  # of psql\n" + lines;
  }

  const Inspection& inspection_;
  const MainPackage& main_;
  const Deployment& deployment_;
  const InitPlace& place_;
  bool ambiguous_ = false;  // several folders of migrations are as near
  bool wrote_folder_ = false;
  SectionDraft draft_ = {};
};

}  // namespace

InitPlace::InitPlace(const Inspection& inspection, const MainPackage& main, const std::string& dir) {
  // The module that the main package is in: go build runs there.
  for (const golang::Module& each : inspection.modules) {
    const bool above = each.dir == "." || main.dir == each.dir || main.dir.starts_with(each.dir + "/");
    if (above && (module == "." || each.dir.size() > module.size())) module = each.dir;
  }
  up = fs::path(".").lexically_relative(dir).lexically_normal().generic_string();
}

std::string InitPlace::FromFile(const std::string& path) const {
  return (fs::path(up) / path).lexically_normal().generic_string();
}

std::string InitPlace::Package(const MainPackage& main) const {
  const fs::path package = fs::path(main.dir).lexically_relative(module);
  return package == "." ? "." : "./" + package.generic_string();
}

SectionDraft DraftDatabase(const Inspection& inspection, const MainPackage& main, const Deployment& deployment,
                           const InitPlace& place, std::string_view name, const std::optional<PoolerSign>& pooler) {
  return DatabaseDraft(inspection, main, deployment, place).Write(name, DraftPooler(inspection, pooler));
}

const golang::Applies* AppliedByService(const Inspection& inspection, const MainPackage& main) {
  return AppliedBy(inspection, main.package, [](const golang::Applies& call) { return call.command.empty(); });
}

std::optional<golang::Gate> MigrationGate(const Inspection& inspection, const MainPackage& main) {
  const golang::Applies* applies = AppliedByService(inspection, main);
  if (applies == nullptr || MigrateCommand(inspection, main.package) != nullptr) return std::nullopt;
  return applies->gate;
}

const golang::Flag* SeedingFlag(const Inspection& inspection, const MainPackage& main) {
  const bool command =
      std::ranges::any_of(inspection.seed, [&](const CommandGuess& guess) { return !guess.main.empty(); });
  const bool itself =
      AppliedByService(inspection, main) != nullptr && MigrateCommand(inspection, main.package) == nullptr;
  const auto found = std::ranges::find_if(main.flags, &golang::Flag::seeds);
  return itself && !command && found != main.flags.end() ? &*found : nullptr;
}

bool IsMySqlOnly(const Inspection& inspection) {
  constexpr std::array<std::string_view, 5> kPostgres = {"pgx", "pgxpool", "pgx/stdlib", "lib/pq", "go-pg"};
  constexpr std::array<std::string_view, 4> kCalls = {"pgx", "/pq.", "postgres", "pgdriver"};
  const auto of_postgres = [&](const golang::Connect& connect) {
    return std::ranges::any_of(kCalls,
                               [&](std::string_view part) { return connect.call.find(part) != std::string::npos; });
  };
  return base::Has(inspection.libraries, "mysql") &&
         std::ranges::none_of(kPostgres,
                              [&](std::string_view name) { return base::Has(inspection.libraries, name); }) &&
         std::ranges::none_of(inspection.connects, of_postgres);
}

}  // namespace hone::ops
