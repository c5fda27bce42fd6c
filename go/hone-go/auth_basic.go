package main

import (
	"go/ast"
	"go/types"
	"slices"

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
			if header.Account == "" {
				header.Account = p.accountIn(arg, pkg)
			}
		}
	})
}

// accountIn is the first account of a map of users and passwords, in an expression or what its variable was given.
func (p *Program) accountIn(expr ast.Expr, pkg *packages.Package) string {
	account := ""
	plain := func(e ast.Expr) string {
		for _, value := range p.flow.values(e, scope{pkg: pkg}) {
			if text := value.text(); text.Resolved != "" {
				return text.Resolved
			} else if known, ok := value.plain(); ok {
				return known
			}
		}
		return ""
	}
	look := func(root ast.Node) {
		ast.Inspect(root, func(n ast.Node) bool {
			if _, isFunction := n.(*ast.FuncLit); isFunction { // it checks them itself
				return false
			}
			made, ok := n.(*ast.CompositeLit)
			if !ok || account != "" {
				return account == ""
			}
			kind, isMap := pkg.TypesInfo.TypeOf(made).Underlying().(*types.Map)
			if !isMap || !isString(kind.Key()) || !isString(kind.Elem()) {
				return true
			}
			for _, element := range made.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok && account == "" {
					if user, password := plain(pair.Key), plain(pair.Value); user != "" && password != "" {
						account = user + ":" + password
					}
				}
			}
			return true
		})
	}
	look(expr)
	for _, a := range p.flow.assigns[objectOf(pkg.TypesInfo, expr)] {
		if a.pkg == pkg && account == "" {
			look(a.expr)
		}
	}
	return account
}
