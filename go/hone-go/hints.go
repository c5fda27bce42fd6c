package main

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// hintWalker reads a handler, and the functions of the module it hands its request or writer to, for what it takes and gives.
type hintWalker struct {
	p     *Program
	route *Route
	seen  map[*types.Func]bool

	inputs map[types.Object]inputField // of a huma handler; nil: it is none
	noBody bool                        // what the request is bound to stands in the path and the query
}

// probe reads some code apart, of the same request.
func (w *hintWalker) probe() *hintWalker {
	return &hintWalker{p: w.p, route: &Route{Method: w.route.Method}, seen: w.seen, inputs: w.inputs}
}

// binding is what stands behind a helper's parameter: the argument of this call.
type binding struct {
	expr ast.Expr
	at   *hintScope
}

// hintScope is one function body being read.
type hintScope struct {
	pkg   *packages.Package
	bound map[types.Object]binding
	// several are the arguments behind a variadic parameter: required(r, "region", "city").
	several map[types.Object][]binding
	given   map[types.Object]types.Type     // parameters of which only the type is known
	types   map[*types.TypeParam]types.Type // what a generic helper was instantiated with
	body    ast.Node
	depth   int
}

const maxHintDepth = 3

func (p *Program) hints(route *Route, t target, decoders []decoder, operation *humaOperation) {
	route.Request = Request{Path: []Param{}, Query: []Param{}, Form: []Param{}, Header: []Param{}}
	route.Responses = []Response{}
	known := pathTypes(route.Path)
	for _, m := range braceParam.FindAllStringSubmatch(route.Template, -1) {
		route.Request.Path = append(route.Request.Path, Param{Name: m[2], Type: known[m[2]], Origin: route.Origin})
	}
	w := &hintWalker{p: p, route: route, seen: map[*types.Func]bool{}}
	if operation != nil {
		w.operation(operation, t)
		defer w.plainTexts()
	}
	if operation == nil && len(decoders) == 0 {
		w.inputsByTags(t)
	}
	switch body := t.body.(type) {
	case *ast.FuncDecl:
		w.walk(body.Body, &hintScope{pkg: t.pkg})
	case *ast.FuncLit:
		w.walk(body.Body, &hintScope{pkg: t.pkg})
	}
	for _, d := range decoders {
		w.decoder(d)
	}
	if operation != nil {
		return
	}
	w.adapted(t, len(decoders) > 0)
	w.dropBare()
	if len(decoders) > 0 {
		w.route.Request.Bodyless = w.mayHaveBody() && w.route.Request.Body == nil && len(w.route.Request.Form) == 0
	} else {
		w.bodyless(t)
	}
}

// decoder reads a function that decodes the request for the one that serves.
func (w *hintWalker) decoder(d decoder) {
	if d.fn.lit != nil {
		w.walk(d.fn.lit.Body, &hintScope{pkg: d.fn.pkg})
		return
	}
	if fn := w.p.body(d.fn.fn); fn != nil && fn.decl.Body != nil {
		w.walk(fn.decl.Body, &hintScope{pkg: fn.pkg, types: instantiation(fn, d.expr, &hintScope{pkg: d.pkg})})
	}
}

// bodyless tells a request that changes something and needs no body from one whose body was not found.
func (w *hintWalker) bodyless(t target) {
	r := &w.route.Request
	if !slices.Contains([]string{"POST", "PUT", "PATCH"}, w.route.Method) || r.Body != nil || len(r.Form) > 0 ||
		t.signature == nil {
		return
	}
	if w.noBody {
		r.Bodyless = true
		return
	}
	if w.takesInput(t.signature) {
		r.Bodyless = t.signature.Params().Len() > 0 && takesNoBody(t.signature)
		return
	}
	switch body := t.body.(type) {
	case *ast.FuncDecl:
		r.Bodyless = body.Body != nil && w.p.readsNoBody(t.pkg, body.Body, map[*types.Func]bool{})
	case *ast.FuncLit:
		r.Bodyless = w.p.readsNoBody(t.pkg, body.Body, map[*types.Func]bool{})
	}
}

func isOwnStruct(p *Program, t types.Type) bool {
	named := namedOf(t)
	if named == nil || named.Obj().Pkg() == nil {
		return false
	}
	_, ok := named.Underlying().(*types.Struct)
	return ok && p.isOwn(named.Obj().Pkg())
}

