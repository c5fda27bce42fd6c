package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Program is the loaded code with its indexes, and the document under construction.
type Program struct {
	dir      string // absolute, symbolic links resolved
	env      []string
	flags    []string // of go build, given to go list
	fset     *token.FileSet
	packages []*packages.Package // the module's own, sorted by path
	patterns []string
	testOnly bool // packages are the test variants: only what stands in _test.go files counts
	doc      Document

	funcs    map[*types.Func]*Func
	bySymbol map[string]*Func // of funcs; see function
	params   map[*types.Var]param
	lits     map[*ast.FuncLit]string // symbol of each function literal
	serves   map[*types.Func]bool    // see serving
	// fromRequest are parameters of functions that middleware of libraries asks, with what they are of the request.
	fromRequest map[types.Object][]TokenSource
	byFile      map[*token.File]*packages.Package
	flow        *flow
	dates       map[types.Object]string // layouts of texts that are parsed as dates
	wrappers    map[*types.Func]sqlWrapper
	// reads and known are what of requests is followed; see compared.go.
	reads     []*requestRead
	ranges    map[types.Object]assign // lists, by the variables of loops over them
	passing   map[string]bool         // symbols of literals that pass requests on to the handler that they were given
	pathReads map[string][]string     // of a parameter of the path: symbols of the functions that read it
	known     map[types.Object]known
	envReads  *envReads
	// cobraParents and cobraMade are commands by those below them, and those that a helper makes; see cobra.go.
	cobraParents map[ast.Node]cobraCommand
	cobraMade    map[*ast.CompositeLit][]cobraCommand
	branches     []branch // of subcommands
	alias        string   // see aliasTag; empty: not looked for
}

// Func is a function declared in the module.
type Func struct {
	obj  *types.Func
	decl *ast.FuncDecl
	pkg  *packages.Package
}

// param is a parameter of a declared function.
type param struct {
	fn    *types.Func
	index int
}

// load reads the packages under dir, without writing to the module.
func load(dir string) (*Program, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", dir, errors.Unwrap(err))
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	if _, err := exec.LookPath("go"); err != nil {
		return nil, errors.New("no go command on PATH; install Go or add it to PATH")
	}
	p := &Program{dir: dir, fset: token.NewFileSet()}
	p.doc.Schema = Schema
	p.env = append(os.Environ(), "GOTOOLCHAIN=local", "PWD="+dir)
	patterns, err := p.readModules()
	if err != nil {
		return nil, err
	}
	p.patterns = patterns
	if err := p.loadPackages(patterns); err != nil {
		return nil, err
	}
	p.index()
	return p, nil
}

// goCommand runs go in the inspected directory; an error holds the first line of what go said.
func (p *Program) goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		if line == "" {
			line = err.Error()
		}
		return nil, errors.New(strings.TrimPrefix(line, "go: "))
	}
	return stdout.Bytes(), nil
}

// readModules fills in version, module and workspace, and gives the package patterns to load.
func (p *Program) readModules() ([]string, error) {
	output, err := p.goCommand("env", "-json", "GOVERSION", "GOMOD", "GOWORK", "GOFLAGS")
	if err != nil {
		return nil, fmt.Errorf("go env failed: %w", err)
	}
	var env struct{ GOVERSION, GOMOD, GOWORK, GOFLAGS string }
	if err := json.Unmarshal(output, &env); err != nil {
		return nil, fmt.Errorf("go env answered something else than JSON: %w", err)
	}
	p.doc.GoVersion = env.GOVERSION
	inWorkspace := env.GOWORK != "" && env.GOWORK != "off"
	if !inWorkspace && (env.GOMOD == "" || env.GOMOD == os.DevNull) {
		return nil, fmt.Errorf("no go.mod in %s or above it%s", p.dir, p.modulesBelow())
	}
	// Only an explicit -mod=mod lets go list edit go.mod; without it go itself chooses vendor or readonly.
	if strings.Contains(env.GOFLAGS, "-mod=mod") {
		p.flags = append(p.flags, "-mod=readonly")
	}
	output, err = p.goCommand(append([]string{"list", "-m", "-json"}, p.flags...)...)
	if err != nil {
		return nil, fmt.Errorf("cannot read the module: %w", err)
	}
	modules, err := p.decodeModules(output)
	if err != nil {
		return nil, err
	}
	if !inWorkspace {
		p.doc.Module = &modules[0]
		return []string{"./..."}, nil
	}
	p.doc.Workspace = &Workspace{File: p.relative(env.GOWORK), Modules: modules}
	var patterns []string
	for _, module := range modules {
		if module.Dir == "." {
			patterns = append(patterns, "./...")
		} else if !strings.HasPrefix(module.Dir, "..") {
			patterns = append(patterns, "./"+module.Dir+"/...")
		}
	}
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	return patterns, nil
}

