package main

import (
	"slices"
	"testing"
)

const cobraStub = `package cobra

type Command struct {
	Use  string
	RunE func(cmd *Command, args []string) error
}

func (c *Command) AddCommand(commands ...*Command) {}
func (c *Command) Execute() error { return nil }
`

const nestedCommands = `package main

import (
	"database/sql"

	"github.com/spf13/cobra"
)

func sub(use string, run func(*sql.DB) error) *cobra.Command {
	return &cobra.Command{Use: use, RunE: func(cmd *cobra.Command, args []string) error {
		db, _ := sql.Open("pgx", "")
		return run(db)
	}}
}

func newMigrate() *cobra.Command {
	cmd := &cobra.Command{Use: "migrate"}
	cmd.AddCommand(
		sub("down", func(db *sql.DB) error { return nil }),
		sub("up", func(db *sql.DB) error {
			_, err := db.Exec("create table orders (id int)")
			return err
		}),
	)
	return cmd
}

func main() {
	root := &cobra.Command{Use: "shop"}
	root.AddCommand(newMigrate(), &cobra.Command{Use: "seed [flags]", RunE: func(cmd *cobra.Command, args []string) error { return nil }})
	root.Execute()
}
`

func TestCommandsBelowOthers(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule+"\nrequire github.com/spf13/cobra v1.8.0\n\nreplace github.com/spf13/cobra => ./cobra\n",
		"main.go", nestedCommands, "cobra/go.mod", "module github.com/spf13/cobra\n\ngo 1.24\n", "cobra/cobra.go", cobraStub))
	var names []string
	for _, sub := range d.Mains[0].Subcommands {
		names = append(names, sub.Name)
	}
	if !slices.Equal(names, []string{"migrate down", "migrate up", "seed"}) {
		t.Errorf("%q", names)
	}
	if migrate := d.Database.Migrate; len(migrate) != 1 || !slices.Equal(migrate[0].Args, []string{"migrate up"}) {
		t.Errorf("%+v", migrate)
	}
	if applies := d.Database.Applies; len(applies) != 1 || applies[0].Command != "migrate up" {
		t.Errorf("%+v", applies)
	}
}
