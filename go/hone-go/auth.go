package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// findHeaders lists the request headers that middleware reads: what the routes were seen to be wrapped in, and the
// module's other functions of such a type, which wrap a whole router.
func (p *Program) findHeaders() {
	used := map[string]int{}
	for _, route := range p.doc.Routes {
		for _, name := range union(route.Middleware, nil) {
			used[name]++
		}
	}
	for _, fn := range p.sortedFuncs() {
		name := funcSymbol(fn.obj)
		if used[name] > 0 || isMiddlewareType(fn.obj.Type()) || returnsMiddleware(fn.obj) {
			p.headersOf(fn.decl.Body, fn.pkg, name, used[name])
		}
	}
	for lit, name := range p.lits {
		if used[name] > 0 {
			p.headersOf(lit.Body, p.packageAt(lit.Pos()), name, used[name])
		}
	}
	p.findKeyAuth()
	p.findBasicAuth()
	p.findWanted()
}

// keyAuth are the libraries' middleware that wants a key, which a header holds unless their configuration says otherwise.
var keyAuth = map[string]bool{
	"github.com/labstack/echo/middleware.KeyAuth": true, "github.com/labstack/echo/middleware.KeyAuthWithConfig": true,
	"github.com/gofiber/fiber/middleware/keyauth.New": true, "github.com/gofiber/keyauth.New": true,
}

// findKeyAuth lists the headers of such middleware: KeyLookup: "header:X-API-Key".
func (p *Program) findKeyAuth() {
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		name := qualifiedName(callee(pkg.TypesInfo, call))
		if !keyAuth[name] {
			return
		}
		lookups := []string{"header:Authorization"}
		for _, arg := range call.Args {
			source := TokenSource{In: fromKeyAuth, Name: name, Prefix: p.authScheme(arg, pkg) + " ", Origin: p.origin(callPos(call))}
			for _, param := range p.validatorTexts(arg, pkg) {
				p.fromRequest[param] = append(p.fromRequest[param], source)
			}
			if given := p.keyLookups(arg, pkg); given != nil {
				lookups = given
			}
		}
		for _, lookup := range lookups {
			from, header, _ := strings.Cut(lookup, ":")
			header, _, _ = strings.Cut(header, ":") // a prefix to cut off
			if from == "header" && header != "" {
				reader := &headerReader{p: p, middleware: name}
				reader.add(header, false, callPos(call))
			}
		}
	})
}

// keyLookups are the places of a configuration's KeyLookup; nil: it has none.
func (p *Program) keyLookups(config ast.Expr, pkg *packages.Package) []string {
	value := fieldOf(config, "KeyLookup")
	if value == nil {
		return nil
	}
	for _, lookup := range p.flow.values(value, scope{pkg: pkg}) {
		if text, ok := lookup.plain(); ok && text != "" {
			return strings.Split(text, ",")
		}
	}
	return nil
}

// returnsMiddleware says whether a function makes middleware: rateLimit(20) of type func(http.Handler) http.Handler.
func returnsMiddleware(fn *types.Func) bool {
	results := fn.Type().(*types.Signature).Results()
	return results.Len() > 0 && isMiddlewareType(results.At(0).Type())
}

// headerReader reads the middleware of one name.
type headerReader struct {
	p          *Program
	middleware string
	routes     int
	seen       map[*types.Func]bool
}

func (p *Program) headersOf(body ast.Node, pkg *packages.Package, middleware string, routes int) {
	r := &headerReader{p, middleware, routes, map[*types.Func]bool{}}
	r.read(body, pkg, nil, false, 0)
}

// read walks a body; `bound` are the texts of a helper's parameters, and `refused` says whether a request is refused that
// the helper finds nothing in.
func (r *headerReader) read(body ast.Node, pkg *packages.Package, bound map[types.Object][]str, refused bool, depth int) {
	s := scope{pkg: pkg, bound: func(obj types.Object) ([]str, bool) {
		values, ok := bound[obj]
		return values, ok
	}}
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fn := callee(pkg.TypesInfo, call)
		own := r.p.body(fn)
		if own != nil && depth < maxHintDepth && !r.seen[own.obj] && (carriesRequest(own.obj) || makesHandler(own.obj)) {
			r.seen[own.obj] = true
			inner := map[types.Object][]str{}
			params := own.obj.Type().(*types.Signature).Params()
			for i := 0; i < params.Len() && i < len(call.Args); i++ {
				if isString(params.At(i).Type()) {
					inner[params.At(i)] = r.p.flow.values(call.Args[i], s)
				}
			}
			if makesHandler(own.obj) { // what it makes stands where it is called
				r.read(own.decl.Body, own.pkg, inner, refused, depth)
				return true
			}
			r.read(own.decl.Body, own.pkg, inner, refused || isRefused(body, call, pkg.TypesInfo), depth+1)
			return true
		}
		names := r.p.headerNames(call, fn, s)
		for _, name := range names {
			header := r.add(name, !refused && !(depth == 0 && isRefused(body, call, pkg.TypesInfo)), call.Pos())
			header.Basic = qualifiedName(fn) == "net/http.Request.BasicAuth"
		}
		return true
	})
}

