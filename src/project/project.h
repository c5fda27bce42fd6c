// hone.toml as values: how to build, start, reach and drive one service. docs/hone-toml.md is the format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "project/template.h"

namespace hone::project {

// A place in hone.toml, from 1; 0 is none.
struct Position {
  uint32_t line = 0;
  uint32_t column = 0;
  auto operator<=>(const Position&) const = default;
};

// A command, split into words before its templates are filled in: a value with blanks stays one word. Empty: none.
using Words = std::vector<Template>;
using Environment = std::map<std::string, Template>;
using Headers = std::vector<std::pair<std::string, Template>>;

struct File {
  Template path = {};  // relative ones below ${run.dir}
  Template content = {};
};

struct Ready {
  Template path = {};
  std::vector<int> status = {200};
  int64_t timeout_ns = 30'000'000'000;
};

// What one replica may use in production: applied to the service where this machine allows it.
struct ServiceLimits {
  std::optional<double> cpus = {};
  std::optional<int64_t> memory_bytes = {};
};

struct Service {
  std::string name = {};
  std::filesystem::path dir = {};  // absolute; where build, run, migrate and seed are started
  Words build = {};                // may be empty: then `run` builds by itself, and ${bin} is not known
  Words run = {};
  Template url = {};
  Environment env = {};
  std::vector<File> files = {};
  std::optional<Ready> ready = {};  // empty: ready when it listens on all of its ports
  ServiceLimits limits = {};
};

// When a sidecar is ready: by one of port, url and command; with none, when it listens on its own ports.
struct SidecarReady {
  Template port = {};  // of 127.0.0.1, that it listens on
  Template url = {};   // that answers with one of `status`
  std::vector<int> status = {200};
  Words command = {};  // that ends with status 0
  int64_t timeout_ns = 30'000'000'000;
};

// Another process that the service needs: started before it, watched, and stopped after it.
struct Sidecar {
  std::string name = {};  // letters, digits, - and _; unique
  std::filesystem::path dir = {};
  Words build = {};  // empty: none; then ${bin} is the service's
  Words run = {};
  Environment env = {};
  std::vector<File> files = {};
  SidecarReady ready = {};
  bool keep = false;                 // runs on where the database is put back to its seeded state
  std::set<std::string> ports = {};  // the ${port.NAME} that are its own: no earlier sidecar names them
};

enum class DatabaseMode { kEmbedded, kUrl };

// How a pooler between the service and its database in production hands out the server's sessions.
enum class Pooler { kUnknown, kNone, kSession, kTransaction };

struct Database {
  DatabaseMode mode = DatabaseMode::kEmbedded;
  Template url = {};     // of kUrl
  bool scratch = false;  // of kUrl: a database of Hone's own is made on that server and entered instead
  bool tls = false;      // the proxy speaks it with clients that ask for it
  Pooler pooler = Pooler::kUnknown;
  std::string name = {};                               // of the database; default: the service's name
  std::vector<std::filesystem::path> migrations = {};  // patterns, absolute: see FilesOf
  Words migrate = {};
  bool migrate_at_start = false;  // the service makes its tables itself: it is started once before the seed
  Words seed = {};
  std::vector<std::filesystem::path> seed_files = {};  // patterns, absolute
  int64_t size = 1000;
  Environment env = {};   // of migrate and seed, on top of Service::env
  Environment vars = {};  // of psql, in SQL files
};

// What `hone init` writes where a person must put something; nothing is started while it stands there.
inline constexpr std::string_view kFillIn = "FILL IN";

// The header that "header:NAME" names; nothing where it is something else, such as a JSON pointer.
std::optional<std::string_view> HeaderNamed(std::string_view place);

// Where a login finds a value in the answer.
struct Capture {
  enum class Source { kPointer, kHeader, kCookie };
  std::string key = {};  // used as ${login.NAME.key}
  Source source = Source::kPointer;
  std::string where = {};  // a JSON pointer, or the name of the header or cookie
};

struct Login {
  std::string name = {};
  std::string method = "POST";
  Template path = {};
  Template body = {};
  Headers headers = {};  // complete
  std::vector<int> status = {200};
  std::vector<Capture> captures = {};
  Position at = {};
};

// A written answer of a stub. See project/stub.h for what its path matches.
struct StubAnswer {
  std::string method = {};  // empty: any
  std::string path = {};    // elements may be {name}, the last one *; behind a ? what the query must hold
  int status = 200;
  Headers headers = {};
  Template body = {};
  std::filesystem::path file = {};  // absolute; instead of `body`
  int64_t delay_ns = 0;
  Position at = {};
  bool literal = false;                   // recorded: nothing in `path` stands for anything else
  std::optional<std::string> bytes = {};  // of the file or the recording: see ReadAnswers
};

// An HTTP service that the service under test calls, played by Hone: ${stub.NAME} is its URL.
struct Stub {
  std::string name = {};
  std::vector<StubAnswer> answers = {};  // the first that matches answers
  std::filesystem::path har = {};        // absolute; recorded answers, behind the written ones
  int64_t delay_ns = 0;                  // of recorded answers
  Position at = {};
};

enum class JwtAlgorithm { kRs256, kEs256, kHs256 };

// The key of the run, by which tokens are signed. With a key pair, Hone serves the public key as a JWKS.
struct Jwt {
  JwtAlgorithm algorithm = JwtAlgorithm::kRs256;
  Template issuer = {};  // empty: the URL of the key server
};

// ${token.NAME}
struct Token {
  std::string name = {};
  Template claims = {};  // a JSON object
  int64_t ttl_ns = 3'600'000'000'000;
  Position at = {};
};

// How an asynchronous answer is awaited: the request is sent again until the answer has the wanted status and value.
struct Until {
  std::string pointer = {};  // into the answer; empty: the status alone counts
  Template equals = {};
  int64_t interval_ns = 100'000'000;
  int64_t timeout_ns = 10'000'000'000;
};

// A request of [[setup]] or [[cleanup]].
struct Step {
  std::string name = {};  // of a set-up step: ${setup.NAME.KEY}; may be empty
  std::string method = {};
  Template path = {};
  Template body = {};
  Headers headers = {};  // complete
  std::vector<int> status = {200};
  std::vector<Capture> captures = {};
  std::optional<Until> until = {};
  Position at = {};
};

struct Sizes {
  std::vector<int64_t> values = {};  // ascending
  int64_t load = 0;                  // the one of them that the load phase uses
  // ${n.items}: this text as often as the size says, with `join` between; ${i} in it counts up from 1, and another
  // variable has another of its values in each item. Empty: none.
  Template items = {};
  std::string join = ",";  // stands in requests as it is, also in a query: "&id="
};
struct Range {
  int64_t first = 0;
  int64_t last = 0;
};
struct List {
  std::vector<std::string> values = {};
};
struct FromAnswer {
  size_t scenario = 0;       // index into Project::scenarios
  std::string pointer = {};  // or "header:NAME"
  bool operator==(const FromAnswer&) const = default;
};

// One row of another table, that values must belong to: the tenant who asks.
struct Within {
  std::string table = {};
  std::string column = {};
  std::string value = {};
  bool operator==(const Within&) const = default;
};

// The values of a column of the service's database, as text; at most Learned::kMostValues, spread over all.
struct OfColumn {
  std::string table = {};  // with its schema where it is on no search path: "shop.orders"
  std::string column = {};
  std::string as = {};    // how PostgreSQL's to_char writes them; empty: as they are
  std::string plus = {};  // an interval that is added to them ("7 days")
  std::optional<Within> within = {};
  bool operator==(const OfColumn&) const = default;
};

// The day or time so many days after another variable's as the size says: the end of a span that is as long as that.
struct DaysAfter {
  std::string of = {};  // the other variable's name
};

struct Variable {
  std::string name = {};
  std::variant<Sizes, Range, List, FromAnswer, OfColumn, DaysAfter> values = {};
  // With values out of answers or a column: some that the quiet phase asks for as well, those of one place together
  // with those of the same place of the scenario's other variables.
  std::vector<std::string> also = {};
};

struct BodyCheck {
  enum class Kind { kEquals, kExists, kLength, kAtLeast, kContains };
  Kind kind = Kind::kExists;
  std::string pointer = {};  // of all but kContains
  Template value = {};       // of all but kExists
  bool exists = true;        // of kExists
  Position at = {};
};

struct Scenario {
  std::string name = {};  // default: the endpoint's name; unique
  std::string method = "GET";
  Template path = {};  // with the query
  Template body = {};
  Headers headers = {};  // complete: [headers] unless no_auth, then the scenario's own
  double weight = 1;
  std::vector<int> status = {200};
  bool writes = false;
  std::vector<Variable> vars = {};  // at most one of them has sizes
  std::vector<BodyCheck> checks = {};
  Position at = {};

