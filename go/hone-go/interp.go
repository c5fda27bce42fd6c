package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
)

// The interpreter runs the set-up code of a program over abstract values: routers, handlers, structs and texts are known, all
// else is nil. Both branches of a condition run, a loop runs once unless it ranges over a known list, and only functions
// from which a registration can be reached are entered.

// value is *node (a router), *muxRoute, *object, *funcValue, *wrapped, *list, texts, number, tuple or nil.
type value any

type texts []str

type number int64 // a constant

type tuple []value

// object is a struct of a known type.
type object struct {
	t        types.Type
	fields   map[string]value
	literal  bool      // from a composite literal: a field that it leaves out is empty, unless something sets it later
	listener *Listener // of an http.Server
}

// funcValue is a declared function, a method bound to its receiver, or a literal in its environment.
type funcValue struct {
	fn    *types.Func
	recv  value
	bound bool // a method value
	lit   *ast.FuncLit
	env   *env
	pkg   *packages.Package
}

// wrapped is a handler inside middleware.
type wrapped struct {
	inner      value
	middleware []string
	strip      string
	decoders   []decoder
}

// decoder is a function that an adapter was given beside the one that serves: it reads what that one gets out of the request.
type decoder struct {
	expr ast.Expr // as it stands in the adapter's call
	pkg  *packages.Package
	fn   *funcValue
}

// list is a slice, array or map with known elements.
type list struct{ keys, elems []value }

// env holds the variables of a function or literal.
type env struct {
	vars   map[types.Object]value
	parent *env
}

func (e *env) lookup(obj types.Object) (value, bool) {
	for ; e != nil; e = e.parent {
		if v, ok := e.vars[obj]; ok {
			return v, true
		}
	}
	return nil, false
}

func (e *env) set(obj types.Object, v value) {
	for at := e; at != nil; at = at.parent {
		if _, ok := at.vars[obj]; ok {
			at.vars[obj] = v
			return
		}
	}
	e.vars[obj] = v
}

const (
	maxCalls = 50000
	maxStack = 40
)

type interp struct {
	p           *Program
	interesting map[*types.Func]bool
	entered     map[*types.Func]bool
	ran         map[*ast.FuncLit]bool // callbacks handed to other libraries
	globals     map[types.Object]value
	ambient     map[types.Object]*node
	stack       []any
	calls       int
	main        string
	routes      []*registration
	muxRoutes   []*muxRoute
	listeners   []*Listener
	defaultMux  *node
}

// frame is one function being run.
type frame struct {
	it      *interp
	pkg     *packages.Package
	env     *env
	results tuple
	named   []types.Object

	conditions int // how many conditions the statement is under
}

// either is what a variable holds after an assignment that may not run: texts are kept beside the new ones, of numbers none is sure.
func (f *frame) either(old, v value) value {
	if _, isNumber := v.(number); isNumber && f.conditions > 0 && old != v {
		return nil
	}
	before, hadText := old.(texts)
	after, isText := v.(texts)
	if f.conditions == 0 || !hadText || !isText {
		return v
	}
	return texts(limit(withDefault(append(slices.Clone(before), after...))))
}

func (f *frame) info() *types.Info { return f.pkg.TypesInfo }

