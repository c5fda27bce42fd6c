package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"
)

// decodedValues reads what decoders of url.Values fill: gorilla/schema's by the tag that it was told, go-playground/form's by "form".
func (w *hintWalker) decodedValues(name string, call *ast.CallExpr, s *hintScope) bool {
	tag := ""
	switch name {
	case "github.com/gorilla/schema.Decoder.Decode":
		tag = w.p.aliasTag()
	case "github.com/go-playground/form.Decoder.Decode":
		tag = "form"
	}
	if tag == "" || len(call.Args) != 2 {
		return false
	}
	list := &w.route.Request.Query
	asked := types.ExprString(call.Args[1])
	if w.mayHaveBody() && !strings.Contains(asked, "Query()") {
		list = &w.route.Request.Form
	}
	if t, _, _ := w.typeOf(call.Args[0], s); t != nil {
		w.decodedFields(list, t, tag, call, 0)
	}
	return true
}

// decodedFields leaves fields without a tag alone: hardly anybody asks by their names in Go.
func (w *hintWalker) decodedFields(list *[]Param, t types.Type, tag string, call *ast.CallExpr, depth int) {
	structure, ok := underlying(derefType(t)).(*types.Struct)
	if !ok || depth > maxHintDepth {
		return
	}
	for i := range structure.NumFields() {
		field := structure.Field(i)
		tags := tagsOf(structure.Tag(i))
		parts := strings.Split(tags[tag], ",")
		if field.Embedded() && parts[0] == "" {
			w.decodedFields(list, field.Type(), tag, call, depth+1)
			continue
		}
		if parts[0] == "" || parts[0] == "-" || !field.Exported() {
			continue
		}
		param := Param{Name: parts[0], Type: typeString(field.Type()), Rules: tags["validate"], Origin: w.p.origin(callPos(call)),
			Repeated: isList(field.Type())}
		for _, option := range parts[1:] {
			if preset, found := strings.CutPrefix(option, "default:"); found {
				param.Default = &preset
			}
			if option == "required" {
				param.Rules = strings.TrimSuffix("required,"+param.Rules, ",")
			}
		}
		addParam(list, param)
	}
}

// aliasTag is the tag by which gorilla/schema's decoders of the program know fields.
func (p *Program) aliasTag() string {
	if p.alias != "" {
		return p.alias
	}
	tag := "schema"
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, _ string) {
		if qualifiedName(callee(pkg.TypesInfo, call)) != "github.com/gorilla/schema.Decoder.SetAliasTag" || len(call.Args) != 1 {
			return
		}
		if value := pkg.TypesInfo.Types[call.Args[0]].Value; value != nil && value.Kind() == constant.String {
			tag = constant.StringVal(value)
		}
	})
	p.alias = tag
	return tag
}
