package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// call runs a call: a library's registration, a function of the module, or a wrapper around a handler.
func (f *frame) call(e *ast.CallExpr) value {
	info := f.info()
	tv := info.Types[e.Fun]
	if tv.IsType() {
		if len(e.Args) == 1 {
			return f.eval(e.Args[0])
		}
		return nil
	}
	if tv.IsBuiltin() {
		return f.builtin(e)
	}
	fn := callee(info, e)
	if fn != nil && f.it.p.body(fn) == nil {
		if v, handled := f.library(fn, e); handled {
			return v
		}
	}
	target, _ := f.eval(e.Fun).(*funcValue)
	args := make([]value, len(e.Args))
	for i, x := range e.Args {
		args[i] = f.eval(x)
	}
	if isHandlerType(info.TypeOf(e)) {
		if inner, decoders := handlerAmong(args, f, e); inner != nil {
			f.intoWrapper(target, args)
			w := wrap(inner, f.it.calleeName(fn, target), f, e)
			w.decoders = append(w.decoders, decoders...)
			return w
		}
	}
	if isHumaHandler(info.TypeOf(e)) {
		if inner := humaHandlerAmong(args, f, e); inner != nil {
			return wrap(inner, f.it.calleeName(fn, target), f, e)
		}
	}
	if target == nil {
		for _, a := range args {
			f.it.callback(a)
		}
		return nil
	}
	if target.lit != nil {
		return f.it.enter(target, args)
	}
	return f.dispatch(target, e, args)
}

// intoWrapper runs a wrapper of the module that itself registers or mounts.
func (f *frame) intoWrapper(target *funcValue, args []value) {
	if target != nil && target.fn != nil && f.it.interesting[target.fn.Origin()] {
		f.it.enter(target, args)
	}
}

// dispatch runs a declared function; a method of an interface is looked up in the known receiver or else in all types.
func (f *frame) dispatch(target *funcValue, e *ast.CallExpr, args []value) value {
	it := f.it
	if it.p.body(target.fn) != nil {
		if it.interesting[target.fn.Origin()] || isHandlerType(f.info().TypeOf(e)) || isMiddlewareType(f.info().TypeOf(e)) ||
			isHumaValue(f.info().TypeOf(e)) || isRouteTable(f.info().TypeOf(e)) || isEndpoint(f.info().TypeOf(e)) {
			return it.enter(target, args)
		}
		for _, a := range args {
			if fv, ok := a.(*funcValue); ok && fv.lit != nil {
				it.callback(fv)
			}
		}
		return nil
	}
	recv := target.fn.Type().(*types.Signature).Recv()
	if recv != nil && types.IsInterface(recv.Type()) && target.fn.Pkg() != nil && it.p.isOwn(target.fn.Pkg()) {
		var first value
		for _, concrete := range it.implementations(target) {
			if !it.interesting[concrete.Origin()] && !isRouteTable(f.info().TypeOf(e)) {
				continue
			}
			if v := it.enter(&funcValue{fn: concrete, recv: target.recv, pkg: f.pkg}, args); first == nil {
				first = v
			}
		}
		return first
	}
	for _, a := range args {
		it.callback(a)
		if l, ok := a.(*list); ok {
			for _, element := range l.elems {
				it.callback(element)
			}
		}
	}
	if isHandlerType(f.info().TypeOf(e)) {
		return &funcValue{fn: target.fn, pkg: f.pkg}
	}
	return nil
}

// implementations are the module's methods behind an interface method.
func (it *interp) implementations(target *funcValue) []*types.Func {
	if o, ok := target.recv.(*object); ok {
		if obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(derefType(o.t)), true, target.fn.Pkg(), target.fn.Name()); obj != nil {
			if fn, ok := obj.(*types.Func); ok && it.p.body(fn) != nil {
				return []*types.Func{fn}
			}
		}
	}
	return it.p.implementing(target.fn)
}

func derefType(t types.Type) types.Type {
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		return pointer.Elem()
	}
	return t
}

// implementing are all methods of the module that an interface's method may mean, in the order of the sources.
func (p *Program) implementing(method *types.Func) []*types.Func {
	recv := method.Type().(*types.Signature).Recv()
	if recv == nil {
		return nil
	}
	contract, ok := recv.Type().Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	var found []*types.Func
	for _, pkg := range p.packages {
		scope := pkg.Types.Scope()
		for _, name := range scope.Names() {
			typed, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || typed.IsAlias() || types.IsInterface(typed.Type()) {
				continue
			}
			pointer := types.NewPointer(typed.Type())
			if !types.Implements(pointer, contract) {
				continue
			}
			obj, _, _ := types.LookupFieldOrMethod(pointer, true, pkg.Types, method.Name())
			if fn, ok := obj.(*types.Func); ok && p.body(fn) != nil {
				found = append(found, fn)
			}
		}
	}
	return found
}