// enter runs a declared function or a literal with arguments; nil arguments are unknown.
func (it *interp) enter(fv *funcValue, args []value) value {
	var signature *types.Signature
	var body *ast.BlockStmt
	var key any
	outer, pkg := fv.env, fv.pkg
	if fv.lit != nil {
		signature, _ = fv.pkg.TypesInfo.TypeOf(fv.lit).(*types.Signature)
		body, key = fv.lit.Body, fv.lit
	} else if fn := it.p.body(fv.fn); fn != nil {
		signature, body, key, pkg, outer = fn.obj.Type().(*types.Signature), fn.decl.Body, fn.obj, fn.pkg, nil
		it.entered[fn.obj] = true
	}
	it.calls++
	if signature == nil || slices.Contains(it.stack, key) || len(it.stack) > maxStack || it.calls > maxCalls {
		return nil
	}
	it.stack = append(it.stack, key)
	defer func() { it.stack = it.stack[:len(it.stack)-1] }()
	f := &frame{it: it, pkg: pkg, env: &env{map[types.Object]value{}, outer}}
	f.results = make(tuple, signature.Results().Len())
	for i := range signature.Results().Len() {
		f.named = append(f.named, signature.Results().At(i))
	}
	if signature.Recv() != nil {
		f.env.vars[signature.Recv()] = fv.recv
	}
	params := signature.Params()
	for i := range params.Len() {
		switch {
		case signature.Variadic() && i == params.Len()-1 && len(args) > i:
			if spread, ok := args[i].(*list); ok && len(args) == i+1 && spread.keys == nil {
				f.env.vars[params.At(i)] = spread
			} else {
				f.env.vars[params.At(i)] = &list{elems: args[i:]}
			}
		case i < len(args):
			f.env.vars[params.At(i)] = args[i]
		default:
			f.env.vars[params.At(i)] = nil
		}
	}
	f.block(body.List)
	if len(f.results) == 1 {
		return f.results[0]
	}
	return f.results
}

func (f *frame) block(statements []ast.Stmt) {
	for _, s := range statements {
		f.statement(s)
	}
}

func (f *frame) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ExprStmt:
		f.eval(s.X)
	case *ast.GoStmt:
		f.eval(s.Call)
	case *ast.DeferStmt:
		f.eval(s.Call)
	case *ast.AssignStmt:
		f.assign(s)
	case *ast.DeclStmt:
		f.declare(s)
	case *ast.ReturnStmt:
		f.ret(s)
	case *ast.BlockStmt:
		f.block(s.List)
	case *ast.LabeledStmt:
		f.statement(s.Stmt)
	case *ast.IfStmt:
		f.statement(s.Init)
		f.eval(s.Cond)
		if holds, known := f.decided(s.Cond); known {
			if holds {
				f.block(s.Body.List)
			} else {
				f.statement(s.Else)
			}
			return
		}
		f.conditions++
		f.block(s.Body.List)
		f.statement(s.Else)
		f.conditions--
	case *ast.ForStmt:
		f.statement(s.Init)
		f.block(s.Body.List)
	case *ast.RangeStmt:
		f.loop(s)
	case *ast.SwitchStmt:
		f.statement(s.Init)
		f.block(s.Body.List)
	case *ast.TypeSwitchStmt:
		f.statement(s.Init)
		f.block(s.Body.List)
	case *ast.SelectStmt:
		f.block(s.Body.List)
	case *ast.CaseClause:
		f.block(s.Body)
	case *ast.CommClause:
		f.statement(s.Comm)
		f.block(s.Body)
	case *ast.SendStmt:
		f.eval(s.Value)
	}
}

// decided says whether a condition holds that compares a parameter of this call, whose one text is known, with a constant, or a router
// with nil.
func (f *frame) decided(condition ast.Expr) (holds, known bool) {
	compared, ok := ast.Unparen(condition).(*ast.BinaryExpr)
	if !ok || compared.Op != token.EQL && compared.Op != token.NEQ {
		return false, false
	}
	if f.info().Types[compared.Y].IsNil() {
		if _, isCall := ast.Unparen(compared.X).(*ast.CallExpr); isCall {
			return false, false
		}
		_, isRouter := f.eval(compared.X).(*node)
		return compared.Op == token.NEQ, isRouter
	}
	param, constantly := objectOf(f.info(), compared.X), f.info().Types[compared.Y].Value
	v, isVar := param.(*types.Var)
	if _, ofCall := f.it.p.params[v]; !isVar || !ofCall || constantly == nil || constantly.Kind() != constant.String {
		return false, false
	}
	given, _ := f.env.lookup(param)
	values, _ := given.(texts)
	if len(values) != 1 {
		return false, false
	}
	text, plain := values[0].plain()
	return (text == constant.StringVal(constantly)) == (compared.Op == token.EQL), plain
}

