package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// demands notes what a validator's own helper demands of a member of the body that it is given together with its name:
// v.Range(in.Days, 1, 7, "days"), v.Required(in.Name, "name", 40), v.OneOf(in.Kind, "kind", "inbound", "outbound").
func (w *hintWalker) demands(call *ast.CallExpr, s *hintScope) {
	fn := callee(s.pkg.TypesInfo, call)
	own := w.p.body(fn)
	if own == nil || w.route.Request.Body == nil {
		return
	}
	at, member := namedMember(call, s)
	params := own.obj.Signature().Params()
	if member == nil || at >= params.Len() {
		return
	}
	if own.obj.Signature().Variadic() && isString(params.At(params.Len()-1).Type().(*types.Slice).Elem()) {
		if from := params.Len() - 1; from < len(call.Args) {
			w.choose(member, constants(call.Args[from:], s.pkg), s)
		}
		return
	}
	number := func(expr ast.Expr) (int64, bool) {
		for i := range min(params.Len(), len(call.Args)) {
			if objectOf(own.pkg.TypesInfo, expr) == params.At(i) {
				return w.limit(call.Args[i], s)
			}
		}
		return w.limit(expr, &hintScope{pkg: own.pkg})
	}
	compare := func(condition ast.Expr, holds bool) {
		ast.Inspect(condition, func(n ast.Node) bool {
			compared, ok := n.(*ast.BinaryExpr)
			if !ok || objectOf(own.pkg.TypesInfo, measured(compared.X)) != params.At(at) {
				return true
			}
			op := compared.Op
			if holds {
				op = contrary[op]
			}
			if bound, ok := number(compared.Y); ok {
				if rule := boundRule(op, bound); rule != "" {
					w.rule(member, rule, s)
				}
			}
			return true
		})
	}
	ast.Inspect(own.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			compare(n.Cond, false)
		case *ast.CallExpr:
			if len(n.Args) > 1 && isComplaintOf(callee(own.pkg.TypesInfo, n)) {
				compare(n.Args[0], true)
			}
		}
		return true
	})
}

// contrary is what does not hold where a comparison does.
var contrary = map[token.Token]token.Token{
	token.GTR: token.LEQ, token.GEQ: token.LSS, token.LSS: token.GEQ, token.LEQ: token.GTR, token.NEQ: token.EQL,
}

// namedMember is the argument of a call that is a member of a struct, or its length, whose name in JSON another argument is or ends in
// ("days", path+"days"), and where it stands.
func namedMember(call *ast.CallExpr, s *hintScope) (int, *ast.SelectorExpr) {
	var ends []ast.Expr
	for _, arg := range call.Args {
		operands := parts(arg, token.ADD)
		ends = append(ends, operands[len(operands)-1])
	}
	labels := constants(ends, s.pkg)
	for i, arg := range call.Args {
		member := memberIn(measured(arg), s)
		if member == nil {
			continue
		}
		name, _ := memberOfJSON(s.pkg.TypesInfo.Selections[member])
		for _, label := range labels {
			if name != "" && (label == name || strings.HasSuffix(label, "."+name)) {
				return i, member
			}
		}
	}
	return 0, nil
}
