package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A filter that the code hands on to the database whatever its text, also the empty one, must be given: a list is empty without it.

// passage follows a text from where it is read to where it leaves the module's code.
type passage struct {
	p      *Program
	w      *hintWalker
	asked  bool // whether there is one: nothing says that it must be given
	leaves bool
	needed bool // a function that it is handed to refuses the empty one
	seen   map[types.Object]bool
}

// passed follows the text that a call gives.
func (w *hintWalker) passed(call *ast.CallExpr, s *hintScope) *passage {
	passed := &passage{p: w.p, w: w, seen: map[types.Object]bool{}}
	passed.from(call, s.body, s.pkg, 0)
	return passed
}

// isHandedOn says whether the text reaches other code, such as a database's, and nothing asks on the way what it is.
func (p *passage) isHandedOn() bool { return p.leaves && !p.asked }

// from looks at what stands around an expression.
func (p *passage) from(expr ast.Expr, body ast.Node, pkg *packages.Package, depth int) {
	around := enclosing(body, expr)
	if len(around) == 0 || depth > maxHintDepth+1 {
		p.asked = true
		return
	}
	switch outer := around[len(around)-1].(type) {
	case *ast.ParenExpr:
		p.from(outer, body, pkg, depth)
	case *ast.CallExpr:
		p.argument(outer, expr, body, pkg, depth)
	case *ast.AssignStmt:
		at := slices.Index(outer.Rhs, expr)
		if at >= 0 && len(outer.Lhs) == len(outer.Rhs) {
			p.variable(objectOf(pkg.TypesInfo, outer.Lhs[at]), body, pkg, depth)
		} else if at >= 0 {
			p.asked = true
		}
	case *ast.ValueSpec:
		if at := slices.Index(outer.Values, expr); at >= 0 && len(outer.Names) == len(outer.Values) {
			p.variable(pkg.TypesInfo.Defs[outer.Names[at]], body, pkg, depth)
		}
	case *ast.KeyValueExpr:
		p.member(outer, around, pkg)
	default:
		p.asked = true
	}
}

// variable follows all that is done with a variable or parameter.
func (p *passage) variable(obj types.Object, body ast.Node, pkg *packages.Package, depth int) {
	if obj == nil {
		p.asked = true
		return
	}
	if p.seen[obj] {
		return
	}
	p.seen[obj] = true
	ast.Inspect(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && pkg.TypesInfo.Uses[id] == obj {
			p.from(id, body, pkg, depth+1)
		}
		return true
	})
}

// argument follows a text into a call.
func (p *passage) argument(call *ast.CallExpr, expr ast.Expr, body ast.Node, pkg *packages.Package, depth int) {
	at := slices.Index(call.Args, expr)
	fn := callee(pkg.TypesInfo, call)
	name := qualifiedName(fn)
	switch {
	case at < 0 || fn == nil:
		p.asked = true
	case through[name]:
		p.from(call, body, pkg, depth+1)
	case strings.HasPrefix(name, "log.") || strings.HasPrefix(name, "log/slog."):
	case isOfStandardTexts(name) || p.admitsNone(call, pkg):
		p.asked = true
	case p.p.body(fn) != nil:
		p.into(p.p.body(fn), at, isGuarded(body, call), depth)
	case len(p.p.implementing(fn)) > 0:
		for _, method := range p.p.implementing(fn) {
			p.into(p.p.body(method), at, isGuarded(body, call), depth)
		}
	case p.p.isOwn(fn.Pkg()):
		p.asked = true
	default:
		p.leaves = true
	}
}

func (p *passage) into(fn *Func, at int, guarded bool, depth int) {
	params := fn.obj.Type().(*types.Signature)
	if params.Variadic() && at >= params.Params().Len()-1 {
		p.leaves = true // arguments of a statement
		return
	}
	if fn.decl.Body == nil || at >= params.Params().Len() {
		p.asked = true
		return
	}
	p.needed = p.needed || !guarded && p.isRefusedEmpty(params.Params().At(at), fn)
	p.variable(params.Params().At(at), fn.decl.Body, fn.pkg, depth+1)
}