func (f *frame) assign(s *ast.AssignStmt) {
	var values tuple
	if len(s.Rhs) == len(s.Lhs) {
		for _, e := range s.Rhs {
			values = append(values, f.eval(e))
		}
	} else if results, ok := f.eval(s.Rhs[0]).(tuple); ok {
		values = results
	}
	for i, target := range s.Lhs {
		var v value
		if i < len(values) {
			v = values[i]
		}
		if s.Tok == token.ADD_ASSIGN {
			v = texts(join(f.text(target), f.text(s.Rhs[i])))
		}
		f.store(target, v)
	}
}

func (f *frame) store(target ast.Expr, v value) {
	switch e := ast.Unparen(target).(type) {
	case *ast.Ident:
		if obj := objectOf(f.info(), e); obj != nil {
			if isGlobal(obj) {
				f.it.globals[obj] = f.either(f.it.globals[obj], v)
			} else {
				old, _ := f.env.lookup(obj)
				f.env.set(obj, f.either(old, v))
			}
		}
	case *ast.SelectorExpr:
		if holder := f.holder(e); holder != nil {
			holder.fields[e.Sel.Name] = f.either(holder.fields[e.Sel.Name], v)
			f.it.serverField(holder, e.Sel.Name)
		}
	case *ast.IndexExpr:
		if l, ok := f.eval(e.X).(*list); ok && v != nil {
			l.keys, l.elems = append(l.keys, f.eval(e.Index)), append(l.elems, v)
		}
	case *ast.StarExpr:
		f.store(e.X, v)
	}
}

func isGlobal(obj types.Object) bool {
	return obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope()
}

func (f *frame) declare(s *ast.DeclStmt) {
	decl, ok := s.Decl.(*ast.GenDecl)
	if !ok || decl.Tok != token.VAR {
		return
	}
	for _, spec := range decl.Specs {
		values := spec.(*ast.ValueSpec)
		var all tuple
		if len(values.Values) == len(values.Names) {
			for _, e := range values.Values {
				all = append(all, f.eval(e))
			}
		} else if len(values.Values) == 1 {
			all, _ = f.eval(values.Values[0]).(tuple)
		}
		for i, name := range values.Names {
			obj := f.info().Defs[name]
			if obj == nil {
				continue
			}
			if i < len(all) {
				f.env.vars[obj] = all[i]
			} else {
				f.env.vars[obj] = f.it.zero(obj.Type())
			}
		}
	}
}

// zero is a new value of a type: an empty struct, a mux ready for use.
func (it *interp) zero(t types.Type) value {
	switch typePath(t) {
	case "net/http.ServeMux":
		return it.newNode("net/http")
	}
	if _, ok := t.Underlying().(*types.Struct); ok {
		return &object{t: t, fields: map[string]value{}}
	}
	switch t.Underlying().(type) {
	case *types.Slice, *types.Map:
		return &list{}
	}
	return nil
}

func (f *frame) ret(s *ast.ReturnStmt) {
	values := tuple{}
	switch {
	case len(s.Results) == 0:
		for _, obj := range f.named {
			v, _ := f.env.lookup(obj)
			values = append(values, v)
		}
	case len(s.Results) == 1 && len(f.results) > 1:
		values, _ = f.eval(s.Results[0]).(tuple)
	default:
		for _, e := range s.Results {
			values = append(values, f.eval(e))
		}
	}
	for i, v := range values {
		if i < len(f.results) && f.results[i] == nil {
			f.results[i] = v
		}
	}
}

func (f *frame) loop(s *ast.RangeStmt) {
	l, ok := f.eval(s.X).(*list)
	if !ok || len(l.elems) == 0 {
		f.block(s.Body.List)
		return
	}
	for i, element := range slices.Clone(l.elems) {
		if s.Key != nil {
			var key value
			if i < len(l.keys) {
				key = l.keys[i]
			}
			f.store(s.Key, key)
		}
		if s.Value != nil {
			f.store(s.Value, element)
		}
		f.block(s.Body.List)
	}
}

