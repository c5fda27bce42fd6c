package main

import (
	"go/types"
	"strings"
)

// The input of a huma handler is a struct whose tags say where each value stands in the request; its Body is the request's, and that
// of the output the answer's.

// inputField is a field of an input, or of what it embeds, that holds a parameter.
type inputField struct {
	in string // path, query, header or form
	Param
}

// humaInput gathers the fields of an input and of the structs that it embeds.
type humaInput struct {
	w      *hintWalker
	params []Parameter // as a document would show them
	raw    bool        // a body that is no JSON
}

// operation notes what the types of a huma handler say of request and answer.
func (w *hintWalker) operation(o *humaOperation, t target) {
	input, output := o.input, o.output
	if t.signature != nil && isHumaHandler(t.signature) { // of a registration by a generic helper, the handler knows more
		if isTypeParam(input) {
			input = derefType(t.signature.Params().At(1).Type())
		}
		if isTypeParam(output) {
			output = derefType(t.signature.Results().At(0).Type())
		}
	}
	in := &humaInput{w: w, params: []Parameter{}}
	if input != nil {
		w.inputs = map[types.Object]inputField{}
		in.structure(input, 0)
	}
	r := &w.route.Request
	bodyless := r.Body == nil && len(r.Form) == 0 && !in.raw
	r.Bodyless = bodyless && w.mayHaveBody()
	status := w.humaAnswer(o, output)
	shown := Operation{Method: w.route.Method, Path: w.route.Template, Params: in.params, Bodyless: bodyless, Status: status,
		Origin: w.route.Origin}
	if r.Body != nil {
		shown.Body = humaExample(r.Body)
	}
	w.p.doc.Operations = append(w.p.doc.Operations, shown)
}

func isTypeParam(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.TypeParam)
	return ok
}

func (in *humaInput) structure(t types.Type, depth int) {
	structure, ok := derefType(t).Underlying().(*types.Struct)
	if !ok || depth > maxShapeDepth {
		return
	}
	for i := range structure.NumFields() {
		field := structure.Field(i)
		switch {
		case field.Name() == "Body":
			in.w.setBody(field.Type(), in.w.p.origin(field.Pos()))
			humaRules(in.w.route.Request.Body.Fields)
		case field.Name() == "RawBody":
			in.raw = true
		case field.Embedded():
			in.structure(field.Type(), depth+1)
		default:
			in.field(field, tagsOf(structure.Tag(i)))
		}
	}
}

// field notes a parameter.
func (in *humaInput) field(field *types.Var, tags map[string]string) {
	r := &in.w.route.Request
	for _, place := range []struct {
		in   string
		list *[]Param
	}{{"path", &r.Path}, {"query", &r.Query}, {"header", &r.Header}, {"form", &r.Form}} {
		name, options, _ := strings.Cut(tags[place.in], ",")
		if name == "" {
			continue
		}
		t := humaParamType(field.Type())
		if strings.Contains(options, "explode") { // name=1&name=2, where one is enough
			t = elementType(t)
		}
		rules := []string{}
		if place.in != "header" { // where a time is written in another way, and none is made up
			rules = humaRulesOf(t, tags)
		}
		required := tags["required"] == "true" || place.in == "form" && tags["required"] != "false"
		if required {
			rules = append([]string{"required"}, rules...)
		}
		param := Param{Name: name, Type: humaTypeName(t, tags), Rules: strings.Join(rules, ","), Origin: in.w.p.origin(field.Pos())}
		if preset, ok := tags["default"]; ok {
			param.Default = &preset
		}
		addParam(place.list, param)
		if param.Default == nil {
			in.w.inputs[field.Origin()] = inputField{place.in, param}
		}
		in.shown(place.in, required || place.in == "path", param, tags)
		return
	}
}

// shown keeps what a document of this operation says of a parameter.
func (in *humaInput) shown(place string, required bool, param Param, tags map[string]string) {
	if place == "form" {
		return
	}
	shown := Parameter{Name: param.Name, In: place, Required: required, Type: param.Type, Format: tags["format"],
		Example: tags["example"], Origin: param.Origin}
	if shown.Example == "" {
		shown.Example = tags["default"]
	}
	if tags["enum"] != "" {
		shown.Enum = strings.Split(tags["enum"], ",")
	}
	in.params = append(in.params, shown)
}

