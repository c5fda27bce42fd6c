package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// findDates notes the layout of every variable, field and parameter whose text time.Parse is given, also by way of the module's own
// functions.
func (p *Program) findDates() {
	p.dates = map[types.Object]string{}
	for _, fn := range p.sortedFuncs() {
		if fn.decl.Body == nil {
			continue
		}
		ast.Inspect(fn.decl.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 || qualifiedName(callee(fn.pkg.TypesInfo, call)) != "time.Parse" {
				return true
			}
			for _, value := range p.flow.values(call.Args[0], scope{pkg: fn.pkg}) {
				if layout, ok := value.plain(); ok {
					p.dated(call.Args[1], fn.pkg.TypesInfo, layout, 0)
				}
			}
			return true
		})
	}
}

func (p *Program) dated(expr ast.Expr, info *types.Info, layout string, depth int) {
	if call, ok := ast.Unparen(expr).(*ast.CallExpr); ok && through[qualifiedName(callee(info, call))] && len(call.Args) > 0 {
		expr = call.Args[0]
	}
	obj := objectOf(info, expr)
	if obj == nil || p.dates[obj] != "" || depth > maxHintDepth {
		return
	}
	p.dates[obj] = layout
	if v, ok := obj.(*types.Var); ok && v.IsField() {
		return
	}
	for _, a := range p.flow.assigns[obj] {
		p.dated(a.expr, a.pkg.TypesInfo, layout, depth+1)
	}
}

// date notes what a query parameter that is given to a date's parser must look like, and whether it is needed.
func (w *hintWalker) date(call *ast.CallExpr, s *hintScope) {
	fn := callee(s.pkg.TypesInfo, call)
	for i, argument := range call.Args {
		layout := ""
		if own := w.p.body(fn); own != nil && i < own.obj.Type().(*types.Signature).Params().Len() {
			layout = w.p.dates[own.obj.Type().(*types.Signature).Params().At(i)]
		} else if i == 1 && qualifiedName(fn) == "time.Parse" {
			for _, value := range w.words(call.Args[0], s) {
				layout, _ = value.plain()
			}
		}
		if layout == "" {
			continue
		}
		rules := "datetime=" + layout
		// An input of huma says itself what is needed.
		if w.inputs == nil && s.depth == 0 && s.body != nil && !isGuarded(s.body, call) &&
			refuses(s.body, call, s.pkg.TypesInfo, func(condition ast.Expr) bool { return strings.Contains(types.ExprString(condition), "!= nil") }) {
			rules = "required," + rules
		}
		read := w.paramsIn(argument, s, 0)
		for _, param := range read.Path {
			if at := slices.IndexFunc(w.route.Request.Path, func(known Param) bool { return known.Name == param.Name }); at >= 0 {
				w.route.Request.Path[at].Rules = "datetime=" + layout
			}
		}
		for _, param := range read.Query {
			known := w.query(param)
			switch known.Rules {
			case "":
				known.Rules = rules
			case "required":
				known.Rules = "required,datetime=" + layout
			}
		}
	}
}

// isGuarded says whether a call stands in a branch that asks first whether a text is there.
func isGuarded(body ast.Node, call *ast.CallExpr) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		branch, ok := n.(*ast.IfStmt)
		if ok && branch.Body.Pos() <= call.Pos() && call.End() <= branch.Body.End() && strings.Contains(types.ExprString(branch.Cond), `!= ""`) {
			found = true
		}
		return !found
	})
	return found
}

// dateFields gives the members of a body that are parsed as dates their layout.
func (p *Program) dateFields(t types.Type, fields []Field, depth int) {
	switch under := derefType(t).Underlying().(type) {
	case *types.Slice:
		p.dateFields(under.Elem(), fields, depth+1)
		return
	case *types.Struct:
		for i := range under.NumFields() {
			member := under.Field(i)
			name, _, _ := strings.Cut(tagsOf(under.Tag(i))["json"], ",")
			if name == "" {
				name = member.Name()
			}
			at := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
			if at < 0 || depth > maxShapeDepth {
				continue
			}
			if layout := p.dates[member.Origin()]; layout != "" && fields[at].Kind == "string" {
				fields[at].addRule("datetime=" + layout)
			}
			p.dateFields(member.Type(), fields[at].Fields, depth+1)
		}
	}
}

// addRule puts a rule to those of the field's own tag.
func (f *Field) addRule(rule string) {
	if f.Tags == nil {
		f.Tags = map[string]string{}
	}
	tag := "validate"
	if f.Tags["binding"] != "" {
		tag = "binding"
	}
	f.Tags[tag] = strings.TrimPrefix(f.Tags[tag]+","+rule, ",")
}
