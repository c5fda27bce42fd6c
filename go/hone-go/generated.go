package main

import (
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Servers made from an OpenAPI document (oapi-codegen): a wrapper takes the parameters apart and calls a method of an interface,
// which the service implements.

// served is the method of the module behind one of an interface of the module; nil: it is no such method, or several types may stand
// behind it. What answers that it is not implemented stands behind nothing.
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

// reachedFromMain are the places of the registrations that a main runs: what no main reaches there is the same route once more, with
// less known of it.
func (it *interp) reachedFromMain() map[token.Pos]bool {
	reached := map[token.Pos]bool{}
	for _, r := range it.routes {
		if r.main != "" {
			reached[r.pos] = true
		}
	}
	return reached
}
