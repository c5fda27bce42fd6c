package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// flow knows, for every variable, field and parameter of the module, all expressions ever assigned to it, whatever the
// order of execution. That is enough for configuration and SQL texts, which are written once.
type flow struct {
	p       *Program
	assigns map[types.Object][]assign
	returns map[any][][]ast.Expr      // by *types.Func or *ast.FuncLit
	writes  map[types.Object][]assign // what a strings.Builder or bytes.Buffer was given
	embeds  map[types.Object]string   // contents of go:embed string variables
	active  map[any]bool              // being evaluated: cuts cycles
	nesting int                       // evaluations inside evaluations
	steps   int                       // of the outermost one
}

// assign is one assignment. Index selects a result when expr is a call with several; extends is set for +=.
type assign struct {
	expr    ast.Expr
	pkg     *packages.Package
	index   int
	extends bool
	block   ast.Node
	flagVar bool          // expr is a call like flag.StringVar whose address argument is the variable
	call    *ast.CallExpr // of a parameter's argument: where it is handed over
}

func newFlow(p *Program) *flow {
	f := &flow{p: p, assigns: map[types.Object][]assign{}, returns: map[any][][]ast.Expr{},
		writes: map[types.Object][]assign{}, embeds: map[types.Object]string{}, active: map[any]bool{}}
	for _, pkg := range p.packages {
		for _, file := range pkg.Syntax {
			w := &flowWalker{f: f, pkg: pkg, info: pkg.TypesInfo}
			for _, decl := range file.Decls {
				w.within, w.named = nil, nil
				if fn, ok := decl.(*ast.FuncDecl); ok {
					w.within, w.named = w.info.Defs[fn.Name], fn.Type.Results
				}
				w.walk(decl, nil)
			}
		}
	}
	return f
}

// flowWalker gathers the assignments of one file; within is the function or literal that it is in, named are the results of that.
type flowWalker struct {
	f      *flow
	pkg    *packages.Package
	info   *types.Info
	within any
	named  *ast.FieldList
}

func (w *flowWalker) walk(root, block ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			within, named := w.within, w.named
			w.within, w.named = n, n.Type.Results
			w.walk(n.Body, block)
			w.within, w.named = within, named
			return false
		case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
			if n != root {
				w.walk(n, n)
				return false
			}
			if block == nil {
				block = n
			}
		case *ast.AssignStmt:
			w.assignment(n, block)
		case *ast.GenDecl:
			w.declaration(n, block)
		case *ast.CompositeLit:
			w.composite(n)
		case *ast.CallExpr:
			w.call(n, block)
		case *ast.ReturnStmt:
			w.f.returns[w.within] = append(w.f.returns[w.within], w.results(n))
		}
		return true
	})
}

// results are what a return statement gives; those of a function with named results by themselves where it says nothing.
func (w *flowWalker) results(n *ast.ReturnStmt) []ast.Expr {
	if len(n.Results) > 0 || w.named == nil {
		return n.Results
	}
	var results []ast.Expr
	for _, field := range w.named.List {
		for _, name := range field.Names {
			results = append(results, name)
		}
	}
	return results
}

func (w *flowWalker) add(target ast.Expr, a assign) {
	if obj := objectOf(w.info, target); obj != nil {
		a.pkg = w.pkg
		w.f.assigns[obj] = append(w.f.assigns[obj], a)
	}
}

// objectOf is the variable, field or parameter that an expression names; pointers and indexes are looked through.
func objectOf(info *types.Info, expr ast.Expr) types.Object {
	var obj types.Object
	switch e := ast.Unparen(expr).(type) {
	case *ast.Ident:
		if obj = info.Defs[e]; obj == nil {
			obj = info.Uses[e]
		}
	case *ast.SelectorExpr:
		obj = info.Uses[e.Sel]
	case *ast.StarExpr:
		return objectOf(info, e.X)
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return objectOf(info, e.X)
		}
	}
	if v, ok := obj.(*types.Var); ok {
		return v.Origin()
	}
	return nil
}

func (w *flowWalker) assignment(n *ast.AssignStmt, block ast.Node) {
	if n.Tok != token.ASSIGN && n.Tok != token.DEFINE && n.Tok != token.ADD_ASSIGN {
		return
	}
	for i, target := range n.Lhs {
		a := assign{extends: n.Tok == token.ADD_ASSIGN, block: block}
		if len(n.Rhs) == len(n.Lhs) {
			a.expr = n.Rhs[i]
		} else {
			a.expr, a.index = n.Rhs[0], i
		}
		// q = q + "..." is another spelling of q += "...".
		if sum, ok := a.expr.(*ast.BinaryExpr); ok && sum.Op == token.ADD && n.Tok == token.ASSIGN {
			if obj := objectOf(w.info, target); obj != nil && obj == objectOf(w.info, sum.X) {
				a.expr, a.extends = sum.Y, true
			}
		}
		w.add(target, a)
	}
}

