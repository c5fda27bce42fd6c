package main

import (
	"go/ast"
	"go/types"
)

// instantiation maps a generic function's type parameters to the arguments of this call.
func instantiation(fn *Func, function ast.Expr, s *hintScope) map[*types.TypeParam]types.Type {
	result := map[*types.TypeParam]types.Type{}
	params := fn.obj.Type().(*types.Signature).TypeParams()
	var name *ast.Ident
	ast.Inspect(function, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && originOf(funcOf(s.pkg.TypesInfo, id)) == fn.obj {
			name = id
		}
		return name == nil
	})
	if name == nil {
		return result
	}
	arguments := s.pkg.TypesInfo.Instances[name].TypeArgs
	for i := 0; arguments != nil && i < params.Len() && i < arguments.Len(); i++ {
		result[params.At(i)] = s.concrete(arguments.At(i))
	}
	return result
}

// concrete is a type with a type parameter replaced by what it stands for; nil where that is not known.
func (s *hintScope) concrete(t types.Type) types.Type {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return s.types[t]
	case *types.Pointer:
		if inner := s.concrete(t.Elem()); inner != nil {
			return inner
		}
		return nil
	case *types.Slice:
		if inner := s.concrete(t.Elem()); inner != nil {
			return types.NewSlice(inner)
		}
		return nil
	case *types.Named:
		return s.instance(t)
	}
	return t
}

// instance is a generic type with what its type parameters stand for here: items[store.Order] of items[T].
func (s *hintScope) instance(t *types.Named) types.Type {
	if t.TypeArgs().Len() == 0 {
		return t
	}
	var arguments []types.Type
	for i := range t.TypeArgs().Len() {
		argument := s.concrete(t.TypeArgs().At(i))
		if argument == nil {
			return t
		}
		arguments = append(arguments, argument)
	}
	made, err := types.Instantiate(nil, t.Origin(), arguments, false)
	if err != nil {
		return t
	}
	return made
}