// add notes a header; it is valid until the next one is.
func (r *headerReader) add(name string, optional bool, pos token.Pos) *Header {
	origin := r.p.origin(pos)
	for i := range r.p.doc.Headers {
		known := &r.p.doc.Headers[i]
		if known.Name == name && known.Origin == origin && known.Middleware == r.middleware {
			return known
		}
	}
	r.p.doc.Headers = append(r.p.doc.Headers, Header{Name: name, Middleware: r.middleware, Routes: r.routes, Optional: optional,
		Mains: r.p.mainsOf(r.p.packageAt(pos)), Origin: origin})
	return &r.p.doc.Headers[len(r.p.doc.Headers)-1]
}

// makesHandler says whether a function makes a handler of a function: func (a *API) handle(h handler, write bool) http.Handler.
func makesHandler(fn *types.Func) bool {
	signature := fn.Type().(*types.Signature)
	if signature.Results().Len() != 1 || !isHandlerType(signature.Results().At(0).Type()) {
		return false
	}
	for i := range signature.Params().Len() {
		if _, ok := signature.Params().At(i).Type().Underlying().(*types.Signature); ok {
			return true
		}
	}
	return false
}

// carriesRequest says whether a function is handed a request or its headers.
func carriesRequest(fn *types.Func) bool {
	params := fn.Type().(*types.Signature).Params()
	for i := range params.Len() {
		if path := typePath(params.At(i).Type()); path == "net/http.Request" || path == "net/http.Header" || isContext(path) {
			return true
		}
	}
	return false
}

// headerNames are the names that a call reads a header of the request by; none for other calls.
func (p *Program) headerNames(call *ast.CallExpr, fn *types.Func, s scope) []string {
	if fn == nil || p.body(fn) != nil {
		return nil
	}
	switch name := qualifiedName(fn); {
	case name == "net/http.Request.BasicAuth":
		return []string{"Authorization"}
	case name == "net/http.Header.Get" && isRequestHeader(call, s.pkg.TypesInfo),
		name == "github.com/gin-gonic/gin.Context.GetHeader", name == "github.com/gofiber/fiber.Ctx.Get", name == humaPath+".Context.Header":
		var names []string
		for _, value := range p.flow.values(call.Args[0], s) {
			if text, ok := value.plain(); ok && text != "" {
				names = append(names, text)
			}
		}
		return names
	}
	return nil
}

// isRequestHeader says whether the headers that a method is called on are those of a request, not of an answer.
func isRequestHeader(call *ast.CallExpr, info *types.Info) bool {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch of := ast.Unparen(selector.X).(type) {
	case *ast.SelectorExpr:
		return typePath(info.TypeOf(of.X)) == "net/http.Request"
	case *ast.Ident: // a parameter of a helper
		return true
	}
	return false
}

// isRefused says whether a request without what a call reads is answered at once: a condition on it, or on what it is
// kept in, whose branch returns without calling the next handler.
func isRefused(body ast.Node, call *ast.CallExpr, info *types.Info) bool {
	return refuses(body, call, info, func(condition ast.Expr) bool { return !isPresent(condition) }) || endsRefused(body, call, info)
}

// endsRefused says whether the last thing that a function or literal does is to answer with the error that a call gave:
// if err == nil { err = h(w, r) }, if err != nil { fail(w, err) }.
func endsRefused(body ast.Node, call *ast.CallExpr, info *types.Info) bool {
	kept := keptOf(body, call, info)
	ends := func(block *ast.BlockStmt) bool {
		if block == nil || len(block.List) == 0 || call.Pos() < block.Pos() || block.End() < call.End() {
			return false
		}
		last, ok := block.List[len(block.List)-1].(*ast.IfStmt)
		return ok && last.Else == nil && types.ExprString(last.Cond) == "err != nil" && concerns(last.Cond, call, kept, info) &&
			!callsNext(last.Body) && handsOnAnswer(last.Body, info)
	}
	found := ends(bodyOf(body))
	ast.Inspect(body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok {
			found = found || ends(lit.Body)
		}
		return !found
	})
	return found
}