// isRefusedEmpty says whether a function leaves with an error where its parameter is empty, whatever else it is given.
func (p *passage) isRefusedEmpty(param *types.Var, fn *Func) bool {
	for _, statement := range fn.decl.Body.List {
		branch, ok := statement.(*ast.IfStmt)
		if !ok || callsFurther(branch.Body, fn.pkg.TypesInfo) || !p.w.refuses(branch.Body, &hintScope{pkg: fn.pkg}) {
			continue
		}
		for _, condition := range alternatives(branch.Cond) {
			if isEmptiness(condition, param, fn.pkg.TypesInfo) {
				return true
			}
		}
	}
	return false
}

// isEmptiness says whether a condition holds where a text is empty: text == "", len(strings.TrimSpace(text)) < 3, !strings.Contains(text, "@").
func isEmptiness(condition ast.Expr, text *types.Var, info *types.Info) bool {
	switch c := ast.Unparen(condition).(type) {
	case *ast.UnaryExpr:
		call, ok := ast.Unparen(c.X).(*ast.CallExpr)
		return ok && c.Op == token.NOT && qualifiedName(callee(info, call)) == "strings.Contains" && mentions(call.Args[0], text, info)
	case *ast.BinaryExpr:
		if !mentions(c.X, text, info) {
			return false
		}
		length := strings.HasPrefix(types.ExprString(c.X), "len(")
		return c.Op == token.EQL && types.ExprString(c.Y) == `""` || length && (c.Op == token.LSS || c.Op == token.EQL && types.ExprString(c.Y) == "0")
	}
	return false
}

// callsFurther says whether a branch does what was asked in another way: it hands a context on.
func callsFurther(body ast.Node, info *types.Info) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 0 {
			found = found || typePath(info.TypeOf(call.Args[0])) == "context.Context"
		}
		return !found
	})
	return found
}

// alternatives are the conditions of which one is enough: a || b.
func alternatives(condition ast.Expr) []ast.Expr {
	if either, ok := ast.Unparen(condition).(*ast.BinaryExpr); ok && either.Op == token.LOR {
		return append(alternatives(either.X), alternatives(either.Y)...)
	} else if ok && either.Op == token.LAND {
		return nil
	}
	return []ast.Expr{condition}
}

func mentions(expr ast.Expr, obj types.Object, info *types.Info) bool {
	found := false
	ast.Inspect(expr, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && info.Uses[id] == obj {
			found = true
		}
		return !found
	})
	return found
}

// member is a text within a composite literal: of a condition (squirrel.Eq{"status": status}) it leaves; a struct of the module's own may be
// asked for it anywhere.
func (p *passage) member(pair *ast.KeyValueExpr, around []ast.Node, pkg *packages.Package) {
	if len(around) < 2 {
		p.asked = true
		return
	}
	literal, ok := around[len(around)-2].(*ast.CompositeLit)
	if !ok {
		p.asked = true
		return
	}
	t := pkg.TypesInfo.TypeOf(literal)
	if named := namedOf(t); named != nil && !p.p.isOwn(named.Obj().Pkg()) {
		if _, isMap := named.Underlying().(*types.Map); isMap {
			call, ok := around[max(len(around)-3, 0)].(*ast.CallExpr) // pgx.NamedArgs
			p.leaves = true
			p.asked = p.asked || ok && p.admitsNone(call, pkg)
			return
		}
	}
	p.asked = true
}

// admitsNone says whether the statement among a call's arguments has a case for an empty value.
func (p *passage) admitsNone(call *ast.CallExpr, pkg *packages.Package) bool {
	for _, argument := range call.Args {
		for _, value := range p.p.flow.values(argument, scope{pkg: pkg}) {
			text, _ := value.plain()
			text = strings.ToUpper(text)
			for _, sign := range []string{"= ''", "=''", "NULLIF(", "IS NULL OR", "'%'"} {
				if strings.Contains(text, sign) {
					return true
				}
			}
		}
	}
	return false
}

// isOfStandardTexts names functions that look at texts themselves.
func isOfStandardTexts(name string) bool {
	for _, prefix := range []string{"strings.", "strconv.", "slices.", "fmt.", "unicode", "regexp.", "errors.", "net/", "time.", "bytes.", "maps."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// enclosing are the nodes around a node of a body, the nearest last.
func enclosing(body, wanted ast.Node) []ast.Node {
	var path, found []ast.Node
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		if n == wanted && found == nil {
			found = slices.Clone(path)
		}
		path = append(path, n)
		return true
	})
	return found
}