func (w *flowWalker) declaration(n *ast.GenDecl, block ast.Node) {
	for _, spec := range n.Specs {
		values, ok := spec.(*ast.ValueSpec)
		if !ok || n.Tok != token.VAR {
			continue
		}
		for i, name := range values.Names {
			switch {
			case len(values.Values) == len(values.Names):
				w.add(name, assign{expr: values.Values[i], block: block})
			case len(values.Values) == 1:
				w.add(name, assign{expr: values.Values[0], index: i, block: block})
			default:
				w.embed(name, n, values)
			}
		}
	}
}

// embed reads the file behind `//go:embed name` over a string or []byte variable.
func (w *flowWalker) embed(name *ast.Ident, n *ast.GenDecl, spec *ast.ValueSpec) {
	for _, doc := range []*ast.CommentGroup{n.Doc, spec.Doc} {
		if doc == nil {
			continue
		}
		for _, comment := range doc.List {
			file, ok := strings.CutPrefix(comment.Text, "//go:embed ")
			if !ok || strings.ContainsAny(file, "*?[") {
				continue
			}
			dir := filepath.Dir(w.f.p.fset.Position(name.Pos()).Filename)
			if data, err := os.ReadFile(filepath.Join(dir, strings.Trim(strings.TrimSpace(file), "\"`"))); err == nil {
				w.f.embeds[w.info.Defs[name]] = string(data)
			}
		}
	}
}

func (w *flowWalker) composite(n *ast.CompositeLit) {
	structure, ok := underlying(w.info.TypeOf(n)).(*types.Struct)
	if !ok {
		return
	}
	for i, element := range n.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			w.add(pair.Key, assign{expr: pair.Value})
		} else if i < structure.NumFields() {
			field := structure.Field(i).Origin()
			w.f.assigns[field] = append(w.f.assigns[field], assign{expr: element, pkg: w.pkg})
		}
	}
}

// eachCopy calls visit for what a variable is assigned to as it is: `if v := os.Getenv("X"); v != "" { c.X = v }`.
func (f *flow) eachCopy(obj types.Object, visit func(types.Object)) {
	var targets []types.Object
	for target, assigns := range f.assigns {
		for _, a := range assigns {
			if _, isName := ast.Unparen(a.expr).(*ast.Ident); isName && !a.extends && objectOf(a.pkg.TypesInfo, a.expr) == obj {
				targets = append(targets, target)
			}
		}
	}
	slices.SortFunc(targets, func(a, b types.Object) int { return int(a.Pos() - b.Pos()) })
	for _, target := range targets {
		visit(target)
	}
}

func underlying(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	t = t.Underlying()
	if pointer, ok := t.(*types.Pointer); ok {
		t = pointer.Elem().Underlying()
	}
	return t
}

// call notes arguments given to the module's own parameters, flag variables and texts written to builders.
func (w *flowWalker) call(n *ast.CallExpr, block ast.Node) {
	fn := callee(w.info, n)
	if fn == nil {
		return
	}
	if selector, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && len(n.Args) > 0 {
		switch qualifiedName(fn) {
		case "strings.Builder.WriteString", "bytes.Buffer.WriteString":
			if obj := objectOf(w.info, selector.X); obj != nil {
				w.f.writes[obj] = append(w.f.writes[obj], assign{expr: n.Args[0], pkg: w.pkg, block: block})
			}
			return
		}
	}
	if i := flagVarArgument(fn); i >= 0 && len(n.Args) > i+2 {
		w.add(n.Args[i], assign{expr: n, flagVar: true})
		return
	}
	if fn.Pkg() == nil || !w.f.p.isOwn(fn.Pkg()) {
		return
	}
	signature := fn.Origin().Type().(*types.Signature)
	for i, argument := range n.Args {
		if i >= signature.Params().Len() || (signature.Variadic() && i >= signature.Params().Len()-1) {
			break
		}
		param := signature.Params().At(i)
		w.f.assigns[param] = append(w.f.assigns[param], assign{expr: argument, pkg: w.pkg, call: n})
	}
}

// isOwn says whether a package was loaded from source, as the repository's own are.
func (p *Program) isOwn(pkg *types.Package) bool {
	for _, own := range p.packages {
		if own.Types == pkg {
			return true
		}
	}
	return false
}

// flagVarArgument is the index of the address argument of flag.StringVar and its kind, also of pflag; -1 for others.
func flagVarArgument(fn *types.Func) int {
	if isFlagPackage(fn) && strings.HasSuffix(fn.Name(), "Var") && len(fn.Name()) > len("Var") {
		return 0
	}
	return -1
}

func isFlagPackage(fn *types.Func) bool {
	return fn != nil && fn.Pkg() != nil && (fn.Pkg().Path() == "flag" || fn.Pkg().Path() == "github.com/spf13/pflag")
}