// eval gives what is known of an expression, and runs the calls in it.
func (f *frame) eval(expr ast.Expr) value {
	if expr == nil {
		return nil
	}
	expr = ast.Unparen(expr)
	if tv := f.info().Types[expr]; tv.Value != nil {
		if tv.Value.Kind() == constant.String {
			return texts(f.text(expr))
		}
		if n, exact := constant.Int64Val(constant.ToInt(tv.Value)); exact && tv.Value.Kind() == constant.Int {
			return number(n)
		}
		return nil
	}
	v := f.evalKnown(expr)
	if v != nil {
		return v
	}
	t := f.info().TypeOf(expr)
	if t == nil {
		return nil
	}
	if fw := routerType(t); fw != "" {
		if obj := objectOf(f.info(), expr); obj != nil {
			return f.it.ambientNode(obj, fw, t)
		}
	}
	if basic, ok := t.Underlying().(*types.Basic); ok && basic.Info()&types.IsString != 0 {
		return texts(f.text(expr))
	}
	if _, ok := underlying(t).(*types.Struct); ok && namedOf(t) != nil {
		return &object{t: t, fields: map[string]value{}}
	}
	return nil
}

func (f *frame) evalKnown(expr ast.Expr) value {
	switch e := expr.(type) {
	case *ast.Ident:
		return f.identifier(e)
	case *ast.SelectorExpr:
		return f.selector(e)
	case *ast.CallExpr:
		return f.call(e)
	case *ast.CompositeLit:
		return f.composite(e)
	case *ast.FuncLit:
		return &funcValue{lit: e, env: f.env, pkg: f.pkg}
	case *ast.UnaryExpr:
		v := f.eval(e.X)
		if o, ok := v.(*object); ok && e.Op == token.AND && compositeAt(e.X) == nil {
			o.literal = false // whoever gets its address may fill it in
		}
		return v
	case *ast.StarExpr:
		return f.eval(e.X)
	case *ast.TypeAssertExpr:
		return f.eval(e.X)
	case *ast.BinaryExpr:
		f.eval(e.X)
		f.eval(e.Y)
	case *ast.SliceExpr:
		return f.eval(e.X)
	case *ast.IndexExpr:
		return f.index(e)
	case *ast.IndexListExpr:
		return f.eval(e.X)
	}
	return nil
}

func (f *frame) index(e *ast.IndexExpr) value {
	l, ok := f.eval(e.X).(*list)
	if !ok {
		return f.evalKnown(ast.Unparen(e.X))
	}
	if tv := f.info().Types[e.Index]; tv.Value != nil && l.keys == nil {
		if i, ok := constant.Int64Val(constant.ToInt(tv.Value)); ok && i >= 0 && int(i) < len(l.elems) {
			return l.elems[i]
		}
	}
	return nil
}

func (f *frame) identifier(e *ast.Ident) value {
	if fn, ok := f.info().Uses[e].(*types.Func); ok {
		return &funcValue{fn: fn, pkg: f.pkg}
	}
	obj := objectOf(f.info(), e)
	if obj == nil {
		return nil
	}
	if v, ok := f.env.lookup(obj); ok {
		return v
	}
	if isGlobal(obj) {
		return f.it.global(obj)
	}
	return nil
}

// global evaluates a package variable's initial value at its first use.
func (it *interp) global(obj types.Object) value {
	if v, ok := it.globals[obj]; ok {
		return v
	}
	it.globals[obj] = nil
	if obj.Pkg().Path() == "net/http" && obj.Name() == "DefaultServeMux" {
		return it.defaultMux
	}
	for _, a := range it.p.flow.assigns[obj] {
		if it.globals[obj] == nil && it.p.atTop(a.expr.Pos()) && !a.extends && !a.flagVar {
			f := &frame{it: it, pkg: a.pkg, env: &env{vars: map[types.Object]value{}}}
			v := f.eval(a.expr)
			if results, ok := v.(tuple); ok && a.index < len(results) {
				v = results[a.index]
			}
			it.globals[obj] = v
		}
	}
	return it.globals[obj]
}

