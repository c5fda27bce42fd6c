package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// adapted serves handlers behind an adapter that are no http.Handler: func(ctx, In) (Out, error), where In is the body and Out the answer,
// or func(r) (any, error) and func(r) (int, any, error), where the values that they return say more than their types.
// `decoded`: other functions read the request for it.
func (w *hintWalker) adapted(t target, decoded bool) {
	if t.signature == nil {
		return
	}
	origin := w.p.origin(t.pos)
	params, results := t.signature.Params(), t.signature.Results()
	if !decoded && w.takesInput(t.signature) && w.route.Request.Body == nil && w.mayHaveBody() {
		w.route.Request.Body = w.decodedByAdapter()
	}
	if !decoded && w.takesInput(t.signature) && params.Len() > 1 && w.route.Request.Body == nil && w.mayHaveBody() &&
		w.isDecoded(params.At(params.Len()-1).Type()) {
		w.setBody(params.At(params.Len()-1).Type(), origin)
	}
	if !decoded && (w.takesInput(t.signature) || params.Len() > 1) {
		w.readByAdapters()
	}
	if !decoded && w.takesInput(t.signature) && params.Len() > 0 {
		w.boundByTags(params.At(params.Len()-1).Type(), origin)
	}
	places := placesOf(results)
	if len(w.route.Responses) > 0 || places.value < 0 || results.Len() < 2 {
		return
	}
	defer w.intoEnvelope()
	if t := results.At(places.value).Type(); !types.IsInterface(t) {
		w.respond(0, t, nil, origin) // the adapter says with which status
		return
	}
	scope := &hintScope{pkg: t.pkg}
	switch body := t.body.(type) {
	case *ast.FuncDecl:
		w.returned(body.Body, places, scope, origin)
	case *ast.FuncLit:
		w.returned(body.Body, places, scope, origin)
	}
}

// takesInput says whether an adapter must stand before a function: it is no handler, or one that is also given what was read of the request,
// func(c *fiber.Ctx, in LookupParams) (any, error), by the tags of that; not who asks.
func (w *hintWalker) takesInput(signature *types.Signature) bool {
	if !isHandlerType(signature) {
		return true
	}
	params := signature.Params()
	if params.Len() < 2 {
		return false
	}
	input := params.At(params.Len() - 1).Type()
	structure, ok := underlying(derefType(input)).(*types.Struct)
	if !ok || !isOwnStruct(w.p, derefType(input)) || w.carriesRequest(input) {
		return false
	}
	name := strings.ToLower(typeString(derefType(input)))
	if slices.ContainsFunc([]string{"claims", "principal", "user", "session", "identity", "auth", "actor"}, func(who string) bool { return strings.HasSuffix(name, who) }) {
		return false
	}
	for i := range structure.NumFields() {
		tags := tagsOf(structure.Tag(i))
		if slices.ContainsFunc(append([]string{"json", "form", "params", "uri"}, boundTags...), func(tag string) bool { return tags[tag] != "" }) {
			return true
		}
	}
	return false
}

// boundTags are the tags by which adapters fill the members of a struct with what of a request is no body.
var boundTags = []string{"path", "query", "header"}

// inputsByTags notes which members of a function's input such an adapter fills, before the function is read.
func (w *hintWalker) inputsByTags(t target) {
	if t.signature == nil || !w.takesInput(t.signature) || t.signature.Params().Len() == 0 {
		return
	}
	input := t.signature.Params().At(t.signature.Params().Len() - 1).Type()
	structure, ok := underlying(input).(*types.Struct)
	if !ok || !isOwnStruct(w.p, input) {
		return
	}
	for i := range structure.NumFields() {
		tags := tagsOf(structure.Tag(i))
		for _, in := range boundTags {
			if name, _, _ := strings.Cut(tags[in], ","); name != "" && name != "-" {
				if w.inputs == nil {
					w.inputs = map[types.Object]inputField{}
				}
				w.inputs[structure.Field(i)] = inputField{Param: Param{Name: name, Type: typeString(structure.Field(i).Type()), Origin: w.p.origin(t.pos)}, in: in}
			}
		}
	}
}

// boundByTags notes what an adapter that goes by tags gives a function of the path, the query and the headers (`query:"from"`): these
// members are none of the body's.
func (w *hintWalker) boundByTags(t types.Type, origin Origin) {
	structure, ok := underlying(t).(*types.Struct)
	if !ok || !isOwnStruct(w.p, t) {
		return
	}
	r := &w.route.Request
	lists := map[string]*[]Param{"path": &r.Path, "uri": &r.Path, "query": &r.Query, "header": &r.Header}
	if !w.mayHaveBody() {
		lists["form"] = &r.Query // gin's
	}
	for tag, list := range lists {
		w.taggedParams(list, t, tag, origin)
	}
	isBound := func(tags map[string]string) bool {
		bound := func(tag string) bool { return tags[tag] != "" && lists[tag] != nil }
		return (tags["json"] == "" || tags["json"] == "-") && slices.ContainsFunc([]string{"path", "uri", "query", "header", "form"}, bound)
	}
	bound := 0
	for i := range structure.NumFields() {
		if isBound(tagsOf(structure.Tag(i))) {
			bound++
		}
	}
	if r.Body != nil {
		r.Body.Fields = slices.DeleteFunc(r.Body.Fields, func(field Field) bool { return isBound(field.Tags) })
	}
	if bound > 0 && bound == structure.NumFields() {
		r.Body = nil
		w.noBody = true
	}
}