func (w *hintWalker) walk(body ast.Node, s *hintScope) {
	s.body = body
	within := map[*ast.IfStmt]bool{} // branches of those where something is empty: either may do
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			w.call(n, s)
		case *ast.BlockStmt:
			if n == bodyOf(body) {
				w.refusals(n, s)
			}
		case *ast.IfStmt:
			if !within[n] {
				w.complaint(n, s)
				w.bounds(n, s)
				w.choices(n, s)
			}
			if emptyValue(n.Cond) != nil {
				markBranches(n.Body, within)
			}
		case *ast.SwitchStmt:
			w.chosen(n, s)
		}
		return true
	})
}

func (w *hintWalker) call(call *ast.CallExpr, s *hintScope) {
	fn := callee(s.pkg.TypesInfo, call)
	if fn == nil {
		return
	}
	w.date(call, s)
	w.checks(call, s)
	w.demands(call, s)
	fn = w.behind(fn, call, s)
	if inner := w.p.bodyOrServed(fn); inner != nil {
		w.into(inner, call, s)
		return
	}
	name := qualifiedName(fn)
	w.converted(name, call, s)
	w.taken(name, call, s)
	w.split(name, call, s)
	w.cookie(name, call, s)
	w.etag(name, call, s)
	if w.decodedValues(name, call, s) {
		return
	}
	if _, ok := plainLibrary(fn); ok && len(call.Args) > 0 {
		w.plain(name, call, s)
		return
	}
	switch {
	case strings.HasPrefix(name, "github.com/gin-gonic/gin.Context."):
		w.gin(strings.TrimPrefix(name, "github.com/gin-gonic/gin.Context."), call, s)
	case strings.HasPrefix(name, "github.com/labstack/echo."):
		w.echo(strings.TrimPrefix(name, "github.com/labstack/echo."), call, s)
	case strings.HasPrefix(name, "github.com/gofiber/fiber."):
		w.fiber(strings.TrimPrefix(name, "github.com/gofiber/fiber."), call, s)
	case strings.HasPrefix(name, "net/") && name != "net/http.ResponseWriter.WriteHeader",
		strings.HasPrefix(name, "github.com/go-chi/chi."), strings.HasPrefix(name, "github.com/go-chi/render."):
		w.http(name, call, s)
	case name == "net/http.ResponseWriter.WriteHeader" && len(call.Args) == 1:
		w.bare(w.status(call.Args[0], s), call)
	case name == "encoding/json.Decoder.Decode" && len(call.Args) == 1:
		if w.chained(call, s, "encoding/json.NewDecoder", "Body") {
			w.body(call.Args[0], call, s)
		}
	case (name == "encoding/json.Marshal" || name == "encoding/json.MarshalIndent") && w.isWritten(call, s):
		w.answer(0, call.Args[0], call, s)
	case name == "encoding/json.Encoder.Encode" && len(call.Args) == 1:
		if w.chained(call, s, "encoding/json.NewEncoder", "") {
			w.answer(0, call.Args[0], call, s)
		}
	}
}

// behind is the method of the type behind an interface that a function is given: in.Validate(v) of decode(r, in validator).
func (w *hintWalker) behind(fn *types.Func, call *ast.CallExpr, s *hintScope) *types.Func {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if receiver := fn.Signature().Recv(); !ok || receiver == nil || !types.IsInterface(receiver.Type()) {
		return fn
	}
	object := objectOf(s.pkg.TypesInfo, selector.X)
	for _, a := range w.p.flow.assigns[object] { // if v, ok := in.(validator); ok
		if asserted, ok := ast.Unparen(a.expr).(*ast.TypeAssertExpr); ok {
			if from := objectOf(a.pkg.TypesInfo, asserted.X); s.bound[from].expr != nil {
				object = from
			}
		}
	}
	for given, ok := s.bound[object]; ok; given, ok = given.at.bound[object] {
		of := given.at.pkg.TypesInfo.TypeOf(given.expr)
		if !types.IsInterface(of) {
			method, _, _ := types.LookupFieldOrMethod(of, true, fn.Pkg(), fn.Name())
			if found, ok := method.(*types.Func); ok {
				return found
			}
			return fn
		}
		object = objectOf(given.at.pkg.TypesInfo, given.expr)
	}
	return fn
}

