package main

import (
	"fmt"
	"go/types"
	"strings"
)

// packageSymbol is a package's path as Go's symbol tables write it: main for programs, dots and other bytes that
// would be ambiguous in the last element escaped (cmd/internal/objabi.PathToPrefix).
func packageSymbol(pkg *types.Package) string {
	if pkg == nil {
		return ""
	}
	if pkg.Name() == "main" {
		return "main"
	}
	path := pkg.Path()
	last := strings.LastIndexByte(path, '/') + 1
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || (c == '.' && i >= last) || c == '%' || c == '"' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// funcSymbol is a function's or method's name as Go's symbol tables and profiles write it:
// path.F, path.F[...], path.T.M, path.(*T).M, path.(*T[...]).M.
func funcSymbol(fn *types.Func) string {
	fn = fn.Origin()
	signature := fn.Type().(*types.Signature)
	prefix := packageSymbol(fn.Pkg())
	if prefix != "" {
		prefix += "."
	}
	if signature.Recv() == nil {
		if signature.TypeParams().Len() > 0 {
			return prefix + fn.Name() + "[...]"
		}
		return prefix + fn.Name()
	}
	receiver := signature.Recv().Type()
	pointer, isPointer := receiver.(*types.Pointer)
	if isPointer {
		receiver = pointer.Elem()
	}
	name := "?"
	if named, ok := types.Unalias(receiver).(*types.Named); ok {
		name = named.Obj().Name()
		if named.TypeParams().Len() > 0 {
			name += "[...]"
		}
	}
	if isPointer {
		return prefix + "(*" + name + ")." + fn.Name()
	}
	return prefix + name + "." + fn.Name()
}

// qualifiedName is how libraries' functions are told apart: path.F or path.T.M, whatever the receiver's form.
func qualifiedName(fn *types.Func) string {
	if fn == nil {
		return ""
	}
	path := ""
	if fn.Pkg() != nil {
		path = trimVersion(fn.Pkg().Path()) + "."
	}
	if recv := fn.Type().(*types.Signature).Recv(); recv != nil {
		return path + typeName(recv.Type()) + "." + fn.Name()
	}
	return path + fn.Name()
}

// typeName is the bare name of a named type or of what a pointer points to; empty for others.
func typeName(t types.Type) string {
	if named := namedOf(t); named != nil {
		return named.Obj().Name()
	}
	return ""
}

// namedOf looks through pointers and aliases.
func namedOf(t types.Type) *types.Named {
	if t == nil {
		return nil
	}
	t = types.Unalias(t)
	if pointer, ok := t.(*types.Pointer); ok {
		t = types.Unalias(pointer.Elem())
	}
	named, _ := t.(*types.Named)
	return named
}

// typePath is path.Name of a named type or of what a pointer points to, without major version; empty for others.
func typePath(t types.Type) string {
	named := namedOf(t)
	if named == nil {
		return ""
	}
	if named.Obj().Pkg() == nil {
		return named.Obj().Name()
	}
	return trimVersion(named.Obj().Pkg().Path()) + "." + named.Obj().Name()
}

// trimVersion removes /v2 and the like wherever it stands in a module path, so that one name serves all majors.
func trimVersion(path string) string {
	parts := strings.Split(path, "/")
	kept := parts[:0]
	for i, part := range parts {
		if i > 0 && len(part) > 1 && part[0] == 'v' && strings.Trim(part[1:], "0123456789") == "" {
			continue
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, "/")
}