// held is the parameter that a field of an input holds.
func (w *hintWalker) held(obj types.Object) Request {
	field, ok := w.inputs[obj]
	if !ok {
		return Request{}
	}
	found, one := Request{}, []Param{field.Param}
	switch field.in {
	case "path":
		found.Path = one
	case "query":
		found.Query = one
	case "header":
		found.Header = one
	case "form":
		found.Form = one
	}
	return found
}

// isInput says whether a struct is the input of the handler, or embedded in it.
func (w *hintWalker) isInput(t types.Type) bool {
	structure, ok := derefType(t).Underlying().(*types.Struct)
	if !ok || len(w.inputs) == 0 {
		return false
	}
	for i := range structure.NumFields() {
		if _, known := w.inputs[structure.Field(i).Origin()]; known {
			return true
		}
	}
	return false
}

// humaParamType is the type that a parameter is parsed as: what a wrapper such as OptionalParam[T] is made of.
func humaParamType(t types.Type) types.Type {
	named := namedOf(t)
	if named == nil || named.TypeArgs().Len() != 1 {
		return t
	}
	if obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(named), true, nil, "Receiver"); obj == nil {
		return t
	}
	return named.TypeArgs().At(0)
}

func elementType(t types.Type) types.Type {
	if list, ok := t.Underlying().(*types.Slice); ok {
		return list.Elem()
	}
	return t
}

// humaTypeName is the type as conversions in a handler would tell it; empty for a text, of which they may tell more.
func humaTypeName(t types.Type, tags map[string]string) string {
	if tags["format"] == "uuid" {
		return "uuid.UUID"
	}
	if list, ok := t.Underlying().(*types.Slice); ok && !isBytes(t) {
		if element := humaTypeName(list.Elem(), nil); element != "" {
			return "[]" + element
		}
		return "[]string"
	}
	if isString(t) {
		return ""
	}
	if basic, ok := t.Underlying().(*types.Basic); ok {
		return basic.Name()
	}
	return typeString(t)
}

// plainTexts gives the type of those parameters that nothing is converted from.
func (w *hintWalker) plainTexts() {
	r := &w.route.Request
	for _, list := range [][]Param{r.Path, r.Query, r.Form, r.Header} {
		for i := range list {
			if list[i].Type == "" {
				list[i].Type = "string"
			}
		}
	}
}

// humaAnswer notes what a handler answers with, and gives the statuses that are known.
func (w *hintWalker) humaAnswer(o *humaOperation, output types.Type) []int {
	body, dynamic := humaOutput(output)
	status, _ := o.status.(number)
	if _, known := o.status.(number); known && status == 0 && !dynamic {
		status = 204
		if body != nil {
			status = 200
		}
	}
	origin := w.route.Origin
	if dynamic {
		status = 0
	}
	if body != nil {
		w.respond(int(status), body, nil, origin)
	} else if status >= 200 && status < 300 {
		w.route.Responses = append(w.route.Responses, Response{Status: int(status), Fields: []Field{}, Origin: origin})
	}
	if status == 0 {
		return nil
	}
	return []int{int(status)}
}

// humaOutput is the type of an output's body, and whether the handler says the status itself.
func humaOutput(output types.Type) (body types.Type, dynamic bool) {
	if output == nil {
		return nil, true // a stream of events
	}
	structure, ok := derefType(output).Underlying().(*types.Struct)
	if !ok {
		return nil, false
	}
	for i := range structure.NumFields() {
		switch field := structure.Field(i); {
		case field.Name() == "Body":
			body = field.Type()
		case field.Name() == "Status":
			dynamic = true
		case field.Embedded():
			inner, says := humaOutput(field.Type())
			dynamic = dynamic || says
			if body == nil {
				body = inner
			}
		}
	}
	return body, dynamic
}