// into reads a helper once, if it is handed something of the request or the answer.
func (w *hintWalker) into(fn *Func, call *ast.CallExpr, s *hintScope) {
	params := fn.obj.Type().(*types.Signature).Params()
	receiver := fn.obj.Type().(*types.Signature).Recv()
	carries := receiver != nil && (w.carriesRequest(receiver.Type()) || w.isInput(receiver.Type()) || w.isOfBody(receiver.Type()))
	inner := &hintScope{pkg: fn.pkg, bound: map[types.Object]binding{}, types: instantiation(fn, call.Fun, s), depth: s.depth + 1}
	for i := 0; i < params.Len() && i < len(call.Args); i++ {
		inner.bound[params.At(i)] = binding{call.Args[i], s}
		carries = carries || w.carriesRequest(params.At(i).Type()) || w.isInput(params.At(i).Type()) || w.isOfBody(params.At(i).Type())
		if isString(params.At(i).Type()) && s.depth < maxHintDepth && !w.seen[fn.obj] {
			found := w.paramsIn(call.Args[i], s, s.depth)
			carries = carries || len(found.Path)+len(found.Query) > 0
		}
	}
	if !carries || s.depth >= maxHintDepth || w.seen[fn.obj] {
		return
	}
	if last := params.Len() - 1; fn.obj.Signature().Variadic() && !call.Ellipsis.IsValid() && len(call.Args) > last {
		inner.several = map[types.Object][]binding{}
		for _, argument := range call.Args[last:] {
			inner.several[params.At(last)] = append(inner.several[params.At(last)], binding{argument, s})
		}
	}
	w.seen[fn.obj] = true
	w.walk(fn.decl.Body, inner)
	delete(w.seen, fn.obj)
}

// isOfBody says whether a type is that of the body, or of objects in it: who is given one may refuse it.
func (w *hintWalker) isOfBody(t types.Type) bool {
	body := w.route.Request.Body
	if body == nil || !isOwnStruct(w.p, derefType(t)) {
		return false
	}
	name := typeString(derefType(t))
	var within func(of string, fields []Field) bool
	within = func(of string, fields []Field) bool {
		return strings.TrimLeft(of, "[]*") == name && len(fields) > 0 ||
			slices.ContainsFunc(fields, func(field Field) bool { return within(field.Type, field.Fields) })
	}
	return within(body.Type, body.Fields)
}

// carriesRequest says whether a value has something of the request or the answer: by its type, or a struct of the module by a field's.
func (w *hintWalker) carriesRequest(t types.Type) bool {
	is := func(t types.Type) bool {
		path := typePath(t)
		return isContext(path) || path == "net/http.Request" || path == "net/http.ResponseWriter" || path == "net/url.Values"
	}
	if is(t) {
		return true
	}
	if !isOwnStruct(w.p, derefType(t)) {
		return false
	}
	structure, _ := derefType(t).Underlying().(*types.Struct)
	for i := range structure.NumFields() {
		if is(structure.Field(i).Type()) {
			return true
		}
	}
	return false
}

func (w *hintWalker) gin(method string, call *ast.CallExpr, s *hintScope) {
	args := call.Args
	if len(args) == 0 {
		return
	}
	r := &w.route.Request
	switch method {
	case "Param":
		w.param(&r.Path, args[0], nil, call, s)
	case "Query", "GetQuery", "QueryArray", "GetQueryArray":
		w.param(&r.Query, args[0], nil, call, s)
	case "DefaultQuery":
		w.param(&r.Query, args[0], args[1], call, s)
	case "PostForm", "GetPostForm", "FormFile":
		w.param(&r.Form, args[0], nil, call, s)
	case "DefaultPostForm":
		w.param(&r.Form, args[0], args[1], call, s)
	case "GetHeader":
		w.param(&r.Header, args[0], nil, call, s)
	case "ShouldBindJSON", "BindJSON", "ShouldBind", "Bind", "ShouldBindBodyWith", "ShouldBindBodyWithJSON", "ShouldBindWith":
		if w.route.Method == "GET" || w.route.Method == "HEAD" {
			w.structParams(&r.Query, args[0], "form", call, s)
		} else {
			w.body(args[0], call, s)
		}
	case "ShouldBindQuery", "BindQuery":
		w.structParams(&r.Query, args[0], "form", call, s)
	case "ShouldBindUri", "BindUri":
		w.structParams(&r.Path, args[0], "uri", call, s)
	case "ShouldBindHeader", "BindHeader":
		w.structParams(&r.Header, args[0], "header", call, s)
	case "Status", "String", "Data", "HTML", "XML":
		w.bare(w.status(args[0], s), call)
	case "JSON", "IndentedJSON", "PureJSON", "SecureJSON", "AsciiJSON", "AbortWithStatusJSON":
		if len(args) == 2 {
			w.answer(w.status(args[0], s), args[1], call, s)
		}
	}
}

