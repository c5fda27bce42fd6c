package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
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
					c.refused(fn, n.Cond, n.Init, w, s)
				}
			case *ast.CallExpr:
				if demanded := c.p.checked(n, fn.pkg); demanded != nil && !isWithinBranch(n, s) {
					c.refused(fn, negated(demanded), nil, w, s)
				}
			case *ast.SwitchStmt:
				if n.Tag != nil {
					c.demand(fn, valueIn(n.Tag, s), ruleBehind{rule: choiceRule(w.allowedBySwitch(n, s))})
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

// refused notes what a condition that is refused says of the values in it.
func (c *comparer) refused(fn *Func, refused ast.Expr, init ast.Stmt, w *hintWalker, s *hintScope) {
	for _, value := range emptyValues(refused) {
		if isLength(value) { // what else may be empty may have been left out by who calls
			c.demand(fn, measured(value), ruleBehind{rule: "required"})
		}
	}
	for _, condition := range parts(refused, token.LOR) {
		value, texts := w.allowed(condition, init, s)
		c.demand(fn, value, ruleBehind{rule: choiceRule(texts)})
		if above, below := ordered(condition, fn.pkg); above != nil && c.isGiven(fn, below, 0) {
			c.demand(fn, above, ruleBehind{rule: "gtfield=" + below.Sel.Name})
		}
		compared, ok := condition.(*ast.BinaryExpr)
		if !ok {
			continue
		}
		if number, ok := w.limit(compared.Y, s); ok {
			size := isLength(compared.X)
			c.demand(fn, measured(compared.X), ruleBehind{rule: boundRule(compared.Op, number), ofNumber: !size, ofSize: size})
		}
	}
}

func isLength(expr ast.Expr) bool {
	call, ok := ast.Unparen(expr).(*ast.CallExpr)
	return ok && len(call.Args) == 1 && types.ExprString(call.Fun) == "len"
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
func (c *comparer) demand(fn *Func, value ast.Expr, what ruleBehind) {
	if value != nil && what.rule != "" && c.isGiven(fn, value, 0) {
		c.follow(value, fn.pkg, traced{demand: what})
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
			return param.fn == fn.obj && (depth == 0 || c.isMade(obj, 0))
		}
		if list, ok := c.p.ranges[obj]; ok {
			return c.isGiven(fn, list.expr, depth+1)
		}
		return obj == fn.obj.Signature().Recv() && isValidation(fn.obj.Name())
	}
	return false
}

// isMade says whether some caller hands a parameter what it has put together itself, and not only what another function gave it, such as one
// that reads the database.
func (c *comparer) isMade(obj types.Object, depth int) bool {
	if depth > maxHintDepth {
		return false
	}
	sources := append([]types.Object{obj}, c.contracts[obj]...)
	any := false
	for _, source := range sources {
		for _, a := range c.p.flow.assigns[source] {
			any = true
			switch e := ast.Unparen(a.expr).(type) {
			case *ast.CallExpr:
				if own := c.p.body(callee(a.pkg.TypesInfo, e)); own != nil && returnsLiteral(own) {
					return true
				}
			case *ast.Ident:
				if of := objectOf(a.pkg.TypesInfo, e); of != nil && c.isMade(of, depth+1) {
					return true
				}
			default:
				return true
			}
		}
	}
	_, isParam := c.p.params[asVar(obj)]
	return !any && !isParam // declared, and decoded into
}

func asVar(obj types.Object) *types.Var {
	variable, _ := obj.(*types.Var)
	return variable
}

// returnsLiteral says whether a function only puts its result together: func (in request) loan() Loan { return Loan{...} }.
func returnsLiteral(fn *Func) bool {
	if fn.decl.Body == nil || len(fn.decl.Body.List) == 0 || takesContext(fn.obj.Type()) {
		return false
	}
	last, ok := fn.decl.Body.List[len(fn.decl.Body.List)-1].(*ast.ReturnStmt)
	if !ok || len(last.Results) == 0 {
		return false
	}
	result := ast.Unparen(last.Results[0])
	if address, ok := result.(*ast.UnaryExpr); ok && address.Op == token.AND {
		result = ast.Unparen(address.X)
	}
	_, literal := result.(*ast.CompositeLit)
	return literal
}

func isValidation(name string) bool {
	name = strings.ToLower(name)
	return name == "check" || slices.ContainsFunc([]string{"valid", "verify", "normali"}, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// demandsTag holds what is demanded of a member behind the handler, until what the handler says itself is known.
const demandsTag = "behind the handler"

// noteDemands notes for a member of a body what is demanded of it, where nothing else is demanded elsewhere.
func noteDemands(field *Field, demands []ruleBehind) {
	var rules []string
	for _, each := range settled(demands) {
		number := field.Kind == "integer" || field.Kind == "number"
		if each.rule == "required" || each.ofNumber && !number || each.ofSize && number {
			continue
		}
		rules = append(rules, each.rule)
	}
	if len(rules) == 0 {
		return
	}
	tags := maps.Clone(field.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags[demandsTag] = strings.Join(rules, ",")
	field.Tags = tags
}

// settled are the demands of whose kind there is one alone: several functions may want a value to be otherwise.
func settled(demands []ruleBehind) []ruleBehind {
	kindOf := func(each ruleBehind) string {
		kind, _, _ := strings.Cut(each.rule, "=")
		return kind
	}
	return slices.DeleteFunc(slices.Clone(demands), func(each ruleBehind) bool {
		return slices.ContainsFunc(demands, func(other ruleBehind) bool { return other != each && kindOf(other) == kindOf(each) })
	})
}

// settleDemands adds what was noted to the rules of members that have none of the kind.
func settleDemands(fields []Field) {
	for i := range fields {
		field := &fields[i]
		settleDemands(field.Fields)
		rules, noted := field.Tags[demandsTag]
		if !noted {
			continue
		}
		delete(field.Tags, demandsTag)
		for rule := range strings.SplitSeq(rules, ",") {
			one := []Field{*field}
			addRule(one, "of", "of", Field{Name: field.Name, Type: field.Type}, rule)
			*field = one[0]
		}
	}
}

// addDemandsTo does the same for a parameter of the query: it is needed where it has no default.
func addDemandsTo(param *Param, demands []ruleBehind) {
	number := strings.Contains(param.Type, "int") && !strings.HasPrefix(param.Type, "[]") || strings.HasPrefix(param.Type, "float")
	for _, each := range settled(demands) {
		kind, least, _ := strings.Cut(each.rule, "=")
		// What is not there is 0 behind the handler.
		if positive, err := strconv.Atoi(least); err == nil && kind == "min" && positive > 0 && each.ofNumber && number && param.Default == nil &&
			!strings.Contains(","+param.Rules+",", ",required,") {
			param.Rules = strings.TrimSuffix("required,"+param.Rules, ",")
		}
		unfit := kind == "gtfield" || each.ofNumber && !number || each.ofSize && !strings.HasPrefix(param.Type, "[]") ||
			kind == "required" && param.Default != nil && *param.Default != ""
		if !unfit && !strings.Contains(","+param.Rules+",", ","+kind+",") && !strings.Contains(","+param.Rules, ","+kind+"=") {
			param.Rules = strings.TrimPrefix(param.Rules+","+each.rule, ",")
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
		var demands []ruleBehind
		for _, r := range p.reads {
			if r.in == "query" && r.name == param.Name && fits(r) {
				demands = append(demands, r.known.demands...)
			}
		}
		if len(demands) > 0 {
			addDemandsTo(param, demands)
			return
		}
	}
}
