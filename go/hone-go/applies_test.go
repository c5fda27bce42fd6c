package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

const selfMigrating = `package main

import (
	"database/sql"
	"embed"
	"os"
)

//go:embed schema/*.sql
var files embed.FS

func main() {
	db, _ := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if os.Getenv("MIGRATE") == "yes" {
		up(db)
	}
	partition(db)
}

func up(db *sql.DB) {
	entries, _ := files.ReadDir("schema")
	for _, entry := range entries {
		text, _ := files.ReadFile("schema/" + entry.Name())
		db.Exec(string(text))
	}
}

func partition(db *sql.DB) {
	db.Exec("CREATE TABLE IF NOT EXISTS events_1 PARTITION OF events FOR VALUES FROM (1) TO (2)")
	db.Exec("CREATE TEMP TABLE scratch (id int)")
}
`

func TestAppliesEmbeddedFiles(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "schema/one.sql", "create table a (id int);\n", "main.go", selfMigrating))
	if len(d.Database.Applies) != 1 {
		t.Fatalf("%+v", d.Database.Applies)
	}
	applies := d.Database.Applies[0]
	if applies.Call != "embed.FS" || applies.Origin.Line != 24 {
		t.Errorf("%+v", applies)
	}
	if applies.Gate == nil || *applies.Gate != (Gate{Env: "MIGRATE", Value: "yes"}) {
		t.Errorf("%+v", applies.Gate)
	}
}

const migratingPackage = `package db

import (
	"database/sql"
	"embed"
)

//go:embed schema/*.sql
var files embed.FS

func Open() *sql.DB {
	db, _ := sql.Open("pgx", "")
	return db
}

func Migrate(db *sql.DB) error { return up(db) }

func up(db *sql.DB) error {
	text, _ := files.ReadFile("schema/one.sql")
	_, err := db.Exec(string(text))
	return err
}
`

func TestAppliesOfThoseThatCall(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "db/schema/one.sql", "create table a (id int);\n",
		"db/db.go", migratingPackage,
		"cmd/seed/main.go", `package main

import "example.com/m/db"

func main() {
	run(db.Migrate)
}

func run(steps ...any) {}
`,
		"cmd/serve/main.go", `package main

import "example.com/m/db"

func main() {
	db.Open()
}
`))
	applies := d.Database.Applies
	if len(applies) != 1 || !slices.Equal(applies[0].Mains, []string{"example.com/m/cmd/seed"}) {
		t.Fatalf("%+v", applies)
	}
}

func TestAppliesSchemaText(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"database/sql"
	"flag"
)

const schema = `+"`"+`-- the tables
CREATE TABLE IF NOT EXISTS a (
	id serial
);
`+"`"+`

func main() {
	migrate := flag.Bool("migrate", false, "")
	flag.Parse()
	db, _ := sql.Open("pgx", "")
	if *migrate {
		db.Exec(schema)
	}
}
`))
	if len(d.Database.Applies) != 1 || d.Database.Applies[0].Call != "CREATE TABLE" {
		t.Fatalf("%+v", d.Database.Applies)
	}
	if gate := d.Database.Applies[0].Gate; gate == nil || *gate != (Gate{Flag: "migrate", Value: "true"}) {
		t.Errorf("%+v", gate)
	}
}

func TestAppliesForAFlagThatEndsTheProgram(t *testing.T) {
	program := func(condition, behind string) string {
		return `package main

import (
	"database/sql"
	"flag"
	"net/http"
	"os"
)

const schema = "CREATE TABLE a (\n\tid serial\n);"

func main() {
	only := flag.Bool("upgrade", false, "make the tables and end")
	flag.Parse()
	run(*only, os.Getenv("UPGRADE") == "true")
}

func run(only, always bool) {
	db, _ := sql.Open("pgx", "")
	if ` + condition + ` {
		if _, err := db.Exec(schema); err != nil {
			return
		}
		` + behind + `
	}
	http.ListenAndServe(":8080", nil)
}
`
	}
	for _, test := range []struct {
		condition, behind, command string
		gate                       *Gate
	}{
		{"only", "return", "-upgrade", nil},
		{"only", "if only { os.Exit(0) }", "-upgrade", nil},
		{"only", "if always { return }", "", &Gate{Flag: "upgrade", Value: "true"}},
		{"only", "", "", &Gate{Flag: "upgrade", Value: "true"}},
		{"only || always", "if only { return }", "", &Gate{Env: "UPGRADE", Value: "true"}},
		{"only || always", "return", "-upgrade", nil},
	} {
		d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", program(test.condition, test.behind))).Database
		if len(d.Applies) != 1 || d.Applies[0].Command != test.command || !reflect.DeepEqual(d.Applies[0].Gate, test.gate) {
			t.Errorf("%+v: %+v", test, d.Applies)
		}
		if migrates := len(d.Migrate) == 1 && d.Migrate[0].Args[0] == test.command; migrates != (test.command != "") {
			t.Errorf("%+v: %+v", test, d.Migrate)
		}
	}
}

func TestAppliesForASubcommand(t *testing.T) {
	program := func(command, serve string) string {
		return `package main

import (
	"database/sql"
	"net/http"
	"os"
)

const schema = "CREATE TABLE a (\n\tid serial\n);"

