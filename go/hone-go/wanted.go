package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// What the headers of requests must hold: what the code compares them with, where that comes out of the service's configuration.

// comparers are the calls that compare their two arguments.
var comparers = map[string]bool{
	"crypto/subtle.ConstantTimeCompare": true, "crypto/hmac.Equal": true, "bytes.Equal": true, "strings.EqualFold": true,
}

// Where a tracer says that a text comes from: the user (Name "0") or the password ("1") of HTTP's Basic authentication, and what a
// middleware of a library has read the key of. Both are known by the place of the call.
const (
	fromBasicAuth = "basic"
	fromKeyAuth   = "key"
)

// account is a user and a password that Basic authentication is compared with; nil: not known.
type account [2]*str

// findWanted looks at all comparisons of the module.
func (p *Program) findWanted() {
	accounts := map[Origin]*account{}
	for _, fn := range p.sortedFuncs() {
		refused := p.refusedWhereEqual(fn)
		ast.Inspect(fn.decl, func(n ast.Node) bool {
			left, right := compared(n, fn.pkg)
			if left != nil && !refused[n] {
				p.wantedOf(left, right, fn, accounts)
				p.wantedOf(right, left, fn, accounts)
			}
			return true
		})
	}
	for i := range p.doc.Headers {
		header := &p.doc.Headers[i]
		known := accounts[header.Origin]
		if !header.Basic || header.Account != "" || header.Wanted != nil || known == nil || known[0] == nil || known[1] == nil {
			continue
		}
		header.setAccount(str{pieces: append(append(append([]piece{}, known[0].pieces...), piece{known: true, literal: ":"}), known[1].pieces...)})
	}
}

// compared are the two sides of a comparison of texts; nil for anything else.
func compared(n ast.Node, pkg *packages.Package) (ast.Expr, ast.Expr) {
	switch e := n.(type) {
	case *ast.BinaryExpr:
		if (e.Op == token.EQL || e.Op == token.NEQ) && isString(pkg.TypesInfo.TypeOf(e.X)) {
			return e.X, e.Y
		}
	case *ast.CallExpr:
		if len(e.Args) == 2 && comparers[qualifiedName(callee(pkg.TypesInfo, e))] {
			return e.Args[0], e.Args[1]
		}
	}
	return nil, nil
}

// refusedWhereEqual are the comparisons of a function of which the request is refused where both sides are the same: one that is revoked.
func (p *Program) refusedWhereEqual(fn *Func) map[ast.Node]bool {
	refused := map[ast.Node]bool{}
	w := &hintWalker{p: p}
	ast.Inspect(fn.decl, func(n ast.Node) bool {
		branch, ok := n.(*ast.IfStmt)
		if !ok || callsNext(branch.Body) {
			return true
		}
		aborts := returnsEarly(branch.Body) && !leaves(branch.Body)
		if !aborts && !w.refuses(branch.Body, &hintScope{pkg: fn.pkg}) {
			return true
		}
		for _, condition := range alternatives(branch.Cond) {
			if equal := holdsWhereEqual(condition); equal != nil {
				refused[equal] = true
			}
		}
		return true
	})
	return refused
}

// holdsWhereEqual is the comparison that a condition is: a == b, bytes.Equal(a, b), subtle.ConstantTimeCompare(a, b) == 1. Nil: another.
func holdsWhereEqual(condition ast.Expr) ast.Node {
	switch c := ast.Unparen(condition).(type) {
	case *ast.CallExpr:
		return c
	case *ast.BinaryExpr:
		if call, ok := ast.Unparen(c.X).(*ast.CallExpr); ok {
			one := types.ExprString(c.Y) == "1"
			if c.Op == token.EQL && one || c.Op == token.NEQ && types.ExprString(c.Y) == "0" {
				return call
			}
		}
		if c.Op == token.EQL {
			return c
		}
	}
	return nil
}

// wantedOf notes one comparison of a function, if `got` comes from a request and `want` from the configuration.
func (p *Program) wantedOf(got, want ast.Expr, fn *Func, accounts map[Origin]*account) {
	if tv := fn.pkg.TypesInfo.Types[got]; tv.Value != nil {
		return
	}
	t := &sourceTracer{p: p, compared: true, seen: map[any]bool{}}
	t.trace(got, fn.pkg, "", 0)
	if len(t.found) == 0 {
		return
	}
	wanted, digested := p.comparedText(want, fn.pkg)
	if wanted == nil || digested != t.digested {
		return
	}
	_, plain := wanted.plain()
	for _, source := range t.found {
		if source.In == fromBasicAuth {
			if accounts[source.Origin] == nil {
				accounts[source.Origin] = &account{}
			}
			if at, err := strconv.Atoi(source.Name); err == nil && at < len(account{}) && accounts[source.Origin][at] == nil {
				accounts[source.Origin][at] = wanted
			}
			continue
		}
		for _, header := range p.headersRead(source, fn) {
			prefix := source.Prefix
			if source.In == fromKeyAuth && !strings.EqualFold(header.Name, "Authorization") {
				prefix = ""
			}
			if !plain && header.Wanted == nil {
				text := str{pieces: append([]piece{{known: true, literal: prefix}}, wanted.pieces...)}.text()
				header.Wanted = &text
			}
		}
	}
}

