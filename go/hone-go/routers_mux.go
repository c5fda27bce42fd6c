package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// muxRoute is a route of gorilla/mux in the making: its methods come after the handler, or before it.
type muxRoute struct {
	on      *node
	path    str // of its own, behind the router's
	prefix  bool
	methods []string
	handler value
	pos     token.Pos
	main    string
	sub     *node
	query   []Param
}

func (f *frame) newMuxRoute(n *node, pos token.Pos) *muxRoute {
	r := &muxRoute{on: n, pos: pos, main: f.it.main}
	f.it.muxRoutes = append(f.it.muxRoutes, r)
	return r
}

// mux runs the functions and methods of gorilla/mux.
func (f *frame) mux(name string, e *ast.CallExpr) (value, bool) {
	if name == "NewRouter" {
		return f.it.newNode("gorilla/mux"), true
	}
	typeName, method, _ := strings.Cut(name, ".")
	switch typeName {
	case "Router":
		return f.muxRouter(method, e)
	case "Route":
		selector, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
		if !ok {
			return nil, false
		}
		if r, ok := f.eval(selector.X).(*muxRoute); ok {
			return f.muxRoute(r, method, e)
		}
	}
	return nil, false
}

func (f *frame) muxRouter(method string, e *ast.CallExpr) (value, bool) {
	n := f.receiver(e)
	if n == nil {
		return nil, false
	}
	switch method {
	case "Use":
		n.middleware = append(n.middleware, f.names(f.handlers(e.Args))...)
		return nil, true
	case "StrictSlash", "SkipClean", "UseEncodedPath", "OmitRouteFromContext", "OmitRouterFromContext":
		return n, true
	case "NewRoute", "Handle", "HandleFunc", "Path", "PathPrefix", "Methods", "Host", "Schemes", "Headers", "Queries", "Name",
		"MatcherFunc", "HeadersRegexp", "BuildVarsFunc":
		return f.muxRoute(f.newMuxRoute(n, callPos(e)), method, e)
	}
	return nil, true
}

// muxRoute runs one step of a chain such as r.HandleFunc("/x", h).Methods("GET").
func (f *frame) muxRoute(r *muxRoute, method string, e *ast.CallExpr) (value, bool) {
	args := e.Args
	switch method {
	case "Handle", "HandleFunc":
		if len(args) == 2 {
			f.muxPath(r, args[0])
			r.handler, r.pos = f.eval(args[1]), callPos(e)
		}
	case "Handler", "HandlerFunc":
		if len(args) == 1 {
			r.handler, r.pos = f.eval(args[0]), callPos(e)
		}
	case "Path", "PathPrefix":
		if len(args) == 1 {
			f.muxPath(r, args[0])
			r.prefix = method == "PathPrefix"
		}
	case "Methods":
		for _, x := range args {
			r.methods = append(r.methods, f.words(x)...)
		}
	case "Queries":
		f.muxQueries(r, e)
	case "Subrouter":
		if r.sub == nil {
			r.sub = f.child(r.on, pathText(r.path), r.path.partial())
			r.sub.methods = r.methods
			if r.methods == nil {
				r.sub.methods = r.on.methods
			}
		}
		return r.sub, true
	default:
		for _, x := range args {
			f.eval(x)
		}
	}
	return r, true
}

// muxQueries reads Queries("q", "{q}", "format", "csv"): parameters without which the route is not chosen.
func (f *frame) muxQueries(r *muxRoute, e *ast.CallExpr) {
	for i := 0; i+1 < len(e.Args); i += 2 {
		for _, name := range f.words(e.Args[i]) {
			param := Param{Name: name, Rules: "required", Origin: f.p().origin(callPos(e))}
			for _, wanted := range f.words(e.Args[i+1]) {
				if types := pathTypes(wanted); len(types) == 1 {
					for _, param.Type = range types {
					}
				} else if wanted != "" && !strings.Contains(wanted, "{") {
					param.Rules += ",oneof=" + wanted
				}
			}
			r.query = append(r.query, param)
		}
	}
}

func (f *frame) muxPath(r *muxRoute, expr ast.Expr) {
	for _, path := range f.text(expr) {
		r.path.pieces = append(slices.Clone(r.path.pieces), path.pieces...)
		return
	}
}

// finishMux turns the routes of gorilla/mux into registrations, once their chains have ended.
func (it *interp) finishMux() {
	for _, r := range it.muxRoutes {
		if r.handler == nil {
			continue
		}
		if sub, extra := mounted(r.handler); sub != nil && r.prefix && !sub.isDefault {
			prefix := pathText(r.path)
			if w, ok := r.handler.(*wrapped); ok && w.strip != "" || sub.framework != "gorilla/mux" && sub.framework != "net/http" {
				mount(sub, edge{r.on, prefix, r.path.partial(), append(slices.Clone(r.on.middleware), extra...)})
			} else {
				// Without StripPrefix the inner router sees the whole path.
				mount(sub, edge{r.on, "", r.path.partial(), append(slices.Clone(r.on.middleware), extra...)})
			}
			continue
		}
		methods := r.methods
		if len(methods) == 0 {
			methods = r.on.methods
		}
		if len(methods) == 0 {
			methods = []string{"ANY"}
		}
		path := r.path
		if r.prefix {
			path = path.then("/*")
		}
		for _, method := range methods {
			if method == "OPTIONS" && len(methods) > 1 {
				continue
			}
			it.routes = append(it.routes, &registration{on: r.on, method: method, path: path, handler: r.handler,
				middleware: slices.Clone(r.on.middleware), pos: r.pos, main: r.main, query: r.query})
		}
	}
	it.muxRoutes = nil
}
