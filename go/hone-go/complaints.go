package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// complaint notes that a query parameter is needed where a branch for an empty value names the parameter: p.reject(name, "is required"),
// return fmt.Errorf("%s is missing", "client_id").
func (w *hintWalker) complaint(branch *ast.IfStmt, s *hintScope) {
	value := emptyValue(branch.Cond)
	if value == nil {
		return
	}
	for _, param := range w.paramsIn(value, s, 0).Query {
		if !w.isNamed(param.Name, branch.Body, s) {
			continue
		}
		at := slices.IndexFunc(w.route.Request.Query, func(known Param) bool { return known.Name == param.Name })
		if at < 0 {
			w.route.Request.Query = append(w.route.Request.Query, param)
			at = len(w.route.Request.Query) - 1
		}
		if rules := &w.route.Request.Query[at].Rules; *rules == "" {
			*rules = "required"
		} else if !strings.HasPrefix(*rules, "required") {
			*rules = "required," + *rules
		}
		w.route.Request.Query[at].Default = nil
	}
}

// emptyValue is what a condition finds empty: v of v == "", v == 0, v < 1 and v.IsZero().
func emptyValue(condition ast.Expr) ast.Expr {
	switch c := ast.Unparen(condition).(type) {
	case *ast.BinaryExpr:
		literal, ok := ast.Unparen(c.Y).(*ast.BasicLit)
		empty := ok && (c.Op == token.EQL && (literal.Value == `""` || literal.Value == "0") ||
			c.Op == token.LEQ && literal.Value == "0" || c.Op == token.LSS && literal.Value == "1")
		if empty {
			return c.X
		}
	case *ast.CallExpr:
		if selector, ok := c.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == "IsZero" && len(c.Args) == 0 {
			return selector.X
		}
	}
	return nil
}

// isNamed says whether a call in a body has exactly this text as an argument, or one that begins or ends with it as a word.
func (w *hintWalker) isNamed(name string, body ast.Node, s *hintScope) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		for _, argument := range call.Args {
			if !isString(s.pkg.TypesInfo.TypeOf(argument)) {
				continue
			}
			for _, value := range w.words(argument, s) {
				text, plain := value.plain()
				found = found || plain && slices.Contains(strings.Fields(text), name) && !w.triesAgain(call, s)
			}
		}
		return !found
	})
	return found
}

// triesAgain says whether a call takes something of the request: another try to get the value.
func (w *hintWalker) triesAgain(call *ast.CallExpr, s *hintScope) bool {
	return len(w.paramsIn(call, s, 0).Query) > 0
}
