package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// checks notes what a call demands that gathers complaints, as validators do:
// v.Check(days > 0 && days <= 7, "days", "must lie between 1 and 7"). As branches that refuse the contrary would.
func (w *hintWalker) checks(call *ast.CallExpr, s *hintScope) {
	for _, part := range parts(w.p.checked(call, s.pkg), token.LAND) {
		switch e := part.(type) {
		case *ast.BinaryExpr:
			if e.Op == token.LOR {
				w.demandedChoice(e, isWithinBranch(call, s), s)
				continue
			}
			w.demanded(e, isWithinBranch(call, s), s)
		case *ast.CallExpr:
			w.demandedByCall(e, isWithinBranch(call, s), s)
		}
	}
}

// complains are the names of what takes whether all is well, and what to say otherwise; others (AddErrorIf) take the contrary.
var complains = []string{"Check", "Ensure", "Require", "Assert", "Must", "Validate", "Verify", "Expect"}

// checked is the condition that a call of such a function demands; nil for all other calls. The module's own are known by what they
// do: if !ok { ... }, or if ok { return }.
func (p *Program) checked(call *ast.CallExpr, pkg *packages.Package) ast.Expr {
	fn := callee(pkg.TypesInfo, call)
	if fn == nil {
		return nil
	}
	params := fn.Signature().Params()
	isBool := func(i int) bool {
		basic, ok := params.At(i).Type().Underlying().(*types.Basic)
		return ok && basic.Kind() == types.Bool
	}
	named := slices.Contains(complains, fn.Name()) && params.Len() > 1 && isBool(0) && isString(params.At(1).Type())
	for i := range min(params.Len(), len(call.Args)) {
		if isBool(i) && (named || demands(p.body(fn), params.At(i))) {
			return call.Args[i]
		}
	}
	return nil
}

// demands says whether a function notes down one of its texts where one of its parameters is false, and does nothing else.
func demands(fn *Func, param *types.Var) bool {
	if fn == nil || len(fn.decl.Body.List) == 0 {
		return false
	}
	branch, ok := fn.decl.Body.List[0].(*ast.IfStmt)
	if !ok || branch.Else != nil || len(branch.Body.List) == 0 {
		return false
	}
	// Of if _, known := v[field]; !ok && !known { ... } as well, but not where another parameter decides, too.
	others := 0
	negated := false
	for _, part := range parts(branch.Cond, token.LAND) {
		not, ok := ast.Unparen(part).(*ast.UnaryExpr)
		if ok && not.Op == token.NOT && objectOf(fn.pkg.TypesInfo, not.X) == param {
			negated = true
		} else if !ok || not.Op != token.NOT || !isOfInit(not.X, branch.Init, fn.pkg) {
			others++
		}
	}
	if negated {
		return others == 0 && len(fn.decl.Body.List) == 1 && notes(branch.Body.List, fn)
	}
	left, ok := branch.Body.List[0].(*ast.ReturnStmt)
	return ok && len(left.Results) == 0 && objectOf(fn.pkg.TypesInfo, branch.Cond) == param && notes(fn.decl.Body.List[1:], fn)
}

// isOfInit says whether an expression is a variable that a branch's own statement makes.
func isOfInit(expr ast.Expr, init ast.Stmt, pkg *packages.Package) bool {
	made, ok := init.(*ast.AssignStmt)
	return ok && slices.ContainsFunc(made.Lhs, func(target ast.Expr) bool {
		object := objectOf(pkg.TypesInfo, target)
		return object != nil && object == objectOf(pkg.TypesInfo, expr)
	})
}

// notes says whether statements keep a text that the function was given in a map, a list or a member.
func notes(statements []ast.Stmt, fn *Func) bool {
	params := fn.obj.Signature().Params()
	holdsText := func(expr ast.Expr) bool {
		found := false
		ast.Inspect(expr, func(n ast.Node) bool {
			name, ok := n.(*ast.Ident)
			for i := range params.Len() {
				found = found || ok && isString(params.At(i).Type()) && objectOf(fn.pkg.TypesInfo, name) == params.At(i)
			}
			return !found
		})
		return found
	}
	return slices.ContainsFunc(statements, func(statement ast.Stmt) bool {
		kept, ok := statement.(*ast.AssignStmt)
		return ok && slices.ContainsFunc(kept.Lhs, func(to ast.Expr) bool {
			switch to.(type) {
			case *ast.IndexExpr, *ast.SelectorExpr, *ast.StarExpr:
				return slices.ContainsFunc(append(slices.Clone(kept.Rhs), to), holdsText)
			}
			return false
		})
	})
}

// negated is the contrary of a condition.
func negated(condition ast.Expr) ast.Expr {
	condition = ast.Unparen(condition)
	switch e := condition.(type) {
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return ast.Unparen(e.X)
		}
	case *ast.BinaryExpr:
		switch e.Op {
		case token.LAND:
			return &ast.BinaryExpr{X: negated(e.X), OpPos: e.OpPos, Op: token.LOR, Y: negated(e.Y)}
		case token.LOR:
			return &ast.BinaryExpr{X: negated(e.X), OpPos: e.OpPos, Op: token.LAND, Y: negated(e.Y)}
		case token.EQL:
			return &ast.BinaryExpr{X: e.X, OpPos: e.OpPos, Op: token.NEQ, Y: e.Y}
		}
		if op, ok := contrary[e.Op]; ok {
			return &ast.BinaryExpr{X: e.X, OpPos: e.OpPos, Op: op, Y: e.Y}
		}
	}
	return &ast.UnaryExpr{OpPos: condition.Pos(), Op: token.NOT, X: condition}
}

