package main

import "testing"

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
