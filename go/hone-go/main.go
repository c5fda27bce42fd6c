// Command hone-go answers, in versioned JSON, what only Go knows about a repository.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/token"
	"io"
	"os"
	"path/filepath"
)

const usage = `usage: hone-go inspect [--dir DIR] [--tests]

Prints one JSON document (schema hone.go/1) about the Go code under DIR: main packages, routes and
their handlers, SQL texts, listeners, pprof, metrics, environment variables, benchmarks.
`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: 0 when a document was printed, 2 for any error, told in one sentence on stderr.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && (args[0] == "help" || args[0] == "-h" || args[0] == "--help") {
		fmt.Fprint(stdout, usage)
		return 0
	}
	if len(args) == 0 || args[0] != "inspect" {
		fmt.Fprint(stderr, usage)
		return 2
	}
	flags := flag.NewFlagSet("inspect", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dir := flags.String("dir", ".", "")
	tests := flags.Bool("tests", false, "")
	if err := flags.Parse(args[1:]); err == flag.ErrHelp {
		fmt.Fprint(stdout, usage)
		return 0
	} else if err != nil || flags.NArg() > 0 {
		if err == nil {
			err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
		}
		return fail(stderr, err)
	}
	document, err := Inspect(*dir, *tests)
	if err != nil {
		return fail(stderr, err)
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return fail(stderr, err)
	}
	return 0
}

func fail(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "hone-go: %v\n", err)
	return 2
}

// Inspect answers everything about the code under dir. An error means that there is nothing to answer from;
// what merely kept the answer from being complete is in Problems.
func Inspect(dir string, tests bool) (*Document, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if resolved, err := filepath.EvalSymlinks(absolute); err == nil {
		absolute = resolved
	}
	program, err := load(absolute)
	if err != nil {
		return nil, err
	}
	document := &program.doc
	program.step("what git ignores", program.findIgnored)
	program.step("commands of cobra", program.findCobra)
	program.step("main packages", program.findMains)
	program.step("environment variables", program.findEnv)
	program.step("queries", program.findQueries)
	program.step("names of queries", program.nameQueries)
	program.step("pieces of statements", program.findPieces)
	program.step("what statements compare", program.findCompared)
	program.step("routes", program.findRoutes)
	program.step("headers", program.findHeaders)
	program.step("columns of parameters", program.attachCompared)
	program.step("models", program.findModels)
	program.step("models of ent", program.findEntModels)
	program.step("locks", program.findLocks)
	program.step("tokens", program.findTokens)
	program.step("calls of other services", program.findUpstreams)
	program.step("the database", program.findDatabase)
	program.step("claims and tables", program.claimsBySchema)
	program.step("compose files and the like", program.findDeployment)
	program.step("whose settings they are", program.assignOwners)
	program.step("benchmarks", program.findBenchmarks)
	if tests {
		if err := program.inspectTests(); err != nil {
			return nil, err
		}
	}
	document.finish()
	return document, nil
}

// step runs one part of the inspection; code that breaks it costs that part alone.
func (p *Program) step(what string, find func()) {
	defer func() {
		if reason := recover(); reason != nil {
			p.problem(Problem{Message: fmt.Sprintf("reading %s broke off: %v", what, reason)})
		}
	}()
	find()
}

// inspectTests adds the SQL and the environment variables of _test.go files. They are loaded apart, because the compiler
// sees a package and the same package with its tests as two.
func (p *Program) inspectTests() error {
	apart := &Program{dir: p.dir, env: p.env, flags: p.flags, fset: token.NewFileSet(), testOnly: true}
	if err := apart.loadPackages(p.patterns); err != nil {
		return err
	}
	apart.index()
	apart.step("environment variables of tests", apart.findEnv)
	apart.step("queries of tests", apart.findQueries)
	p.doc.Env = append(p.doc.Env, apart.doc.Env...)
	p.doc.Queries = append(p.doc.Queries, apart.doc.Queries...)
	for _, problem := range apart.doc.Problems {
		p.problem(problem)
	}
	return nil
}
