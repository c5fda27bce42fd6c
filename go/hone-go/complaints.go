package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// complaint notes that a query parameter is needed where a branch for an empty value names the parameter: p.reject(name, "is required"),
// return fmt.Errorf("%s is missing", name), http.Error(w, "client_id is required", 422).
func (w *hintWalker) complaint(branch *ast.IfStmt, s *hintScope) {
	values := emptyValues(branch.Cond)
	if slices.ContainsFunc(values, func(value ast.Expr) bool { return replaces(branch.Body, value) }) {
		return
	}
	// Of several that may be empty the text may name all at once.
	complained := false
	var all []Param
	for _, value := range values {
		for _, param := range w.paramsIn(value, s, 0).Query {
			all = append(all, param)
			complained = complained || w.isComplainedOf(param.Name, branch.Body, s)
		}
	}
	for _, param := range all {
		if complained {
			w.require(param)
		}
	}
}

// emptyValues are what a condition finds empty: one value, or several of which any may be.
func emptyValues(condition ast.Expr) []ast.Expr {
	if either, ok := ast.Unparen(condition).(*ast.BinaryExpr); ok && either.Op == token.LOR {
		first, second := emptyValues(either.X), emptyValues(either.Y)
		if first == nil || second == nil {
			return nil
		}
		return append(first, second...)
	}
	if value := emptyValue(condition); value != nil {
		return []ast.Expr{value}
	}
	return nil
}

func (w *hintWalker) require(param Param) {
	known := w.query(param)
	if known.Rules == "" {
		known.Rules = "required"
	} else if !strings.HasPrefix(known.Rules, "required") {
		known.Rules = "required," + known.Rules
	}
	known.Default = nil
}

// bodyOf is the block of a function, or the block itself.
func bodyOf(n ast.Node) *ast.BlockStmt {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Body
	case *ast.FuncLit:
		return n.Body
	case *ast.BlockStmt:
		return n
	}
	return nil
}

// refusals notes that a query parameter is needed where what is asked with is converted as it comes, whatever it is, and the handler
// leaves where that fails: an empty text is neither a UUID nor a number. Only of a function's own statements, not of branches.
func (w *hintWalker) refusals(block *ast.BlockStmt, s *hintScope) {
	for i, statement := range block.List {
		assigned, _ := statement.(*ast.AssignStmt)
		var branch *ast.IfStmt
		if check, ok := statement.(*ast.IfStmt); ok {
			assigned, _ = check.Init.(*ast.AssignStmt)
			branch = check
		} else if i+1 < len(block.List) {
			branch, _ = block.List[i+1].(*ast.IfStmt)
		}
		if assigned == nil || branch == nil || len(assigned.Rhs) != 1 || !w.refuses(branch.Body, s) || !isOfFailure(branch.Cond) {
			continue
		}
		call, ok := ast.Unparen(assigned.Rhs[0]).(*ast.CallExpr)
		if !ok {
			continue
		}
		c, ok := conversions[qualifiedName(callee(s.pkg.TypesInfo, call))]
		if !ok || c.argument >= len(call.Args) {
			continue
		}
		// A helper of the module may have a default.
		if asked, ok := ast.Unparen(call.Args[c.argument]).(*ast.CallExpr); ok && w.p.body(callee(s.pkg.TypesInfo, asked)) == nil {
			for _, param := range w.paramsIn(asked, s, 0).Query {
				if param.Default == nil && param.Type == "" {
					w.require(param)
				}
			}
		}
	}
}

// isOfFailure says whether a condition holds whenever there is an error: err != nil, err != nil || id <= 0.
func isOfFailure(condition ast.Expr) bool {
	if either, ok := ast.Unparen(condition).(*ast.BinaryExpr); ok && either.Op == token.LOR {
		return isOfFailure(either.X) || isOfFailure(either.Y)
	}
	return types.ExprString(ast.Unparen(condition)) == "err != nil"
}

// refuses says whether a branch leaves with an answer or an error: one that returns a value may have found a default.
func (w *hintWalker) refuses(body *ast.BlockStmt, s *hintScope) bool {
	if !leaves(body) {
		return false
	}
	for _, statement := range body.List[:len(body.List)-1] {
		if call := calledAlone(statement); call != nil {
			if fn := callee(s.pkg.TypesInfo, call); fn != nil && !isLogging(fn.FullName()) {
				return true
			}
		}
	}
	return slices.ContainsFunc(body.List[len(body.List)-1].(*ast.ReturnStmt).Results, func(result ast.Expr) bool {
		t := s.pkg.TypesInfo.TypeOf(result)
		return t != nil && !types.Identical(t, types.Typ[types.UntypedNil]) && types.AssignableTo(t, types.Universe.Lookup("error").Type())
	})
}

