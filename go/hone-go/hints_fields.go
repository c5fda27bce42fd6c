package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// mapFields reads gin.H{"token": token} and other map literals, also through one local variable.
func (w *hintWalker) mapFields(expr ast.Expr, s *hintScope) []Field {
	expr = ast.Unparen(expr)
	if obj := objectOf(s.pkg.TypesInfo, expr); obj != nil {
		if assigns := w.p.flow.assigns[obj]; len(assigns) == 1 && assigns[0].pkg == s.pkg {
			expr = ast.Unparen(assigns[0].expr)
		}
	}
	if call, ok := expr.(*ast.CallExpr); ok {
		return w.madeFields(call, s)
	}
	made := compositeAt(expr)
	if made == nil {
		return nil
	}
	switch underlying(s.pkg.TypesInfo.TypeOf(made)).(type) {
	case *types.Struct:
		return w.filledFields(made, s)
	case *types.Map:
	default:
		return nil
	}
	fields := []Field{}
	for _, element := range made.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		for _, key := range w.words(pair.Key, s) {
			name, ok := key.plain()
			t, value, at := w.typeOf(pair.Value, s)
			if ok && t == nil { // a type parameter's
				fields = append(fields, Field{Name: name, Kind: "any"})
			} else if ok {
				field := jsonField(name, t, nil, 0)
				if inner := w.mapFields(value, at); inner != nil {
					field.Fields, field.Kind = inner, "object"
				}
				fields = append(fields, field)
			}
		}
	}
	return fields
}

func compositeAt(expr ast.Expr) *ast.CompositeLit {
	if address, ok := expr.(*ast.UnaryExpr); ok && address.Op == token.AND {
		expr = ast.Unparen(address.X)
	}
	made, _ := expr.(*ast.CompositeLit)
	return made
}

// madeFields reads what a helper of the module makes of its arguments: envelope(items).
func (w *hintWalker) madeFields(call *ast.CallExpr, s *hintScope) []Field {
	fn := w.p.body(callee(s.pkg.TypesInfo, call))
	if fn == nil || s.depth >= maxHintDepth || len(w.p.flow.returns[fn.obj]) != 1 || len(w.p.flow.returns[fn.obj][0]) != 1 {
		return nil
	}
	inner := &hintScope{pkg: fn.pkg, bound: map[types.Object]binding{}, types: instantiation(fn, call.Fun, s), depth: s.depth + 1}
	params := fn.obj.Type().(*types.Signature).Params()
	for i := 0; i < params.Len() && i < len(call.Args); i++ {
		inner.bound[params.At(i)] = binding{call.Args[i], s}
	}
	return w.mapFields(w.p.flow.returns[fn.obj][0][0], inner)
}

// filledFields are the members of a struct literal, those of no certain type (Data any) as what is put into them. Nil if
// all are certain: the type itself says as much.
func (w *hintWalker) filledFields(made *ast.CompositeLit, s *hintScope) []Field {
	t := s.pkg.TypesInfo.TypeOf(made)
	structure, ok := underlying(t).(*types.Struct)
	if !ok || encodesItself(t) {
		return nil
	}
	given := map[string]Field{}
	for i, element := range made.Elts {
		name, value := "", element
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			name, value = types.ExprString(pair.Key), pair.Value
		} else if i < structure.NumFields() {
			name = structure.Field(i).Name()
		}
		for j := range structure.NumFields() {
			field := structure.Field(j)
			if field.Name() != name || !types.IsInterface(field.Type()) {
				continue
			}
			member, _, _ := strings.Cut(tagsOf(structure.Tag(j))["json"], ",")
			if member == "" {
				member = name
			}
			if inner, expr, at := w.typeOf(value, s); inner != nil {
				one := jsonField(member, inner, nil, 0)
				if fields := w.mapFields(expr, at); fields != nil {
					one.Fields, one.Kind = fields, "object"
				}
				given[member] = one
			}
		}
	}
	if len(given) == 0 {
		return nil
	}
	fields := structFields(t, 0)
	for i := range fields {
		if one, ok := given[fields[i].Name]; ok {
			one.Tags = fields[i].Tags
			fields[i] = one
		}
	}
	return fields
}
