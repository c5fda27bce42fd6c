package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

const humaPath = "github.com/danielgtaylor/huma"

var humaMethods = map[string]string{"Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE",
	"Head": "HEAD", "Options": "OPTIONS"}

// humaOperation is what huma knows of a route beside its handler: the types that it decodes and encodes, and the status it answers with.
type humaOperation struct {
	input, output types.Type
	status        value // number, or nil: not known
}

// isHumaAdapter says whether a function is of one of the packages that put huma on a router.
func isHumaAdapter(name string) bool { return strings.HasPrefix(name, humaPath+"/adapters/") }

// huma runs the functions and methods of huma that make an API or register on one.
func (f *frame) huma(name string, e *ast.CallExpr) (value, bool) {
	args := e.Args
	switch verb, known := humaMethods[name]; {
	case known && len(args) > 2:
		op := &object{t: f.info().TypeOf(args[1]), fields: map[string]value{"Method": texts(literal(verb, e.Pos())), "Path": texts(f.text(args[1]))}}
		for _, change := range f.handlers(args[3:]) { // func(o *huma.Operation)
			if fv, ok := change.(*funcValue); ok {
				f.it.enter(fv, []value{op})
			}
		}
		f.humaRegister(args[0], op, args[2], e)
	case name == "Register" && len(args) == 3:
		op, _ := f.eval(args[1]).(*object)
		f.humaRegister(args[0], op, args[2], e)
	case name == "sse.Register" && len(args) == 4:
		op, _ := f.eval(args[1]).(*object)
		f.humaRegister(args[0], op, args[3], e)
	case name == "AutoRegister" && len(args) == 2:
		f.humaAutoRegister(args[0], args[1])
	case name == "NewGroup" && len(args) > 0:
		return f.humaGroup(args[0], args[1:]), true
	case name == "NewAPI" && len(args) == 2:
		return f.eval(args[1]), true
	case name == "API.UseMiddleware" || name == "Group.UseMiddleware":
		if n := f.receiver(e); n != nil {
			n.middleware = append(n.middleware, f.names(f.handlers(args))...)
		}
	default:
		return nil, false
	}
	return nil, true
}

// humaAdapter puts an API on the router that an adapter is given: on the group where it is given one as well.
func (f *frame) humaAdapter(fn *types.Func, e *ast.CallExpr) (value, bool) {
	if !strings.HasPrefix(fn.Name(), "New") || fn.Name() == "NewContext" {
		return nil, false
	}
	api := f.it.newNode("huma")
	prefix, partial := "", false
	for _, x := range e.Args {
		if isString(f.info().TypeOf(x)) { // NewWithPrefix
			prefix, partial = f.first(x)
		} else if n, _ := mounted(f.eval(x)); n != nil {
			api.parents = []edge{{to: n, middleware: slices.Clone(n.middleware)}}
		}
	}
	for i := range api.parents {
		api.parents[i].prefix, api.parents[i].partial = prefix, partial
	}
	return api, true
}

// humaAPI is the API or group that an expression holds.
func (f *frame) humaAPI(expr ast.Expr) *node {
	n, _ := f.eval(expr).(*node)
	return n
}

// humaGroup is a group of an API: each of several prefixes gives routes of its own.
func (f *frame) humaGroup(api ast.Expr, prefixes []ast.Expr) *node {
	n := f.humaAPI(api)
	group := f.it.newNode("huma")
	if n == nil {
		group.partial = true
		return group
	}
	for _, x := range prefixes {
		prefix, partial := f.first(x)
		group.parents = append(group.parents, edge{to: n, prefix: prefix, partial: partial})
	}
	if len(prefixes) == 0 {
		group.parents = []edge{{to: n}}
	}
	return group
}

// humaMiddleware are the functions around a route of an API or group: those of the groups above it count from whenever they are given.
func humaMiddleware(n *node) []string {
	own := slices.Clone(n.middleware)
	if len(n.parents) == 0 || n.parents[0].to.framework != "huma" {
		return own
	}
	return append(humaMiddleware(n.parents[0].to), own...)
}

