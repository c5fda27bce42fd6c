package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// appliesCalls apply migrations, or make tables out of Go types.
var appliesCalls = map[string]bool{
	"github.com/pressly/goose.Up": true, "github.com/pressly/goose.UpContext": true, "github.com/pressly/goose.Provider.Up": true,
	"github.com/pressly/goose.UpTo": true, "github.com/pressly/goose.UpToContext": true, "github.com/pressly/goose.Run": true,
	"github.com/pressly/goose.RunContext": true, "github.com/pressly/goose.Provider.UpTo": true,
	"github.com/golang-migrate/migrate.Migrate.Up": true, "github.com/golang-migrate/migrate.Migrate.Steps": true,
	"github.com/golang-migrate/migrate.Migrate.Migrate": true, "github.com/jackc/tern/migrate.Migrator.Migrate": true,
	"github.com/jackc/tern/migrate.Migrator.MigrateTo": true,
	"gorm.io/gorm.DB.AutoMigrate":                      true, "gorm.io/gorm.Migrator.AutoMigrate": true, "gorm.io/gorm.Migrator.CreateTable": true,
	"github.com/uptrace/bun/migrate.Migrator.Migrate": true, "github.com/uptrace/bun.DB.ResetModel": true,
	"github.com/rubenv/sql-migrate.Exec": true, "github.com/rubenv/sql-migrate.ExecContext": true,
	"github.com/amacneil/dbmate/pkg/dbmate.DB.CreateAndMigrate": true, "github.com/amacneil/dbmate/pkg/dbmate.DB.Migrate": true,
}

// What the code applies by itself, without a library: tables that it makes, and files that it has in it.
const (
	createsTables = "CREATE TABLE"
	runsEmbedded  = "embed.FS"
)

// databaseApplies notes where the code itself applies migrations. Function is the declared function around the call.
func (p *Program) databaseApplies() {
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		fn := callee(pkg.TypesInfo, call)
		name := qualifiedName(fn)
		// ent's generated client: client.Schema.Create(ctx).
		ent := fn != nil && fn.Name() == "Create" && typeName(recvType(fn)) == "Schema" && strings.HasSuffix(fn.Pkg().Path(), "/migrate")
		switch {
		case appliesCalls[name] || ent:
			p.noteApplies(name, pkg, call)
		case p.makesTables(pkg, call), name == "github.com/uptrace/bun.DB.NewCreateTable", name == "github.com/uptrace/bun.IDB.NewCreateTable":
			p.noteApplies(createsTables, pkg, call)
		}
	})
	p.embeddedMigrations()
	// What is sure comes first.
	slices.SortStableFunc(p.doc.Database.Applies, func(a, b Applies) int { return rank(a.Call) - rank(b.Call) })
}

func rank(call string) int { return slices.Index([]string{runsEmbedded, createsTables}, call) }

func (p *Program) noteApplies(name string, pkg *packages.Package, call *ast.CallExpr) {
	applied := Applies{Call: name, Origin: p.origin(callPos(call)), Mains: p.mainsOf(pkg)}
	if outer := p.enclosing(pkg, call); outer != nil {
		if mains := p.mainsUsing(outer.obj); len(mains) > 0 {
			applied.Mains = mains
		}
		applied.Function = funcSymbol(outer.obj)
		applied.Gate = p.gate(call, pkg, outer, 0)
		if gate := applied.Gate; gate != nil && gate.Ends && gate.Value == "true" {
			applied.Gate, applied.Command = nil, "-"+gate.Flag
		}
		if command := p.onlyCommand(call, outer); command != nil {
			applied.Command = command.name
			applied.Mains = []string{command.main}
		}
	}
	p.doc.Database.Applies = append(p.doc.Database.Applies, applied)
}

// mainsUsing are the main packages whose own code comes to a function, by names of functions: a package that holds it may be imported for
// something else.
func (p *Program) mainsUsing(fn *types.Func) []string {
	users, packagesUsing, byInterface := p.usersOfFuncs()
	mains := []string{}
	seen := map[*types.Func]bool{}
	var visit func(*types.Func)
	visit = func(fn *types.Func) {
		if seen[fn] {
			return
		}
		seen[fn] = true
		if fn.Pkg() != nil && fn.Pkg().Name() == "main" {
			mains = append(mains, fn.Pkg().Path())
		}
		for _, pkg := range packagesUsing[fn] {
			mains = append(mains, p.mainsOf(pkg)...)
		}
		if byInterface[fn.Name()] && fn.Type().(*types.Signature).Recv() != nil {
			mains = append(mains, p.mainsOf(p.funcs[fn].pkg)...)
		}
		for _, user := range users[fn] {
			visit(user.obj)
		}
	}
	visit(fn)
	return union(mains, nil)
}

