package main

// Schema names the shape of the document; it changes when a field changes its meaning or goes away.
const Schema = "hone.go/1"

// Origin is a place in the sources: a file relative to the inspected directory (slashes) and a line from 1.
type Origin struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Document is everything that one inspection found. Lists are never null and are sorted by origin.
type Document struct {
	Schema    string     `json:"schema"`
	GoVersion string     `json:"go_version"`
	Module    *Module    `json:"module,omitempty"`
	Workspace *Workspace `json:"workspace,omitempty"`
	Mains     []Main     `json:"mains"`
	Routes    []Route    `json:"routes"`
	Headers   []Header   `json:"headers,omitempty"`
	Listeners []Listener `json:"listeners"`
	Queries   []Query    `json:"queries"`
	Pieces    []string   `json:"sql_pieces,omitempty"`
	Locks     []Lock     `json:"locks,omitempty"`
	Database  Database   `json:"database"`
	Models    []Model    `json:"models,omitempty"`
	Pprof     []Debug    `json:"pprof"`
	Metrics   []Debug    `json:"metrics"`
	Env       []EnvVar   `json:"env"`
	Config    []Config   `json:"config,omitempty"`

	Tokens []TokenCheck `json:"tokens,omitempty"`
	Claims []TokenClaim `json:"claims,omitempty"`

	Upstreams []UpstreamCall `json:"upstreams,omitempty"`

	Compose     []ComposeService `json:"compose,omitempty"`
	Workloads   []Workload       `json:"workloads,omitempty"`
	EnvFiles    []EnvFile        `json:"env_files,omitempty"`
	Dockerfiles []Dockerfile     `json:"dockerfiles,omitempty"`
	Sqlc        []Sqlc           `json:"sqlc,omitempty"`
	Operations  []Operation      `json:"openapi,omitempty"`
	Ignored     []string         `json:"ignored,omitempty"` // by git: files, and folders with a slash at the end; "./" for all

	Benchmarks []Benchmark `json:"benchmarks"`
	Problems   []Problem   `json:"problems"`
}

// Model is a table that the code makes out of a Go type, as the statements that would make it.
type Model struct {
	SQL    string `json:"sql"`
	Origin Origin `json:"origin"`
}

// Module is one main module; Go is the version in its go directive.
type Module struct {
	Path   string `json:"path"`
	Dir    string `json:"dir"`
	Go     string `json:"go,omitempty"`
	Vendor bool   `json:"vendor,omitempty"`
}

// Workspace is a go.work and its modules.
type Workspace struct {
	File    string   `json:"file"`
	Modules []Module `json:"modules"`
}

// Main is a main package.
type Main struct {
	Package     string       `json:"package"`
	Dir         string       `json:"dir"`
	Binary      string       `json:"binary"`
	Origin      Origin       `json:"origin"`
	Subcommands []Subcommand `json:"subcommands"`
	Flags       []Flag       `json:"flags"`
}

// Lock is a mutex that a function, of these lines, lets go of by defer; Origin is where it takes it.
type Lock struct {
	Defer   int    `json:"defer"`
	First   int    `json:"first"`
	Last    int    `json:"last"`
	Unlocks []int  `json:"unlocks,omitempty"` // lines of the function that unlock something without defer
	Origin  Origin `json:"origin"`
}

// Subcommand is a word that a main package compares its arguments with. Via is os.Args, flag.Arg, args or cobra. Serves is
// true where its branch reaches a call that listens.
type Subcommand struct {
	Name   string `json:"name"`
	Via    string `json:"via"`
	Serves bool   `json:"serves,omitempty"`
	Origin Origin `json:"origin"`
}

// Flag is a command line flag; Subcommand is the name of its flag.FlagSet, if it has one.
type Flag struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Default    string `json:"default"`
	Usage      string `json:"usage,omitempty"`
	Subcommand string `json:"subcommand,omitempty"`
	// Seeds: the program that serves fills its database first where it is set.
	Seeds  bool   `json:"seeds,omitempty"`
	Origin Origin `json:"origin"`
}

// Route is one registration of a handler.
type Route struct {
	Method      string     `json:"method"`
	Path        string     `json:"path"`
	Template    string     `json:"template"`
	Partial     bool       `json:"partial,omitempty"`
	Framework   string     `json:"framework"`
	Handler     string     `json:"handler"`
	ValueSymbol string     `json:"value_symbol"`
	Declared    *Origin    `json:"declared,omitempty"`
	Middleware  []string   `json:"middleware"`
	Mains       []string   `json:"mains"`
	Request     Request    `json:"request"`
	Responses   []Response `json:"responses"`
	Cookies     []Param    `json:"cookies,omitempty"` // that its answers set
	ETag        bool       `json:"etag,omitempty"`    // its answers say which version they are of
	Origin      Origin     `json:"origin"`
}

