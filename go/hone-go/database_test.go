package main

import (
	"slices"
	"strings"
	"testing"
)

// TestSeedBesideMigrations: a seed that stands in the folder of the migrations is none of them.
func TestSeedBesideMigrations(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", "module m\n\ngo 1.24\n", "main.go", "package main\n\nfunc main() {}\n",
		"db/001_a.sql", "-- +goose Up\n", "db/002_b.sql", "-- +goose Up\n", "db/seed.sql", "select 1;\n", "db/003_seed_roles.sql", "-- +goose Up\n", "plain/1_a.sql", "select 1;\n"))
	m := document.Database.Migrations
	if len(m) != 2 || m[0].Pattern != "[0-9]*.sql" || len(m[0].Files) != 3 || m[1].Pattern != "*.sql" {
		t.Errorf("migrations %+v", m)
	}
	if s := document.Database.Seed; len(s) != 1 || s[0].File != "db/seed.sql" {
		t.Errorf("seed %+v", s)
	}
}

// TestUnprepared: settings of a whole connection count, those of one query do not.
func TestUnprepared(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", `module example.com/m

go 1.24

require github.com/jackc/pgx/v5 v5.0.0

replace github.com/jackc/pgx/v5 => ./libs/pgx
`, "libs/pgx/go.mod", "module github.com/jackc/pgx/v5\n\ngo 1.18\n", "libs/pgx/pgx.go", `package pgx

import "context"

type QueryExecMode int32

const (
	QueryExecModeSimpleProtocol QueryExecMode = iota
	QueryExecModeCacheStatement
)

type ConnConfig struct{ DefaultQueryExecMode QueryExecMode }
type Conn struct{}

func ParseConfig(dsn string) (*ConnConfig, error)                                 { return nil, nil }
func Connect(ctx context.Context, dsn string) (*Conn, error)                      { return nil, nil }
func (c *Conn) Query(ctx context.Context, sql string, args ...any) error          { return nil }
`, "main.go", `package main

import (
	"context"
	"os"

	"github.com/jackc/pgx/v5"
)

func main() {
	c, _ := pgx.ParseConfig(os.Getenv("DSN"))
	c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	other := pgx.ConnConfig{DefaultQueryExecMode: pgx.QueryExecModeCacheStatement}
	_ = other
	conn, _ := pgx.Connect(context.Background(), "postgres://db:6432/x?default_query_exec_mode=exec")
	conn.Query(context.Background(), "select 1", pgx.QueryExecModeSimpleProtocol)
}
`))
	want := []Unprepared{{"QueryExecModeSimpleProtocol", Origin{"main.go", 12}}, {"default_query_exec_mode=exec", Origin{"main.go", 15}}}
	if !slices.Equal(d.Database.Unprepared, want) {
		t.Errorf("%+v", d.Database.Unprepared)
	}
}

// TestSchemaFiles: files that make tables and are neither migrations nor a seed.
func TestSchemaFiles(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", "package main\n\nfunc main() {}\n", "sql/schema.sql", "CREATE TABLE a (id int);\n",
		"sql/seed.sql", "CREATE TABLE IF NOT EXISTS a (id int);\nINSERT INTO a VALUES (1);\n", "sql/q.sql", "SELECT 1;\n",
		"migrations/001_a.sql", "CREATE TABLE b (id int);\n")).Database
	if !slices.Equal(d.Schemas, []string{"sql/schema.sql"}) || len(d.Migrations) != 1 {
		t.Errorf("%+v", d)
	}
}

// TestServiceCalledSeed: the name of a program that serves says nothing of what it does to the database.
func TestServiceCalledSeed(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", "module example.com/m\n\ngo 1.24\n", "cmd/seedbank/main.go", `package main

import (
	"net/http"
	"os"
)

func main() {
	switch os.Args[1] {
	case "serve":
		http.ListenAndServe(":8080", nil)
	case "seed":
	}
}
`, "cmd/seeder/main.go", "package main\n\nfunc main() {}\n"))
	var seeds []string
	for _, seed := range d.Database.Seed {
		seeds = append(seeds, seed.Main+" "+strings.Join(seed.Args, " "))
	}
	if !slices.Equal(seeds, []string{"example.com/m/cmd/seedbank seed", "example.com/m/cmd/seeder "}) {
		t.Errorf("%q", seeds)
	}
}
