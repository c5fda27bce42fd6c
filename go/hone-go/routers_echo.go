package main

import (
	"go/ast"
	"go/types"
	"strings"
)

var echoMethods = map[string]string{"GET": "GET", "POST": "POST", "PUT": "PUT", "PATCH": "PATCH", "DELETE": "DELETE",
	"HEAD": "HEAD", "OPTIONS": "OPTIONS", "CONNECT": "CONNECT", "TRACE": "TRACE", "Any": "ANY"}

// echo runs the functions and methods of echo that make routers or register on them. Middleware follows the handler.
func (f *frame) echo(name string, e *ast.CallExpr) (value, bool) {
	if name == "New" {
		return f.it.newNode("echo"), true
	}
	typeName, method, ok := strings.Cut(name, ".")
	if !ok || typeName != "Echo" && typeName != "Group" {
		return nil, false
	}
	n := f.receiver(e)
	if n == nil {
		return nil, false
	}
	args := e.Args
	switch verb, known := echoMethods[method]; {
	case known && len(args) > 1:
		f.echoRoute(n, []string{verb}, args[0], args[1], args[2:], e)
	case method == "Add" && len(args) > 2:
		f.echoRoute(n, f.words(args[0]), args[1], args[2], args[3:], e)
	case method == "Match" && len(args) > 2:
		f.echoRoute(n, f.words(args[0]), args[1], args[2], args[3:], e)
	case method == "Group" && len(args) > 0:
		prefix, partial := f.first(args[0])
		group := f.child(n, prefix, partial)
		group.middleware = f.names(f.handlers(args[1:]))
		return group, true
	case method == "Host" && len(args) > 0:
		group := f.child(n, "", false)
		group.middleware = f.names(f.handlers(args[1:]))
		return group, true
	case method == "Use" || method == "Pre":
		n.middleware = append(n.middleware, f.names(f.handlers(args))...)
	case (strings.HasPrefix(method, "Static") || strings.HasPrefix(method, "File")) && len(args) > 1:
		f.each(args[0], func(path str) {
			if strings.HasPrefix(method, "Static") {
				path = path.then("/*")
			}
			f.add(n, "GET", path, &funcValue{fn: callee(f.info(), e), pkg: f.pkg}, nil, callPos(e))
		})
	case strings.HasPrefix(method, "Start"):
		f.echoStart(n, method, e)
	}
	return n, true
}

func (f *frame) echoRoute(n *node, methods []string, path, handler ast.Expr, middleware []ast.Expr, e *ast.CallExpr) {
	h := f.eval(handler)
	names := f.names(f.handlers(middleware))
	for _, method := range methods {
		f.each(path, func(path str) { f.add(n, method, path, h, names, callPos(e)) })
	}
}

func (f *frame) echoStart(n *node, method string, e *ast.CallExpr) {
	if len(e.Args) == 0 {
		return
	}
	if method == "StartServer" {
		// The server was noted when it was made; here it gets its handler.
		pos := f.p().origin(e.Args[0].Pos())
		if server, ok := f.eval(e.Args[0]).(*object); ok && server.listener != nil {
			pos = server.listener.Origin
			server.listener.root, server.listener.Serves = n, n.framework
			return
		}
		f.it.listeners = append(f.it.listeners, &Listener{Address: unknown()[0].text(), Serves: n.framework, Origin: pos,
			Mains: union([]string{f.it.main}, nil), root: n})
		return
	}
	f.it.listen(f.address(e.Args[0]), n, strings.Contains(method, "TLS"), callPos(e))
}

func (f *frame) p() *Program { return f.it.p }

// words are the known texts of an argument that is a text or a list of texts, such as the methods of a route.
func (f *frame) words(expr ast.Expr) []string {
	var words []string
	add := func(v value) {
		if t, ok := v.(texts); ok && len(t) > 0 {
			words = append(words, pathText(t[0]))
		}
	}
	v := f.eval(expr)
	if l, ok := v.(*list); ok {
		for _, element := range l.elems {
			add(element)
		}
	} else {
		add(v)
	}
	return words
}

