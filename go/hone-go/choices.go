package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/packages"
)

// choices notes which texts a member of the body may have where a branch that leaves the handler says so:
// if in.Kind != "in" && in.Kind != "out", if !slices.Contains(kinds, in.Kind), if !kinds[in.Kind], if _, ok := kinds[in.Kind]; !ok and
// if !in.Kind.Valid(). As the rule of a validation tag.
func (w *hintWalker) choices(branch *ast.IfStmt, s *hintScope) {
	if w.route.Request.Body == nil || !w.refuses(branch.Body, s) {
		return
	}
	for _, condition := range parts(branch.Cond, token.LOR) {
		value, texts := w.allowed(condition, branch.Init, s)
		if member, ok := value.(*ast.SelectorExpr); ok {
			w.choose(member, texts, s)
		}
	}
}

// chosen does the same for a switch over a member whose default leaves.
func (w *hintWalker) chosen(branches *ast.SwitchStmt, s *hintScope) {
	if w.route.Request.Body == nil || branches.Tag == nil {
		return
	}
	if member := memberIn(branches.Tag, s); member != nil {
		w.choose(member, w.allowedBySwitch(branches, s), s)
	}
}

// allowedBySwitch are the texts of the cases that do not leave, of a switch whose default does.
func (w *hintWalker) allowedBySwitch(branches *ast.SwitchStmt, s *hintScope) []string {
	var texts []string
	refuses := false
	for _, statement := range branches.Body.List {
		clause := statement.(*ast.CaseClause)
		if clause.List == nil {
			refuses = w.refuses(&ast.BlockStmt{List: clause.Body}, s)
		}
		if !w.refuses(&ast.BlockStmt{List: clause.Body}, s) {
			texts = append(texts, constants(clause.List, s.pkg)...)
		}
	}
	if !refuses {
		return nil
	}
	return texts
}

func (w *hintWalker) choose(member *ast.SelectorExpr, texts []string, s *hintScope) {
	if rule := choiceRule(texts); rule != "" {
		w.rule(member, rule, s)
	}
}

// allowed is the value of a condition that holds where it is none of some texts, and those.
func (w *hintWalker) allowed(condition ast.Expr, init ast.Stmt, s *hintScope) (value ast.Expr, texts []string) {
	for _, part := range parts(condition, token.LAND) {
		of, some := w.allowedByOne(part, init, s)
		if of == nil || value != nil && types.ExprString(of) != types.ExprString(value) {
			return nil, nil
		}
		value, texts = of, append(texts, some...)
	}
	return value, texts
}

func (w *hintWalker) allowedByOne(part ast.Expr, init ast.Stmt, s *hintScope) (ast.Expr, []string) {
	info := s.pkg.TypesInfo
	if compared, ok := part.(*ast.BinaryExpr); ok && compared.Op == token.NEQ {
		return valueIn(compared.X, s), constants([]ast.Expr{compared.Y}, s.pkg)
	}
	negated, ok := part.(*ast.UnaryExpr)
	if !ok || negated.Op != token.NOT {
		return nil, nil
	}
	switch e := ast.Unparen(negated.X).(type) {
	case *ast.IndexExpr:
		return valueIn(e.Index, s), w.textsOf(e.X, true, s)
	case *ast.Ident:
		// _, ok := kinds[in.Kind]
		looked, isAssign := init.(*ast.AssignStmt)
		if !isAssign || len(looked.Lhs) != 2 || len(looked.Rhs) != 1 || objectOf(info, looked.Lhs[1]) != objectOf(info, e) {
			return nil, nil
		}
		if index, isIndex := ast.Unparen(looked.Rhs[0]).(*ast.IndexExpr); isIndex {
			return valueIn(index.Index, s), w.textsOf(index.X, false, s)
		}
	case *ast.CallExpr:
		if len(e.Args) == 2 && qualifiedName(callee(info, e)) == "slices.Contains" {
			return valueIn(e.Args[1], s), w.textsOf(e.Args[0], false, s)
		}
		if method, isMethod := ast.Unparen(e.Fun).(*ast.SelectorExpr); isMethod && len(e.Args) == 0 {
			return valueIn(method.X, s), w.valid(callee(info, e))
		}
	}
	return nil, nil
}

