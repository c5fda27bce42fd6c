package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// node is a router or a group of one. It reaches the outside through its parents; one without parents is a root.
type node struct {
	framework  string
	parents    []edge
	middleware []string
	partial    bool     // a group that came from nowhere known
	isDefault  bool     // http.DefaultServeMux
	strict     bool     // fiber: a slash at the end counts
	methods    []string // gorilla/mux: of a subrouter's routes that name none
}

// edge is the way from a group or mounted router to what holds it.
type edge struct {
	to         *node
	prefix     string
	partial    bool
	middleware []string
}

// registration is one handler registered on one router.
type registration struct {
	on         *node
	method     string
	path       str
	handler    value
	middleware []string
	pos        token.Pos
	main       string
	query      []Param // without which it is another route
	operation  *humaOperation
}

func (it *interp) newNode(framework string) *node { return &node{framework: framework} }

// ambientNode is the router behind a variable, field or parameter whose value is not known.
func (it *interp) ambientNode(obj types.Object, framework string, t types.Type) *node {
	if it.ambient[obj] == nil {
		n := it.newNode(framework)
		switch typePath(t) {
		case "github.com/gin-gonic/gin.Engine", "net/http.ServeMux", "github.com/labstack/echo.Echo", "github.com/gofiber/fiber.App":
		default:
			n.partial = true
		}
		it.ambient[obj] = n
	}
	return it.ambient[obj]
}

// routerType is the framework whose router a type is, or "".
func routerType(t types.Type) string {
	switch typePath(t) {
	case "github.com/gin-gonic/gin.Engine", "github.com/gin-gonic/gin.RouterGroup",
		"github.com/gin-gonic/gin.IRouter", "github.com/gin-gonic/gin.IRoutes":
		return "gin"
	case "github.com/go-chi/chi.Mux", "github.com/go-chi/chi.Router":
		return "chi"
	case "net/http.ServeMux":
		return "net/http"
	case "github.com/labstack/echo.Echo", "github.com/labstack/echo.Group":
		return "echo"
	case "github.com/gofiber/fiber.App", "github.com/gofiber/fiber.Group", "github.com/gofiber/fiber.Router":
		return "fiber"
	case "github.com/gorilla/mux.Router":
		return "gorilla/mux"
	case humaPath + ".API", humaPath + ".Group":
		return "huma"
	}
	return plainRouterType(typePath(t))
}

// library runs a call of a framework; handled is false for calls that are none of its business.
func (f *frame) library(fn *types.Func, e *ast.CallExpr) (v value, handled bool) {
	name := qualifiedName(fn)
	typeAndMethod := name[strings.LastIndexByte(name, '/')+1:]
	if library, ok := plainLibrary(fn); ok {
		return f.plain(library, fn, e)
	}
	switch {
	case strings.HasPrefix(name, "github.com/gin-gonic/gin."):
		return f.gin(strings.TrimPrefix(typeAndMethod, "gin."), e)
	case strings.HasPrefix(name, "github.com/go-chi/chi."):
		return f.chi(strings.TrimPrefix(typeAndMethod, "chi."), e)
	case strings.HasPrefix(name, "github.com/labstack/echo."):
		return f.echo(strings.TrimPrefix(typeAndMethod, "echo."), e)
	case strings.HasPrefix(name, "github.com/gofiber/fiber."):
		return f.fiber(strings.TrimPrefix(typeAndMethod, "fiber."), e)
	case strings.HasPrefix(name, "github.com/gorilla/mux."):
		return f.mux(strings.TrimPrefix(typeAndMethod, "mux."), e)
	case isHumaAdapter(name):
		return f.humaAdapter(fn, e)
	case strings.HasPrefix(name, humaPath+".") || strings.HasPrefix(name, humaPath+"/sse."):
		return f.huma(strings.TrimPrefix(name[len(humaPath):], name[len(humaPath):][:1]), e)
	case name == "github.com/labstack/echo-contrib/pprof.Register":
		f.ginPprof(fn, e)
		return nil, true
	case name == "github.com/gin-contrib/pprof.Register" || name == "github.com/gin-contrib/pprof.RouteRegister":
		f.ginPprof(fn, e)
		return nil, true
	case name == "github.com/go-chi/chi/middleware.Profiler":
		return f.chiProfiler(fn, e), true
	case name == "google.golang.org/grpc.Server.Serve" && len(e.Args) == 1:
		f.it.listen(f.listenerAddress(e.Args[0]), f.it.newNode("grpc"), false, callPos(e))
		return nil, true
	case strings.HasPrefix(name, "net/http.") || strings.HasPrefix(name, "net."):
		return f.netHTTP(name, e)
	}
	return nil, false
}