func (f *frame) builtin(e *ast.CallExpr) value {
	id, _ := ast.Unparen(e.Fun).(*ast.Ident)
	if id == nil {
		return nil
	}
	switch id.Name {
	case "append":
		result := &list{}
		for i, x := range e.Args {
			v := f.eval(x)
			l, isList := v.(*list)
			if isList && (i == 0 || e.Ellipsis.IsValid()) {
				result.elems = append(result.elems, l.elems...)
			} else if i > 0 {
				result.elems = append(result.elems, v)
			}
		}
		return result
	case "new", "make":
		if t := f.info().TypeOf(e.Args[0]); t != nil {
			return f.it.zero(t)
		}
	default:
		for _, x := range e.Args {
			f.eval(x)
		}
	}
	return nil
}

// isHandlerType says whether a value of a type can be registered as a handler.
func isHandlerType(t types.Type) bool {
	if t == nil {
		return false
	}
	switch typePath(t) {
	case "net/http.Handler", "net/http.HandlerFunc", "github.com/gin-gonic/gin.HandlerFunc", "github.com/labstack/echo.HandlerFunc",
		"github.com/gofiber/fiber.Handler", "github.com/go-kit/kit/transport/http.Server":
		return true
	}
	signature, ok := t.Underlying().(*types.Signature)
	if !ok {
		return false
	}
	for i := range signature.Params().Len() {
		if path := typePath(signature.Params().At(i).Type()); path == "net/http.Request" || isContext(path) {
			return true
		}
	}
	return false
}

// isEndpoint says whether a value is go-kit's Endpoint: what a server of its calls with the request that was decoded.
func isEndpoint(t types.Type) bool {
	return t != nil && typePath(t) == "github.com/go-kit/kit/endpoint.Endpoint"
}

// isContext says whether a type is what a framework hands to its handlers.
func isContext(path string) bool {
	return path == "github.com/gin-gonic/gin.Context" || path == "github.com/labstack/echo.Context" || path == "github.com/gofiber/fiber.Ctx" ||
		path == humaPath+".Context" || path == "github.com/uptrace/bunrouter.Request"
}

// isRouteTable says whether a type is a collection that holds handlers, each by itself or in a struct: what a loop registers.
func isRouteTable(t types.Type) bool { return holdsHandlers(t, 2) }

// holdsHandlers looks into so many collections within each other: a type may hold itself.
func holdsHandlers(t types.Type, depth int) bool {
	if t == nil || depth == 0 {
		return false
	}
	var element types.Type
	switch under := t.Underlying().(type) {
	case *types.Slice:
		element = under.Elem()
	case *types.Array:
		element = under.Elem()
	case *types.Map:
		element = under.Elem()
	default:
		return false
	}
	if isHandlerType(element) || holdsHandlers(element, depth-1) {
		return true
	}
	structure, ok := underlying(element).(*types.Struct)
	if !ok {
		return false
	}
	for i := range structure.NumFields() {
		if isHandlerType(structure.Field(i).Type()) {
			return true
		}
	}
	return false
}

// isMiddlewareType is func(http.Handler) http.Handler and its kin.
func isMiddlewareType(t types.Type) bool {
	if t == nil {
		return false
	}
	signature, ok := t.Underlying().(*types.Signature)
	return ok && signature.Params().Len() == 1 && signature.Results().Len() == 1 &&
		isHandlerType(signature.Params().At(0).Type()) && isHandlerType(signature.Results().At(0).Type())
}

// handlerAmong is the argument that a wrapper wraps: one of a handler's type, or else a function of the module, the first that takes a
// context where several do not; the others, which are no middleware, decode the request for it.
func handlerAmong(args []value, f *frame, e *ast.CallExpr) (value, []decoder) {
	if len(args) > 1 && isEndpoint(f.info().TypeOf(e.Args[0])) && args[0] != nil {
		if decodes, ok := args[1].(*funcValue); ok {
			return args[0], []decoder{{e.Args[1], f.pkg, decodes}}
		}
		return args[0], nil
	}
	for i, a := range args {
		framework := routerType(f.info().TypeOf(e.Args[i]))
		if framework == "huma" { // an API serves nothing itself: middleware is handed one to answer with
			continue
		}
		if isHandlerType(f.info().TypeOf(e.Args[i])) || framework != "" || f.it.serves(a) != nil {
			if a != nil {
				return a, nil
			}
		}
	}
	var functions []decoder
	chosen := 0
	for i, a := range args {
		fv, ok := a.(*funcValue)
		if !ok || isMiddlewareType(f.info().TypeOf(e.Args[i])) || fv.lit == nil && f.it.p.body(fv.fn) == nil {
			continue
		}
		functions = append(functions, decoder{e.Args[i], f.pkg, fv})
		if last := len(functions) - 1; !takesContext(f.info().TypeOf(functions[chosen].expr)) && takesContext(f.info().TypeOf(e.Args[i])) {
			chosen = last
		}
	}
	if len(functions) == 0 {
		return nil, nil
	}
	serves := functions[chosen].fn
	return serves, slices.Delete(functions, chosen, chosen+1)
}

// takesContext says whether a function's first parameter is a context.Context, as of one that does the work.
func takesContext(t types.Type) bool {
	signature, ok := t.Underlying().(*types.Signature)
	return ok && signature.Params().Len() > 0 && typePath(signature.Params().At(0).Type()) == "context.Context"
}

