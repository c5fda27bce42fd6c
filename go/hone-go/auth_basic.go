package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// basicAuth are the libraries' middleware that wants HTTP's Basic authentication.
var basicAuth = map[string]bool{
	"github.com/gin-gonic/gin.BasicAuth": true, "github.com/gin-gonic/gin.BasicAuthForRealm": true,
	"github.com/go-chi/chi/middleware.BasicAuth":    true,
	"github.com/labstack/echo/middleware.BasicAuth": true, "github.com/labstack/echo/middleware.BasicAuthWithConfig": true,
	"github.com/gofiber/fiber/middleware/basicauth.New": true,
}

// findBasicAuth lists the header of such middleware, with an account where it is given a map of them.
func (p *Program) findBasicAuth() {
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		name := qualifiedName(callee(pkg.TypesInfo, call))
		if !basicAuth[name] {
			return
		}
		reader := &headerReader{p: p, middleware: name}
		for _, route := range p.doc.Routes {
			if slices.Contains(route.Middleware, funcSymbol(callee(pkg.TypesInfo, call))) {
				reader.routes++
			}
		}
		header := reader.add("Authorization", false, callPos(call))
		header.Basic = true
		for _, arg := range call.Args {
			if account := p.accountIn(arg, pkg); account != nil && header.Account == "" && header.Wanted == nil {
				header.setAccount(*account)
			}
			for i, param := range p.validatorTexts(arg, pkg) {
				p.fromRequest[param] = append(p.fromRequest[param], TokenSource{In: fromBasicAuth, Name: strconv.Itoa(i), Origin: header.Origin})
			}
		}
	})
}

// setAccount notes "user:password": what the code itself lets in, or what it gets out of its configuration.
func (h *Header) setAccount(account str) {
	text := account.text()
	if known, ok := account.plain(); ok {
		h.Account = known
	} else if text.Resolved != "" {
		h.Account = text.Resolved
	} else if !account.partial() {
		h.Wanted = &text
	}
}

// accountOf is the account of one entry of such a map; nil: it is not known, or a half of it is empty.
func (p *Program) accountOf(pair *ast.KeyValueExpr, pkg *packages.Package) *str {
	s := scope{pkg: pkg}
	for _, both := range join(p.flow.values(pair.Key, s), literal(":", pair.Pos()), p.flow.values(pair.Value, s)) {
		text, plain := both.plain()
		user, password, _ := strings.Cut(text, ":")
		if !both.partial() && (!plain || user != "" && password != "") {
			return &both
		}
	}
	return nil
}

// accountIn is the first account of a map of users and passwords, in an expression or what its variable was given.
func (p *Program) accountIn(expr ast.Expr, pkg *packages.Package) *str {
	var account *str
	look := func(root ast.Node) {
		ast.Inspect(root, func(n ast.Node) bool {
			if _, isFunction := n.(*ast.FuncLit); isFunction { // it checks them itself
				return false
			}
			made, ok := n.(*ast.CompositeLit)
			if !ok || account != nil {
				return account == nil
			}
			kind, isMap := pkg.TypesInfo.TypeOf(made).Underlying().(*types.Map)
			if !isMap || !isString(kind.Key()) || !isString(kind.Elem()) {
				return true
			}
			for _, element := range made.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok && account == nil {
					account = p.accountOf(pair, pkg)
				}
			}
			return true
		})
	}
	look(expr)
	for _, a := range p.flow.assigns[objectOf(pkg.TypesInfo, expr)] {
		if a.pkg == pkg && account == nil {
			look(a.expr)
		}
	}
	return account
}