// usersOfFuncs are the declared functions that name a function, the packages that do so outside of functions (a command's table), and the
// names of methods that are called through an interface of the module's.
func (p *Program) usersOfFuncs() (map[*types.Func][]*Func, map[*types.Func][]*packages.Package, map[string]bool) {
	users, packagesUsing, byInterface := map[*types.Func][]*Func{}, map[*types.Func][]*packages.Package{}, map[string]bool{}
	p.eachFile(func(pkg *packages.Package, file *ast.File) {
		for _, decl := range file.Decls {
			var user *Func
			if declared, ok := decl.(*ast.FuncDecl); ok {
				if obj, ok := pkg.TypesInfo.Defs[declared.Name].(*types.Func); ok {
					user = p.funcs[obj]
				}
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				if !ok {
					return true
				}
				used, ok := pkg.TypesInfo.Uses[id].(*types.Func)
				if !ok {
					return true
				}
				if recv := recvType(used); recv != nil && types.IsInterface(recv) && p.isOwn(used.Pkg()) {
					byInterface[used.Name()] = true
				}
				if user != nil {
					users[used.Origin()] = append(users[used.Origin()], user)
				} else {
					packagesUsing[used.Origin()] = append(packagesUsing[used.Origin()], pkg)
				}
				return true
			})
		}
	})
	return users, packagesUsing, byInterface
}

var tableDefinition = regexp.MustCompile(`(?im)^\s*create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?[\w."]+\s*\(`)

// makesTables says whether a call runs SQL that makes tables that stay: no temporary ones, no partitions.
func (p *Program) makesTables(pkg *packages.Package, call *ast.CallExpr) bool {
	_, argument := p.sqlArgument(pkg, call)
	if argument == nil {
		return false
	}
	for _, value := range p.flow.values(argument, scope{pkg: pkg}) {
		if text, ok := value.plain(); ok && tableDefinition.MatchString(text) {
			return true
		}
	}
	return false
}

// embedsQueries says whether a package has SQL files built in, and none of them makes a table: they are its queries.
func embedsQueries(pkg *packages.Package) bool {
	queries := false
	for _, file := range pkg.EmbedFiles {
		if !strings.HasSuffix(file, ".sql") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil || tableDefinition.Match(text) {
			return false
		}
		queries = true
	}
	return queries
}

// embeddedMigrations finds code that reads SQL files which are built in and runs what it read: a package of the module that does both.
func (p *Program) embeddedMigrations() {
	embedded := slices.ContainsFunc(p.packages, func(pkg *packages.Package) bool {
		return slices.ContainsFunc(pkg.EmbedFiles, func(file string) bool { return strings.HasSuffix(file, ".sql") })
	})
	if !embedded {
		return
	}
	readers := map[*packages.Package]bool{}
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		switch qualifiedName(callee(pkg.TypesInfo, call)) {
		case "io/fs.ReadFile", "embed.FS.ReadFile", "io/fs.ReadFileFS.ReadFile":
			if _, known := readers[pkg]; !known {
				readers[pkg] = !embedsQueries(pkg)
			}
		}
	})
	noted := map[*packages.Package]bool{}
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		_, argument := p.sqlArgument(pkg, call)
		if argument == nil || !readers[pkg] || noted[pkg] || !strings.HasPrefix(callee(pkg.TypesInfo, call).Name(), "Exec") {
			return
		}
		unknown := true
		for _, value := range p.flow.values(argument, scope{pkg: pkg}) {
			unknown = unknown && value.partial() && len(value.pieces) == 1
		}
		if unknown {
			noted[pkg] = true
			p.noteApplies(runsEmbedded, pkg, call)
		}
	})
}

const maxGateSteps = 3

// gate is the variable or flag that must be true for a call to be reached, or nil: the condition of an ` + "`if`" + ` around the call, or
// around the calls of the functions that it stands in.
func (p *Program) gate(n ast.Node, pkg *packages.Package, outer *Func, depth int) *Gate {
	if depth > maxGateSteps {
		return nil
	}
	var found *Gate
	ast.Inspect(outer.decl, func(inner ast.Node) bool {
		s, ok := inner.(*ast.IfStmt)
		if ok && found == nil && s.Body.Pos() <= n.Pos() && n.End() <= s.Body.End() {
			found = p.gateOf(s.Cond, pkg)
			if found != nil && found.Flag != "" {
				found.Ends = p.endsBehind(n, s.Body, found.Flag, outer)
			} else if flag := p.flagIn(s.Cond, pkg); found != nil && flag != nil && p.endsBehind(n, s.Body, "", outer) {
				// Whatever opens it, the program ends then.
				found = flag
				found.Ends = true
			}
		}
		return true
	})
	if found != nil {
		return found
	}
	callers := 0
	p.eachCall(func(other *packages.Package, call *ast.CallExpr, within string) {
		if fn := callee(other.TypesInfo, call); fn == nil || fn.Origin() != outer.obj {
			return
		}
		if caller := p.enclosing(other, call); caller != nil {
			callers++
			found = p.gate(call, other, caller, depth+1)
		}
	})
	if callers > 1 {
		return nil // one way may have no condition
	}
	return found
}

