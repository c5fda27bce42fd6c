package main

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
)

// Handlers that a literal passes requests on to.

// passedOn is the handler that a literal hands every request to, where it is the only one among what the function around the literal was
// given: func customer(pattern string, fn endpoint) { mux.HandleFunc(pattern, func(w, r) { ... fn(r) ... }) }. The literal is middleware then.
func (it *interp) passedOn(v value) value {
	fv, ok := v.(*funcValue)
	if !ok || fv.lit == nil {
		return v
	}
	var given []value
	seen := map[types.Object]bool{}
	for _, call := range unconditionalCalls(fv.lit.Body) {
		if !handsOn(call, fv.lit, fv.pkg.TypesInfo) {
			continue
		}
		for _, expr := range append([]ast.Expr{call.Fun}, call.Args...) {
			obj, ok := objectOf(fv.pkg.TypesInfo, expr).(*types.Var)
			if !ok || seen[obj] || !answers(obj.Type()) {
				continue
			}
			seen[obj] = true
			if _, isParam := it.p.params[obj]; !isParam {
				continue
			}
			if value, known := fv.env.lookup(obj); known && value != nil {
				given = append(given, value)
			}
		}
	}
	if len(given) != 1 || it.p.readsInput(fv.lit, fv.pkg) {
		return v
	}
	inner := it.passedOn(given[0])
	w := &wrapped{inner: inner}
	if before, ok := inner.(*wrapped); ok {
		*w = wrapped{before.inner, slices.Clone(before.middleware), before.strip, slices.Clone(before.decoders)}
	}
	it.p.passing[it.p.lits[fv.lit]] = true
	w.middleware = append([]string{it.p.lits[fv.lit]}, w.middleware...)
	return w
}

// unconditionalCalls are those of a body that stand in no branch or loop, but may stand in a branch's condition.
func unconditionalCalls(body *ast.BlockStmt) []*ast.CallExpr {
	var calls []*ast.CallExpr
	note := func(nodes ...ast.Node) {
		for _, node := range nodes {
			if node == nil {
				continue
			}
			ast.Inspect(node, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					calls = append(calls, call)
				}
				_, literal := n.(*ast.FuncLit)
				return !literal
			})
		}
	}
	for _, statement := range body.List {
		switch s := statement.(type) {
		case *ast.IfStmt:
			if s.Init != nil {
				note(s.Init)
			}
			note(s.Cond)
		case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt, *ast.BlockStmt:
		default:
			note(s)
		}
	}
	return calls
}

// handsOn says whether a call is given the request of the literal that it stands in.
func handsOn(call *ast.CallExpr, lit *ast.FuncLit, info *types.Info) bool {
	return slices.ContainsFunc(call.Args, func(argument ast.Expr) bool {
		obj := objectOf(info, argument)
		path := typePath(info.TypeOf(argument))
		return obj != nil && (path == "net/http.Request" || isContext(path)) && lit.Type.Pos() <= obj.Pos() && obj.Pos() < lit.Body.Pos()
	})
}

// answers says whether a function may be a handler: it is given the request, and what it returns is an answer or an error, not something that
// it found out.
func answers(t types.Type) bool {
	signature, ok := t.Underlying().(*types.Signature)
	if !ok || !isHandlerType(t) {
		return false
	}
	for i := range signature.Results().Len() {
		of := signature.Results().At(i).Type()
		basic, isBasic := of.Underlying().(*types.Basic)
		if !types.IsInterface(of) && !(isBasic && basic.Kind() == types.Int) {
			return false
		}
	}
	return true
}

// readsInput says whether a literal itself reads a query or a body, as a handler does.
func (p *Program) readsInput(lit *ast.FuncLit, pkg *packages.Package) bool {
	w := &hintWalker{p: p, route: &Route{Method: "POST"}, seen: map[*types.Func]bool{}}
	w.walk(lit.Body, &hintScope{pkg: pkg})
	return w.route.Request.Body != nil || len(w.route.Request.Query)+len(w.route.Request.Form) > 0
}
