package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// checks notes what a call demands that gathers complaints, as validators do:
// v.Check(days > 0 && days <= 7, "days", "must lie between 1 and 7"). As branches that refuse the contrary would.
func (w *hintWalker) checks(call *ast.CallExpr, s *hintScope) {
	if len(call.Args) < 2 || !isComplaintOf(callee(s.pkg.TypesInfo, call)) {
		return
	}
	for _, part := range parts(call.Args[0], token.LAND) {
		switch e := part.(type) {
		case *ast.BinaryExpr:
			w.demanded(e, isWithinBranch(call, s), s)
		case *ast.CallExpr:
			w.demandedByCall(e, isWithinBranch(call, s), s)
		}
	}
}

// complains are the names of what takes whether all is well, and what to say otherwise; others (AddErrorIf) take the contrary.
var complains = []string{"Check", "Ensure", "Require", "Assert", "Must", "Validate", "Verify", "Expect"}

func isComplaintOf(fn *types.Func) bool {
	if fn == nil || fn.Signature().Params().Len() < 2 || !slices.Contains(complains, fn.Name()) {
		return false
	}
	condition, ok := fn.Signature().Params().At(0).Type().Underlying().(*types.Basic)
	return ok && condition.Kind() == types.Bool && isString(fn.Signature().Params().At(1).Type())
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