// calledAlone is the call that a statement makes for its effect: f(), _ = f(); nil: it is another one.
func calledAlone(statement ast.Stmt) *ast.CallExpr {
	var call *ast.CallExpr
	switch s := statement.(type) {
	case *ast.ExprStmt:
		call, _ = s.X.(*ast.CallExpr)
	case *ast.AssignStmt:
		if len(s.Lhs) == 1 && types.ExprString(s.Lhs[0]) == "_" {
			call, _ = s.Rhs[0].(*ast.CallExpr)
		}
	}
	return call
}

// leaves says whether a branch ends with a return.
func leaves(body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return false
	}
	_, ok := body.List[len(body.List)-1].(*ast.ReturnStmt)
	return ok
}

// query is the route's query parameter of that name, added where it was not known. Good until the next one is added.
func (w *hintWalker) query(param Param) *Param {
	params := &w.route.Request.Query
	at := slices.IndexFunc(*params, func(known Param) bool { return known.Name == param.Name })
	if at < 0 {
		*params = append(*params, param)
		at = len(*params) - 1
	}
	return &(*params)[at]
}

func markBranches(body ast.Node, marked map[*ast.IfStmt]bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if branch, ok := n.(*ast.IfStmt); ok {
			marked[branch] = true
		}
		return true
	})
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

// replaces says whether a branch gives the value that was found empty another one.
func replaces(body *ast.BlockStmt, value ast.Expr) bool {
	name, ok := ast.Unparen(value).(*ast.Ident)
	return ok && slices.ContainsFunc(body.List, func(statement ast.Stmt) bool {
		assigned, ok := statement.(*ast.AssignStmt)
		return ok && slices.ContainsFunc(assigned.Lhs, func(target ast.Expr) bool {
			id, ok := ast.Unparen(target).(*ast.Ident)
			return ok && id.Name == name.Name
		})
	})
}

// isComplainedOf says whether a call in the statements of a branch has a text that is this name, or that begins or ends with it as a
// word. Of a branch within only where a helper's own default is empty.
func (w *hintWalker) isComplainedOf(name string, body *ast.BlockStmt, s *hintScope) bool {
	for _, statement := range body.List {
		if inner, ok := statement.(*ast.IfStmt); ok && emptyValue(inner.Cond) != nil && w.isOwnDefault(emptyValue(inner.Cond), s) &&
			w.isComplainedOf(name, inner.Body, s) {
			return true
		}
		for _, call := range plainCalls(statement) {
			if w.names(call, name, s) {
				return true
			}
		}
	}
	return false
}

// isOwnDefault says whether an expression is a parameter of the helper that is read, other than the request's.
func (w *hintWalker) isOwnDefault(expr ast.Expr, s *hintScope) bool {
	_, bound := s.bound[objectOf(s.pkg.TypesInfo, expr)]
	return bound && len(w.paramsIn(expr, s, 0).Query) == 0
}

// plainCalls are the calls of a statement that is an expression or a return, those within calls too.
func plainCalls(statement ast.Stmt) []*ast.CallExpr {
	calls := []*ast.CallExpr{}
	switch statement.(type) {
	case *ast.ExprStmt, *ast.ReturnStmt, *ast.AssignStmt:
		ast.Inspect(statement, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				calls = append(calls, call)
			}
			_, literal := n.(*ast.FuncLit)
			return !literal
		})
	}
	return calls
}

func (w *hintWalker) names(call *ast.CallExpr, name string, s *hintScope) bool {
	fn := callee(s.pkg.TypesInfo, call)
	if fn == nil || isLogging(fn.FullName()) || len(w.paramsIn(call, s, 0).Query) > 0 {
		return false
	}
	if _, argument := w.p.sqlArgument(s.pkg, call); argument != nil {
		return false
	}
	return slices.ContainsFunc(call.Args, func(argument ast.Expr) bool {
		t := s.pkg.TypesInfo.TypeOf(argument)
		return t != nil && isString(t) && slices.ContainsFunc(w.words(argument, s), func(value str) bool {
			text, plain := value.plain()
			return plain && (text == name || (strings.HasPrefix(text, name+" ") || strings.HasSuffix(text, " "+name)) && isProse(text))
		})
	})
}

// isProse tells "status is required" from a condition or an order: "status <> 'gone'", "order by status".
// Not of an empty text.
func isProse(text string) bool {
	return !strings.ContainsAny(text, "=<>?$") && !strings.Contains(strings.ToLower(text), " by ") &&
		strings.ToLower(text[1:]) == text[1:]
}

func isLogging(function string) bool {
	return strings.HasPrefix(function, "log.") || strings.Contains(function, "slog.") || strings.Contains(function, "log.Logger") ||
		strings.Contains(function, "zap.") || strings.Contains(function, "zerolog")
}