// handsOnAnswer says whether a branch hands the answer's writer, or a framework's context, to a call.
func handsOnAnswer(body *ast.BlockStmt, info *types.Info) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return !found
		}
		given := slices.Clone(call.Args)
		if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			given = append(given, selector.X)
		}
		found = found || slices.ContainsFunc(given, func(value ast.Expr) bool {
			t := info.TypeOf(value)
			return t != nil && (typePath(t) == "net/http.ResponseWriter" || isContext(typePath(t)))
		})
		return !found
	})
	return found
}

// isNeeded says the same of conditions that hold where the value is empty: v == "", len(v) < 2, !strings.Contains(v, "@").
func isNeeded(body ast.Node, call *ast.CallExpr, info *types.Info) bool {
	return refuses(body, call, info, func(condition ast.Expr) bool {
		text := types.ExprString(condition)
		return !isPresent(condition) && (strings.Contains(text, `== ""`) || strings.Contains(text, "len(") && strings.Contains(text, "<") ||
			strings.Contains(text, "len(") && strings.Contains(text, "== 0") || strings.HasPrefix(text, "!strings.Contains("))
	})
}

// keptOf are the variables that a call's results are kept in.
func keptOf(body ast.Node, call *ast.CallExpr, info *types.Info) map[types.Object]bool {
	kept := map[types.Object]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.AssignStmt); ok && s.Pos() <= call.Pos() && call.End() <= s.End() && !holdsLiteral(s, call) {
			for _, target := range s.Lhs {
				if obj := objectOf(info, target); obj != nil {
					kept[obj] = true
				}
			}
		}
		return true
	})
	return kept
}

func refuses(body ast.Node, call *ast.CallExpr, info *types.Info, counts func(ast.Expr) bool) bool {
	kept := keptOf(body, call, info)
	refused := false
	ast.Inspect(body, func(n ast.Node) bool {
		s, ok := n.(*ast.IfStmt)
		if ok && concerns(s.Cond, call, kept, info) && counts(s.Cond) && returnsEarly(s.Body) && !callsNext(s.Body) {
			refused = true
		}
		return true
	})
	return refused
}

// holdsLiteral says whether a function literal stands between a statement and a call in it.
func holdsLiteral(s ast.Node, call *ast.CallExpr) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && lit.Pos() <= call.Pos() && call.End() <= lit.End() {
			found = true
		}
		return true
	})
	return found
}

func concerns(condition ast.Expr, call *ast.CallExpr, kept map[types.Object]bool, info *types.Info) bool {
	found := condition.Pos() <= call.Pos() && call.End() <= condition.End()
	ast.Inspect(condition, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && kept[info.Uses[id]] {
			found = true
		}
		return true
	})
	return found
}

// isPresent says whether a condition holds where the value is there: v != "", or ok alone.
func isPresent(condition ast.Expr) bool {
	switch c := ast.Unparen(condition).(type) {
	case *ast.BinaryExpr:
		return c.Op == token.NEQ && types.ExprString(c.Y) == `""` || c.Op == token.LAND && isPresent(c.X)
	case *ast.Ident:
		return true
	case *ast.CallExpr: // strings.HasPrefix(header, "Bearer ")
		return true
	}
	return false
}

func returnsEarly(body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return false
	}
	switch last := body.List[len(body.List)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.ExprStmt: // c.AbortWithStatus(401)
		call, ok := last.X.(*ast.CallExpr)
		return ok && strings.Contains(types.ExprString(call.Fun), ".Abort")
	}
	return false
}

func callsNext(body ast.Node) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch fun := ast.Unparen(call.Fun).(type) {
			case *ast.SelectorExpr:
				found = found || fun.Sel.Name == "ServeHTTP" || fun.Sel.Name == "Next"
			case *ast.Ident:
				found = found || strings.EqualFold(fun.Name, "next")
			}
		}
		return true
	})
	return found
}

