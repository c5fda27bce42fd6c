package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// address is where a server listens, as far as known.
func (f *frame) address(expr ast.Expr) Text {
	for _, s := range f.text(expr) {
		if text, plain := s.plain(); !plain || text != "" {
			return s.text()
		}
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

// holder is the struct that a selected field stands in: an embedded one where the field is promoted.
func (f *frame) holder(e *ast.SelectorExpr) *object {
	outer, _ := f.eval(e.X).(*object)
	selection := f.info().Selections[e]
	if outer == nil || selection == nil {
		return outer
	}
	t := selection.Recv()
	path := selection.Index()
	for _, i := range path[:len(path)-1] {
		structure, ok := underlying(t).(*types.Struct)
		if !ok || i >= structure.NumFields() {
			return outer
		}
		field := structure.Field(i)
		inner, ok := outer.fields[field.Name()].(*object)
		if !ok {
			inner = &object{t: field.Type(), fields: map[string]value{}}
			outer.fields[field.Name()] = inner
		}
		outer, t = inner, field.Type()
	}
	return outer
}

// serverField notes what is given to an http.Server after it was made.
func (it *interp) serverField(server *object, name string) {
	if server.listener == nil || typePath(server.t) != "net/http.Server" {
		return
	}
	switch name {
	case "Addr":
		server.listener.Address = firstText(server.fields[name])
	case "Handler":
		server.listener.serve(it.router(server.fields[name]))
	}
}

func firstText(v value) Text {
	if t, ok := v.(texts); ok && len(t) > 0 {
		return t[0].text()
	}
	return str{pieces: []piece{{}}}.text()
}

// startServer runs server.ListenAndServe() and its kin: a server that no literal made is noted here.
func (f *frame) startServer(name string, e *ast.CallExpr) {
	bound, ok := f.eval(e.Fun).(*funcValue)
	if !ok {
		return
	}
	server, ok := bound.recv.(*object)
	if !ok {
		return
	}
	if server.listener == nil {
		root := f.it.defaultMux
		if handler, ok := server.fields["Handler"]; ok {
			root = f.it.router(handler)
		}
		server.listener = f.it.listen(firstText(server.fields["Addr"]), root, strings.HasSuffix(name, "TLS"), callPos(e))
	}
	if strings.HasPrefix(name, "net/http.Server.Serve") && len(e.Args) > 0 && server.listener.Address.Value == "${?}" {
		server.listener.Address = f.listenerAddress(e.Args[0])
	}
}

// serve says what a listener serves.
func (l *Listener) serve(root *node) {
	l.root, l.Serves = root, "?"
	if root != nil {
		l.Serves = root.framework
		if root.isDefault {
			l.Serves = "default_mux"
		}
	}
}

func (it *interp) listen(address Text, root *node, tls bool, pos token.Pos) *Listener {
	l := &Listener{Address: address, TLS: tls, Origin: it.p.origin(pos)}
	l.serve(root)
	if it.main != "" {
		l.Mains = []string{it.main}
	}
	it.listeners = append(it.listeners, l)
	return l
}
