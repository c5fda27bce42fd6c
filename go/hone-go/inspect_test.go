package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// inspectJSON runs the whole program on a folder and gives the document without the version of Go.
func inspectJSON(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(append([]string{"inspect", "--dir", dir}, args...), &stdout, &stderr); status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr.String())
	}
	var document Document
	decoder := json.NewDecoder(&stdout)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	if decoder.More() {
		t.Fatal("more than one document")
	}
	if !strings.HasPrefix(document.GoVersion, "go1.") {
		t.Errorf("go_version is %q", document.GoVersion)
	}
	document.GoVersion = "go"
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(document); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func inspectDocument(t *testing.T, dir string, args ...string) Document {
	t.Helper()
	var document Document
	if err := json.Unmarshal(inspectJSON(t, dir, args...), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"std", "gin", "chi", "echo", "fiber", "mux", "plain", "huma", "grpc", "settings", "deploy", "broken"} {
		t.Run(name, func(t *testing.T) {
			got := inspectJSON(t, filepath.Join("testdata", name), "--tests")
			file := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("differs from %s (go test -update writes it anew):\n%s", file, difference(want, got))
			}
		})
	}
}

// difference shows the first lines that differ.
func difference(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range w {
		if i >= len(g) || w[i] != g[i] {
			from, to := max(0, i-8), min(i+8, len(g))
			return "line " + w[i] + "\nnow, around it:\n" + strings.Join(g[min(from, len(g)):to], "\n")
		}
	}
	return "now longer"
}

func TestTwiceTheSame(t *testing.T) {
	if a, b := inspectJSON(t, "testdata/gin"), inspectJSON(t, "testdata/gin"); !bytes.Equal(a, b) {
		t.Error("two inspections differ")
	}
}

func TestTestFilesOnlyOnRequest(t *testing.T) {
	for _, q := range inspectDocument(t, "testdata/std").Queries {
		if q.Test || strings.HasSuffix(q.Origin.File, "_test.go") {
			t.Errorf("%s is of a test", q.Text)
		}
	}
}

// moduleOf are go.mod and go.sum of a module of testdata, for `write`: its libraries are there.
func moduleOf(t *testing.T, name string) []string {
	t.Helper()
	var files []string
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("testdata", name, file))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file, string(text))
	}
	return files
}

// noteBindings notes the binding rules of members by their names.
func noteBindings(got map[string]string, fields []Field) {
	for _, field := range fields {
		got[field.Name] = field.Tags["binding"]
		noteBindings(got, field.Fields)
	}
}