// atTop says whether a position is outside of all function declarations.
func (p *Program) atTop(pos token.Pos) bool {
	pkg := p.packageAt(pos)
	for _, file := range pkg.Syntax {
		if pos < file.FileStart || pos >= file.FileEnd {
			continue
		}
		for _, decl := range file.Decls {
			if _, ok := decl.(*ast.FuncDecl); ok && decl.Pos() <= pos && pos < decl.End() {
				return false
			}
		}
	}
	return true
}

func (f *frame) selector(e *ast.SelectorExpr) value {
	selection := f.info().Selections[e]
	if selection == nil {
		if fn, ok := f.info().Uses[e.Sel].(*types.Func); ok {
			return &funcValue{fn: fn, pkg: f.pkg}
		}
		if obj := objectOf(f.info(), e); obj != nil {
			return f.it.global(obj)
		}
		return nil
	}
	if selection.Kind() == types.MethodExpr {
		return &funcValue{fn: selection.Obj().(*types.Func), pkg: f.pkg}
	}
	holder := f.eval(e.X)
	path := selection.Index()
	t := selection.Recv()
	for _, i := range path[:len(path)-1] {
		holder, t = step(holder, t, i)
	}
	if fn, ok := selection.Obj().(*types.Func); ok {
		return &funcValue{fn: fn, recv: holder, bound: true, pkg: f.pkg}
	}
	v, _ := step(holder, t, path[len(path)-1])
	return v
}

// step reads field i of a struct value; an embedded RouterGroup is the router itself.
func step(holder value, t types.Type, i int) (value, types.Type) {
	structure, ok := underlying(t).(*types.Struct)
	if !ok || i >= structure.NumFields() {
		return nil, nil
	}
	field := structure.Field(i)
	switch h := holder.(type) {
	case *object:
		return h.fields[field.Name()], field.Type()
	case *node:
		if routerType(field.Type()) != "" {
			return h, field.Type()
		}
	}
	return nil, field.Type()
}

func (f *frame) composite(e *ast.CompositeLit) value {
	t := derefType(f.info().TypeOf(e))
	switch under := t.Underlying().(type) {
	case *types.Struct:
		if typePath(t) == "net/http.ServeMux" {
			return f.it.newNode("net/http")
		}
		o := &object{t: t, fields: map[string]value{}, literal: true}
		exprs := map[string]ast.Expr{}
		for i, element := range e.Elts {
			name, x := "", element
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				name, x = types.ExprString(pair.Key), pair.Value
			} else if i < under.NumFields() {
				name = under.Field(i).Name()
			}
			o.fields[name], exprs[name] = f.eval(x), x
		}
		if typePath(t) == "net/http.Server" {
			f.server(e, o, exprs)
		} else if named := namedOf(t); named != nil && named.Obj().Pkg() != nil && !f.it.p.isOwn(named.Obj().Pkg()) {
			for i := range under.NumFields() {
				f.it.callback(o.fields[under.Field(i).Name()])
			}
		}
		return o
	case *types.Slice, *types.Array, *types.Map:
		l := &list{}
		_, isMap := under.(*types.Map)
		for _, element := range e.Elts {
			x := element
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				x = pair.Value
				if isMap {
					l.keys = append(l.keys, f.eval(pair.Key))
				}
			}
			l.elems = append(l.elems, f.eval(x))
		}
		return l
	}
	return nil
}

// callback runs a function that another library will call, once, with arguments that are not known.
func (it *interp) callback(v value) {
	fv, ok := v.(*funcValue)
	if !ok {
		return
	}
	if fv.lit != nil && !it.ran[fv.lit] {
		it.ran[fv.lit] = true
		it.enter(fv, nil)
	} else if fv.fn != nil && it.interesting[fv.fn.Origin()] && !it.entered[fv.fn.Origin()] {
		it.enter(fv, nil)
	}
}