// modulesBelow names the folders below that are modules, for somebody who stands in a monorepo without a go.work.
func (p *Program) modulesBelow() string {
	var found []string
	p.eachOtherFile(func(file string) {
		if filepath.Base(file) == "go.mod" {
			found = append(found, filepath.ToSlash(filepath.Dir(file)))
		}
	})
	if len(found) == 0 {
		return ""
	}
	return "; there is one in " + strings.Join(found[:min(len(found), 8)], ", ")
}

func (p *Program) decodeModules(output []byte) ([]Module, error) {
	var modules []Module
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var m struct{ Path, Dir, GoVersion string }
		if err := decoder.Decode(&m); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list answered something else than JSON: %w", err)
		}
		_, err := os.Stat(filepath.Join(m.Dir, "vendor", "modules.txt"))
		modules = append(modules, Module{Path: m.Path, Dir: p.relative(m.Dir), Go: m.GoVersion, Vendor: err == nil})
	}
	if len(modules) == 0 {
		return nil, errors.New("go list knows no main module")
	}
	return modules, nil
}

func (p *Program) loadPackages(patterns []string) error {
	config := &packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo |
			packages.NeedModule | packages.NeedEmbedFiles | packages.NeedExportFile,
		Dir: p.dir, Env: p.env, BuildFlags: p.flags, Fset: p.fset, Tests: p.testOnly,
	}
	loaded, err := packages.Load(config, patterns...)
	if err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
		return fmt.Errorf("cannot list the packages: %s", line)
	}
	for _, pkg := range loaded {
		for _, problem := range pkg.Errors {
			// What begins with # is the compiler's own list of the errors that follow one by one.
			if !strings.HasPrefix(problem.Msg, "# ") || len(pkg.Errors) == 1 {
				p.addProblem(pkg.PkgPath, problem)
			}
		}
		// Of the test variants, p [p.test] replaces p, and the generated main p.test says nothing.
		replaced := p.testOnly && slices.ContainsFunc(loaded, func(other *packages.Package) bool {
			return other.ID == pkg.ID+" ["+pkg.PkgPath+".test]"
		})
		if pkg.TypesInfo != nil && len(pkg.Syntax) > 0 && !replaced && !strings.HasSuffix(pkg.ID, ".test") {
			p.packages = append(p.packages, pkg)
		}
	}
	sort.Slice(p.packages, func(i, j int) bool { return p.packages[i].ID < p.packages[j].ID })
	return nil
}

var position = regexp.MustCompile(`^(.*?):(\d+)(?::\d+)?$`)

func (p *Program) addProblem(pkg string, e packages.Error) {
	problem := Problem{Message: e.Msg, Package: pkg}
	if m := position.FindStringSubmatch(e.Pos); m != nil {
		line, _ := strconv.Atoi(m[2])
		problem.Origin = &Origin{p.relative(m[1]), line}
	}
	p.problem(problem)
}

// problem adds a problem once.
func (p *Program) problem(problem Problem) {
	for _, known := range p.doc.Problems {
		if known.Message == problem.Message && known.Package == problem.Package {
			return
		}
	}
	p.doc.Problems = append(p.doc.Problems, problem)
}

func (p *Program) relative(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.dir, path)
	}
	if rel, err := filepath.Rel(p.dir, path); err == nil {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(path)
}

func (p *Program) origin(pos token.Pos) Origin {
	position := p.fset.Position(pos)
	return Origin{p.relative(position.Filename), position.Line}
}