// demandedChoice notes the texts of method == "cash" || method == "card".
func (w *hintWalker) demandedChoice(demanded ast.Expr, optional bool, s *hintScope) {
	value, texts := w.allowed(negated(demanded), nil, s)
	if value == nil {
		return
	}
	if member, ok := value.(*ast.SelectorExpr); ok && w.route.Request.Body != nil {
		w.choose(member, texts, s)
	}
	if !optional && len(texts) > 0 && !slices.Contains(texts, "") {
		w.permit(value, texts, s)
	}
}

// isWithinBranch says whether a call stands in a branch or loop of its function: what it demands may be left out.
func isWithinBranch(call *ast.CallExpr, s *hintScope) bool {
	within := false
	ast.Inspect(s.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			within = within || n.Body.Pos() <= call.Pos() && call.End() <= n.End()
		case *ast.ForStmt, *ast.RangeStmt, *ast.CaseClause:
			within = within || n.Pos() <= call.Pos() && call.End() <= n.End()
		}
		return !within
	})
	return within
}

func (w *hintWalker) demanded(compared *ast.BinaryExpr, optional bool, s *hintScope) {
	op, ok := contrary[compared.Op]
	if compared.Op == token.EQL && isLength(compared.X) {
		op, ok = token.NEQ, true
	}
	if !ok {
		return
	}
	refused := &ast.BinaryExpr{X: compared.X, OpPos: compared.OpPos, Op: op, Y: compared.Y}
	w.compare(refused, s)
	if value := emptyValue(refused); value != nil && !optional {
		w.requireOf(measured(value), s)
	}
}

// requireOf notes that the query parameters are needed that an expression is, where they have no default.
func (w *hintWalker) requireOf(expr ast.Expr, s *hintScope) {
	for _, param := range w.paramsIn(expr, s, 0).Query {
		if param.Default == nil || *param.Default == "" {
			w.require(param)
		}
	}
}

var digits = regexp.MustCompile(`^\^(?:\[0-9\]|\\d)\{(\d+)\}\$$`)

// demandedByCall reads validator.Matches(text, pattern) and validator.PermittedValue(text, texts...), by their names.
func (w *hintWalker) demandedByCall(call *ast.CallExpr, optional bool, s *hintScope) {
	fn := callee(s.pkg.TypesInfo, call)
	if fn == nil || len(call.Args) < 2 {
		return
	}
	switch {
	case slices.Contains([]string{"Matches", "Match", "IsMatch"}, fn.Name()):
		w.matches(call.Args[0], call.Args[1], optional, s)
	case slices.Contains([]string{"PermittedValue", "PermittedValues", "In", "OneOf", "IsOneOf"}, fn.Name()):
		texts := constants(call.Args[1:], s.pkg)
		if len(call.Args) == 2 && len(texts) == 0 {
			texts = w.textsOf(call.Args[1], false, s)
		}
		if member := memberIn(call.Args[0], s); member != nil && w.route.Request.Body != nil {
			w.choose(member, texts, s)
		}
		if !optional && len(texts) > 0 && !slices.Contains(texts, "") && !strings.Contains(strings.Join(texts, ""), " ") {
			w.permit(call.Args[0], texts, s)
		}
	}
}

func (w *hintWalker) permit(expr ast.Expr, texts []string, s *hintScope) {
	for _, param := range w.paramsIn(expr, s, 0).Query {
		if param.Default == nil || *param.Default == "" {
			w.require(param)
			w.ruleParams(expr, "oneof="+strings.Join(texts, " "), s)
		}
	}
}

// matches notes what a text must be like: a uuid by its pattern's name, so many digits, or not empty.
func (w *hintWalker) matches(expr, pattern ast.Expr, optional bool, s *hintScope) {
	text := w.pattern(pattern, s)
	if count := digits.FindStringSubmatch(text); count != nil {
		w.rule(expr, "len="+count[1], s)
		w.rule(expr, "numeric", s)
	}
	if strings.Contains(strings.ToLower(types.ExprString(pattern)), "uuid") {
		w.rule(expr, "uuid", s)
	}
	if compiled, err := regexp.Compile(text); !optional && text != "" && err == nil && !compiled.MatchString("") {
		w.requireOf(expr, s)
	}
}

// pattern is the text of a regular expression that is a variable's only value.
func (w *hintWalker) pattern(expr ast.Expr, s *hintScope) string {
	for _, assigned := range w.p.flow.assigns[objectOf(s.pkg.TypesInfo, expr)] {
		call, ok := ast.Unparen(assigned.expr).(*ast.CallExpr)
		if !ok || len(call.Args) != 1 || qualifiedName(callee(assigned.pkg.TypesInfo, call)) != "regexp.MustCompile" {
			continue
		}
		if value := assigned.pkg.TypesInfo.Types[call.Args[0]].Value; value != nil && value.Kind() == constant.String {
			return constant.StringVal(value)
		}
	}
	return ""
}