// echo reads a call of echo.Context or of a binder in a handler.
func (w *hintWalker) echo(name string, call *ast.CallExpr, s *hintScope) {
	typeName, method, _ := strings.Cut(name, ".")
	args := call.Args
	r := &w.route.Request
	if typeName == "ValueBinder" {
		if len(args) > 1 && isString(s.pkg.TypesInfo.TypeOf(args[0])) {
			w.binder(call, s)
		}
		return
	}
	if typeName == "DefaultBinder" && len(args) == 2 {
		w.bound(method, args[1], call, s)
		return
	}
	if typeName != "Context" || len(args) == 0 {
		return
	}
	switch method {
	case "NoContent", "String", "HTML", "Blob", "Stream", "Redirect", "XML":
		w.bare(w.status(args[0], s), call)
	case "Param":
		w.param(&r.Path, args[0], nil, call, s)
	case "QueryParam":
		w.param(&r.Query, args[0], nil, call, s)
	case "FormValue", "FormFile":
		list := &r.Form
		if w.reads() {
			list = &r.Query
		}
		w.param(list, args[0], nil, call, s)
	case "Bind":
		w.structParams(&r.Path, args[0], "param", call, s)
		if w.reads() || w.route.Method == "DELETE" {
			w.structParams(&r.Query, args[0], "query", call, s)
		}
		if !w.reads() {
			w.body(args[0], call, s)
		}
	case "JSON", "JSONPretty":
		if len(args) >= 2 {
			w.answer(w.status(args[0], s), args[1], call, s)
		}
	}
}

// bound reads a part of the request that echo's own binder is asked for alone.
func (w *hintWalker) bound(method string, into ast.Expr, call *ast.CallExpr, s *hintScope) {
	switch method {
	case "BindBody":
		w.body(into, call, s)
	case "BindQueryParams":
		w.structParams(&w.route.Request.Query, into, "query", call, s)
	case "BindPathParams":
		w.structParams(&w.route.Request.Path, into, "param", call, s)
	}
}

// reads says whether the route's method has no body of its own.
func (w *hintWalker) reads() bool {
	return w.route.Method == "GET" || w.route.Method == "HEAD"
}

// binder reads echo.QueryParamsBinder(c).Int("limit", &limit): what the chain began with says where the value comes from.
func (w *hintWalker) binder(call *ast.CallExpr, s *hintScope) {
	list := &w.route.Request.Query
	for at := ast.Expr(call); at != nil; {
		made, ok := ast.Unparen(at).(*ast.CallExpr)
		if !ok {
			at = w.made(at, s)
			continue
		}
		switch qualifiedName(callee(s.pkg.TypesInfo, made)) {
		case "github.com/labstack/echo.PathParamsBinder":
			list = &w.route.Request.Path
		case "github.com/labstack/echo.FormFieldBinder":
			list = &w.route.Request.Form
		}
		at = nil
		if selector, ok := ast.Unparen(made.Fun).(*ast.SelectorExpr); ok {
			at = selector.X
		}
	}
	before := len(*list)
	w.param(list, call.Args[0], nil, call, s)
	method := callee(s.pkg.TypesInfo, call).Name()
	for i := before; i < len(*list); i++ {
		(*list)[i].Type = strings.ToLower(strings.TrimPrefix(method, "Must"))
		if strings.HasPrefix(method, "Must") {
			(*list)[i].Rules = "required"
		}
	}
}

// made is the call that a variable was assigned from, or nil.
func (w *hintWalker) made(expr ast.Expr, s *hintScope) ast.Expr {
	obj := objectOf(s.pkg.TypesInfo, expr)
	if _, isVar := obj.(*types.Var); !isVar {
		return nil
	}
	for _, a := range w.p.flow.assigns[obj] {
		if call, ok := ast.Unparen(a.expr).(*ast.CallExpr); ok && a.pkg == s.pkg {
			return call
		}
	}
	return nil
}
