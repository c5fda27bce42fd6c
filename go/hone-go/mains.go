package main

import (
	"go/ast"
	"go/build"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

// findMains lists the main packages with the subcommands and flags that they and the module's packages read.
func (p *Program) findMains() {
	for _, pkg := range p.packages {
		if pkg.Name != "main" || len(pkg.GoFiles) == 0 {
			continue
		}
		entry := pkg.Types.Scope().Lookup("main")
		if entry == nil {
			continue
		}
		m := Main{Package: pkg.PkgPath, Dir: p.relative(filepath.Dir(pkg.GoFiles[0])), Binary: path.Base(trimVersion(pkg.PkgPath)),
			Origin: p.origin(entry.Pos())}
		reach := p.reachable(pkg)
		for _, own := range p.packages {
			if !reach[own] {
				continue
			}
			for _, file := range own.Syntax {
				p.mainFile(own, file, &m, own == pkg)
			}
		}
		p.doc.Mains = append(p.doc.Mains, m)
	}
}

// reachable are the module's packages that a package imports, itself included.
func (p *Program) reachable(pkg *packages.Package) map[*packages.Package]bool {
	seen := map[*packages.Package]bool{}
	var visit func(*packages.Package)
	visit = func(pkg *packages.Package) {
		if seen[pkg] || len(pkg.Syntax) == 0 {
			return
		}
		seen[pkg] = true
		for _, imported := range pkg.Imports {
			visit(imported)
		}
	}
	visit(pkg)
	return seen
}

// mainFile reads subcommands and flags out of one file. Comparisons with an argument count only in package main itself
// or with os.Args; cobra commands and flags count everywhere.
func (p *Program) mainFile(pkg *packages.Package, file *ast.File, m *Main, own bool) {
	info := pkg.TypesInfo
	branches := map[ast.Expr]*ast.IfStmt{}
	bodies := map[ast.Expr]ast.Node{} // that run only where the comparison holds
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SwitchStmt:
			if via := p.argument(info, n.Tag, own, 0); via != "" {
				p.addCases(info, m, n, via)
			}
		case *ast.IfStmt:
			ast.Inspect(n.Cond, func(part ast.Node) bool {
				if comparison, ok := part.(*ast.BinaryExpr); ok {
					branches[comparison] = n
				}
				return true
			})
			for _, comparison := range needed(n.Cond) {
				bodies[comparison] = n.Body
			}
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				branch := branches[n]
				serves := branch != nil && p.reachesServing(info, branch.Body) == (n.Op == token.EQL)
				nodes := []ast.Node{}
				if body := bodies[n]; body != nil && n.Op == token.EQL {
					nodes = append(nodes, body)
				}
				if via := p.argument(info, n.X, own, 0); via != "" {
					p.addSubcommand(info, m, n.Y, via, serves, nodes...)
				} else if via := p.argument(info, n.Y, own, 0); via != "" {
					p.addSubcommand(info, m, n.X, via, serves, nodes...)
				}
			}
		case *ast.CompositeLit:
			p.commandLiteral(info, m, n)
		case *ast.CallExpr:
			p.addFlag(pkg, m, n)
		}
		return true
	})
}

// needed are the comparisons without which a condition does not hold: itself, or those that && joins.
func needed(condition ast.Expr) []ast.Expr {
	condition = ast.Unparen(condition)
	if c, ok := condition.(*ast.BinaryExpr); ok && c.Op == token.LAND {
		return append(needed(c.X), needed(c.Y)...)
	}
	return []ast.Expr{condition}
}

func (p *Program) addCases(info *types.Info, m *Main, n *ast.SwitchStmt, via string) {
	for _, statement := range n.Body.List {
		clause := statement.(*ast.CaseClause)
		serves := false
		for _, inner := range clause.Body {
			serves = serves || p.reachesServing(info, inner)
		}
		nodes := []ast.Node{}
		for _, inner := range clause.Body {
			nodes = append(nodes, inner)
		}
		for _, value := range clause.List {
			p.addSubcommand(info, m, value, via, serves, nodes...)
		}
	}
}