// decodedByAdapter is the body that the adapter before a function decodes into a type of its own; nil where it leaves that to its type
// parameters, or decodes none.
func (w *hintWalker) decodedByAdapter() *Body {
	for _, name := range w.route.Middleware {
		fn := w.p.function(name)
		if fn == nil || fn.decl.Body == nil {
			continue
		}
		probe := w.probe()
		probe.walk(fn.decl.Body, &hintScope{pkg: fn.pkg})
		if probe.route.Request.Body != nil {
			return probe.route.Request.Body
		}
	}
	return nil
}

// readByAdapters notes what the functions before a handler read of the query to hand it on: periodByID(h, do) of
// do func(c *fiber.Ctx, id int64, from, to time.Time) (any, error).
func (w *hintWalker) readByAdapters() {
	for _, name := range w.route.Middleware {
		fn := w.p.function(name)
		if fn == nil || fn.decl.Body == nil || !takesAdapted(fn.obj.Signature()) {
			continue
		}
		probe := w.probe()
		probe.walk(fn.decl.Body, &hintScope{pkg: fn.pkg})
		for _, param := range probe.route.Request.Query {
			addParam(&w.route.Request.Query, param)
		}
	}
}

// takesAdapted says whether a function is given one that is handed more than the request.
func takesAdapted(signature *types.Signature) bool {
	for i := range signature.Params().Len() {
		given, ok := signature.Params().At(i).Type().Underlying().(*types.Signature)
		if ok && given.Params().Len() > 1 && typePath(given.Params().At(1).Type()) != "net/http.Request" {
			return true
		}
	}
	return false
}

// intoEnvelope puts what a handler was seen to return where its adapter puts it: {"data": v}.
func (w *hintWalker) intoEnvelope() {
	for _, name := range w.route.Middleware {
		envelope, place := w.envelopeOf(w.p.function(name))
		if place < 0 {
			continue
		}
		for i := range w.route.Responses {
			inner := &w.route.Responses[i]
			if !inner.Array && renamed(inner.Fields, envelope) {
				continue
			}
			kind := "object"
			if inner.Array {
				kind = "array"
			}
			fields := slices.Clone(envelope)
			fields[place] = Field{Name: fields[place].Name, Type: inner.Type, Kind: kind, Fields: inner.Fields}
			inner.Fields, inner.Array = fields, false
		}
		return
	}
}

// renamed gives members that Go alone names those of an envelope into which an adapter takes them one by one:
// Paged{Data, Meta} becomes envelope{Data: p.Data, Meta: p.Meta}. False, and nothing is changed, where one of them is none of the envelope's.
func renamed(fields, envelope []Field) bool {
	var names []string
	for _, field := range fields {
		at := slices.IndexFunc(envelope, func(f Field) bool { return strings.EqualFold(f.Name, field.Name) && f.Name != field.Name })
		if at < 0 {
			return false
		}
		names = append(names, envelope[at].Name)
	}
	for i, name := range names {
		fields[i].Name = name
	}
	return len(names) > 0
}

// envelopeOf is the object in which an adapter answers, and which member of it is the handler's value: the only one of which nothing is
// known, or the only one of these that is never left out; -1: there is none.
func (w *hintWalker) envelopeOf(fn *Func) ([]Field, int) {
	if fn == nil || fn.decl.Body == nil {
		return nil, -1
	}
	probe := w.probe()
	probe.walkAdapter(fn, map[*types.Func]bool{})
	for _, response := range probe.route.Responses {
		isValue := func(f Field) bool { return f.Kind == "any" && len(f.Fields) == 0 }
		isAlways := func(f Field) bool { return isValue(f) && !strings.Contains(f.Tags["json"], "omit") }
		place := only(response.Fields, isValue)
		if place < 0 {
			place = only(response.Fields, isAlways)
		}
		if response.Status >= 300 || response.Array || place < 0 {
			continue
		}
		return response.Fields, place
	}
	return nil, -1
}

// only is the place of the only member of a kind; -1: there are none, or several.
func only(fields []Field, is func(Field) bool) int {
	place := slices.IndexFunc(fields, is)
	if place >= 0 && slices.ContainsFunc(fields[place+1:], is) {
		return -1
	}
	return place
}

// walkAdapter reads an adapter, and those that it is made by: func ok(h handler) gin.HandlerFunc { return reply(200, h) }.
func (w *hintWalker) walkAdapter(fn *Func, seen map[*types.Func]bool) {
	if fn == nil || fn.decl.Body == nil || seen[fn.obj] {
		return
	}
	seen[fn.obj] = true
	w.walk(fn.decl.Body, &hintScope{pkg: fn.pkg})
	for _, results := range returnsIn(fn.decl.Body) {
		if call, ok := ast.Unparen(results[0]).(*ast.CallExpr); ok && len(results) == 1 {
			w.walkAdapter(w.p.body(callee(fn.pkg.TypesInfo, call)), seen)
		}
	}
}