  const Variable* SizeVariable() const;  // or nullptr
};

// Per request, in nanoseconds.
struct Budgets {
  int64_t database_ns = 5'000'000;
  int64_t logic_ns = 1'000'000;
  int64_t round_trip_ns = 500'000;
};

struct Limits {
  std::optional<double> rate = {};  // requests a second; empty: by a pilot
  int64_t latency_for_ns = 6'000'000'000;
  int64_t profile_for_ns = 1'000'000'000;
  int connections = 32;
};

// The connection pool of one replica, for `hone pool`.
struct Pool {
  std::string env = {};  // the variable that sets its size; empty: sizes are tried at the proxy's gate
  int64_t replicas = 1;
  int64_t reserve = 3;                 // connections of the server that are not the service's
  int64_t max_connections = 100;       // of the production server
  int64_t wait_ns = 1'000'000;         // that a request may wait for a connection, on average
  std::optional<int64_t> p99_ns = {};  // of response times, that must be kept
};

struct Project {
  std::filesystem::path file = {};  // hone.toml, absolute
  Service service = {};
  std::optional<Template> pprof_url = {};
  bool pprof_as_is = false;  // the service is built as hone.toml says, whatever its pprof lacks
  std::optional<Template> metrics_url = {};
  std::optional<Database> database = {};  // empty: the service has none
  std::vector<Sidecar> sidecars = {};     // in the order of their start
  std::vector<Stub> stubs = {};
  std::optional<Jwt> jwt = {};  // there wherever there are tokens
  std::vector<Token> tokens = {};
  std::vector<Login> logins = {};
  std::vector<Step> setup = {};    // in order, after the logins
  std::vector<Step> cleanup = {};  // in order, before the service stops
  Budgets budgets = {};
  Limits limits = {};
  Pool pool = {};
  std::vector<Scenario> scenarios = {};
  std::vector<size_t> order = {};    // of the scenarios: whatever another one takes values from comes before it
  std::set<std::string> ports = {};  // the ${port} and ${port.NAME} that occur, by name: "port", "port.debug"
};

// One thing that is wrong, as a sentence without a full stop.
struct Problem {
  Position at = {};
  std::string text = {};
  bool operator==(const Problem&) const = default;
};

inline constexpr size_t kMostProblems = 20;

// Reads the text of a hone.toml that stands at `file` (absolute; relative paths are resolved against its folder;
// nothing is opened). Otherwise what is wrong with it, in the order of the text, at most kMostProblems.
std::expected<Project, std::vector<Problem>> ParseProject(std::string_view text, const std::filesystem::path& file);

// Reads the file. kNotFound (try `hone init`); kInput with one line "hone.toml:LINE:COLUMN: sentence" for each problem.
base::Result<Project> ReadProject(const std::filesystem::path& file);

// The files that patterns stand for: `*`, `?` and [..] within the last element, sorted by name within a pattern, in the
// order of the patterns. kNotFound for a pattern without a file.
base::Result<std::vector<std::filesystem::path>> FilesOf(const std::vector<std::filesystem::path>& patterns);

// "GET /orders/{id}": the method and the path without its query.
std::string EndpointName(const Scenario& scenario);

}  // namespace hone::project