// argument says where an expression takes a word of the command line from, or "".
func (p *Program) argument(info *types.Info, expr ast.Expr, own bool, depth int) string {
	if depth > maxArgumentSteps {
		return ""
	}
	switch e := ast.Unparen(expr).(type) {
	case *ast.IndexExpr:
		if p.areOsArgs(info, e.X, depth) {
			return "os.Args"
		}
		if id, ok := e.X.(*ast.Ident); ok && own && strings.Contains(strings.ToLower(id.Name), "arg") {
			return "args"
		}
	case *ast.CallExpr:
		if fn := callee(info, e); isFlagPackage(fn) && fn.Name() == "Arg" {
			return "flag.Arg"
		}
	case *ast.Ident:
		// A local variable or parameter that holds such a word.
		obj := objectOf(info, e)
		if obj == nil || !isString(obj.Type()) || isGlobal(obj) {
			return ""
		}
		for _, a := range p.flow.assigns[obj] {
			if via := p.argument(a.pkg.TypesInfo, a.expr, own, depth+1); via != "" {
				return via
			}
		}
	}
	return ""
}

const maxArgumentSteps = 6

// areOsArgs says whether an expression is os.Args, a part of it, or a variable or parameter that holds that.
func (p *Program) areOsArgs(info *types.Info, expr ast.Expr, depth int) bool {
	if isOsArgs(info, expr) {
		return true
	}
	if slice, ok := ast.Unparen(expr).(*ast.SliceExpr); ok {
		expr = slice.X
	}
	id, ok := ast.Unparen(expr).(*ast.Ident)
	if !ok || depth > maxArgumentSteps {
		return false
	}
	obj := objectOf(info, id)
	if obj == nil || isGlobal(obj) {
		return false
	}
	for _, a := range p.flow.assigns[obj] {
		if p.areOsArgs(a.pkg.TypesInfo, a.expr, depth+1) {
			return true
		}
	}
	return false
}

func isOsArgs(info *types.Info, expr ast.Expr) bool {
	if slice, ok := ast.Unparen(expr).(*ast.SliceExpr); ok {
		expr = slice.X
	}
	selector, ok := ast.Unparen(expr).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := info.Uses[selector.Sel].(*types.Var)
	return ok && v.Pkg() != nil && v.Pkg().Path() == "os" && v.Name() == "Args"
}

// addSubcommand notes a word that the command line is compared with; nodes run for it only.
func (p *Program) addSubcommand(info *types.Info, m *Main, expr ast.Expr, via string, serves bool, nodes ...ast.Node) {
	tv := info.Types[expr]
	if tv.Value == nil || tv.Value.Kind() != constant.String {
		return
	}
	name := constant.StringVal(tv.Value)
	if name == "" || strings.HasPrefix(name, "-") || name == "help" {
		return
	}
	if len(nodes) > 0 {
		p.branches = append(p.branches, branch{m.Package, name, serves, nodes})
	}
	for i := range m.Subcommands {
		if known := &m.Subcommands[i]; known.Name == name {
			known.Serves = known.Serves || serves
			return
		}
	}
	m.Subcommands = append(m.Subcommands, Subcommand{name, via, serves, p.origin(expr.Pos())})
}

// commandLiteral reads cobra.Command{Use: "serve [flags]"} (see cobra.go) and urfave's cli.Command{Name: "serve"}.
func (p *Program) commandLiteral(info *types.Info, m *Main, n *ast.CompositeLit) {
	key, via := "", ""
	switch typePath(info.TypeOf(n)) {
	case "github.com/spf13/cobra.Command":
		p.addCobra(info, m, n)
		return
	case "github.com/urfave/cli.Command":
		key, via = "Name", "cli"
	default:
		return
	}
	runs, name := false, ast.Expr(nil)
	for _, element := range n.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch field := types.ExprString(pair.Key); field {
		case key:
			name = pair.Value
		case "Run", "RunE", "Action":
			runs = true
		}
	}
	if name == nil || !runs || info.Types[name].Value == nil {
		return
	}
	word, _, _ := strings.Cut(constant.StringVal(info.Types[name].Value), " ")
	if word != "" {
		serves := p.reachesServing(info, n)
		m.Subcommands = append(m.Subcommands, Subcommand{word, via, serves, p.origin(name.Pos())})
		p.branches = append(p.branches, branch{m.Package, word, serves, []ast.Node{n}})
	}
}

var flagKinds = map[string]string{
	"String": "string", "Int": "int", "Int64": "int64", "Uint": "uint", "Uint64": "uint64", "Bool": "bool",
	"Float64": "float64", "Duration": "duration", "StringSlice": "strings", "StringArray": "strings",
}