// Header is a request header that middleware reads; Middleware is the function's symbol and Routes how many routes were
// seen behind it: 0 where it wraps a whole router. Optional is false where a request without it is refused at once.
type Header struct {
	Name       string   `json:"name"`
	Middleware string   `json:"middleware"`
	Routes     int      `json:"routes"`
	Optional   bool     `json:"optional,omitempty"`
	Basic      bool     `json:"basic,omitempty"`   // read as HTTP's Basic authentication
	Account    string   `json:"account,omitempty"` // "user:password" that the code itself lets in that way
	Wanted     *Text    `json:"wanted,omitempty"`  // what it must hold by the service's configuration ("user:password" of Basic)
	Mains      []string `json:"mains"`
	Origin     Origin   `json:"origin"`
	// Compared is the column that a statement compares it with: the tenant's whose things are asked for.
	Compared *Compared `json:"compared,omitempty"`
}

// Request is what a handler was seen to read.
type Request struct {
	Path   []Param `json:"path"`
	Query  []Param `json:"query"`
	Form   []Param `json:"form"`
	Header []Param `json:"header"`
	Body   *Body   `json:"body,omitempty"`
	// Bodyless: a POST, PUT or PATCH whose handler surely reads no body.
	Bodyless bool `json:"bodyless,omitempty"`
}

// Param is one named value of a request; Default is nil where none was seen.
type Param struct {
	Name    string  `json:"name"`
	Default *string `json:"default,omitempty"`
	Type    string  `json:"type,omitempty"`
	Rules   string  `json:"rules,omitempty"`
	// HandedOn: the code asks nowhere whether the text is there before other code, such as a database's, gets it.
	HandedOn bool      `json:"handed_on,omitempty"`
	Compared *Compared `json:"compared,omitempty"`
	Scope    bool      `json:"scope,omitempty"`    // of a path: middleware alone reads it
	Repeated bool      `json:"repeated,omitempty"` // of a query: a list, one value each time that it stands there
	Joined   bool      `json:"joined,omitempty"`   // of such a list: its type reads them out of one text, with commas between
	Origin   Origin    `json:"origin"`
}

// Body is a JSON body decoded into a Go type. Array is true where the document is a list of Fields.
type Body struct {
	Type   string  `json:"type"`
	Array  bool    `json:"array,omitempty"`
	Fields []Field `json:"fields"`
	Origin Origin  `json:"origin"`
}

// Field is one member of a JSON object. Kind is string, number, integer, boolean, object, array or any.
type Field struct {
	Name string            `json:"name"`
	Type string            `json:"type"`
	Kind string            `json:"kind"`
	Tags map[string]string `json:"tags,omitempty"`
	// Of a body's: what the database compares it with.
	Compared *Compared `json:"compared,omitempty"`
	Fields   []Field   `json:"fields,omitempty"`
}

// Response is a JSON answer; Status is 0 where it is not constant.
type Response struct {
	Status int     `json:"status"`
	Type   string  `json:"type"`
	Array  bool    `json:"array,omitempty"`
	Fields []Field `json:"fields"`
	Origin Origin  `json:"origin"`
}

// Text is a string as far as it is known. Value holds ${NAME} for an environment variable and ${?} for what is not known.
type Text struct {
	Value    string    `json:"value"`
	Env      []EnvRead `json:"env,omitempty"`
	Flag     string    `json:"flag,omitempty"`
	Resolved string    `json:"resolved,omitempty"`
}

// EnvRead is an environment variable inside a Text.
type EnvRead struct {
	Name    string  `json:"name"`
	Default *string `json:"default,omitempty"`
}

// Listener is an address on which a server listens, with what it serves.
type Listener struct {
	Address Text     `json:"address"`
	Serves  string   `json:"serves"`
	TLS     bool     `json:"tls,omitempty"`
	Mains   []string `json:"mains"`
	Routes  int      `json:"routes"` // registered on what it serves, without pprof and metrics
	Origin  Origin   `json:"origin"`
	root    *node
}

// Query is one SQL text handed to a database library. Parts are the known pieces of a text that is not constant.
type Query struct {
	Text       string   `json:"text"`
	Partial    bool     `json:"partial,omitempty"`
	Parts      []string `json:"parts,omitempty"`
	Library    string   `json:"library"`
	Method     string   `json:"method"`
	Function   string   `json:"function"`
	Via        string   `json:"via,omitempty"`
	Name       string   `json:"name,omitempty"`    // sqlc's
	Returns    string   `json:"returns,omitempty"` // sqlc's: one, many, exec, ...
	NameOrigin *Origin  `json:"name_origin,omitempty"`
	Test       bool     `json:"test,omitempty"`
	TextOrigin *Origin  `json:"text_origin,omitempty"`
	Origin     Origin   `json:"origin"`
}

// Database is what the repository uses to reach its database.
type Database struct {
	Libraries  []Library    `json:"libraries"`
	Connect    []Connect    `json:"connect"`
	Migrations []Migrations `json:"migrations"`
	Applies    []Applies    `json:"applies,omitempty"`
	Migrate    []Command    `json:"migrate"`
	Seed       []Command    `json:"seed"`
	Unprepared []Unprepared `json:"unprepared,omitempty"`
	PoolSizes  []PoolSize   `json:"pool_sizes,omitempty"`
	// Schemas are SQL files that make tables and are neither migrations nor a seed.
	Schemas []string `json:"schemas,omitempty"`
}