func (f *frame) humaRegister(api ast.Expr, op *object, handler ast.Expr, e *ast.CallExpr) {
	n := f.humaAPI(api)
	if n == nil { // an API from somewhere that is not read
		n = f.it.newNode("huma")
		n.partial = true
	}
	if op == nil {
		op = &object{fields: map[string]value{}}
	}
	made := f.eval(handler)
	middleware := humaMiddleware(n)
	if l, ok := op.fields["Middlewares"].(*list); ok {
		middleware = append(middleware, f.names(l.elems)...)
	}
	operation := &humaOperation{status: op.fields["DefaultStatus"]}
	if _, set := op.fields["DefaultStatus"]; !set {
		operation.status = number(0)
	}
	operation.input, operation.output = f.humaTypes(e)
	for _, method := range humaTexts(op.fields["Method"]) {
		for _, path := range humaTexts(op.fields["Path"]) {
			verb := pathText(method)
			if method.partial() {
				verb = "ANY"
			}
			f.it.routes = append(f.it.routes, &registration{on: n, method: verb, path: path, handler: made, middleware: middleware,
				pos: callPos(e), main: f.it.main, operation: operation})
		}
	}
}

func humaTexts(v value) []str {
	if t, ok := v.(texts); ok && len(t) > 0 {
		return t
	}
	return unknown()
}

// humaTypes are what a call of Register and its kin is instantiated with: the types of the handler's input and output.
func (f *frame) humaTypes(e *ast.CallExpr) (input, output types.Type) {
	ast.Inspect(e.Fun, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		if arguments := f.info().Instances[id].TypeArgs; arguments != nil && arguments.Len() > 0 {
			input = arguments.At(0)
			if arguments.Len() > 1 {
				output = arguments.At(1)
			}
		}
		return true
	})
	return input, output
}

// humaAutoRegister calls the methods of a value whose names begin with Register.
func (f *frame) humaAutoRegister(api, server ast.Expr) {
	holder, t := f.eval(server), f.info().TypeOf(server)
	if o, ok := holder.(*object); ok && types.IsInterface(t) {
		t = o.t
	}
	methods := types.NewMethodSet(types.NewPointer(derefType(t)))
	for i := range methods.Len() {
		fn, ok := methods.At(i).Obj().(*types.Func)
		if ok && fn.Exported() && strings.HasPrefix(fn.Name(), "Register") && fn.Name() != "Register" {
			f.it.enter(&funcValue{fn: fn, recv: holder, bound: true, pkg: f.pkg}, []value{f.humaAPI(api)})
		}
	}
}

// isHumaHandler is func(context.Context, *Input) (*Output, error).
func isHumaHandler(t types.Type) bool {
	if t == nil {
		return false
	}
	signature, ok := t.Underlying().(*types.Signature)
	if !ok || signature.Params().Len() != 2 || signature.Results().Len() != 2 || !takesContext(t) {
		return false
	}
	return isPointer(signature.Params().At(1).Type()) && isPointer(signature.Results().At(0).Type()) &&
		types.Identical(signature.Results().At(1).Type(), types.Universe.Lookup("error").Type())
}

func isPointer(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.Pointer)
	return ok
}

// isHumaValue says whether a function of the module that gives such a value is to be entered: one that makes a handler or an operation.
func isHumaValue(t types.Type) bool {
	return isHumaHandler(t) || typePath(t) == humaPath+".Operation"
}

// humaHandlerAmong is the handler among the arguments of a function that makes another handler of it.
func humaHandlerAmong(args []value, f *frame, e *ast.CallExpr) value {
	for i, a := range args {
		if a != nil && isHumaHandler(f.info().TypeOf(e.Args[i])) {
			return a
		}
	}
	return nil
}