// addFlag reads flag.String(name, default, usage), flag.StringVar(&v, ...), the methods of flag.FlagSet, and pflag's.
func (p *Program) addFlag(pkg *packages.Package, m *Main, call *ast.CallExpr) {
	fn := callee(pkg.TypesInfo, call)
	if !isFlagPackage(fn) {
		return
	}
	name, isShort := strings.CutSuffix(fn.Name(), "P")
	name, isVar := strings.CutSuffix(name, "Var")
	kind, ok := flagKinds[name]
	first, preset := 0, 1
	if isVar {
		first, preset = 1, 2
	}
	if isShort {
		preset++
	}
	if !ok || len(call.Args) < preset+2 {
		return
	}
	s := scope{pkg: pkg}
	word := func(i int) string {
		if values := p.flow.values(call.Args[i], s); len(values) > 0 {
			if t := values[0].text(); t.Value != "${?}" {
				return t.Value
			}
		}
		return ""
	}
	if word(first) != "" {
		m.Flags = append(m.Flags, Flag{Name: word(first), Type: kind, Default: word(preset), Usage: word(preset + 1),
			Subcommand: p.flagSet(pkg, call), Origin: p.origin(call.Pos())})
	}
}

// flagSet is the name given to flag.NewFlagSet for the set whose method is called.
func (p *Program) flagSet(pkg *packages.Package, call *ast.CallExpr) string {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	for _, a := range p.flow.assigns[objectOf(pkg.TypesInfo, selector.X)] {
		made, ok := ast.Unparen(a.expr).(*ast.CallExpr)
		if !ok || len(made.Args) == 0 || qualifiedName(callee(a.pkg.TypesInfo, made)) != "flag.NewFlagSet" {
			continue
		}
		if values := p.flow.values(made.Args[0], scope{pkg: a.pkg}); len(values) > 0 {
			name, _ := values[0].plain()
			return name
		}
	}
	return ""
}

// findBenchmarks reads the _test.go files of every package folder; no types are needed for that.
func (p *Program) findBenchmarks() {
	seen := map[string]bool{}
	for _, pkg := range p.packages {
		if len(pkg.GoFiles) == 0 {
			continue
		}
		dir := filepath.Dir(pkg.GoFiles[0])
		p.benchmarksIn(dir, pkg.PkgPath)
		seen[dir] = true
	}
	// A folder that holds nothing but tests is no package to the loader.
	filepath.WalkDir(p.dir, func(file string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil
		}
		if skipDir(entry.Name()) && file != p.dir {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(file, "go.mod")); err == nil && file != p.dir && !p.isModuleDir(file) {
			return filepath.SkipDir
		}
		if path := p.importPath(file); !seen[file] && path != "" {
			p.benchmarksIn(file, path)
		}
		return nil
	})
}

func skipDir(name string) bool {
	return name == "vendor" || name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

func (p *Program) modules() []Module {
	if p.doc.Workspace != nil {
		return p.doc.Workspace.Modules
	}
	return []Module{*p.doc.Module}
}

func (p *Program) isModuleDir(dir string) bool {
	for _, module := range p.modules() {
		if p.relative(dir) == module.Dir {
			return true
		}
	}
	return false
}

// importPath is the import path of a folder: its module's path and the way from there.
func (p *Program) importPath(dir string) string {
	best, result := -1, ""
	for _, module := range p.modules() {
		rel, err := filepath.Rel(filepath.Join(p.dir, module.Dir), dir)
		if err == nil && !strings.HasPrefix(rel, "..") && len(module.Dir) > best {
			best, result = len(module.Dir), path.Join(module.Path, filepath.ToSlash(rel))
		}
	}
	return result
}

func (p *Program) benchmarksIn(dir, pkg string) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		if match, err := build.Default.MatchFile(dir, entry.Name()); err != nil || !match {
			continue
		}
		fset := token.NewFileSet()
		file, _ := parser.ParseFile(fset, filepath.Join(dir, entry.Name()), nil, parser.SkipObjectResolution)
		if file == nil {
			continue
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !isBenchmark(fn) {
				continue
			}
			position := fset.Position(fn.Pos())
			p.doc.Benchmarks = append(p.doc.Benchmarks,
				Benchmark{fn.Name.Name, pkg, Origin{p.relative(position.Filename), position.Line}})
		}
	}
}

// isBenchmark follows go test: BenchmarkXxx, where Xxx does not begin with a lower case letter, with one *testing.B.
func isBenchmark(fn *ast.FuncDecl) bool {
	rest, ok := strings.CutPrefix(fn.Name.Name, "Benchmark")
	if !ok || fn.Recv != nil || rest != "" && rest[0] >= 'a' && rest[0] <= 'z' || len(fn.Type.Params.List) != 1 {
		return false
	}
	return types.ExprString(fn.Type.Params.List[0].Type) == "*testing.B"
}
