// What only Go knows about a repository, as hone-go answers it: main packages, routes, SQL texts, listeners, and so on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "golang/symbols.h"

namespace hone::golang {

// A place in the sources: a file relative to the inspected directory and a line from 1; 0 is none.
struct Place {
  std::string file = {};
  int line = 0;
  bool operator==(const Place&) const = default;
};

// "cmd/shop/main.go:31".
std::string ToString(const Place& origin);

struct Flag {
  std::string name = {};
  std::string type = {};  // "int", "string", ...
  std::string preset = {};
  std::string usage = {};
  std::string subcommand = {};
  bool seeds = false;  // the program fills its database where it is set, and serves then
  Place origin = {};
};

struct Subcommand {
  std::string name = {};
  bool serves = false;  // its branch reaches a call that listens
  Place origin = {};
};

struct MainPackage {
  std::string package = {};  // "example.com/shop/cmd/shop"
  std::string dir = {};      // "cmd/shop"; "." for the repository's own
  std::string binary = {};   // "shop"
  std::vector<Subcommand> subcommands = {};
  std::vector<Flag> flags = {};
  Place origin = {};
};

// A column that the database compares a value of a request with.
struct Compared {
  std::vector<std::string> tables = {};  // all that the statement names, where it does not say whose column it is
  std::string column = {};
  bool day = false;  // by the day of its time, or by its order
};

// A named value of a request; `rules` are those of its validation tag ("min=1,max=100").
struct Parameter {
  std::string name = {};
  std::optional<std::string> preset = {};
  std::string type = {};
  std::string rules = {};
  bool handed_on = false;  // as a text, to the database or other code, whether it is there or not
  std::optional<Compared> compared = {};
  bool scope = false;     // of a path: middleware alone reads it
  bool repeated = false;  // of a query: a list, one value each time that it stands there
  bool joined = false;    // of such a list: its values stand in one text, with commas between
};

// A type without the brackets and stars before its name: "model.Photo" of "[]*model.Photo".
inline std::string_view ElementType(std::string_view type) {
  while (type.starts_with("[]") || type.starts_with('*')) type.remove_prefix(type.starts_with('*') ? 1 : 2);
  return type;
}

// A member of a JSON object. Kind is string, number, integer, boolean, object, array or any; `fields` are those of the
// object or of the array's elements.
struct Field {
  std::string name = {};
  std::string type = {};  // Go's
  std::string kind = {};
  std::map<std::string, std::string> tags = {};  // binding, validate, form, ...
  std::vector<Field> fields = {};
  std::optional<Compared> compared = {};  // of a body's
};

// A JSON document of a request or answer.
struct Shape {
  int status = 0;  // of an answer; 0: not constant
  std::string type = {};
  bool array = false;  // a list of objects with `fields`
  std::vector<Field> fields = {};
};

struct Route {
  std::string method = {};         // "GET", or empty or "ANY" for every one
  std::string path = {};           // as registered: "/orders/:id"
  std::string path_template = {};  // "/orders/{id}"
  bool partial = false;            // the path is not known entirely
  std::string framework = {};      // "gin", "net/http", ...; "grpc" for methods that HTTP requests do not reach
  std::string handler = {};        // symbol of the function: "example.com/shop/internal/httpapi.(*API).orderDetail"
  std::string value_symbol = {};   // what stacks hold where that is another one: a method value ends in -fm
  std::vector<std::string> middleware = {};
  std::vector<std::string> mains = {};
  std::vector<Parameter> path_parameters = {};
  std::vector<Parameter> query = {};
  std::vector<Parameter> headers = {};
  std::vector<Parameter> form = {};
  std::vector<Parameter> cookies = {};  // that its answers set
  bool etag = false;                    // its answers say which version they are of
  std::optional<Shape> body = {};
  bool bodyless = false;  // a POST, PUT or PATCH whose handler reads no body
  std::vector<Shape> responses = {};
  Place origin = {};
};

// A mutex that a function lets go of by `defer`: a mutex profile charges it to the line where the function returns.
struct DeferredUnlock {
  int defer_line = 0;
  int first = 0;  // line of the function's body
  int last = 0;
  std::vector<int> unlocks = {};  // its lines that unlock something at once
  Place origin = {};              // of the Lock
};

// An environment variable inside a text.
struct EnvRead {
  std::string name = {};
  std::optional<std::string> preset = {};
};

// A text as far as it is known: ${NAME} stands for an environment variable, ${?} for what is not known.
struct PartialText {
  std::string value = {};
  std::vector<EnvRead> env = {};
  std::string flag = {};      // the command line flag that sets it
  std::string resolved = {};  // with all defaults; empty if not known
};

// A request header that middleware reads. Without it a request is refused at once, unless it is optional.
struct MiddlewareHeader {
  std::string name = {};
  std::string middleware = {};  // symbol of the function
  int routes = 0;               // seen behind it; 0 where it wraps a whole router
  bool optional = false;
  bool basic = false;        // it is read as HTTP's Basic authentication
  std::string account = {};  // "user:password" that the code itself lets in that way
  // What it is compared with, where that comes out of the configuration ("user:password" of Basic); else empty.
  PartialText wanted = {};
  std::optional<Compared> compared = {};  // the column that a statement compares it with
  std::vector<std::string> mains = {};
  Place origin = {};
};

// A table that the code makes out of a Go type, as the statements that would make it.
struct Model {
  std::string sql = {};
  Place origin = {};
};

struct Listener {
  PartialText address = {};
  std::string serves = {};
  bool tls = false;
  std::vector<std::string> mains = {};
  int routes = 0;  // registered on what it serves, without pprof and metrics
  Place origin = {};
};

// Where pprof or metrics are served. Kind is "default_mux" or "route".
struct DebugEndpoint {
  std::string kind = {};
  std::string path = {};
  std::optional<Listener> listener = {};
  std::vector<std::string> mains = {};
  Place origin = {};
};

struct EnvVariable {
  std::string name = {};
  std::optional<std::string> preset = {};
  std::string file = {};  // a person's own, that gives the preset, which is not told then
  bool test = false;
  bool optional = false;                // the code does without it
  std::vector<std::string> mains = {};  // programs that import the code that reads it
  Place origin = {};
};

struct Query {
  std::string text = {};
  bool partial = false;
  std::vector<std::string> parts = {};    // the known pieces of a partial text
  std::string method = {};                // of the library: "QueryRow", "PrepareContext", ...
  std::string function = {};              // symbol of the function that runs it
  std::string via = {};                   // symbol of the helper of the module's that is handed the text; empty: none
  std::string name = {};                  // sqlc's
  std::optional<Place> name_origin = {};  // where sqlc's name stands: the file that a person edits
  bool test = false;
  std::optional<Place> text_origin = {};  // where the text stands, if elsewhere
  Place origin = {};                      // the call
};

struct Connect {
  std::string call = {};
  PartialText dsn = {};
  std::vector<std::string> mains = {};
  Place origin = {};
};

// Where the code says how many connections its pool may have.
struct PoolSize {
  std::string setting = {};  // "MaxConns", "SetMaxOpenConns"
  PartialText value = {};
  std::vector<std::string> mains = {};
  Place origin = {};
};

// A variable or flag on whose value something depends.
struct Gate {
  std::string env = {};
  std::string flag = {};
  std::string value = {};
};

// A call by which the code itself applies migrations, in the function of that symbol. Call is "CREATE TABLE" where it
// makes tables by SQL of its own.
struct Applies {
  std::string call = {};
  std::string function = {};
  std::optional<Gate> gate = {};  // it is done only if this is set so
  std::string command = {};       // it is done for this subcommand only
  std::vector<std::string> mains = {};
  Place origin = {};
};

// A setting by which no statement of a connection is prepared by name: "QueryExecModeSimpleProtocol".
struct Unprepared {
  std::string what = {};
  Place origin = {};
};

struct Migrations {
  std::string tool = {};
  std::string dir = {};
  std::string pattern = {};
  std::vector<std::string> files = {};
  Place origin = {};
};

// A named value of a file.
struct NamedValue {
  std::string name = {};
  std::string value = {};
  Place origin = {};
};

// A guess at a command: a main package with arguments, or a script.
struct CommandGuess {
  std::string main = {};
  std::vector<std::string> args = {};
  std::string file = {};
  std::vector<std::string> flags = {};
  std::vector<NamedValue> vars = {};  // of psql, that the script does not set itself; with what another script gives
  bool needs_psql = false;            // of a file that Hone cannot run itself; not in the helper's report
  Place origin = {};
};

struct Benchmark {
  std::string name = {};
  std::string package = {};
  Place origin = {};
};

// A configuration file that the code reads: the file that is there, or the names that it may have.
struct ConfigFile {
  std::string file = {};
  std::vector<std::string> names = {};
  std::string flag = {};      // that names it
  std::string variable = {};  // that names it
  bool folder = false;        // flag or variable name its folder
  bool env = false;           // variables win over it
  std::vector<NamedValue> keys = {};
  std::vector<std::string> mains = {};
  Place origin = {};
};

// A port of a compose service that the host can reach.
struct ComposePort {
  std::string host = {};
  std::string container = {};
};

// What one replica may use; 0 is not limited.
struct ResourceLimits {
  double cpus = 0;
  int64_t memory_bytes = 0;
  Place cpus_origin = {};
  Place memory_origin = {};
};

// A service of a compose file; paths are relative to the repository.
struct ComposeService {
  std::string name = {};
  std::string image = {};
  std::string context = {};
  std::string dockerfile = {};
  std::vector<std::string> command = {};
  std::vector<NamedValue> env = {};
  std::vector<std::string> env_files = {};
  std::vector<ComposePort> ports = {};
  std::vector<std::string> depends_on = {};
  std::vector<std::string> init_sql = {};  // what PostgreSQL's image runs when the database is made
  ResourceLimits limits = {};
  Place origin = {};
};

// A container of a Deployment or the like in a Kubernetes manifest.
struct Workload {
  std::string name = {};  // of the Deployment
  std::string container = {};
  std::string image = {};
  ResourceLimits limits = {};
  std::vector<NamedValue> env = {};  // that have their values there
  Place origin = {};
};

struct EnvFile {
  std::string file = {};
  bool example = false;  // a template for a person's own
  std::vector<NamedValue> values = {};
};

// A `go build` of a Dockerfile.
struct DockerBuild {
  std::string package = {};  // a folder
  std::string tags = {};
  Place origin = {};
};

struct Dockerfile {
  std::string file = {};
  std::vector<DockerBuild> builds = {};
  std::vector<NamedValue> env = {};
  std::vector<std::string> command = {};  // of its last stage
};

// An entry of a sqlc configuration: files or folders.
struct SqlcEntry {
  std::string engine = {};
  std::vector<std::string> schema = {};
  Place origin = {};
};

// A parameter of an OpenAPI operation; `in` is "path", "query" or "header".
struct OperationParameter {
  std::string name = {};
  std::string in = {};
  bool required = false;
  std::string example = {};
  std::vector<std::string> choices = {};
  Place origin = {};
};

struct Operation {
  std::string method = {};
  std::string path = {};
  std::vector<OperationParameter> parameters = {};
  std::string body = {};  // an example, as JSON
  bool bodyless = false;  // the document names none
  std::vector<int> status = {};
  Place origin = {};
};

// One source of a key that tokens are verified by. Kind is "secret", "public_key" (PEM), "public_key_file", "jwks" (the
// URL of a key set) or "issuer" (that of an OpenID provider).
struct TokenKey {
  std::string kind = {};
  std::string algorithm = {};  // empty where the code does not say
  std::string encoding = {};   // "base64" or "hex" where the code decodes it
  PartialText value = {};
  Place origin = {};
};

// A place of a request that a token is read from: "header", "cookie" or "query". `prefix` stands before it ("Bearer ").
struct TokenSource {
  std::string in = {};
  std::string name = {};
  std::string prefix = {};
  Place origin = {};
};

// A place where the code verifies the tokens of requests.
struct TokenCheck {
  std::string library = {};
  std::vector<std::string> algorithms = {};  // that its package names
  std::vector<TokenKey> keys = {};
  std::vector<TokenSource> sources = {};  // empty where they were not seen
  std::vector<std::string> mains = {};
  Place origin = {};
};

// A value that a claim is compared with; a request with another one may be refused.
struct TokenValue {
  PartialText value = {};
  bool refuses = false;
  Place origin = {};
};

// A claim that the code reads. Kind is that of a Field; format "integer" or "uuid" where a text is parsed as one.
struct TokenClaim {
  std::string name = {};
  std::string kind = {};
  std::string format = {};
  bool required = false;
  std::vector<TokenValue> values = {};
  std::vector<std::string> mains = {};
  Place origin = {};
};

// The Go type that an answer is decoded into. Kind is that of a Field.
struct UpstreamAnswer {
  std::string type = {};
  std::string kind = {};
  bool array = false;  // a list of objects with `fields`
  std::vector<Field> fields = {};
  Place origin = {};
};

// An HTTP request that the code sends to another service.
struct UpstreamCall {
  std::string method = {};  // empty where it is not known
  PartialText url = {};
  int status = 0;  // that the code wants, where 200 is none of them
  std::optional<UpstreamAnswer> answer = {};
  std::vector<std::string> mains = {};
  Place origin = {};
};

struct Note {
  std::string message = {};
  std::string package = {};
  std::optional<Place> origin = {};
};

struct Inspection {
  std::string go_version = {};
  std::vector<Module> modules = {};  // of the repository or its workspace; `dir` is relative to the inspected directory
  std::vector<MainPackage> mains = {};
  std::vector<Route> routes = {};
  std::vector<MiddlewareHeader> headers = {};
  std::vector<Model> models = {};
  std::vector<DeferredUnlock> locks = {};
  std::vector<Listener> listeners = {};
  std::vector<Query> queries = {};
  // All texts of the code, but for tests, that may be a statement or become a part of one.
  std::vector<std::string> sql_pieces = {};
  std::vector<std::string> libraries = {};  // database libraries, by name
  std::vector<Connect> connects = {};
  std::vector<PoolSize> pool_sizes = {};
  std::vector<std::string> schemas = {};  // SQL files that make tables and are neither migrations nor a seed
  std::vector<Migrations> migrations = {};
  std::vector<CommandGuess> migrate = {};
  std::vector<CommandGuess> seed = {};
  std::vector<DebugEndpoint> pprof = {};
  std::vector<DebugEndpoint> metrics = {};
  std::vector<EnvVariable> env = {};
  std::vector<Benchmark> benchmarks = {};
  std::vector<Applies> applies = {};
  std::vector<Unprepared> unprepared = {};
  std::vector<ConfigFile> config = {};
  std::vector<TokenCheck> tokens = {};
  std::vector<TokenClaim> claims = {};
  std::vector<UpstreamCall> upstreams = {};
  std::vector<ComposeService> compose = {};
  std::vector<Workload> workloads = {};
  std::vector<EnvFile> env_files = {};
  std::vector<Dockerfile> dockerfiles = {};
  std::vector<SqlcEntry> sqlc = {};
  std::vector<Operation> operations = {};  // of OpenAPI documents
  std::vector<std::string> ignored = {};   // by git: files, and folders with a slash at the end; "./" for all
  std::vector<Note> problems = {};         // what kept the inspection from being complete
};

// Reads hone-go's document (schema hone.go/1). kInput if it is none, kTooNew for another schema. Members that are
// missing are empty.
base::Result<Inspection> ParseInspection(std::string_view json);

// SQL without what drivers and tools change: comments and needless white space gone, everything outside of quotes in
// lower case, each parameter ($1, ?, :name, @name) the same. With `constants`, numbers, strings, true, false and null
// become parameters too.
std::string FoldSql(std::string_view text, bool constants = false);

// The queries of the sources whose text is `sql` as seen on the wire, or as normalised (constants as parameters), tests
// only where nothing else is. Texts that are put together at run time match by their known parts, in order. Empty if
// none fits; views into `inspection`.
std::vector<const Query*> FindQuery(const Inspection& inspection, std::string_view sql);

// A piece of a text that stands between two known parts of it, `known` of which stand before.
struct OpenPiece {
  size_t begin = 0;
  size_t end = 0;
  size_t known = 0;
};

// Where `sql`, as it was sent, has what the sources put between the known parts of a partial text. Empty where it is
// not made of these parts.
std::vector<OpenPiece> BetweenParts(const Query& query, std::string_view sql);

}  // namespace hone::golang
