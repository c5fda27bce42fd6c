package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

var fiberMethods = map[string]string{"Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE",
	"Head": "HEAD", "Options": "OPTIONS", "Connect": "CONNECT", "Trace": "TRACE", "All": "ANY"}

// fiber runs the functions and methods of fiber (2 and 3) that make routers or register on them. The handler is the last.
func (f *frame) fiber(name string, e *ast.CallExpr) (value, bool) {
	if name == "New" {
		n := f.it.newNode("fiber")
		n.strict = mentionsTrue(e, "StrictRouting")
		return n, true
	}
	typeName, method, ok := strings.Cut(name, ".")
	if !ok || !slices.Contains([]string{"App", "Group", "Router", "Register", "Registering"}, typeName) {
		return nil, false
	}
	n := f.receiver(e)
	if n == nil {
		return nil, false
	}
	args := e.Args
	switch verb, known := fiberMethods[method]; {
	case known && len(args) > 1:
		f.fiberRoute(n, []string{verb}, args[0], args[1:], e)
	case method == "Add" && len(args) > 2:
		f.fiberRoute(n, f.words(args[0]), args[1], args[2:], e)
	case method == "Group" && len(args) > 0:
		prefix, partial := f.first(args[0])
		group := f.child(n, prefix, partial)
		group.middleware = f.names(f.handlers(args[1:]))
		return group, true
	case method == "Route" && len(args) > 1:
		prefix, partial := f.first(args[0])
		child := f.child(n, prefix, partial)
		f.runWith(args[1], child)
		return child, true
	case method == "Mount" && len(args) == 2:
		f.fiberMount(n, args[0], f.eval(args[1]))
	case method == "Use":
		f.fiberUse(n, args, e)
	case method == "Static" && len(args) > 1:
		f.each(args[0], func(path str) {
			f.add(n, "GET", path.then("/*"), &funcValue{fn: callee(f.info(), e), pkg: f.pkg}, nil, callPos(e))
		})
	case strings.HasPrefix(method, "Listen") && len(args) > 0:
		f.it.listen(f.address(args[0]), n, strings.Contains(method, "TLS"), callPos(e))
	case method == "Listener" && len(args) > 0:
		f.it.listen(f.listenerAddress(args[0]), n, false, callPos(e))
	}
	return n, true
}

// mentionsTrue says whether a composite literal among the arguments sets a field to true.
func mentionsTrue(e *ast.CallExpr, field string) bool {
	found := false
	for _, x := range e.Args {
		ast.Inspect(x, func(n ast.Node) bool {
			if pair, ok := n.(*ast.KeyValueExpr); ok && types.ExprString(pair.Key) == field && types.ExprString(pair.Value) == "true" {
				found = true
			}
			return true
		})
	}
	return found
}

func (f *frame) fiberRoute(n *node, methods []string, path ast.Expr, args []ast.Expr, e *ast.CallExpr) {
	handlers := f.handlers(args)
	if len(handlers) == 0 {
		return
	}
	last := handlers[len(handlers)-1]
	names := f.names(handlers[:len(handlers)-1])
	for _, method := range methods {
		f.each(path, func(path str) { f.add(n, method, path, last, names, callPos(e)) })
	}
}

func (f *frame) fiberMount(n *node, path ast.Expr, app value) {
	prefix, partial := f.first(path)
	if sub, extra := mounted(app); sub != nil {
		mount(sub, edge{n, prefix, partial, append(slices.Clone(n.middleware), extra...)})
	}
}

// fiberUse reads Use([prefix,] handlers...): pprof's own middleware serves /debug/pprof, another app is mounted.
func (f *frame) fiberUse(n *node, args []ast.Expr, e *ast.CallExpr) {
	if len(args) > 1 {
		if t := f.info().TypeOf(args[0]); t != nil && isString(t) {
			f.fiberMount(n, args[0], f.eval(args[1]))
			return
		}
	}
	for _, x := range args {
		if call, ok := ast.Unparen(x).(*ast.CallExpr); ok {
			if fn := callee(f.info(), call); qualifiedName(fn) == "github.com/gofiber/fiber/middleware/pprof.New" {
				f.add(n, "GET", literal("/debug/pprof/", e.Pos())[0], &funcValue{fn: fn, pkg: f.pkg}, nil, callPos(e))
				continue
			}
		}
		n.middleware = append(n.middleware, f.names(f.handlers([]ast.Expr{x}))...)
	}
}

// fiber reads a call of fiber.Ctx in a handler.
func (w *hintWalker) fiber(name string, call *ast.CallExpr, s *hintScope) {
	typeName, method, _ := strings.Cut(name, ".")
	args := call.Args
	if typeName == "Bind" && len(args) == 1 {
		w.fiberBind(method, call, s)
		return
	}
	if typeName == "Query" && method == "" && len(args) > 1 { // fiber.Query[int](c, "limit", 10)
		w.param(&w.route.Request.Query, args[1], preset(args, 2), call, s)
		return
	}
	if typeName != "Ctx" || len(args) == 0 {
		return
	}
	r := &w.route.Request
	switch method {
	case "Status", "SendStatus":
		w.bare(w.status(args[0], s), call)
	case "Params", "ParamsInt":
		w.param(&r.Path, args[0], nil, call, s)
		if method == "ParamsInt" {
			w.setType(&r.Path, args[0], "int", s)
		}
	case "Query", "QueryInt", "QueryBool", "QueryFloat":
		w.param(&r.Query, args[0], preset(args, 1), call, s)
	case "FormValue", "FormFile":
		w.param(&r.Form, args[0], nil, call, s)
	case "Get":
		w.param(&r.Header, args[0], nil, call, s)
	case "BodyParser":
		w.body(args[0], call, s)
	case "QueryParser":
		w.structParams(&r.Query, args[0], "query", call, s)
	case "ParamsParser":
		w.structParams(&r.Path, args[0], "params", call, s)
	case "JSON":
		w.answer(w.fiberStatus(call, s), args[0], call, s)
	}
}

func preset(args []ast.Expr, i int) ast.Expr {
	if i < len(args) {
		return args[i]
	}
	return nil
}

func (w *hintWalker) fiberBind(method string, call *ast.CallExpr, s *hintScope) {
	r := &w.route.Request
	switch method {
	case "Body", "JSON":
		w.body(call.Args[0], call, s)
	case "Query":
		w.structParams(&r.Query, call.Args[0], "query", call, s)
	case "URI":
		w.structParams(&r.Path, call.Args[0], "uri", call, s)
	}
}

// fiberStatus is the status set before the answer: c.Status(201).JSON(v); 200 where none is.
func (w *hintWalker) fiberStatus(call *ast.CallExpr, s *hintScope) int {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return 0
	}
	before, ok := ast.Unparen(selector.X).(*ast.CallExpr)
	if !ok {
		return 200
	}
	if fn := callee(s.pkg.TypesInfo, before); fn != nil && fn.Name() == "Status" && len(before.Args) == 1 {
		return w.status(before.Args[0], s)
	}
	return 0
}
