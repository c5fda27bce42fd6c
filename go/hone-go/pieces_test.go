package main

import (
	"slices"
	"testing"
)

func TestPiecesAreWhatMayBecomeAStatement(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import "embed"

//go:embed queries/*.sql migrations/*.sql
var files embed.FS

type row struct {
	State string `+"`json:\"state = 1\" db:\"state\"`"+`
}

var orders = map[string]string{"newest": "t.created_at DESC"}

func list(state string) string {
	query := "SELECT id FROM tickets"
	if state != "" {
		query += " WHERE state = $1"
	}
	println("Good morning, everybody!")
	return query + " ORDER BY " + orders["newest"]
}

func main() { list("") }
`, "queries/old.sql", "SELECT id FROM tickets WHERE closed_at < now()", "migrations/1.sql", "CREATE TABLE tickets (id int)"))
	want := []string{" ORDER BY ", " WHERE state = $1", "SELECT id FROM tickets", "SELECT id FROM tickets WHERE closed_at < now()",
		"newest", "t.created_at DESC"}
	if !slices.Equal(document.Pieces, want) {
		t.Errorf("pieces %q, want %q", document.Pieces, want)
	}
}
