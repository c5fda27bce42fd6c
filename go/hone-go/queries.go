package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// queryMethods are the methods that take SQL, by name, with the libraries whose types have them.
var queryMethods = map[string]bool{
	"Query": true, "QueryRow": true, "Exec": true, "Queue": true, "Prepare": true, "PrepareNamed": true, "Preparex": true,
	"QueryContext": true, "QueryRowContext": true, "ExecContext": true, "PrepareContext": true, "PreparexContext": true,
	"PrepareNamedContext": true, "Queryx": true, "QueryRowx": true, "QueryxContext": true, "QueryRowxContext": true,
	"Get": true, "Select": true, "GetContext": true, "SelectContext": true, "NamedExec": true, "NamedExecContext": true,
	"NamedQuery": true, "NamedQueryContext": true, "MustExec": true, "MustExecContext": true, "Raw": true, "NewRaw": true,
	"QueryFunc": true, "ExecParams": true,
}

// queryLibraries are import paths (majors removed) of the libraries, with the name in the document.
var queryLibraries = []struct{ path, name string }{
	{"github.com/jackc/pgx/pgxpool", "pgxpool"},
	{"github.com/jackc/pgx", "pgx"},
	{"github.com/jackc/pgconn", "pgx"},
	{"github.com/jmoiron/sqlx", "sqlx"},
	{"database/sql", "database/sql"},
	{"gorm.io/gorm", "gorm"},
	{"github.com/uptrace/bun", "bun"},
	{"github.com/georgysavva/scany", "scany"},
	{"github.com/go-pg/pg", "go-pg"},
}

func libraryOf(path string) string {
	path = trimVersion(path)
	for _, library := range queryLibraries {
		if path == library.path || strings.HasPrefix(path, library.path+"/") {
			return library.name
		}
	}
	return ""
}

// findQueries lists the SQL texts handed to database libraries, also through helpers of the module.
func (p *Program) findQueries() {
	wrappers := map[*types.Func]sqlWrapper{}
	p.wrappers = wrappers
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		if library, argument := p.sqlArgument(pkg, call); argument != nil {
			fn := callee(pkg.TypesInfo, call)
			if !p.wraps(pkg, argument, wrappers, sqlWrapper{library: library, method: fn.Name()}) {
				p.addQuery(pkg, call, argument, Query{Library: library, Method: fn.Name(), Function: within})
			}
		}
	})
	for known := -1; known != len(wrappers); {
		known = len(wrappers)
		p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
			if w, ok := wrappers[originOf(callee(pkg.TypesInfo, call))]; ok && w.param < len(call.Args) {
				p.wraps(pkg, call.Args[w.param], wrappers, w)
			}
		})
	}
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		fn := originOf(callee(pkg.TypesInfo, call))
		w, ok := wrappers[fn]
		if !ok || w.param >= len(call.Args) {
			return
		}
		if outer, _ := p.ownParam(pkg, call.Args[w.param]); outer != nil {
			return
		}
		p.addQuery(pkg, call, call.Args[w.param],
			Query{Library: w.library, Method: w.method, Function: within, Via: funcSymbol(fn)})
	})
}

func originOf(fn *types.Func) *types.Func {
	if fn == nil {
		return nil
	}
	return fn.Origin()
}

// sqlWrapper is a function of the module whose parameter is SQL.
type sqlWrapper struct {
	param           int
	library, method string
}

// wraps notes the enclosing function as a wrapper where the SQL is a parameter of it.
func (p *Program) wraps(pkg *packages.Package, argument ast.Expr, wrappers map[*types.Func]sqlWrapper, w sqlWrapper) bool {
	fn, param := p.ownParam(pkg, argument)
	if fn != nil {
		w.param = param
		wrappers[fn] = w
	}
	return fn != nil
}

// ownParam is the declared function, and the index, of the string parameter that an expression is; nil for others.
func (p *Program) ownParam(pkg *packages.Package, expr ast.Expr) (*types.Func, int) {
	id, ok := ast.Unparen(expr).(*ast.Ident)
	if !ok {
		return nil, 0
	}
	v, ok := pkg.TypesInfo.Uses[id].(*types.Var)
	if !ok || !isString(v.Type()) {
		return nil, 0
	}
	param, ok := p.params[v]
	return param.fn, param.index
}

func isString(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsString != 0
}

// sqlArgument is the SQL argument of a call of a database library, or nil. Interfaces of the module with a library's
// method (sqlc's DBTX and the like) count as the library.
func (p *Program) sqlArgument(pkg *packages.Package, call *ast.CallExpr) (string, ast.Expr) {
	fn := callee(pkg.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil || !queryMethods[fn.Name()] {
		return "", nil
	}
	signature := fn.Type().(*types.Signature)
	library := libraryOf(fn.Pkg().Path())
	if library == "" && signature.Recv() != nil && types.IsInterface(signature.Recv().Type()) {
		library = libraryOfSignature(fn.Name(), signature)
	}
	if library == "" || signature.Recv() == nil && library != "sqlx" && library != "scany" {
		return "", nil
	}
	// The SQL is the first string parameter, except the statement's name in pgx's Prepare.
	skip := 0
	if fn.Name() == "Prepare" && (library == "pgx" || library == "pgxpool") {
		skip = 1
	}
	for i := 0; i < signature.Params().Len() && i < len(call.Args); i++ {
		if !isString(signature.Params().At(i).Type()) {
			continue
		}
		if skip == 0 {
			return library, call.Args[i]
		}
		skip--
	}
	return "", nil
}

// libraryOfSignature is the library that an interface's method is one of, by what it answers; sqlx's Get and Select answer an error only.
func libraryOfSignature(name string, signature *types.Signature) string {
	for i := range signature.Results().Len() {
		if named := namedOf(signature.Results().At(i).Type()); named != nil && named.Obj().Pkg() != nil {
			if library := libraryOf(named.Obj().Pkg().Path()); library != "" {
				return library
			}
		}
	}
	fills := strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "Select")
	params := signature.Params()
	if fills && signature.Variadic() && signature.Results().Len() == 1 && params.Len() >= 3 {
		into, text := params.At(params.Len()-3).Type(), params.At(params.Len()-2).Type()
		if types.IsInterface(into) && isString(text) {
			return "sqlx"
		}
	}
	return ""
}

func (p *Program) addQuery(pkg *packages.Package, call *ast.CallExpr, argument ast.Expr, q Query) {
	q.Origin = p.origin(callPos(call))
	q.Test = p.testOnly
	for _, value := range p.flow.values(argument, scope{pkg: pkg}) {
		one := q
		one.Text = value.text().Value
		one.Partial = len(value.parts()) == 0 || value.partialSQL()
		if one.Partial {
			one.Parts = value.parts()
		}
		if value.pos.IsValid() && p.packageAt(value.pos) != nil {
			if origin := p.origin(value.pos); origin != one.Origin {
				one.TextOrigin = &origin
			}
		}
		if !slices.ContainsFunc(p.doc.Queries, one.same) {
			p.doc.Queries = append(p.doc.Queries, one)
		}
	}
}

func (q Query) same(other Query) bool {
	return q.Text == other.Text && q.Origin == other.Origin && q.Function == other.Function && q.Method == other.Method
}

func (s str) partialSQL() bool {
	_, plain := s.plain()
	return !plain
}

// callPos is where a stack trace puts the call: the line of the closing parenthesis is no use, the selector's is.
func callPos(call *ast.CallExpr) token.Pos {
	if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		return selector.Sel.Pos()
	}
	return call.Pos()
}