// receiver is the router on which a method is called.
func (f *frame) receiver(e *ast.CallExpr) *node {
	selector, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	if fv, ok := f.eval(selector).(*funcValue); ok {
		if n, ok := fv.recv.(*node); ok {
			return n
		}
	}
	// A field of a struct that is not known: the router behind that field.
	if selection := f.info().Selections[selector]; selection != nil {
		if fw := routerType(selection.Recv()); fw != "" {
			if obj := objectOf(f.info(), selector.X); obj != nil {
				return f.it.ambientNode(obj, fw, selection.Recv())
			}
		}
	}
	return nil
}

func (f *frame) add(n *node, method string, path str, handler value, extra []string, pos token.Pos) {
	f.it.routes = append(f.it.routes, &registration{on: n, method: method, path: path, handler: handler,
		middleware: append(slices.Clone(n.middleware), extra...), pos: pos, main: f.it.main})
}

// each calls visit for every value of a path argument; of a router's prefix only the first value is taken.
func (f *frame) each(expr ast.Expr, visit func(str)) {
	for _, path := range f.text(expr) {
		visit(path)
	}
}

func (f *frame) first(expr ast.Expr) (prefix string, partial bool) {
	for _, path := range f.text(expr) {
		return pathText(path), path.partial()
	}
	return "", true
}

// pathText is a path with ${?} for what is not known; a default stands for its variable.
func pathText(s str) string {
	if t := s.text(); t.Resolved != "" {
		return t.Resolved
	} else {
		return t.Value
	}
}

func (f *frame) child(n *node, prefix string, partial bool) *node {
	return &node{framework: n.framework, parents: []edge{{n, prefix, partial, slices.Clone(n.middleware)}}}
}

// handlers evaluates handler arguments, lists spread out.
func (f *frame) handlers(args []ast.Expr) []value {
	var all []value
	for _, x := range args {
		v := f.eval(x)
		if l, ok := v.(*list); ok {
			all = append(all, l.elems...)
		} else {
			all = append(all, v)
		}
	}
	return all
}

func (f *frame) names(values []value) []string {
	names := []string{}
	for _, v := range values {
		if name := f.it.middlewareName(v); name != "" {
			names = append(names, name)
		}
	}
	return names
}

var ginMethods = map[string]string{"GET": "GET", "POST": "POST", "PUT": "PUT", "PATCH": "PATCH", "DELETE": "DELETE",
	"HEAD": "HEAD", "OPTIONS": "OPTIONS", "Any": "ANY"}

// gin runs the functions and methods of gin that make routers or register on them.
func (f *frame) gin(name string, e *ast.CallExpr) (value, bool) {
	switch name {
	case "New", "Default":
		n := f.it.newNode("gin")
		if name == "Default" {
			n.middleware = []string{"github.com/gin-gonic/gin.Logger", "github.com/gin-gonic/gin.Recovery"}
		}
		return n, true
	}
	typeName, method, ok := strings.Cut(name, ".")
	if !ok || !slices.Contains([]string{"Engine", "RouterGroup", "IRouter", "IRoutes"}, typeName) {
		return nil, false
	}
	n := f.receiver(e)
	if n == nil {
		return nil, false
	}
	args := e.Args
	switch verb, known := ginMethods[method]; {
	case known && len(args) > 0:
		f.ginRoute(n, verb, args[0], args[1:], e)
	case method == "Handle" && len(args) > 1:
		for _, m := range f.text(args[0]) {
			f.ginRoute(n, pathText(m), args[1], args[2:], e)
		}
	case method == "Match" && len(args) > 1:
		if l, ok := f.eval(args[0]).(*list); ok {
			for _, element := range l.elems {
				if m, ok := element.(texts); ok && len(m) > 0 {
					f.ginRoute(n, pathText(m[0]), args[1], args[2:], e)
				}
			}
		}
	case method == "Group" && len(args) > 0:
		prefix, partial := f.first(args[0])
		group := f.child(n, prefix, partial)
		group.middleware = f.names(f.handlers(args[1:]))
		return group, true
	case method == "Use":
		n.middleware = append(n.middleware, f.names(f.handlers(args))...)
	case strings.HasPrefix(method, "Static") && len(args) > 1:
		f.each(args[0], func(path str) {
			if method == "Static" || method == "StaticFS" {
				path = path.then("/*filepath")
			}
			f.add(n, "GET", path, &funcValue{fn: callee(f.info(), e), pkg: f.pkg}, nil, callPos(e))
		})
	case method == "Run" || method == "RunTLS":
		f.ginRun(n, method, e)
	case method == "Handler":
		return n, true
	}
	return n, true
}