func (w *hintWalker) http(name string, call *ast.CallExpr, s *hintScope) {
	args := call.Args
	if len(args) == 0 {
		return
	}
	r := &w.route.Request
	switch name {
	case "net/http.Request.PathValue":
		w.param(&r.Path, args[0], nil, call, s)
	case "github.com/go-chi/chi.URLParam", "github.com/go-chi/chi.URLParamFromCtx":
		if len(args) == 2 {
			w.param(&r.Path, args[1], nil, call, s)
		}
	case "net/url.Values.Get", "net/url.Values.Has":
		w.param(&r.Query, args[0], nil, call, s)
	case "net/http.Request.FormValue":
		if w.route.Method == "GET" || w.route.Method == "HEAD" || w.route.Method == "ANY" {
			w.param(&r.Query, args[0], nil, call, s)
		} else {
			w.param(&r.Form, args[0], nil, call, s)
		}
	case "net/http.Request.PostFormValue", "net/http.Request.FormFile":
		w.param(&r.Form, args[0], nil, call, s)
	case "net/http.Header.Get":
		// The header of the answer is the writer's.
		if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			if _, isCall := ast.Unparen(selector.X).(*ast.CallExpr); !isCall {
				w.param(&r.Header, args[0], nil, call, s)
			}
		}
	case "github.com/go-chi/render.DecodeJSON":
		if len(args) == 2 {
			w.body(args[1], call, s)
		}
	case "github.com/go-chi/render.JSON":
		if len(args) == 3 {
			w.answer(0, args[2], call, s)
		}
	}
}

// words are the texts that an expression may have here, a helper's parameters standing for its arguments.
func (w *hintWalker) words(expr ast.Expr, s *hintScope) []str {
	return w.p.flow.values(expr, scope{pkg: s.pkg, bound: func(obj types.Object) ([]str, bool) {
		if b, ok := s.bound[obj]; ok {
			return w.words(b.expr, b.at), true
		}
		list, ok := w.p.ranges[obj]
		if !ok || s.several == nil {
			return nil, false
		}
		var all []str
		for _, b := range s.several[objectOf(list.pkg.TypesInfo, list.expr)] {
			all = append(all, w.words(b.expr, b.at)...)
		}
		return all, len(all) > 0
	}})
}

func (w *hintWalker) param(list *[]Param, name, preset ast.Expr, call *ast.CallExpr, s *hintScope) {
	param := Param{Origin: w.p.origin(callPos(call))}
	if preset != nil {
		for _, value := range w.words(preset, s) {
			if text, ok := value.plain(); ok {
				param.Default = &text
			}
		}
	} else {
		param.Default = w.fallback(name, s)
	}
	if list == &w.route.Request.Query && s.depth == 0 && s.body != nil && isNeeded(s.body, call, s.pkg.TypesInfo) {
		param.Rules = "required"
	}
	if list == &w.route.Request.Query && w.route.Template != "" && param.Default == nil && param.Rules == "" && s.body != nil {
		passed := w.passed(call, s)
		param.HandedOn = passed.isHandedOn()
		if passed.needed {
			param.Rules = "required"
		}
	}
	for _, value := range w.words(name, s) {
		if text, ok := value.plain(); ok {
			param.Name = text
			addParam(list, param)
		}
	}
}

// fallback is the constant default that an integer or text helper was given beside the name: queryInt(c, "limit", 20). Where a helper
// hands its own an empty text with the name that it was given, it is the one that it was given, too.
func (w *hintWalker) fallback(name ast.Expr, s *hintScope) *string {
	var found []string
	for _, obj := range slices.SortedFunc(maps.Keys(s.bound), func(a, b types.Object) int { return int(a.Pos() - b.Pos()) }) {
		name := strings.ToLower(obj.Name())
		if !strings.HasPrefix(name, "def") && !strings.HasPrefix(name, "fallback") && name != "otherwise" && name != "preset" {
			continue
		}
		b := s.bound[obj]
		for _, value := range w.words(b.expr, b.at) {
			if text, ok := value.plain(); ok {
				found = append(found, text)
			}
		}
	}
	if len(found) != 1 {
		return nil
	}
	given, handed := s.bound[objectOf(s.pkg.TypesInfo, name)]
	if found[0] == "" && handed && given.at != nil && given.at != s {
		if _, on := given.at.bound[objectOf(given.at.pkg.TypesInfo, given.expr)]; on {
			if preset := w.fallback(given.expr, given.at); preset != nil {
				return preset
			}
		}
	}
	return &found[0]
}

