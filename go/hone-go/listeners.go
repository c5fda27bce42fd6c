package main

import (
	"go/ast"
	"go/token"
)

// address is where a server listens, as far as known.
func (f *frame) address(expr ast.Expr) Text {
	for _, s := range f.text(expr) {
		return s.text()
	}
	return str{pieces: []piece{{}}}.text()
}

// listenerAddress is the address given to the net.Listen behind a listener variable.
func (f *frame) listenerAddress(expr ast.Expr) Text {
	for _, a := range f.it.p.flow.assigns[objectOf(f.info(), expr)] {
		call, ok := ast.Unparen(a.expr).(*ast.CallExpr)
		if ok && qualifiedName(callee(a.pkg.TypesInfo, call)) == "net.Listen" && len(call.Args) == 2 && a.pkg == f.pkg {
			return f.address(call.Args[1])
		}
	}
	return str{pieces: []piece{{}}}.text()
}

// served is the router behind a handler argument: nil means http.DefaultServeMux, as it does for net/http.
func (f *frame) served(expr ast.Expr) *node {
	if id, ok := ast.Unparen(expr).(*ast.Ident); ok && id.Name == "nil" {
		return f.it.defaultMux
	}
	return f.it.router(f.eval(expr))
}

// router is the router inside a value; a struct that serves HTTP through one of its fields counts.
func (it *interp) router(v value) *node {
	if n, _ := mounted(v); n != nil {
		return n
	}
	if o, ok := v.(*object); ok {
		for _, field := range o.fields {
			if n, _ := mounted(field); n != nil {
				return n
			}
		}
	}
	return nil
}

// server notes an http.Server that is made.
func (f *frame) server(e *ast.CompositeLit, o *object, exprs map[string]ast.Expr) {
	address := str{pieces: []piece{{}}}.text()
	if expr, ok := exprs["Addr"]; ok {
		address = f.address(expr)
	}
	root := f.it.defaultMux
	if expr, ok := exprs["Handler"]; ok {
		root = nil
		if id, isIdent := ast.Unparen(expr).(*ast.Ident); isIdent && id.Name == "nil" {
			root = f.it.defaultMux
		} else {
			root = f.it.router(o.fields["Handler"])
		}
	}
	_, tls := exprs["TLSConfig"]
	o.listener = f.it.listen(address, root, tls, e.Pos())
}

func (it *interp) listen(address Text, root *node, tls bool, pos token.Pos) *Listener {
	l := &Listener{Address: address, TLS: tls, Origin: it.p.origin(pos), root: root, Serves: "?"}
	if root != nil {
		l.Serves = root.framework
		if root.isDefault {
			l.Serves = "default_mux"
		}
	}
	if it.main != "" {
		l.Mains = []string{it.main}
	}
	it.listeners = append(it.listeners, l)
	return l
}
