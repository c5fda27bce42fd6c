package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// What functions behind the handlers demand of the values that they are given: services and use cases that refuse a domain's type which
// the handler made of the request.

// findDemanded follows what is refused there back to the request, as rules of a validation tag.
func (c *comparer) findDemanded() {
	for _, fn := range c.p.sortedFuncs() {
		if fn.decl.Body == nil {
			continue
		}
		w := &hintWalker{p: c.p, route: &Route{}, seen: map[*types.Func]bool{}}
		s := &hintScope{pkg: fn.pkg, body: fn.decl.Body}
		ast.Inspect(fn.decl.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.IfStmt:
				if w.refuses(n.Body, s) && c.p.fails(n.Body, fn.pkg) {
					c.refused(fn, n, w, s)
				}
			case *ast.SwitchStmt:
				if n.Tag != nil {
					c.demand(fn, valueIn(n.Tag, s), choiceRule(w.allowedBySwitch(n, s)))
				}
			}
			return true
		})
	}
}

// fails says whether a branch surely leaves with an error: what it returns is no result of more work.
func (p *Program) fails(body *ast.BlockStmt, pkg *packages.Package) bool {
	left, ok := body.List[len(body.List)-1].(*ast.ReturnStmt)
	if !ok || len(left.Results) == 0 {
		return false
	}
	call, ok := ast.Unparen(left.Results[len(left.Results)-1]).(*ast.CallExpr)
	return !ok || !slices.ContainsFunc(call.Args, func(argument ast.Expr) bool {
		return typePath(pkg.TypesInfo.TypeOf(argument)) == "context.Context"
	})
}

// refused notes what a branch that leaves with an error says of the values in its condition.
func (c *comparer) refused(fn *Func, branch *ast.IfStmt, w *hintWalker, s *hintScope) {
	for _, value := range emptyValues(branch.Cond) {
		c.demand(fn, measured(value), "required")
	}
	for _, condition := range parts(branch.Cond, token.LOR) {
		value, texts := w.allowed(condition, branch.Init, s)
		c.demand(fn, value, choiceRule(texts))
		if above, below := ordered(condition, fn.pkg); above != nil && c.isGiven(fn, below, 0) {
			c.demand(fn, above, "gtfield="+below.Sel.Name)
		}
		if compared, ok := condition.(*ast.BinaryExpr); ok {
			if number, ok := w.limit(compared.Y, s); ok {
				c.demand(fn, measured(compared.X), boundRule(compared.Op, number))
			}
		}
	}
}

// ordered are two members of one value of which the first must be more than the second, as a condition refuses the contrary: in.Gross <= in.Tare,
// in.EndsOn.Before(in.StartsOn); nil for others.
func ordered(refused ast.Expr, pkg *packages.Package) (above, below *ast.SelectorExpr) {
	refused = ast.Unparen(refused)
	contrary := false
	if not, ok := refused.(*ast.UnaryExpr); ok && not.Op == token.NOT {
		refused, contrary = ast.Unparen(not.X), true
	}
	var first, second ast.Expr
	less := false
	switch e := refused.(type) {
	case *ast.BinaryExpr:
		first, second, less = e.X, e.Y, e.Op == token.LSS || e.Op == token.LEQ
		if !less && e.Op != token.GTR && e.Op != token.GEQ || contrary {
			return nil, nil
		}
	case *ast.CallExpr:
		method, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
		if !ok || len(e.Args) != 1 || typePath(pkg.TypesInfo.TypeOf(e.Args[0])) != "time.Time" || method.Sel.Name != "Before" && method.Sel.Name != "After" {
			return nil, nil
		}
		first, second, less = method.X, e.Args[0], (method.Sel.Name == "Before") != contrary
	default:
		return nil, nil
	}
	above, ok := ast.Unparen(first).(*ast.SelectorExpr)
	below, both := ast.Unparen(second).(*ast.SelectorExpr)
	if !ok || !both || types.ExprString(above.X) != types.ExprString(below.X) {
		return nil, nil
	}
	if !less {
		above, below = below, above
	}
	return above, below
}

// choiceRule is the rule for a text that may be one of some; empty where a tag cannot say so.
func choiceRule(texts []string) string {
	texts = slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return text == "" })
	if len(texts) == 0 || strings.Contains(strings.Join(texts, ""), " ") {
		return ""
	}
	return "oneof=" + strings.Join(texts, " ")
}

// demand follows a value that a function is given. What it reads itself, as out of the database, says nothing of a request.
func (c *comparer) demand(fn *Func, value ast.Expr, rule string) {
	if value != nil && rule != "" && c.isGiven(fn, value, 0) {
		c.follow(value, fn.pkg, traced{rule: rule})
	}
}

// isGiven says whether an expression is a parameter of the function, or a part of one; or of its receiver, if it is there to validate that.
func (c *comparer) isGiven(fn *Func, expr ast.Expr, depth int) bool {
	if depth > maxHintDepth {
		return false
	}
	switch e := ast.Unparen(expr).(type) {
	case *ast.SelectorExpr:
		return c.isGiven(fn, e.X, depth+1)
	case *ast.StarExpr:
		return c.isGiven(fn, e.X, depth+1)
	case *ast.IndexExpr:
		return c.isGiven(fn, e.X, depth+1)
	case *ast.Ident:
		obj, ok := objectOf(fn.pkg.TypesInfo, e).(*types.Var)
		if !ok {
			return false
		}
		if param, ok := c.p.params[obj]; ok {
			return param.fn == fn.obj
		}
		if list, ok := c.p.ranges[obj]; ok {
			return c.isGiven(fn, list.expr, depth+1)
		}
		return obj == fn.obj.Signature().Recv() && isValidation(fn.obj.Name())
	}
	return false
}

func isValidation(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"valid", "check", "verify", "normali", "ok"}, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// addDemands adds to a member of a body what is demanded of it behind the handler.
func addDemands(field *Field, rules []string) {
	for _, rule := range rules {
		if rule != "required" {
			one := []Field{*field}
			addRule(one, "of", "of", Field{Name: field.Name, Type: field.Type}, rule)
			*field = one[0]
		}
	}
}

// addDemandsTo does the same for a parameter of the query: it is needed where it has no default.
func addDemandsTo(param *Param, rules []string) {
	for _, rule := range rules {
		kind, _, _ := strings.Cut(rule, "=")
		needed := kind != "required" || param.Default == nil || *param.Default == ""
		if needed && !strings.Contains(","+param.Rules+",", ","+kind+",") && !strings.Contains(","+param.Rules, ","+kind+"=") {
			param.Rules = strings.TrimPrefix(param.Rules+","+rule, ",")
		}
	}
}

// attachDemands takes what is known of the reads at the very place of a parameter of the query, or else of those of its handler.
func (p *Program) attachDemands(route *Route, param *Param) {
	for _, fits := range []func(r *requestRead) bool{
		func(r *requestRead) bool { return r.origin == param.Origin && isWithin(r, route.Handler) },
		func(r *requestRead) bool { return r.origin == param.Origin },
		func(r *requestRead) bool { return isWithin(r, route.Handler) },
	} {
		var rules []string
		for _, r := range p.reads {
			if r.in == "query" && r.name == param.Name && fits(r) {
				rules = append(rules, r.known.rules...)
			}
		}
		if len(rules) > 0 {
			addDemandsTo(param, rules)
			return
		}
	}
}