// addParam adds a parameter, or fills in what the known one of that name lacks.
func addParam(list *[]Param, param Param) {
	for i := range *list {
		known := &(*list)[i]
		if known.Name == param.Name {
			if known.Default == nil {
				known.Default = param.Default
			}
			if known.Type == "" {
				known.Type = param.Type
				if param.Rules != "" && !strings.HasPrefix(known.Rules, param.Rules) {
					known.Rules = param.Rules
				}
			}
			return
		}
	}
	*list = append(*list, param)
}

// isList says whether frameworks fill a field of that type with all values of a name.
func isList(t types.Type) bool {
	list, ok := t.Underlying().(*types.Slice)
	return ok && !types.Identical(list.Elem(), types.Typ[types.Byte])
}

// typeOf is an expression's type; for a parameter of a helper, that of the argument if it says more.
func (w *hintWalker) typeOf(expr ast.Expr, s *hintScope) (types.Type, ast.Expr, *hintScope) {
	expr = ast.Unparen(expr)
	t := s.pkg.TypesInfo.TypeOf(expr)
	if obj := objectOf(s.pkg.TypesInfo, expr); obj != nil {
		if b, ok := s.bound[obj]; ok {
			return w.typeOf(b.expr, b.at)
		}
	}
	if t == nil {
		return nil, expr, s
	}
	return s.concrete(t), expr, s
}

func (w *hintWalker) structParams(list *[]Param, expr ast.Expr, tag string, call *ast.CallExpr, s *hintScope) {
	if t, _, _ := w.typeOf(expr, s); t != nil {
		w.taggedParams(list, t, tag, w.p.origin(callPos(call)))
	}
}

// taggedParams are the members of a struct that have a tag, as parameters of that name.
func (w *hintWalker) taggedParams(list *[]Param, t types.Type, tag string, origin Origin) {
	structure, ok := underlying(t).(*types.Struct)
	if !ok {
		return
	}
	for i := range structure.NumFields() {
		tags := tagsOf(structure.Tag(i))
		name, options, _ := strings.Cut(tags[tag], ",")
		if name == "" || name == "-" {
			continue
		}
		t := structure.Field(i).Type()
		param := Param{Name: name, Type: typeString(t), Rules: paramRules(tags, t, strings.Contains(options, "default=")), Origin: origin,
			Compared: onlyCompared(w.p.known[structure.Field(i).Origin()].columns), Repeated: isList(t)}
		own := w.p.writtenAs(t, "UnmarshalParam", "UnmarshalText")
		param.Joined = param.Repeated && own.commas
		if param.Repeated {
			param.Type = typeString(t.Underlying())
		}
		if layout := tags["time_format"]; layout != "" {
			own.rule = "datetime=" + layout
		}
		if own.rule != "" && !param.Repeated {
			param.Rules = strings.TrimPrefix(param.Rules+","+own.rule, ",")
		}
		if preset, ok := tags["default"]; ok {
			param.Default = &preset
		}
		if _, preset, ok := strings.Cut(options, "default="); ok {
			param.Default = &preset
		}
		addParam(list, param)
		if list == &w.route.Request.Path && w.route.Handler != "" {
			w.p.pathReads[name] = append(w.p.pathReads[name], w.route.Handler)
		}
	}
}

func (w *hintWalker) body(expr ast.Expr, call *ast.CallExpr, s *hintScope) {
	t, _, _ := w.typeOf(expr, s)
	switch {
	case t == nil || w.route.Request.Body != nil:
	default:
		w.setBody(t, w.p.origin(callPos(call)))
	}
}

func (w *hintWalker) setBody(t types.Type, origin Origin) {
	all, array := fieldsOf(t)
	fields := bodyFields(all)
	if len(fields) == 0 && len(all) > 0 {
		w.noBody = true
		return
	}
	w.p.dateFields(t, fields, 0)
	w.p.writtenFields(t, fields, 0)
	numericFields(fields)
	w.p.compareMembers(fields, derefType(t))
	w.route.Request.Body = &Body{Type: typeString(derefType(t)), Array: array, Fields: fields, Origin: origin}
}
