package main

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
)

// What may be asked of a request, or of a framework's context, without reading its body.
var besideBody = map[string][]string{
	"net/http.Request": {"BasicAuth", "Context", "Cookie", "Cookies", "Header", "Host", "Method", "PathValue", "Pattern", "Proto",
		"Referer", "RemoteAddr", "RequestURI", "TLS", "URL", "UserAgent"},
	"github.com/gin-gonic/gin.Context": {"Abort", "AbortWithError", "AbortWithStatus", "AbortWithStatusJSON", "BindHeader", "BindQuery",
		"BindUri", "ClientIP", "Cookie", "Data", "DefaultQuery", "Done", "Err", "Error", "Errors", "FullPath", "Get", "GetBool", "GetHeader",
		"GetInt", "GetInt64", "GetQuery", "GetQueryArray", "GetString", "Header", "IndentedJSON", "IsAborted", "JSON", "Keys", "MustGet", "Next",
		"Param", "Params", "PureJSON", "Query", "QueryArray", "Redirect", "RemoteIP", "Request", "Set", "SetCookie", "ShouldBindHeader",
		"ShouldBindQuery", "ShouldBindUri", "Status", "String", "Value", "Writer"},
	"github.com/labstack/echo.Context": {"Blob", "Cookie", "Cookies", "Error", "Get", "HTML", "IsTLS", "JSON", "JSONPretty", "Logger",
		"NoContent", "Param", "ParamNames", "ParamValues", "Path", "QueryParam", "QueryParams", "QueryString", "RealIP", "Redirect", "Request",
		"Response", "Scheme", "Set", "SetCookie", "String"},
	"github.com/gofiber/fiber.Ctx": {"Context", "Cookie", "Cookies", "Get", "Hostname", "IP", "JSON", "Locals", "Method", "Next", "OriginalURL",
		"Params", "ParamsInt", "Path", "Query", "QueryBool", "QueryInt", "QueryParser", "Redirect", "Send", "SendStatus", "SendString", "Set",
		"Status", "Type", "UserContext"},
	"github.com/uptrace/bunrouter.Request": {"BasicAuth", "Context", "Cookie", "Cookies", "Header", "Host", "Method", "Param", "Params", "Referer",
		"RemoteAddr", "RequestURI", "Route", "TLS", "URL", "UserAgent"},
}

// Functions of libraries that take a request and leave its body alone.
var leavesBody = []string{"github.com/go-chi/chi.URLParam", "github.com/go-chi/render.JSON", "github.com/go-chi/render.NoContent",
	"github.com/go-chi/render.Status", "github.com/gorilla/mux.CurrentRoute", "github.com/gorilla/mux.Vars", "net/http.NotFound", "net/http.Redirect"}

// readsNoBody says whether a handler surely reads no body: neither it nor a function of the module that gets the request asks for
// it, and the request goes nowhere else.
func (p *Program) readsNoBody(pkg *packages.Package, body ast.Node, seen map[*types.Func]bool) bool {
	sure := true
	var above []ast.Node
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			above = above[:len(above)-1]
			return true
		}
		if expr, ok := n.(ast.Expr); ok && isUse(pkg.TypesInfo, expr) {
			sure = sure && p.leavesBody(pkg, expr, above, seen)
		}
		above = append(above, n)
		return sure
	})
	return sure
}

// isUse says whether an expression is a request or a context that a name stands for; not the declaration of that name.
func isUse(info *types.Info, expr ast.Expr) bool {
	path := typePath(info.TypeOf(expr))
	if path != "net/http.Request" && !isContext(path) {
		return false
	}
	switch e := expr.(type) {
	case *ast.Ident:
		_, isVar := info.Uses[e].(*types.Var)
		return isVar
	case *ast.SelectorExpr:
		return info.Selections[e] != nil
	case *ast.CallExpr:
		return true
	}
	return false
}

func (p *Program) leavesBody(pkg *packages.Package, use ast.Expr, above []ast.Node, seen map[*types.Func]bool) bool {
	switch parent := above[len(above)-1].(type) {
	case *ast.SelectorExpr:
		if parent.Sel == use { // c.Request: judged as a whole
			return true
		}
		return slices.Contains(besideBody[typePath(pkg.TypesInfo.TypeOf(use))], parent.Sel.Name)
	case *ast.CallExpr:
		fn := callee(pkg.TypesInfo, parent)
		if fn == nil {
			return false
		}
		inner := p.bodyOrServed(fn)
		if inner == nil {
			return slices.Contains(leavesBody, qualifiedName(fn))
		}
		if seen[inner.obj] {
			return true
		}
		seen[inner.obj] = true
		return inner.decl.Body != nil && p.readsNoBody(inner.pkg, inner.decl.Body, seen)
	}
	return false
}