// write makes a module out of files, given as name and text in turn.
func write(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		file := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestErrorsAreOneSentence(t *testing.T) {
	empty := write(t, "main.go", "package main\n")
	future := write(t, "go.mod", "module m\n\ngo 1.999\n", "main.go", "package main\n\nfunc main() {}\n")
	garbage := write(t, "go.mod", "modul m\n")
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"modules below", []string{"inspect", "--dir", write(t, "a/go.mod", "module a\n", "b/c/go.mod", "module c\n")}, "; there is one in a, b/c"},
		{"no go.mod", []string{"inspect", "--dir", empty}, "no go.mod in"},
		{"go too old", []string{"inspect", "--dir", future}, "1.999"},
		{"go.mod not readable", []string{"inspect", "--dir", garbage}, "go.mod"},
		{"no such folder", []string{"inspect", "--dir", filepath.Join(empty, "none")}, "no such file or directory"},
		{"a file", []string{"inspect", "--dir", filepath.Join(empty, "main.go")}, "is not a directory"},
		{"unknown flag", []string{"inspect", "--what"}, "-what"},
		{"extra argument", []string{"inspect", "there"}, "there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(c.args, &stdout, &stderr)
			message := stderr.String()
			if status != 2 || stdout.Len() > 0 || !strings.Contains(message, c.want) || strings.Count(message, "\n") != 1 {
				t.Errorf("status %d, stdout %q, stderr %q", status, stdout.String(), message)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for status, args := range [][]string{0: {"--help"}, 2: {"look"}} {
		var stdout, stderr bytes.Buffer
		if args != nil && run(args, &stdout, &stderr) != status {
			t.Errorf("%v: not %d", args, status)
		}
	}
}

func TestNoGoOnPath(t *testing.T) {
	dir := write(t, "go.mod", "module m\n\ngo 1.24\n")
	t.Setenv("PATH", dir)
	var stdout, stderr bytes.Buffer
	if status := run([]string{"inspect", "--dir", dir}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "no go command on PATH") {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
}

func TestGoModStaysAsItIs(t *testing.T) {
	// The requirement is missing: with -mod=mod go list would add it.
	const text = "module m\n\ngo 1.24\n"
	dir := write(t, "go.mod", text, "main.go", "package main\n\nimport _ \"example.com/none\"\n\nfunc main() {}\n")
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("GOPROXY", "off")
	document := inspectDocument(t, dir)
	if len(document.Problems) == 0 || len(document.Mains) != 1 {
		t.Errorf("problems %v, mains %v", document.Problems, document.Mains)
	}
	after, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil || string(after) != text {
		t.Errorf("go.mod became %q (%v)", after, err)
	}
}

func TestWorkspace(t *testing.T) {
	dir := write(t,
		"go.work", "go 1.24\n\nuse (\n\t./a\n\t./lib\n)\n",
		"a/go.mod", "module example.com/a\n\ngo 1.24\n",
		"a/main.go", "package main\n\nimport \"example.com/lib\"\n\nfunc main() { lib.Serve() }\n",
		"lib/go.mod", "module example.com/lib\n\ngo 1.24\n",
		"lib/lib.go", "package lib\n\nimport \"net/http\"\n\nfunc Serve() {\n\thttp.HandleFunc(\"GET /x/{id}\", x)\n\thttp.ListenAndServe(\":1\", nil)\n}\n\nfunc x(w http.ResponseWriter, r *http.Request) {}\n",
	)
	document := inspectDocument(t, dir)
	if document.Module != nil || document.Workspace == nil || len(document.Workspace.Modules) != 2 || document.Workspace.File != "go.work" {
		t.Fatalf("workspace %+v, module %+v", document.Workspace, document.Module)
	}
	if len(document.Routes) != 1 || document.Routes[0].Handler != "example.com/lib.x" || document.Routes[0].Mains[0] != "example.com/a" {
		t.Errorf("routes %+v", document.Routes)
	}
}

func TestVendor(t *testing.T) {
	dir := write(t,
		"go.mod", "module m\n\ngo 1.24\n\nrequire example.com/dep v1.0.0\n",
		"vendor/modules.txt", "# example.com/dep v1.0.0\n## explicit; go 1.24\nexample.com/dep\n",
		"vendor/example.com/dep/dep.go", "package dep\n\nconst Name = \"FROM_VENDOR\"\n",
		"main.go", "package main\n\nimport (\n\t\"os\"\n\n\t\"example.com/dep\"\n)\n\nfunc main() { os.Getenv(dep.Name) }\n",
	)
	t.Setenv("GOPROXY", "off")
	document := inspectDocument(t, dir)
	if len(document.Problems) != 0 || !document.Module.Vendor || len(document.Env) != 1 || document.Env[0].Name != "FROM_VENDOR" {
		t.Errorf("problems %v, module %+v, env %+v", document.Problems, document.Module, document.Env)
	}
}

// TestTestbed asks for what the service in go/testbed is known to have.
func TestTestbed(t *testing.T) {
	dir := filepath.Join("..", "testbed", "shop")
	document := inspectDocument(t, dir)
	registered := 0
	source, err := os.ReadFile(filepath.Join(dir, "internal", "httpapi", "router.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []string{".GET(", ".POST(", ".PUT(", ".PATCH(", ".DELETE("} {
		registered += bytes.Count(source, []byte(call))
	}
	if len(document.Routes) != registered {
		t.Errorf("%d routes, %d registrations in router.go", len(document.Routes), registered)
	}
	for _, r := range document.Routes {
		if r.Partial || r.Declared == nil || !strings.HasSuffix(r.ValueSymbol, "-fm") {
			t.Errorf("%s %s: %+v", r.Method, r.Path, r)
		}
	}
	if len(document.Pprof) == 0 || len(document.Metrics) == 0 || document.Metrics[0].Listener == nil || len(document.Queries) == 0 ||
		len(document.Database.Seed) == 0 || len(document.Database.Migrations) != 1 || len(document.Problems) != 0 {
		t.Errorf("something is missing: %+v", document)
	}
	for _, c := range document.Database.Connect {
		if len(c.DSN.Env) != 1 || c.DSN.Env[0].Name != "DATABASE_URL" {
			t.Errorf("connect %+v", c)
		}
	}
}

// TestSymbols compares the names that hone-go makes with those that the toolchain writes into a binary.
func TestSymbols(t *testing.T) {
	dir := write(t, "go.mod", "module example.com/s.v\n\ngo 1.24\n", "x.y/xy.go", symbolsSource,
		"main.go", "package main\n\nimport xy \"example.com/s.v/x.y\"\n\nfunc main() { xy.Run() }\n")
	cmd := exec.Command("go", "run", "-gcflags=example.com/s.v/...=-l", ".")
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	program, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for fn := range program.funcs {
		known[funcSymbol(fn)] = true
		known[funcSymbol(fn)+"-fm"] = true
	}
	for _, name := range program.lits {
		known[name] = true
	}
	for _, name := range strings.Fields(string(output)) {
		if !known[name] {
			t.Errorf("Go says %s; hone-go has no such name", name)
		}
	}
}

const symbolsSource = `package xy

import (
	"fmt"
	"reflect"
	"runtime"
)

var global = func() {}
var table = map[string]func(){"a": func() {}}

type T struct{}

func (t *T) A() {}
func (t T) B()  {}

type G[X any] struct{}

func (g *G[X]) C()        {}
func (g *G[X]) D() func() { return func() { println(g) } }

func F[X any]() {}

func name(f any) { fmt.Println(runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()) }

func init() { name(func() {}) }
func init() { name(func() { println(1) }) }

func outer() {
	func() {
		func() { name(func() { println(1) }); name(func() { println(2) }) }()
	}()
	name(func() { println(3) })
	defer func() { name(func() {}) }()

}

func Run() {
	name(global)
	name(table["a"])
	t, g := &T{}, &G[int]{}
	name(t.A)
	name(t.B)
	name((*T).A)
	name(g.C)
	name(g.D())
	name(F[int])
	outer()
}
`