func (f *frame) ginRoute(n *node, method string, path ast.Expr, args []ast.Expr, e *ast.CallExpr) {
	handlers := f.handlers(args)
	if len(handlers) == 0 {
		return
	}
	last := handlers[len(handlers)-1]
	f.each(path, func(path str) {
		f.add(n, method, path, last, f.names(handlers[:len(handlers)-1]), callPos(e))
	})
}

func (f *frame) ginRun(n *node, method string, e *ast.CallExpr) {
	address := Text{Value: ":${PORT}", Env: []EnvRead{{Name: "PORT", Default: pointer("8080")}}, Resolved: ":8080"}
	if len(e.Args) > 0 {
		address = f.address(e.Args[0])
	}
	f.it.listen(address, n, method == "RunTLS", callPos(e))
}

func pointer(s string) *string { return &s }

func (f *frame) ginPprof(fn *types.Func, e *ast.CallExpr) {
	if len(e.Args) == 0 {
		return
	}
	n, _ := f.eval(e.Args[0]).(*node)
	if n == nil {
		return
	}
	prefix := literal("/debug/pprof", e.Pos())
	if len(e.Args) > 1 {
		prefix = f.text(e.Args[1])
	}
	for _, path := range prefix {
		path.pieces = append(slices.Clone(path.pieces), piece{known: true, literal: "/"})
		f.add(n, "GET", path, &funcValue{fn: fn, pkg: f.pkg}, nil, callPos(e))
	}
}

func (f *frame) chiProfiler(fn *types.Func, e *ast.CallExpr) *node {
	n := f.it.newNode("chi")
	f.add(n, "ANY", literal("/pprof/", e.Pos())[0], &funcValue{fn: fn, pkg: f.pkg}, nil, callPos(e))
	return n
}

var chiMethods = map[string]string{"Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE",
	"Head": "HEAD", "Options": "OPTIONS", "Connect": "CONNECT", "Trace": "TRACE", "Handle": "ANY", "HandleFunc": "ANY"}

// chi runs the functions and methods of chi that make routers or register on them.
func (f *frame) chi(name string, e *ast.CallExpr) (value, bool) {
	if name == "NewRouter" || name == "NewMux" {
		return f.it.newNode("chi"), true
	}
	typeName, method, ok := strings.Cut(name, ".")
	if !ok || typeName != "Mux" && typeName != "Router" {
		return nil, false
	}
	n := f.receiver(e)
	if n == nil {
		return nil, false
	}
	args := e.Args
	switch verb, known := chiMethods[method]; {
	case known && len(args) == 2:
		handler := f.eval(args[1])
		f.each(args[0], func(path str) { f.add(n, verb, path, handler, nil, callPos(e)) })
	case (method == "Method" || method == "MethodFunc") && len(args) == 3:
		handler := f.eval(args[2])
		for _, m := range f.text(args[0]) {
			f.each(args[1], func(path str) { f.add(n, pathText(m), path, handler, nil, callPos(e)) })
		}
	case method == "Use":
		n.middleware = append(n.middleware, f.names(f.handlers(args))...)
	case method == "With":
		child := f.child(n, "", false)
		child.middleware = f.names(f.handlers(args))
		return child, true
	case method == "Group" && len(args) == 1:
		child := f.child(n, "", false)
		f.runWith(args[0], child)
		return child, true
	case method == "Route" && len(args) == 2:
		prefix, partial := f.first(args[0])
		child := f.child(n, prefix, partial)
		f.runWith(args[1], child)
		return child, true
	case method == "Mount" && len(args) == 2:
		prefix, partial := f.first(args[0])
		handler := f.eval(args[1])
		if sub, extra := mounted(handler); sub != nil {
			mount(sub, edge{n, prefix, partial, append(slices.Clone(n.middleware), extra...)})
		} else {
			path := str{pieces: []piece{{known: !partial, literal: strings.TrimSuffix(prefix, "/") + "/*"}}}
			f.add(n, "ANY", path, handler, nil, callPos(e))
		}
	}
	return n, true
}

