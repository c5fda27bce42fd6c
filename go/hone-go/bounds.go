package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"strconv"
	"strings"
)

// bounds notes what a member of the body or a query parameter must be at least and at most where a branch that leaves the handler
// compares it with constants: if in.Percent < 50 || in.Percent > 200 { return invalid("percent must lie between 50 and 200") }. As the
// rules of a validation tag.
func (w *hintWalker) bounds(branch *ast.IfStmt, s *hintScope) {
	if !w.refuses(branch.Body, s) {
		return
	}
	var visit func(ast.Expr)
	visit = func(condition ast.Expr) {
		if above, below := ordered(condition, s.pkg); above != nil {
			w.rule(above, "gtfield="+below.Sel.Name, s)
		}
		compared, ok := ast.Unparen(condition).(*ast.BinaryExpr)
		if !ok {
			return
		}
		if compared.Op == token.LOR {
			visit(compared.X)
			visit(compared.Y)
			return
		}
		w.compare(compared, s)
	}
	visit(branch.Cond)
}

// compare notes the bound of what is refused where the comparison holds.
func (w *hintWalker) compare(compared *ast.BinaryExpr, s *hintScope) {
	number, ok := w.limit(compared.Y, s)
	if !ok {
		return
	}
	rule := boundRule(compared.Op, number)
	if compared.Op == token.NEQ && isLength(compared.X) {
		rule = "len=" + strconv.FormatInt(number, 10)
	}
	if rule == "" {
		return
	}
	w.rule(measured(compared.X), rule, s)
	if basic, ok := underlying(s.pkg.TypesInfo.TypeOf(compared.X)).(*types.Basic); ok && basic.Info()&types.IsInteger != 0 {
		w.ruleParams(compared.X, rule, s)
	}
}

// boundRule is the rule of a validation tag for a number that is refused where the comparison with another one holds; empty: there is none.
func boundRule(refused token.Token, number int64) string {
	switch refused {
	case token.LSS:
		return "min=" + strconv.FormatInt(number, 10)
	case token.LEQ:
		return "min=" + strconv.FormatInt(number+1, 10)
	case token.GTR:
		return "max=" + strconv.FormatInt(number, 10)
	case token.GEQ:
		return "max=" + strconv.FormatInt(number-1, 10)
	}
	return ""
}

// limit is a whole number that is constant, or that a helper was given as one: queryInt(r, "limit", 20, 1, 100).
func (w *hintWalker) limit(expr ast.Expr, s *hintScope) (int64, bool) {
	if value := s.pkg.TypesInfo.Types[expr].Value; value != nil {
		if value.Kind() != constant.Int {
			return 0, false
		}
		return constant.Int64Val(value)
	}
	if _, ok := s.bound[objectOf(s.pkg.TypesInfo, expr)]; !ok {
		return 0, false
	}
	values := w.words(expr, s)
	if len(values) != 1 {
		return 0, false
	}
	text, _ := values[0].plain()
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil
}

// measured is the list of len(list), the value of *value, or the expression as it is.
func measured(expr ast.Expr) ast.Expr {
	expr = ast.Unparen(expr)
	if call, ok := expr.(*ast.CallExpr); ok && len(call.Args) == 1 && types.ExprString(call.Fun) == "len" {
		expr = ast.Unparen(call.Args[0])
	}
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = ast.Unparen(star.X)
	}
	return expr
}

// rule adds a rule to the member of the body that an expression is, if it is one.
func (w *hintWalker) rule(expr ast.Expr, rule string, s *hintScope) {
	selector, ok := ast.Unparen(expr).(*ast.SelectorExpr)
	if !ok || w.route.Request.Body == nil {
		return
	}
	selection := s.pkg.TypesInfo.Selections[selector]
	if name, of := memberOfJSON(selection); name != "" {
		body := w.route.Request.Body
		addRule(body.Fields, body.Type, typeString(derefType(selection.Recv())), Field{Name: name, Type: of}, rule)
	}
}

// ruleParams adds a rule to the query parameter that an expression is, where it has none of its kind. Of a helper that reads several
// nothing says which one it is.
func (w *hintWalker) ruleParams(expr ast.Expr, rule string, s *hintScope) {
	params := w.paramsIn(expr, s, 0).Query
	if len(params) != 1 {
		return
	}
	kind, _, _ := strings.Cut(rule, "=")
	if known := w.query(params[0]); !strings.Contains(","+known.Rules, ","+kind+"=") {
		known.Rules = strings.TrimPrefix(known.Rules+","+rule, ",")
	}
}

// memberOfJSON is the name that a selected field of a struct has in JSON, and its type.
func memberOfJSON(selection *types.Selection) (string, string) {
	if selection == nil || selection.Kind() != types.FieldVal || len(selection.Index()) != 1 {
		return "", ""
	}
	structure, ok := underlying(derefType(selection.Recv())).(*types.Struct)
	if !ok {
		return "", ""
	}
	field := structure.Field(selection.Index()[0])
	name, _, _ := strings.Cut(tagsOf(structure.Tag(selection.Index()[0]))["json"], ",")
	if name == "" {
		name = field.Name()
	}
	return name, typeString(field.Type())
}

// addRule adds a rule to a member of a body, or of what is within it, where it is of that owner's type and has none of its kind.
func addRule(fields []Field, of, owner string, member Field, rule string) bool {
	kind, _, _ := strings.Cut(rule, "=")
	for i := range fields {
		field := &fields[i]
		if strings.TrimLeft(of, "[]*") == owner && field.Name == member.Name && field.Type == member.Type {
			for _, tag := range []string{"binding", "validate"} {
				if strings.Contains(field.Tags[tag], kind+"=") {
					return true
				}
			}
			tags := maps.Clone(field.Tags)
			if tags == nil {
				tags = map[string]string{}
			}
			tag := "binding"
			if tags[tag] == "" && tags["validate"] != "" {
				tag = "validate"
			}
			tags[tag] = strings.TrimPrefix(tags[tag]+","+rule, ",")
			field.Tags = tags
			return true
		}
		if addRule(field.Fields, field.Type, owner, member, rule) {
			return true
		}
	}
	return false
}