// serves is the ServeHTTP method of a struct of the module, or nil.
func (it *interp) serves(v value) *types.Func {
	o, ok := v.(*object)
	if !ok || namedOf(o.t) == nil {
		return nil
	}
	obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(derefType(o.t)), true, nil, "ServeHTTP")
	fn, _ := obj.(*types.Func)
	if it.p.body(fn) == nil {
		return nil
	}
	return fn
}

// adapters turn one kind of handler into another: they are no middleware.
var adapters = map[string]bool{
	"github.com/gin-gonic/gin.WrapF": true, "github.com/gin-gonic/gin.WrapH": true, "net/http.StripPrefix": true,
	"net/http.HandlerFunc": true, "github.com/labstack/echo.WrapHandler": true, "github.com/gofiber/fiber/middleware/adaptor.HTTPHandler": true,
	"github.com/gofiber/fiber/middleware/adaptor.HTTPHandlerFunc": true, "github.com/gofiber/adaptor.HTTPHandler": true,
	"github.com/gofiber/adaptor.HTTPHandlerFunc": true, "github.com/go-kit/kit/transport/http.NewServer": true,
}

func wrap(inner value, name string, f *frame, e *ast.CallExpr) *wrapped {
	w := &wrapped{inner: inner}
	if before, ok := inner.(*wrapped); ok {
		*w = wrapped{before.inner, slices.Clone(before.middleware), before.strip, slices.Clone(before.decoders)}
	}
	fn := callee(f.info(), e)
	if qualifiedName(fn) == "net/http.StripPrefix" {
		for _, prefix := range f.text(e.Args[0]) {
			w.strip, _ = prefix.plain()
		}
	}
	if !adapters[qualifiedName(fn)] && name != "" {
		w.middleware = append([]string{name}, w.middleware...)
	}
	return w
}

// calleeName names a called function, be it declared or a value.
func (it *interp) calleeName(fn *types.Func, target *funcValue) string {
	if fn != nil {
		return funcSymbol(fn)
	}
	if target != nil {
		return it.middlewareName(target)
	}
	return ""
}

// middlewareName names what was given to Use: the function that made a literal rather than the literal.
func (it *interp) middlewareName(v value) string {
	switch v := v.(type) {
	case *funcValue:
		if v.fn != nil {
			return funcSymbol(v.fn)
		}
		name := it.p.lits[v.lit]
		if i := strings.LastIndex(name, ".func"); i > 0 && !strings.HasSuffix(name[:i], ".init") && it.returnedLiteral(v) {
			return name[:i]
		}
		return name
	case *wrapped:
		if len(v.middleware) > 0 {
			return v.middleware[0]
		}
		return it.middlewareName(v.inner)
	}
	return ""
}

// returnedLiteral says whether a literal is what its function returns, so that the function's name is the better one.
func (it *interp) returnedLiteral(v *funcValue) bool {
	for key, returns := range it.p.flow.returns {
		if _, declared := key.(*types.Func); !declared {
			continue
		}
		for _, results := range returns {
			for _, result := range results {
				if result.Pos() <= v.lit.Pos() && v.lit.End() <= result.End() {
					return true
				}
			}
		}
	}
	return false
}

// text is the string values of an expression, by the variables of this frame and then by all assignments.
func (f *frame) text(expr ast.Expr) []str {
	expr = ast.Unparen(expr)
	if tv := f.info().Types[expr]; tv.Value == nil {
		switch e := expr.(type) {
		case *ast.BinaryExpr:
			if e.Op == token.ADD {
				return join(f.text(e.X), f.text(e.Y))
			}
		case *ast.SelectorExpr:
			if t, ok := f.selector(e).(texts); ok {
				return t
			}
			if f.isLeftOut(e) {
				return literal("", e.Pos())
			}
		case *ast.CallExpr:
			if fn := callee(f.info(), e); qualifiedName(fn) == "fmt.Sprintf" {
				break
			}
			if t, ok := f.call(e).(texts); ok {
				return t
			}
		}
	}
	return f.assigned(expr)
}

// assigned is the string values of an expression by all assignments.
func (f *frame) assigned(expr ast.Expr) []str {
	return f.it.p.flow.values(expr, scope{pkg: f.pkg, bound: func(obj types.Object) ([]str, bool) {
		v, _ := f.env.lookup(obj)
		t, ok := v.(texts)
		return t, ok
	}})
}

// isLeftOut says whether a field was left out of the literal that made its struct, and no assignment says what it holds.
func (f *frame) isLeftOut(e *ast.SelectorExpr) bool {
	if selection := f.info().Selections[e]; selection == nil || len(selection.Index()) != 1 || !isString(selection.Type()) {
		return false
	}
	holder := f.holder(e)
	if holder == nil || !holder.literal {
		return false
	}
	if _, set := holder.fields[e.Sel.Name]; set {
		return false
	}
	says := func(p piece) bool { return p.literal != "" || p.env != "" || p.flag != "" || p.config != "" }
	return !slices.ContainsFunc(f.assigned(e), func(s str) bool { return slices.ContainsFunc(s.pieces, says) })
}