// index finds all declared functions and names all function literals.
func (p *Program) index() {
	p.funcs = map[*types.Func]*Func{}
	p.params = map[*types.Var]param{}
	p.lits = map[*ast.FuncLit]string{}
	p.passing = map[string]bool{}
	p.fromRequest = map[types.Object][]TokenSource{}
	p.byFile = map[*token.File]*packages.Package{}
	for _, pkg := range p.packages {
		inits, globals := 0, 0
		for _, file := range pkg.Syntax {
			p.byFile[p.fset.File(file.Pos())] = pkg
			for _, decl := range file.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok {
					p.nameLiterals(decl, packageSymbol(pkg.Types)+".init", &globals, true)
					continue
				}
				obj, _ := pkg.TypesInfo.Defs[fn.Name].(*types.Func)
				if obj == nil || fn.Body == nil {
					continue
				}
				p.funcs[obj] = &Func{obj, fn, pkg}
				declared := obj.Type().(*types.Signature).Params()
				for i := range declared.Len() {
					p.params[declared.At(i)] = param{obj, i}
				}
				symbol := funcSymbol(obj)
				if fn.Recv == nil && fn.Name.Name == "init" {
					symbol += "." + strconv.Itoa(inits)
					inits++
				}
				count := 0
				p.nameLiterals(fn.Body, symbol, &count, true)
			}
		}
	}
	p.flow = newFlow(p)
	p.findDates()
}

// nameLiterals numbers the literals in a node as the compiler does: outer.func1, outer.func1.1, outer.func2.
func (p *Program) nameLiterals(root ast.Node, outer string, count *int, top bool) {
	ast.Inspect(root, func(n ast.Node) bool {
		lit, ok := n.(*ast.FuncLit)
		if !ok {
			return true
		}
		*count++
		name := outer + "." + strconv.Itoa(*count)
		if top {
			name = outer + ".func" + strconv.Itoa(*count)
		}
		p.lits[lit] = name
		inner := 0
		p.nameLiterals(lit.Body, name, &inner, false)
		return false
	})
}

func (p *Program) packageAt(pos token.Pos) *packages.Package {
	return p.byFile[p.fset.File(pos)]
}

// body is the declaration of a function of the module, nil for others.
func (p *Program) body(fn *types.Func) *Func {
	if fn == nil {
		return nil
	}
	return p.funcs[fn.Origin()]
}

// function is the declared function of a symbol, or nil.
func (p *Program) function(symbol string) *Func {
	if p.bySymbol == nil {
		p.bySymbol = map[string]*Func{}
		for _, fn := range p.sortedFuncs() {
			p.bySymbol[funcSymbol(fn.obj)] = fn
		}
	}
	return p.bySymbol[symbol]
}

// skip says whether a node is left out: in the test pass all that is not in a _test.go file.
func (p *Program) skip(file *ast.File) bool {
	return p.testOnly && !strings.HasSuffix(p.fset.Position(file.Pos()).Filename, "_test.go")
}

// eachFile calls visit for every file that counts.
func (p *Program) eachFile(visit func(*packages.Package, *ast.File)) {
	for _, pkg := range p.packages {
		for _, file := range pkg.Syntax {
			if !p.skip(file) {
				visit(pkg, file)
			}
		}
	}
}

// eachCall calls visit for every call, with the symbol of the function or literal that holds it.
func (p *Program) eachCall(visit func(pkg *packages.Package, call *ast.CallExpr, within string)) {
	p.eachFile(func(pkg *packages.Package, file *ast.File) {
		for _, decl := range file.Decls {
			within := packageSymbol(pkg.Types) + ".init"
			if fn, ok := decl.(*ast.FuncDecl); ok {
				if obj, ok := pkg.TypesInfo.Defs[fn.Name].(*types.Func); ok {
					within = funcSymbol(obj)
				}
			}
			p.callsIn(pkg, decl, within, visit)
		}
	})
}

func (p *Program) callsIn(pkg *packages.Package, root ast.Node, within string, visit func(*packages.Package, *ast.CallExpr, string)) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			p.callsIn(pkg, n.Body, p.lits[n], visit)
			return false
		case *ast.CallExpr:
			visit(pkg, n, within)
		}
		return true
	})
}

// callee is the function or method that a call names, or nil for values, conversions and builtins.
func callee(info *types.Info, call *ast.CallExpr) *types.Func {
	return funcOf(info, call.Fun)
}

func funcOf(info *types.Info, expr ast.Expr) *types.Func {
	switch e := ast.Unparen(expr).(type) {
	case *ast.Ident:
		fn, _ := info.Uses[e].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, _ := info.Uses[e.Sel].(*types.Func)
		return fn
	case *ast.IndexExpr:
		return funcOf(info, e.X)
	case *ast.IndexListExpr:
		return funcOf(info, e.X)
	}
	return nil
}
