package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
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
	if from := params.Len() - 1; own.obj.Signature().Variadic() && isString(params.At(from).Type().(*types.Slice).Elem()) {
		if at < from && slices.Contains(allowing, own.obj.Name()) {
			w.choose(member, constants(call.Args[min(from, len(call.Args)):], s.pkg), s)
		}
		return
	}
	d := demand{w: w, own: own, call: call, s: s, member: member, param: params.At(at)}
	ast.Inspect(own.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			d.branch(n)
		case *ast.CallExpr:
			for _, part := range parts(w.p.checked(n, own.pkg), token.LAND) {
				d.compare(part, true)
			}
		}
		return true
	})
}

// allowing are the names of what takes a text and those that it may be.
var allowing = []string{"PermittedValue", "PermittedValues", "In", "OneOf", "IsOneOf", "Enum", "AllowedValues", "Among"}

// demand is one call of such a helper: param is what it calls the member.
type demand struct {
	w      *hintWalker
	own    *Func
	call   *ast.CallExpr
	s      *hintScope
	member *ast.SelectorExpr
	param  *types.Var
}

// branch reads if n < lo || n > hi { complain } and if n >= lo && n <= hi { return }; others say nothing.
func (d demand) branch(branch *ast.IfStmt) {
	if branch.Else != nil || len(branch.Body.List) == 0 {
		return
	}
	ends, isReturn := branch.Body.List[0].(*ast.ReturnStmt)
	accepts := isReturn && (len(ends.Results) == 0 || len(ends.Results) == 1 && isNilOrTrue(ends.Results[0]))
	operator := token.LOR
	if accepts {
		operator = token.LAND
	}
	all := parts(branch.Cond, operator)
	for _, part := range all {
		if _, ok := part.(*ast.BinaryExpr); !ok {
			return
		}
	}
	for _, part := range all {
		d.compare(part, accepts)
	}
}

func isNilOrTrue(expr ast.Expr) bool {
	name, ok := expr.(*ast.Ident)
	return ok && (name.Name == "nil" || name.Name == "true")
}

// compare notes a comparison of the member that is demanded, or refused, where it holds.
func (d demand) compare(expr ast.Expr, demanded bool) {
	compared, ok := expr.(*ast.BinaryExpr)
	if !ok || objectOf(d.own.pkg.TypesInfo, measured(compared.X)) != d.param {
		return
	}
	op := compared.Op
	if demanded {
		op = contrary[op]
	}
	if bound, ok := d.number(compared.Y); ok {
		if rule := boundRule(op, bound); rule != "" && rule != "max=0" {
			d.w.rule(d.member, rule, d.s)
		}
	}
}

// number is a constant of the helper, or one that it is handed.
func (d demand) number(expr ast.Expr) (int64, bool) {
	params := d.own.obj.Signature().Params()
	for i := range min(params.Len(), len(d.call.Args)) {
		if objectOf(d.own.pkg.TypesInfo, expr) == params.At(i) {
			return d.w.limit(d.call.Args[i], d.s)
		}
	}
	return d.w.limit(expr, &hintScope{pkg: d.own.pkg})
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
