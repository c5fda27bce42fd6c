package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// decoded is a place where an answer is decoded, and into what; t is nil where that is not known.
type decoded struct {
	found  bool
	t      types.Type
	pos    token.Pos
	status int
}

// answer looks for the place that decodes the answer, from the function that sends outwards.
func (u *upstreamReader) answer(chain []link, scopes []*hintScope) decoded {
	var best decoded
	for i, s := range scopes {
		found := u.decodes(s, chain[i].call, map[*types.Func]bool{chain[i].fn.obj: true})
		if found.found && found.t != nil && !types.IsInterface(found.t) {
			return found
		}
		if found.found && !best.found {
			best = found
		}
	}
	return best
}

// decodes looks for it in one function, and in those that it hands request or answer to; `from` is the call that the answer comes out of.
func (u *upstreamReader) decodes(s *hintScope, from *ast.CallExpr, seen map[*types.Func]bool) decoded {
	var before, after decoded
	add := func(found decoded, call *ast.CallExpr) {
		switch {
		case !found.found:
		case from != nil && call.Pos() < from.Pos() && call.End() < from.End():
			if !before.found {
				before = found
			}
		case !after.found || after.t == nil && found.t != nil:
			after = found
		}
	}
	errors := errorBranches(s.body)
	ast.Inspect(s.body, func(n ast.Node) bool {
		if n != nil && errors[n] {
			return false
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fn := callee(s.pkg.TypesInfo, call)
		if own := u.p.body(fn); own != nil {
			if own.decl.Body != nil && !seen[own.obj] && len(seen) < 2*maxLinks && call != from && u.carries(call, s, from) {
				inner := &hintScope{pkg: own.pkg, body: own.decl.Body, depth: s.depth + 1}
				u.bind(inner, own, call, s)
				seen[own.obj] = true
				found := u.decodes(inner, nil, seen)
				delete(seen, own.obj)
				found.status = u.status(inner)
				add(found, call)
			}
			return true
		}
		if target := u.target(qualifiedName(fn), fn, call, s, from); target != nil {
			t, _, _ := u.w.typeOf(target, s)
			if basic, ok := t.(*types.Basic); ok && basic.Kind() == types.UntypedNil {
				return true
			}
			if t == nil || !strings.Contains(strings.ToLower(typeName(t)), "err") {
				if t != nil {
					t = derefType(t)
				}
				add(decoded{found: true, t: t, pos: callPos(call)}, call)
			}
		}
		return true
	})
	if after.found {
		return after
	}
	return before
}

// target is what a library's call decodes an answer into, nil for other calls.
func (u *upstreamReader) target(name string, fn *types.Func, call *ast.CallExpr, s *hintScope, from *ast.CallExpr) ast.Expr {
	args := call.Args
	switch {
	case fn == nil || len(args) == 0:
	case isResty(name, "Request.SetResult"):
		return args[0]
	case fn.Name() == "Decode" && strings.HasSuffix(name, "Decoder.Decode") && strings.Contains(name, "json"):
		if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && u.isAnswer(selector.X, s, from, map[types.Object]bool{}) {
			return args[0]
		}
	case len(args) == 2 && (fn.Name() == "Unmarshal" && (strings.Contains(name, "json") || strings.Contains(name, "sonic")) ||
		name == "github.com/go-chi/render.DecodeJSON"):
		if u.isAnswer(args[0], s, from, map[types.Object]bool{}) {
			return args[1]
		}
	}
	return nil
}

// carries says whether a call hands a request that was made, or an answer, to a function.
func (u *upstreamReader) carries(call *ast.CallExpr, s *hintScope, from *ast.CallExpr) bool {
	for _, argument := range call.Args {
		if typePath(s.pkg.TypesInfo.TypeOf(argument)) == "net/http.Request" || u.isAnswer(argument, s, from, map[types.Object]bool{}) {
			return true
		}
	}
	return false
}

// isAnswer says whether an expression is made of the body of an answer, or of what `from` returned.
func (u *upstreamReader) isAnswer(expr ast.Expr, s *hintScope, from *ast.CallExpr, seen map[types.Object]bool) bool {
	found := false
	ast.Inspect(expr, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || n == from
		case *ast.SelectorExpr:
			path := typePath(s.pkg.TypesInfo.TypeOf(n.X))
			found = found || n.Sel.Name == "Body" && (path == "net/http.Response" || strings.HasSuffix(path, "resty.Response"))
		case *ast.Ident:
			obj, ok := s.pkg.TypesInfo.Uses[n].(*types.Var)
			if !ok || obj.IsField() || seen[obj] {
				return true
			}
			seen[obj] = true
			if typePath(obj.Type()) == "net/http.Response" {
				found = true
			} else if b, ok := s.bound[obj]; ok {
				found = found || u.isAnswer(b.expr, b.at, from, seen)
			} else if obj.Pkg() != nil && obj.Parent() != obj.Pkg().Scope() {
				for _, a := range u.p.flow.assigns[obj] {
					// A value that was decoded is no answer itself, nor is an error.
					if a.pkg == s.pkg && a.expr.Pos() < n.Pos() && mayHoldBody(obj.Type()) {
						found = found || u.isAnswer(a.expr, s, from, seen)
					}
				}
			}
		}
		return !found
	})
	return found
}

// mayHoldBody says whether a variable of a type can be what an answer's body is read by, or its bytes.
func mayHoldBody(t types.Type) bool {
	if isBytes(t) || isString(t) {
		return true
	}
	path := typePath(t)
	return strings.HasPrefix(path, "io.") || strings.HasPrefix(path, "bytes.") || strings.HasPrefix(path, "bufio.") ||
		strings.HasSuffix(path, "json.Decoder") || strings.HasSuffix(path, "resty.Response")
}

// errorBranches are the bodies of conditions that hold where the status is not the wanted one.
func errorBranches(body ast.Node) map[ast.Node]bool {
	found := map[ast.Node]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		branch, ok := n.(*ast.IfStmt)
		if !ok || !strings.Contains(types.ExprString(branch.Cond), "StatusCode") {
			return true
		}
		ast.Inspect(branch.Cond, func(n ast.Node) bool {
			c, ok := n.(*ast.BinaryExpr)
			if ok && (c.Op == token.NEQ || c.Op == token.GEQ || c.Op == token.GTR) && strings.Contains(types.ExprString(c.X), "StatusCode") {
				found[branch.Body] = true
			}
			return true
		})
		return true
	})
	return found
}
