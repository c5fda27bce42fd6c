package main

import (
	"strings"
	"testing"
)

const seedingMain = `package main

import (
	"flag"
	"net/http"
)

func fill() error { return nil }

func run(seed bool) error {
	if seed {
		if err := fill(); err != nil {
			return err
		}
		// ends
	}
	return http.ListenAndServe(":8080", nil)
}

func main() {
	seed := flag.Bool("seed", false, "")
	dry := flag.Bool("seed-only", false, "")
	flag.Parse()
	if *dry {
		fill()
		return
	}
	run(*seed)
}
`

// TestSeedingFlags: a flag behind which the program goes on is none of a command.
func TestSeedingFlags(t *testing.T) {
	for text, want := range map[string]string{seedingMain: "seed", strings.Replace(seedingMain, "// ends", "return nil", 1): ""} {
		seeds := ""
		for _, flag := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", text)).Mains[0].Flags {
			if flag.Seeds {
				seeds += flag.Name
			}
		}
		if seeds != want {
			t.Errorf("%q, not %q", seeds, want)
		}
	}
}
