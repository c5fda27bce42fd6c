package main

import (
	"go/ast"
	"go/types"
)

// joined is the text of strings.Join where all elements are known: those of a literal, and what is appended to it.
func (f *flow) joined(call *ast.CallExpr, s scope) []str {
	elements, ok := f.elements(call.Args[0], s)
	if !ok {
		return unknown()
	}
	var lists [][]str
	for i, element := range elements {
		if i > 0 {
			lists = append(lists, f.values(call.Args[1], s))
		}
		lists = append(lists, f.values(element, s))
	}
	return join(lists...)
}

// elements are those of a slice of a function's own; false where there may be others.
func (f *flow) elements(list ast.Expr, s scope) ([]ast.Expr, bool) {
	info := s.pkg.TypesInfo
	switch list := ast.Unparen(list).(type) {
	case *ast.CompositeLit:
		return list.Elts, true
	case *ast.Ident:
		obj := objectOf(info, list)
		var all []ast.Expr
		for i, a := range f.assigns[obj] {
			if a.pkg != s.pkg {
				return nil, false
			}
			if call, ok := ast.Unparen(a.expr).(*ast.CallExpr); ok && i > 0 && isAppendTo(info, call, obj) {
				all = append(all, call.Args[1:]...)
				continue
			}
			if literal, ok := ast.Unparen(a.expr).(*ast.CompositeLit); ok && i == 0 {
				all = append(all, literal.Elts...)
				continue
			}
			return nil, false
		}
		return all, len(all) > 0
	}
	return nil, false
}

// isAppendTo says whether a call is append(list, elements).
func isAppendTo(info *types.Info, call *ast.CallExpr, list types.Object) bool {
	name, ok := ast.Unparen(call.Fun).(*ast.Ident)
	return ok && name.Name == "append" && info.Types[call.Fun].IsBuiltin() && len(call.Args) > 1 && !call.Ellipsis.IsValid() &&
		objectOf(info, call.Args[0]) == list
}

// built is the text of a builder: all that is ever written to it, with a gap where a write is conditional.
func (f *flow) built(call *ast.CallExpr, s scope) []str {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return unknown()
	}
	writes := f.writes[objectOf(s.pkg.TypesInfo, selector.X)]
	if len(writes) == 0 {
		return unknown()
	}
	var lists [][]str
	for _, w := range writes {
		if w.block != writes[0].block {
			lists = append(lists, unknown())
			continue
		}
		lists = append(lists, f.values(w.expr, scope{pkg: w.pkg, bound: s.bound, depth: s.depth}))
	}
	return join(lists...)
}