// cookieNames are the names of the cookie that an expression makes, by way of variables and of the module's functions.
func (p *Program) cookieNames(expr ast.Expr, index int, pkg *packages.Package, depth int) []string {
	if depth > maxHintDepth*2 {
		return nil
	}
	var names []string
	switch e := ast.Unparen(expr).(type) {
	case *ast.UnaryExpr:
		return p.cookieNames(e.X, 0, pkg, depth)
	case *ast.StarExpr:
		return p.cookieNames(e.X, 0, pkg, depth)
	case *ast.CompositeLit:
		for i, element := range e.Elts {
			value := element
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				if types.ExprString(pair.Key) != "Name" {
					continue
				}
				value = pair.Value
			} else if i > 0 {
				continue
			}
			for _, name := range p.flow.values(value, scope{pkg: pkg}) {
				if text, ok := name.plain(); ok && text != "" {
					names = append(names, text)
				}
			}
		}
	case *ast.CallExpr:
		if own := p.body(callee(pkg.TypesInfo, e)); own != nil {
			for _, results := range p.flow.returns[own.obj] {
				if index < len(results) {
					names = append(names, p.cookieNames(results[index], 0, own.pkg, depth+1)...)
				} else if len(results) == 1 {
					names = append(names, p.cookieNames(results[0], index, own.pkg, depth+1)...)
				}
			}
		}
	default:
		if obj := objectOf(pkg.TypesInfo, expr); obj != nil {
			for _, a := range p.flow.assigns[obj] {
				names = append(names, p.cookieNames(a.expr, a.index, a.pkg, depth+1)...)
			}
		}
	}
	return union(names, nil)
}

// cookie notes a cookie that the answer sets.
func (w *hintWalker) cookie(name string, call *ast.CallExpr, s *hintScope) {
	var names []string
	switch {
	case name == "net/http.SetCookie" && len(call.Args) == 2:
		names = w.p.cookieNames(call.Args[1], 0, s.pkg, 0)
	case (name == "github.com/labstack/echo.Context.SetCookie" || name == "github.com/gofiber/fiber.Ctx.Cookie") && len(call.Args) == 1:
		names = w.p.cookieNames(call.Args[0], 0, s.pkg, 0)
	case name == "github.com/gin-gonic/gin.Context.SetCookie" && len(call.Args) > 1:
		for _, value := range w.words(call.Args[0], s) {
			if text, ok := value.plain(); ok {
				names = append(names, text)
			}
		}
	case sessionSavers[name]:
		names = w.p.sessionCookies()
	}
	for _, text := range names {
		if !slices.ContainsFunc(w.route.Cookies, func(known Param) bool { return known.Name == text }) {
			w.route.Cookies = append(w.route.Cookies, Param{Name: text, Origin: w.p.origin(callPos(call))})
		}
	}
}

// sessionSavers are the calls by which libraries of sessions set their cookie.
var sessionSavers = map[string]bool{
	"github.com/gorilla/sessions.Session.Save": true, "github.com/gorilla/sessions.Save": true, "github.com/gorilla/sessions.Store.Save": true,
	"github.com/gorilla/sessions.CookieStore.Save": true, "github.com/gin-contrib/sessions.Session.Save": true,
	"github.com/alexedwards/scs.SessionManager.Put": true, "github.com/alexedwards/scs.SessionManager.RenewToken": true,
}

// sessionCookies are the names of the cookies of sessions: what a store is asked for, or scs is told ("session" by default).
func (p *Program) sessionCookies() []string {
	var names []string
	add := func(expr ast.Expr, pkg *packages.Package) {
		for _, value := range p.flow.values(expr, scope{pkg: pkg}) {
			if text, ok := value.plain(); ok && text != "" {
				names = append(names, text)
			}
		}
	}
	usesScs := false
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		name := qualifiedName(callee(pkg.TypesInfo, call))
		usesScs = usesScs || name == "github.com/alexedwards/scs.New"
		if name == "github.com/gin-contrib/sessions.Sessions" && len(call.Args) > 0 {
			add(call.Args[0], pkg)
		}
		tuple, ok := pkg.TypesInfo.TypeOf(call).(*types.Tuple)
		if !ok || tuple.Len() == 0 || typePath(tuple.At(0).Type()) != "github.com/gorilla/sessions.Session" {
			return
		}
		for _, argument := range call.Args {
			if isString(pkg.TypesInfo.TypeOf(argument)) {
				add(argument, pkg)
			}
		}
	})
	if usesScs && len(names) == 0 {
		for obj, assigns := range p.flow.assigns {
			if obj.Name() != "Name" || obj.Pkg() == nil || trimVersion(obj.Pkg().Path()) != "github.com/alexedwards/scs" {
				continue
			}
			for _, a := range assigns {
				add(a.expr, a.pkg)
			}
		}
		if len(names) == 0 {
			names = []string{"session"}
		}
	}
	return union(names, nil)
}
