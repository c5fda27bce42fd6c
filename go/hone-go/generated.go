package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Servers made from an OpenAPI document (oapi-codegen): a wrapper takes the parameters apart and calls a method of an interface,
// which the service implements.

// served is the method of the module behind one of an interface of the module; nil: it is no such method, or several types may stand
// behind it. The type that oapi-codegen makes to embed, Unimplemented, is none of the service's.
func (p *Program) served(fn *types.Func) *Func {
	recv := fn.Type().(*types.Signature).Recv()
	if recv == nil || !types.IsInterface(recv.Type()) || fn.Pkg() == nil || !p.isOwn(fn.Pkg()) {
		return nil
	}
	found := slices.DeleteFunc(p.implementing(fn), func(each *types.Func) bool {
		named := namedOf(derefType(each.Type().(*types.Signature).Recv().Type()))
		return named != nil && strings.HasPrefix(named.Obj().Name(), "Unimplemented")
	})
	if len(found) != 1 {
		return nil
	}
	return p.body(found[0])
}

// bodyOrServed is the declaration that a call runs, as far as it is the module's.
func (p *Program) bodyOrServed(fn *types.Func) *Func {
	if declared := p.body(fn); declared != nil {
		return declared
	}
	return p.served(fn)
}

// reachedFromMain are the places of the registrations that a main runs. What no main reaches there, with a path that is not wholly
// known, is the same route once more.
func (it *interp) reachedFromMain() map[token.Pos]bool {
	reached := map[token.Pos]bool{}
	for _, r := range it.routes {
		if r.main != "" {
			reached[r.pos] = true
		}
	}
	return reached
}

// taken reads how a wrapper takes a query's parameter apart: BindQueryParameter("form", true, required, "limit", query, &params.Limit).
func (w *hintWalker) taken(name string, call *ast.CallExpr, s *hintScope) {
	const required, named, destination = 2, 3, 5
	if !strings.Contains(name, "oapi-codegen/") || !strings.Contains(name, "runtime.BindQueryParameter") || len(call.Args) <= destination {
		return
	}
	param := Param{Origin: w.p.origin(callPos(call))}
	if t := s.pkg.TypesInfo.TypeOf(call.Args[destination]); t != nil {
		param.Type = typeString(derefType(derefType(t)))
	}
	if needed := s.pkg.TypesInfo.Types[call.Args[required]].Value; needed != nil && needed.Kind() == constant.Bool && constant.BoolVal(needed) {
		param.Rules = "required"
	}
	for _, value := range w.words(call.Args[named], s) {
		if text, ok := value.plain(); ok {
			param.Name = text
			addParam(&w.route.Request.Query, param)
		}
	}
}