// valid are the constants for which a method says yes that is a switch over its receiver.
func (w *hintWalker) valid(method *types.Func) []string {
	fn := w.p.body(method)
	if fn == nil || fn.decl.Recv == nil || len(fn.decl.Body.List) == 0 {
		return nil
	}
	branches, ok := fn.decl.Body.List[0].(*ast.SwitchStmt)
	if !ok || len(fn.decl.Recv.List[0].Names) != 1 || branches.Tag == nil || types.ExprString(branches.Tag) != fn.decl.Recv.List[0].Names[0].Name {
		return nil
	}
	var texts []string
	for _, statement := range branches.Body.List {
		clause := statement.(*ast.CaseClause)
		if len(clause.Body) != 1 {
			continue
		}
		if result, isReturn := clause.Body[0].(*ast.ReturnStmt); isReturn && len(result.Results) == 1 && types.ExprString(result.Results[0]) == "true" {
			texts = append(texts, constants(clause.List, fn.pkg)...)
		}
	}
	return texts
}

// textsOf are the elements of a list, or the keys of a map, that stands there or is a variable's only value; those keys only whose
// value is not the constant false where that one is asked.
func (w *hintWalker) textsOf(expr ast.Expr, byValue bool, s *hintScope) []string {
	pkg := s.pkg
	literal, ok := ast.Unparen(expr).(*ast.CompositeLit)
	if !ok {
		assigned := w.p.flow.assigns[objectOf(pkg.TypesInfo, expr)]
		if len(assigned) != 1 || assigned[0].extends {
			return nil
		}
		if literal, ok = ast.Unparen(assigned[0].expr).(*ast.CompositeLit); !ok {
			return nil
		}
		pkg = assigned[0].pkg
	}
	_, isMap := pkg.TypesInfo.TypeOf(literal).Underlying().(*types.Map)
	var elements []ast.Expr
	for _, element := range literal.Elts {
		if pair, isPair := element.(*ast.KeyValueExpr); isPair {
			if !isMap {
				return nil
			}
			if value := pkg.TypesInfo.Types[pair.Value].Value; byValue && value != nil && value.Kind() == constant.Bool && !constant.BoolVal(value) {
				continue
			}
			element = pair.Key
		}
		elements = append(elements, element)
	}
	return constants(elements, pkg)
}

// constants are the texts of expressions that are constants; the others are left out.
func constants(exprs []ast.Expr, pkg *packages.Package) []string {
	var texts []string
	for _, expr := range exprs {
		if value := pkg.TypesInfo.Types[expr].Value; value != nil && value.Kind() == constant.String {
			texts = append(texts, constant.StringVal(value))
		}
	}
	return texts
}

// memberIn is the member that an expression is, as it is or converted.
func memberIn(expr ast.Expr, s *hintScope) *ast.SelectorExpr {
	selector, _ := valueIn(expr, s).(*ast.SelectorExpr)
	return selector
}

// valueIn is what an expression converts: in.Kind of Kind(in.Kind) and strings.ToLower(in.Kind).
func valueIn(expr ast.Expr, s *hintScope) ast.Expr {
	expr = ast.Unparen(expr)
	if call, ok := expr.(*ast.CallExpr); ok && len(call.Args) == 1 {
		name := qualifiedName(callee(s.pkg.TypesInfo, call))
		if s.pkg.TypesInfo.Types[call.Fun].IsType() || name == "strings.ToLower" || name == "strings.TrimSpace" {
			expr = ast.Unparen(call.Args[0])
		}
	}
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = ast.Unparen(star.X)
	}
	return expr
}

// parts are the operands of a chain of one operator, without parentheses; none of nil.
func parts(expr ast.Expr, operator token.Token) []ast.Expr {
	if expr == nil {
		return nil
	}
	expr = ast.Unparen(expr)
	if chain, ok := expr.(*ast.BinaryExpr); ok && chain.Op == operator {
		return append(parts(chain.X, operator), parts(chain.Y, operator)...)
	}
	return []ast.Expr{expr}
}