// runWith calls a function argument with a router.
func (f *frame) runWith(expr ast.Expr, n *node) {
	if fv, ok := f.eval(expr).(*funcValue); ok {
		f.it.enter(fv, []value{n})
	}
}

// mounted is the router inside a handler, and the middleware around it.
func mounted(v value) (*node, []string) {
	switch v := v.(type) {
	case *node:
		return v, nil
	case *wrapped:
		if n, ok := v.inner.(*node); ok {
			return n, v.middleware
		}
	}
	return nil, nil
}

func mount(sub *node, e edge) {
	for _, known := range sub.parents {
		if known.to == e.to && known.prefix == e.prefix {
			return
		}
	}
	if sub != e.to {
		sub.parents = append(sub.parents, e)
		sub.partial = false
	}
}

// netHTTP runs the functions of net/http that register, and those that listen.
func (f *frame) netHTTP(name string, e *ast.CallExpr) (value, bool) {
	switch name {
	case "net/http.NewServeMux":
		return f.it.newNode("net/http"), true
	case "net/http.Handle", "net/http.HandleFunc":
		f.muxHandle(f.it.defaultMux, e)
		return nil, true
	case "net/http.ServeMux.Handle", "net/http.ServeMux.HandleFunc":
		if n := f.receiver(e); n != nil {
			f.muxHandle(n, e)
		}
		return nil, true
	case "net/http.ListenAndServe", "net/http.ListenAndServeTLS":
		f.it.listen(f.address(e.Args[0]), f.served(e.Args[len(e.Args)-1]), strings.HasSuffix(name, "TLS"), callPos(e))
		return nil, true
	case "net/http.Server.ListenAndServe", "net/http.Server.ListenAndServeTLS", "net/http.Server.Serve", "net/http.Server.ServeTLS":
		f.startServer(name, e)
		return nil, true
	case "net/http.Serve":
		f.it.listen(f.listenerAddress(e.Args[0]), f.served(e.Args[1]), false, callPos(e))
		return nil, true
	}
	return nil, false
}

// muxHandle reads a pattern of Go 1.22: [METHOD ][HOST]/[PATH].
func (f *frame) muxHandle(n *node, e *ast.CallExpr) {
	if len(e.Args) != 2 {
		return
	}
	handler := f.eval(e.Args[1])
	f.each(e.Args[0], func(pattern str) {
		method := "ANY"
		path := pattern
		// A method may be a piece of its own: method+" "+prefix+path.
		known := slices.IndexFunc(append(slices.Clone(pattern.pieces), piece{}), func(p piece) bool { return !p.known })
		if begin, _ := (str{pieces: pattern.pieces[:known]}).plain(); begin != "" {
			first := piece{known: true, literal: begin}
			if before, after, ok := strings.Cut(first.literal, " "); ok {
				method = before
				first.literal = strings.TrimLeft(after, " \t")
			}
			if i := strings.IndexByte(first.literal, '/'); i > 0 {
				first.literal = first.literal[i:]
			}
			path.pieces = append([]piece{first}, pattern.pieces[known:]...)
		}
		if sub, extra := mounted(handler); sub != nil {
			strip := ""
			if w, ok := handler.(*wrapped); ok {
				strip = strings.TrimSuffix(w.strip, "/")
			}
			mount(sub, edge{n, strip, false, append(slices.Clone(n.middleware), extra...)})
			return
		}
		f.add(n, method, path, handler, nil, callPos(e))
	})
}
