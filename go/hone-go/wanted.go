package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// comparers are the calls that compare their two arguments.
var comparers = map[string]bool{
	"crypto/subtle.ConstantTimeCompare": true, "crypto/hmac.Equal": true, "bytes.Equal": true, "strings.EqualFold": true,
}

// fromBasicAuth is where a tracer says that a text comes from when it is the user or the password of HTTP's Basic
// authentication, with the result's index for its name.
const fromBasicAuth = "basic"

// fromKeyAuth is likewise what a middleware of a library has read the key of; its name is the middleware's.
const fromKeyAuth = "key"

// validatorTexts are the texts that a function is given which a middleware asks whether to let a request in: an argument
// of its own, or a field of a configuration.
func (p *Program) validatorTexts(expr ast.Expr, pkg *packages.Package) []types.Object {
	if made := compositeAt(ast.Unparen(expr)); made != nil {
		for _, element := range made.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok && isValidator(types.ExprString(pair.Key)) {
				return p.validatorTexts(pair.Value, pkg)
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

// isValidator says whether a field of a configuration holds such a function: echo's and fiber's.
func isValidator(field string) bool { return field == "Validator" || field == "Authorizer" }

// findWanted notes what the headers of requests must hold: what the code compares them with, where that comes out of the
// service's configuration.
func (p *Program) findWanted() {
	var account [2]*str
	for _, fn := range p.sortedFuncs() {
		ast.Inspect(fn.decl, func(n ast.Node) bool {
			left, right := compared(n, fn.pkg)
			if left == nil {
				return true
			}
			for _, sides := range [][2]ast.Expr{{left, right}, {right, left}} {
				p.wantedOf(sides[0], sides[1], fn.pkg, &account)
			}
			return true
		})
	}
	if account[0] == nil || account[1] == nil {
		return
	}
	both := str{pieces: append(append(append([]piece{}, account[0].pieces...), piece{known: true, literal: ":"}), account[1].pieces...)}
	for i := range p.doc.Headers {
		if header := &p.doc.Headers[i]; header.Basic && header.Account == "" && header.Wanted == nil {
			text := both.text()
			header.Wanted = &text
		}
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

// wantedOf notes one comparison, if `got` comes from a request and `want` from the configuration.
func (p *Program) wantedOf(got, want ast.Expr, pkg *packages.Package, account *[2]*str) {
	if tv := pkg.TypesInfo.Types[got]; tv.Value != nil {
		return
	}
	t := &sourceTracer{p: p, exact: true, seen: map[any]bool{}}
	t.trace(got, pkg, "", 0)
	if len(t.found) == 0 {
		return
	}
	wanted := p.configuredText(want, pkg)
	if wanted == nil {
		return
	}
	for _, source := range t.found {
		if at, err := strconv.Atoi(source.Name); source.In == fromBasicAuth && err == nil && at < len(account) {
			account[at] = wanted
		}
		for i := range p.doc.Headers {
			header := &p.doc.Headers[i]
			if header.Basic || header.Wanted != nil {
				continue
			}
			if source.In == fromKeyAuth && source.Name == header.Middleware && strings.EqualFold(header.Name, "Authorization") {
				source.Prefix = "Bearer " // unless they are told otherwise
			}
			if source.In == "header" && strings.EqualFold(header.Name, source.Name) || source.In == fromKeyAuth && source.Name == header.Middleware {
				text := str{pieces: append([]piece{{known: true, literal: source.Prefix}}, wanted.pieces...)}.text()
				header.Wanted = &text
			}
		}
	}
}

// configuredText is the first value of an expression that is known but for variables, flags and keys of files, and has
// one of them; nil: it has none.
func (p *Program) configuredText(expr ast.Expr, pkg *packages.Package) *str {
	for _, value := range p.flow.values(expr, scope{pkg: pkg}) {
		if _, plain := value.plain(); !plain && !value.partial() {
			return &value
		}
	}
	return nil
}

// isDigest says whether a call's result stands for its first argument where two of them are compared.
func isDigest(name string) bool {
	return strings.HasPrefix(name, "crypto/sha") && strings.Contains(name, ".Sum")
}