func (w *hintWalker) mayHaveBody() bool {
	return !slices.Contains([]string{"GET", "HEAD"}, w.route.Method)
}

// isDecoded says whether an adapter can only have a value of that type from a body: a struct, or a list.
func (w *hintWalker) isDecoded(t types.Type) bool {
	if fields, _ := fieldsOf(t); len(fields) == 0 {
		return false // plain values: documents say more
	}
	t = derefType(t)
	if _, anonymous := types.Unalias(t).(*types.Struct); anonymous || isOwnStruct(w.p, t) {
		return true
	}
	_, list := t.Underlying().(*types.Slice)
	return list && !isBytes(t)
}

// takesNoBody says whether a function behind an adapter is given no more than what stands in a path.
func takesNoBody(signature *types.Signature) bool {
	for i := range signature.Params().Len() {
		t := signature.Params().At(i).Type()
		switch t.Underlying().(type) {
		case *types.Basic, *types.Array: // a number, a text, a UUID
		default:
			if typePath(t) != "context.Context" {
				return false
			}
		}
	}
	return true
}

// resultPlaces says which of a handler's results is the answer's value, and which its status; -1: none.
type resultPlaces struct{ value, status int }

func placesOf(results *types.Tuple) resultPlaces {
	places := resultPlaces{-1, -1}
	for i := range results.Len() {
		t := results.At(i).Type()
		basic, _ := t.Underlying().(*types.Basic)
		switch {
		case types.Identical(t, types.Universe.Lookup("error").Type()):
		case basic != nil && basic.Info()&types.IsInteger != 0 && places.status < 0:
			places.status = i
		case places.value < 0:
			places.value = i
		}
	}
	return places
}

// returned notes the values that a handler's return statements give; those of its helpers, too: return ok(list(ctx)).
func (w *hintWalker) returned(body *ast.BlockStmt, places resultPlaces, s *hintScope, origin Origin) {
	for _, results := range returnsIn(body) {
		call, isCall := ast.Unparen(results[0]).(*ast.CallExpr)
		if len(results) == 1 && isCall {
			w.returnedBy(call, places, s, origin)
			continue
		}
		if max(places.value, places.status) >= len(results) {
			continue
		}
		status := 0 // the adapter's
		if places.status >= 0 {
			status = w.status(results[places.status], s)
		}
		w.answered(status, results[places.value], s, origin)
	}
}

// returnedBy reads the call that a handler returns all results of.
func (w *hintWalker) returnedBy(call *ast.CallExpr, places resultPlaces, s *hintScope, origin Origin) {
	fn := w.p.body(callee(s.pkg.TypesInfo, call))
	if tuple, ok := s.pkg.TypesInfo.TypeOf(call).(*types.Tuple); ok && places.value < tuple.Len() {
		if t := tuple.At(places.value).Type(); !types.IsInterface(t) {
			w.respond(0, t, nil, origin)
			return
		}
	}
	if fn == nil || fn.decl.Body == nil || s.depth >= maxHintDepth {
		return
	}
	inner := &hintScope{pkg: fn.pkg, bound: map[types.Object]binding{}, given: map[types.Object]types.Type{},
		types: instantiation(fn, call.Fun, s), depth: s.depth + 1}
	params := fn.obj.Type().(*types.Signature).Params()
	var several *types.Tuple // what an only argument gives: f(g())
	if len(call.Args) == 1 {
		several, _ = s.pkg.TypesInfo.TypeOf(call.Args[0]).(*types.Tuple)
	}
	for i := range params.Len() {
		switch {
		case several != nil && i < several.Len():
			inner.given[params.At(i)] = several.At(i).Type()
		case several == nil && i < len(call.Args):
			inner.bound[params.At(i)] = binding{call.Args[i], s}
		}
	}
	w.returned(fn.decl.Body, places, inner, origin)
}

// answered notes one value, unless it is nil or nothing is known of it.
func (w *hintWalker) answered(status int, expr ast.Expr, s *hintScope, origin Origin) {
	if obj := objectOf(s.pkg.TypesInfo, expr); obj != nil && s.given[obj] != nil {
		if t := s.given[obj]; !types.IsInterface(t) {
			w.respond(status, t, nil, origin)
		}
		return
	}
	t, value, at := w.typeOf(expr, s)
	if basic, ok := t.(*types.Basic); t == nil || ok && basic.Kind() == types.UntypedNil {
		return
	}
	fields := w.mapFields(value, at)
	if types.IsInterface(t) && fields == nil || status >= 300 {
		return
	}
	w.respond(status, t, fields, origin)
}

// returnsIn are the results of a body's own return statements, not of functions within it.
func returnsIn(body *ast.BlockStmt) [][]ast.Expr {
	var all [][]ast.Expr
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			if len(n.Results) > 0 {
				all = append(all, n.Results)
			}
		}
		return true
	})
	return all
}