func main() {
	command := "serve"
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	db, _ := sql.Open("pgx", "")
	switch command {
	case "serve":
		` + serve + `
		http.ListenAndServe(":8080", nil)
	case "` + command + `":
		with(db, setUp)
	}
}

func with(db *sql.DB, do func(*sql.DB)) { do(db) }

func setUp(db *sql.DB) { tables(db) }

func tables(db *sql.DB) { db.Exec(schema) }
`
	}
	for _, test := range []struct{ command, serve, only, migrate string }{
		{"schema", "", "schema", "schema"},
		{"seed", "", "seed", ""},
		{"schema", "setUp(db)", "", ""},
	} {
		d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", program(test.command, test.serve))).Database
		if len(d.Applies) != 1 || d.Applies[0].Command != test.only {
			t.Errorf("%+v: %+v", test, d.Applies)
		}
		migrate := ""
		for _, command := range d.Migrate {
			migrate += command.Args[0]
		}
		if migrate != test.migrate {
			t.Errorf("%+v: %+v", test, d.Migrate)
		}
	}
}

func TestAppliesWhereABranchIsNotAlone(t *testing.T) {
	program := func(branches string) string {
		return `package main

import (
	"database/sql"
	"net/http"
	"os"
)

func main() {
	db, _ := sql.Open("pgx", "")
	command := os.Args[1]
	` + branches + `
	http.ListenAndServe(":8080", nil)
}

func tables(db *sql.DB) { db.Exec("CREATE TABLE a (\n\tid serial\n);") }

func log(db *sql.DB) { db.Exec("CREATE TABLE log (\n\tid serial\n);") }
`
	}
	for _, branches := range []string{
		`if command == "setup" || os.Getenv("MIGRATE") != "" { tables(db) }`,
		`if command == "serve" { tables(db) }`,
		`tables(db)
		if command == "import" { log(db) }`,
		`switch command { case "up", "make": tables(db) }`,
	} {
		d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", program(branches))).Database
		if len(d.Migrate) != 0 || d.Applies[0].Command != "" {
			t.Errorf("%s: %+v, %+v", branches, d.Migrate, d.Applies)
		}
	}
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", program(`if len(os.Args) > 1 && command == "setup" { tables(db) }`))).Database
	if d.Applies[0].Command != "setup" {
		t.Errorf("%+v", d.Applies)
	}
}

func TestSeedVariablesOfPsql(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", "package main\n\nfunc main() {}\n",
		"db/seed.sql", "\\set fixed 3\n-- :no\nselect ':no', a::int, b[1:2], :fixed from generate_series(1, :books);\ninsert into t values (:'city', :books);\n",
		"db/seed.sh", "BOOKS=\"${1:-8000}\"\nexec psql -v books=\"$BOOKS\" -f seed.sql\n"))
	seed := d.Database.Seed
	if len(seed) != 1 || len(seed[0].Vars) != 2 {
		t.Fatalf("%+v", seed)
	}
	if books := seed[0].Vars[0]; books.Name != "books" || books.Value != "8000" || books.Origin != (Origin{"db/seed.sh", 2}) {
		t.Errorf("%+v", books)
	}
	if city := seed[0].Vars[1]; city.Name != "city" || city.Value != "" || city.Origin != (Origin{"db/seed.sql", 4}) {
		t.Errorf("%+v", city)
	}
}

func TestAppliesOfATableOfCommands(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "db/schema/one.sql", "create table a (id int);\n",
		"db/db.go", migratingPackage,
		"cmd/seed/main.go", "package main\n\nimport \"example.com/m/db\"\n\nfunc main() { db.Migrate(nil) }\n",
		"cmd/serve/main.go", `package main

import "example.com/m/db"

var commands = map[string]func() error{"serve": func() error { return db.Migrate(nil) }}

func main() { commands["serve"]() }
`))
	applies := d.Database.Applies
	if len(applies) != 1 || !slices.Equal(applies[0].Mains, []string{"example.com/m/cmd/seed", "example.com/m/cmd/serve"}) {
		t.Fatalf("%+v", applies)
	}
}

// TestEmbeddedQueries: SQL files that are built in may be queries, which no migration is.
func TestEmbeddedQueries(t *testing.T) {
	queries := strings.ReplaceAll(selfMigrating, "schema/*.sql", "sql/*.sql")
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "sql/one.sql", "update a set id = 1;\n", "main.go", queries))
	for _, applies := range d.Database.Applies {
		if applies.Call == "embed.FS" {
			t.Errorf("%+v", applies)
		}
	}
}

// TestEmbeddedMigrationsOfAnotherPackage: what else the package has built in does not matter.
func TestEmbeddedMigrationsOfAnotherPackage(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "schema/one.sql", "create table a (id int);\n",
		"schema/schema.go", "package schema\n\nimport \"embed\"\n\n//go:embed *.sql\nvar Files embed.FS\n",
		"page.html", "<p>", "main.go", `package main

import (
	"database/sql"
	_ "embed"

	"example.com/m/schema"
)

//go:embed page.html
var page string

func main() {
	db, _ := sql.Open("pgx", page)
	text, _ := schema.Files.ReadFile("one.sql")
	db.Exec(string(text))
}
`))
	if len(d.Database.Applies) != 1 || d.Database.Applies[0].Call != "embed.FS" {
		t.Errorf("%+v", d.Database.Applies)
	}
}
