package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// plainRouter is a library of net/http handlers whose routers have a method a verb, a group by its prefix, and little else.
type plainRouter struct {
	name   string
	types  []string // routers and groups of them
	makers []string // functions that make one
	scoped bool     // Use and its like give a new group and leave the router as it is
}

var plainRouters = map[string]plainRouter{
	"github.com/julienschmidt/httprouter": {name: "httprouter", types: []string{"Router"}, makers: []string{"New"}},
	"github.com/dimfeld/httptreemux": {name: "httptreemux", types: []string{"TreeMux", "Group", "ContextMux", "ContextGroup"},
		makers: []string{"New", "NewContextMux"}},
	"github.com/uptrace/bunrouter": {name: "bunrouter", types: []string{"Router", "Group", "CompatRouter", "CompatGroup", "VerboseRouter",
		"VerboseGroup"}, makers: []string{"New"}, scoped: true},
}

var verbs = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

// plainRouterType is the name of the library whose router a type is, by the type's path; or "".
func plainRouterType(path string) string {
	dot := strings.LastIndexByte(path, '.')
	if dot < 0 {
		return ""
	}
	if library, ok := plainRouters[path[:dot]]; ok && slices.Contains(library.types, path[dot+1:]) {
		return library.name
	}
	return ""
}

// plainLibrary is the library that a function belongs to.
func plainLibrary(fn *types.Func) (library plainRouter, ok bool) {
	if fn == nil || fn.Pkg() == nil {
		return plainRouter{}, false
	}
	library, ok = plainRouters[trimVersion(fn.Pkg().Path())]
	return library, ok
}

// plain runs the functions and methods of such a library.
func (f *frame) plain(library plainRouter, fn *types.Func, e *ast.CallExpr) (value, bool) {
	name := strings.TrimPrefix(qualifiedName(fn), trimVersion(fn.Pkg().Path())+".")
	if slices.Contains(library.makers, name) {
		n := f.it.newNode(library.name)
		n.middleware = f.optionNames(e.Args)
		return n, true
	}
	typeName, method, ok := strings.Cut(name, ".")
	if !ok || !slices.Contains(library.types, typeName) {
		return nil, false
	}
	n := f.receiver(e)
	if n == nil {
		return nil, false
	}
	args := e.Args
	switch {
	case slices.Contains(verbs, method) && len(args) == 2:
		f.plainRoute(n, []string{method}, args[0], args[1], e)
	case strings.HasPrefix(method, "Handle") && len(args) == 3:
		f.plainRoute(n, f.words(args[0]), args[1], args[2], e)
	case method == "ServeFiles" && len(args) > 0:
		f.each(args[0], func(path str) {
			f.add(n, "GET", path, &funcValue{fn: callee(f.info(), e), pkg: f.pkg}, nil, callPos(e))
		})
	case slices.Contains([]string{"Use", "UseHandler", "WithMiddleware"}, method):
		names := f.names(f.handlers(args))
		if !library.scoped {
			n.middleware = append(n.middleware, names...)
			return nil, true
		}
		group := f.child(n, "", false)
		group.middleware = names
		return group, true
	case strings.HasSuffix(method, "Group") && len(args) > 0:
		return f.plainGroup(n, args), true
	}
	return n, true // a view of the same router: Compat(), UsingContext()
}

func (f *frame) plainRoute(n *node, methods []string, path, handler ast.Expr, e *ast.CallExpr) {
	h := f.eval(handler)
	for _, method := range methods {
		f.each(path, func(path str) { f.add(n, method, path, h, nil, callPos(e)) })
	}
}

// optionNames is the middleware among options: bunrouter.Use(mw), bunrouter.WithMiddleware(mw).
func (f *frame) optionNames(args []ast.Expr) []string {
	names := []string{}
	for _, x := range args {
		call, ok := ast.Unparen(x).(*ast.CallExpr)
		if !ok {
			continue
		}
		switch qualifiedName(callee(f.info(), call)) {
		case "github.com/uptrace/bunrouter.Use", "github.com/uptrace/bunrouter.WithMiddleware":
			names = append(names, f.names(f.handlers(call.Args))...)
		}
	}
	return names
}

// plainGroup reads (prefix, options...) or (prefix, a function that gets the group).
func (f *frame) plainGroup(n *node, args []ast.Expr) *node {
	prefix, partial := f.first(args[0])
	group := f.child(n, prefix, partial)
	group.middleware = f.optionNames(args[1:])
	for _, x := range args[1:] {
		if signature, ok := f.info().TypeOf(x).Underlying().(*types.Signature); ok && signature.Params().Len() == 1 &&
			routerType(signature.Params().At(0).Type()) != "" {
			f.runWith(x, group)
		}
	}
	return group
}

// plain reads a call of such a library in a handler.
func (w *hintWalker) plain(name string, call *ast.CallExpr, s *hintScope) {
	args := call.Args
	r := &w.route.Request
	switch name {
	case "github.com/julienschmidt/httprouter.Params.ByName", "github.com/uptrace/bunrouter.Request.Param",
		"github.com/uptrace/bunrouter.Params.ByName":
		w.param(&r.Path, args[0], nil, call, s)
	case "github.com/uptrace/bunrouter.Params.Int64", "github.com/uptrace/bunrouter.Params.Uint64",
		"github.com/uptrace/bunrouter.Params.Uint32":
		w.param(&r.Path, args[0], nil, call, s)
		w.setType(&r.Path, args[0], "int", s)
	case "github.com/uptrace/bunrouter.JSON":
		w.answer(0, args[len(args)-1], call, s)
	}
}