// PoolSize is a place where the code says how many connections may be open.
type PoolSize struct {
	Setting string   `json:"setting"` // MaxConns, SetMaxOpenConns
	Value   Text     `json:"value"`
	Origin  Origin   `json:"origin"`
	Mains   []string `json:"mains,omitempty"`
}

// Unprepared is a setting by which no statement of a connection is prepared by name, as poolers in transaction mode want it.
type Unprepared struct {
	What   string `json:"what"`
	Origin Origin `json:"origin"`
}

// Library is a database library and the first import of it.
type Library struct {
	Name   string `json:"name"`
	Import string `json:"import"`
	Origin Origin `json:"origin"`
}

// Connect is a call that takes the connection string.
type Connect struct {
	Call   string   `json:"call"`
	DSN    Text     `json:"dsn"`
	Origin Origin   `json:"origin"`
	Mains  []string `json:"mains,omitempty"`
}

// Migrations is a folder of migration files; Pattern selects those that go up, in the order of their names.
type Migrations struct {
	Tool    string   `json:"tool"`
	Dir     string   `json:"dir"`
	Pattern string   `json:"pattern"`
	Files   []string `json:"files"`
	Origin  Origin   `json:"origin"`
}

// Applies is a call by which the code itself applies migrations; Function is the one around it. Call is CREATE TABLE where it makes
// tables by SQL of its own, and embed.FS where it runs SQL files that are built in.
type Applies struct {
	Call     string   `json:"call"`
	Function string   `json:"function"`
	Gate     *Gate    `json:"gate,omitempty"`    // it is done only if this is set so
	Command  string   `json:"command,omitempty"` // it is done for this subcommand only, or for this flag ("-migrate"), and that is all then
	Mains    []string `json:"mains"`
	Origin   Origin   `json:"origin"`
}

// Gate is a value of an environment variable or flag on which something depends.
type Gate struct {
	Env   string `json:"env,omitempty"`
	Flag  string `json:"flag,omitempty"`
	Value string `json:"value"`

	Ends bool `json:"-"` // what depends on it ends the program
}

// Command is a guess at a command: a main package with arguments, or a script.
type Command struct {
	Main   string    `json:"main,omitempty"`
	Args   []string  `json:"args,omitempty"`
	File   string    `json:"file,omitempty"`
	Flags  []string  `json:"flags,omitempty"`
	Vars   []PsqlVar `json:"vars,omitempty"`
	Origin Origin    `json:"origin"`
}

// PsqlVar is a variable of psql that a script uses and does not set. Value is what another script gives it, or empty; Origin is
// where.
type PsqlVar struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`
	Origin Origin `json:"origin"`
}

// Debug is a place where pprof or metrics are served. Kind is default_mux or route.
type Debug struct {
	Kind     string    `json:"kind"`
	Path     string    `json:"path"`
	Partial  bool      `json:"partial,omitempty"`
	Listener *Listener `json:"listener,omitempty"`
	Mains    []string  `json:"mains"`
	Origin   Origin    `json:"origin"`
}

// EnvVar is one environment variable read at one place.
type EnvVar struct {
	Name     string   `json:"name"`
	Default  *string  `json:"default,omitempty"`
	File     string   `json:"file,omitempty"` // a person's own, that gives the default, which is not told then
	Via      string   `json:"via"`
	Optional bool     `json:"optional,omitempty"` // the code does without it: it is compared with ""
	Test     bool     `json:"test,omitempty"`
	Origin   Origin   `json:"origin"`
	Mains    []string `json:"mains,omitempty"`
}

// Config is a configuration file that the code reads, as far as known: the file that is there, or the names it may have.
type Config struct {
	Via    string    `json:"via"`
	File   string    `json:"file,omitempty"`
	Names  []string  `json:"names"`
	Flag   string    `json:"flag,omitempty"`   // that names it
	Var    string    `json:"var,omitempty"`    // the variable that names it
	Folder bool      `json:"folder,omitempty"` // flag or variable name its folder
	Env    bool      `json:"env,omitempty"`    // variables win over it (AutomaticEnv)
	Keys   []Setting `json:"keys"`
	Origin Origin    `json:"origin"`
	Mains  []string  `json:"mains,omitempty"`
}

// Setting is one named value of a file.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin Origin `json:"origin"`
}

// Benchmark is a Benchmark function.
type Benchmark struct {
	Name    string `json:"name"`
	Package string `json:"package"`
	Origin  Origin `json:"origin"`
}

// Problem is something that kept the inspection from being complete.
type Problem struct {
	Message string  `json:"message"`
	Package string  `json:"package,omitempty"`
	Origin  *Origin `json:"origin,omitempty"`
}
