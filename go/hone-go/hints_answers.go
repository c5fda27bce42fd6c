package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
)

func (w *hintWalker) status(expr ast.Expr, s *hintScope) int {
	if tv := s.pkg.TypesInfo.Types[expr]; tv.Value != nil {
		if status, ok := constant.Int64Val(constant.ToInt(tv.Value)); ok {
			return int(status)
		}
	}
	if obj := objectOf(s.pkg.TypesInfo, expr); obj != nil {
		if b, ok := s.bound[obj]; ok {
			return w.status(b.expr, b.at)
		}
	}
	return 0
}

func (w *hintWalker) answer(status int, expr ast.Expr, call *ast.CallExpr, s *hintScope) {
	t, value, at := w.typeOf(expr, s)
	if status == 0 {
		status = w.statusParam(s)
	}
	if t != nil {
		w.respond(status, t, w.mapFields(value, at), w.p.origin(callPos(call)))
	}
}

// statusParam is the status given to a helper such as writeJSON(w, status, value) that sets it by WriteHeader.
func (w *hintWalker) statusParam(s *hintScope) int {
	for obj, b := range s.bound {
		if basic, ok := obj.Type().Underlying().(*types.Basic); ok && basic.Kind() == types.Int {
			if status := w.status(b.expr, b.at); status >= 100 && status < 600 {
				return status
			}
		}
	}
	return 0
}

// bare notes a status that is set without a JSON answer beside it.
func (w *hintWalker) bare(status int, call *ast.CallExpr) {
	if status >= 200 && status < 300 {
		w.route.Responses = append(w.route.Responses, Response{Status: status, Fields: []Field{}, Origin: w.p.origin(callPos(call))})
	}
}

// dropBare removes the bare statuses that an answer says as well, and all but the first of a kind.
func (w *hintWalker) dropBare() {
	kept := []Response{}
	for i, r := range w.route.Responses {
		same := func(other Response) bool { return other.Status == r.Status && (other.Type != "" || r.Type == "") }
		others := append(slices.Clone(w.route.Responses[:i]), withType(w.route.Responses[i+1:])...)
		if r.Type != "" || !slices.ContainsFunc(others, same) {
			kept = append(kept, r)
		}
	}
	w.route.Responses = kept
}

func withType(responses []Response) []Response {
	return slices.DeleteFunc(slices.Clone(responses), func(r Response) bool { return r.Type == "" })
}

func (w *hintWalker) respond(status int, t types.Type, fields []Field, origin Origin) {
	array := false
	if fields == nil {
		fields, array = fieldsOf(t)
	}
	response := Response{status, typeString(derefType(t)), array, fields, origin}
	for _, known := range w.route.Responses {
		if known.Status == status && known.Type == response.Type && known.Origin == origin {
			return
		}
	}
	w.route.Responses = append(w.route.Responses, response)
}

// chained says whether a method's receiver was made by maker, whose argument ends in .field (empty: is a ResponseWriter).
func (w *hintWalker) chained(call *ast.CallExpr, s *hintScope, maker, field string) bool {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	made, ok := ast.Unparen(selector.X).(*ast.CallExpr)
	if !ok {
		for _, a := range w.p.flow.assigns[objectOf(s.pkg.TypesInfo, selector.X)] {
			if c, isCall := ast.Unparen(a.expr).(*ast.CallExpr); isCall && a.pkg == s.pkg {
				made = c
			}
		}
	}
	if made == nil || qualifiedName(callee(s.pkg.TypesInfo, made)) != maker || len(made.Args) != 1 {
		return false
	}
	if field == "" {
		t := typePath(s.pkg.TypesInfo.TypeOf(made.Args[0]))
		return t == "net/http.ResponseWriter" || t == "github.com/gin-gonic/gin.ResponseWriter" || t == "io.Writer" ||
			t == "bytes.Buffer" && w.isCopied(s)
	}
	found := false
	ast.Inspect(made.Args[0], func(n ast.Node) bool {
		if part, ok := n.(*ast.SelectorExpr); ok && part.Sel.Name == field {
			found = true
		}
		return true
	})
	return found || typePath(s.pkg.TypesInfo.TypeOf(made.Args[0])) == "io.Reader"
}

// isWritten says whether what json.Marshal gives is handed to the answer's Write in the same function.
func (w *hintWalker) isWritten(made *ast.CallExpr, s *hintScope) bool {
	found := false
	ast.Inspect(s.body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		switch qualifiedName(callee(s.pkg.TypesInfo, call)) {
		case "net/http.ResponseWriter.Write", "github.com/gin-gonic/gin.ResponseWriter.Write":
			for _, a := range w.p.flow.assigns[objectOf(s.pkg.TypesInfo, lineOf(call.Args[0], s.pkg.TypesInfo))] {
				found = found || ast.Unparen(a.expr) == made
			}
		}
		return true
	})
	return found
}

// lineOf is body of append(body, '\n'), and else the expression itself.
func lineOf(expr ast.Expr, info *types.Info) ast.Expr {
	call, ok := ast.Unparen(expr).(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return expr
	}
	if name, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && info.Uses[name] == types.Universe.Lookup("append") {
		return call.Args[0]
	}
	return expr
}

// isCopied says whether the function of a scope hands what it has gathered in a buffer to the answer.
func (w *hintWalker) isCopied(s *hintScope) bool {
	found := false
	ast.Inspect(s.body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		switch qualifiedName(callee(s.pkg.TypesInfo, call)) {
		case "net/http.ResponseWriter.Write", "github.com/gin-gonic/gin.ResponseWriter.Write":
			inner, isCall := ast.Unparen(call.Args[0]).(*ast.CallExpr)
			found = found || isCall && qualifiedName(callee(s.pkg.TypesInfo, inner)) == "bytes.Buffer.Bytes"
		case "bytes.Buffer.WriteTo", "io.Copy":
			found = found || typePath(s.pkg.TypesInfo.TypeOf(call.Args[0])) == "net/http.ResponseWriter"
		}
		return true
	})
	return found
}