// headersRead are the headers that a source stands for: those read at its place, and of these, where a helper reads them for several
// middlewares, that of the function that compares.
func (p *Program) headersRead(source TokenSource, fn *Func) []*Header {
	var all, own []*Header
	for i := range p.doc.Headers {
		header := &p.doc.Headers[i]
		if header.Basic || header.Origin != source.Origin || source.In == "header" && !strings.EqualFold(header.Name, source.Name) {
			continue
		}
		all = append(all, header)
		if symbol := funcSymbol(fn.obj); header.Middleware == symbol || strings.HasPrefix(header.Middleware, symbol+".") {
			own = append(own, header)
		}
	}
	if len(own) > 0 {
		return own
	}
	return all
}

// comparedText is the first value of an expression that is known but for variables, flags and keys of files, and whether it is a digest
// of it that the expression is. Nil: no value is, or it is empty.
func (p *Program) comparedText(expr ast.Expr, pkg *packages.Package) (*str, bool) {
	digested := false
	for range maxKeySteps {
		switch e := ast.Unparen(expr).(type) {
		case *ast.SliceExpr: // sum[:]
			expr = e.X
			continue
		case *ast.CallExpr:
			if isDigest(qualifiedName(callee(pkg.TypesInfo, e))) && len(e.Args) == 1 {
				expr, digested = e.Args[0], true
				continue
			}
		case *ast.Ident, *ast.SelectorExpr:
			if assigns := p.flow.assigns[objectOf(pkg.TypesInfo, expr)]; len(assigns) == 1 && isArray(pkg.TypesInfo.TypeOf(expr)) {
				expr, pkg = assigns[0].expr, assigns[0].pkg
				continue
			}
		}
		break
	}
	for _, value := range p.flow.values(expr, scope{pkg: pkg}) {
		if text, plain := value.plain(); !value.partial() && !(plain && text == "") {
			return &value, digested
		}
	}
	return nil, digested
}

// isDigest says whether a call gives the digest of its argument.
func isDigest(name string) bool {
	return strings.HasPrefix(name, "crypto/sha") && strings.Contains(name, ".Sum")
}

func isArray(t types.Type) bool {
	_, ok := t.Underlying().(*types.Array)
	return ok
}

// validatorTexts are the texts that a function is given which a middleware asks whether to let a request in: an argument
// of its own, or a field of a configuration.
func (p *Program) validatorTexts(expr ast.Expr, pkg *packages.Package) []types.Object {
	if compositeAt(ast.Unparen(expr)) != nil {
		for _, field := range []string{"Validator", "Authorizer"} { // echo's and fiber's
			if value := fieldOf(expr, field); value != nil {
				return p.validatorTexts(value, pkg)
			}
		}
		return nil
	}
	var params *types.Tuple
	if lit, ok := ast.Unparen(expr).(*ast.FuncLit); ok {
		params = pkg.TypesInfo.TypeOf(lit).(*types.Signature).Params()
	} else if own := p.body(funcOf(pkg.TypesInfo, expr)); own != nil {
		params = own.obj.Type().(*types.Signature).Params()
	}
	var texts []types.Object
	for i := range params.Len() {
		if isString(params.At(i).Type()) {
			texts = append(texts, params.At(i))
		}
	}
	return texts
}

// authScheme is what stands before the key in Authorization, by a configuration of KeyAuth.
func (p *Program) authScheme(config ast.Expr, pkg *packages.Package) string {
	if value := fieldOf(config, "AuthScheme"); value != nil {
		for _, scheme := range p.flow.values(value, scope{pkg: pkg}) {
			if text, ok := scheme.plain(); ok && text != "" {
				return text
			}
		}
	}
	return "Bearer"
}

// fieldOf is what a literal of a struct gives a field; nil: nothing.
func fieldOf(expr ast.Expr, name string) ast.Expr {
	made := compositeAt(ast.Unparen(expr))
	if made == nil {
		return nil
	}
	for _, element := range made.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok && types.ExprString(pair.Key) == name {
			return pair.Value
		}
	}
	return nil
}