// endsBehind says whether a body ends the program after a node, be it for this flag only: by os.Exit, or by leaving a function that
// would come to serve.
func (p *Program) endsBehind(n ast.Node, body *ast.BlockStmt, flag string, outer *Func) bool {
	info := outer.pkg.TypesInfo
	for _, statement := range body.List {
		// What is returned may be what the node does.
		_, returns := statement.(*ast.ReturnStmt)
		if statement.Pos() < n.End() && !(returns && statement.Pos() <= n.Pos() && n.End() <= statement.End()) {
			continue
		}
		switch s := statement.(type) {
		case *ast.ReturnStmt:
			return outer.obj.Name() == "main" || p.reachesServing(info, outer.decl)
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && qualifiedName(callee(info, call)) == "os.Exit" {
				return true
			}
		case *ast.IfStmt:
			if gate := p.gateOf(s.Cond, outer.pkg); flag != "" && gate != nil && gate.Flag == flag && p.endsBehind(n, s.Body, flag, outer) {
				return true
			}
		}
	}
	return false
}

// flagIn is the flag of a condition of which either may hold, or nil.
func (p *Program) flagIn(condition ast.Expr, pkg *packages.Package) *Gate {
	either, ok := ast.Unparen(condition).(*ast.BinaryExpr)
	if !ok || either.Op != token.LOR {
		return nil
	}
	for _, side := range []ast.Expr{either.X, either.Y} {
		if gate := p.gateOf(side, pkg); gate != nil && gate.Flag != "" {
			return gate
		}
	}
	return nil
}

// gateOf reads a condition: a variable that is true, or that is equal to a text; of two that do, an environment's variable, as a
// flag may be a command's.
func (p *Program) gateOf(condition ast.Expr, pkg *packages.Package) *Gate {
	value := "true"
	if either, ok := ast.Unparen(condition).(*ast.BinaryExpr); ok && either.Op == token.LOR {
		first, second := p.gateOf(either.X, pkg), p.gateOf(either.Y, pkg)
		if first == nil || second != nil && second.Env != "" && first.Env == "" {
			return second
		}
		return first
	}
	if equal, ok := ast.Unparen(condition).(*ast.BinaryExpr); ok {
		tv := pkg.TypesInfo.Types[equal.Y]
		if equal.Op != token.EQL || tv.Value == nil || !isString(tv.Type) {
			return nil
		}
		condition, value = equal.X, constantText(tv)
	}
	for _, one := range p.gateValues(condition, pkg, &value) {
		if len(one.pieces) != 1 || one.pieces[0].known || one.pieces[0].env == "" && one.pieces[0].flag == "" {
			continue
		}
		if one.pieces[0].preset != nil {
			if text, ok := one.pieces[0].preset.plain(); ok && text == value {
				return nil // open unless somebody closes it
			}
		}
		return &Gate{Env: one.pieces[0].env, Flag: one.pieces[0].flag, Value: value}
	}
	return nil
}

// gateValues are the values of a condition; one that is kept as os.Getenv("X") == "1" is what is compared, with that text.
func (p *Program) gateValues(condition ast.Expr, pkg *packages.Package, value *string) []str {
	for _, one := range p.flow.values(condition, scope{pkg: pkg}) {
		if len(one.pieces) == 1 && (one.pieces[0].env != "" || one.pieces[0].flag != "") {
			return []str{one}
		}
	}
	obj := objectOf(pkg.TypesInfo, condition)
	if obj == nil {
		return nil
	}
	for _, a := range p.flow.assigns[obj] {
		equal, ok := ast.Unparen(a.expr).(*ast.BinaryExpr)
		if !ok || equal.Op != token.EQL {
			continue
		}
		if tv := a.pkg.TypesInfo.Types[equal.Y]; tv.Value != nil && isString(tv.Type) {
			*value = constantText(tv)
			return p.flow.values(equal.X, scope{pkg: a.pkg})
		}
	}
	return nil
}

func recvType(fn *types.Func) types.Type {
	if recv := fn.Type().(*types.Signature).Recv(); recv != nil {
		return recv.Type()
	}
	return nil
}
