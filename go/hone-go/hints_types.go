package main

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

// conversions turn the text of a parameter into something else, which says what the text must look like.
var conversions = map[string]struct {
	argument int
	makes    string
}{
	"strconv.Atoi": {0, "int"}, "strconv.ParseInt": {0, "int64"}, "strconv.ParseUint": {0, "uint64"},
	"strconv.ParseFloat": {0, "float64"}, "strconv.ParseBool": {0, "bool"}, "time.Parse": {1, "time.Time"},
	"time.ParseDuration": {0, "time.Duration"}, "github.com/google/uuid.Parse": {0, "uuid.UUID"},
	"github.com/google/uuid.MustParse": {0, "uuid.UUID"}, "github.com/gofrs/uuid.FromString": {0, "uuid.UUID"},
	"github.com/satori/go.uuid.FromString": {0, "uuid.UUID"}, "github.com/oklog/ulid.Parse": {0, "ulid.ULID"},
	"net/netip.ParseAddr": {0, "netip.Addr"},
}

// converted notes the type that a parameter's text is turned into.
func (w *hintWalker) converted(name string, call *ast.CallExpr, s *hintScope) {
	c, ok := conversions[name]
	if !ok || c.argument >= len(call.Args) {
		return
	}
	found := w.paramsIn(call.Args[c.argument], s, 0)
	r := &w.route.Request
	for _, lists := range []struct{ to, from *[]Param }{{&r.Path, &found.Path}, {&r.Query, &found.Query}, {&r.Form, &found.Form},
		{&r.Header, &found.Header}} {
		for _, param := range *lists.from {
			if param.Type == "" {
				param.Type = c.makes
			}
			addParam(lists.to, param)
		}
	}
}

// split notes that the text of a parameter is a list: "1,2,3".
func (w *hintWalker) split(name string, call *ast.CallExpr, s *hintScope) {
	if name != "strings.Split" && name != "strings.SplitSeq" || len(call.Args) != 2 || s.body == nil {
		return
	}
	if !slices.ContainsFunc(w.words(call.Args[1], s), func(value str) bool { text, ok := value.plain(); return ok && text == "," }) {
		return
	}
	kind := "[]" + w.elementOf(call, s)
	for _, param := range w.paramsIn(call.Args[0], s, 0).Query {
		param.Type = kind
		addParam(&w.route.Request.Query, param)
	}
}

// elementOf is what the elements of a list that was split are turned into, in the loop over them.
func (w *hintWalker) elementOf(list *ast.CallExpr, s *hintScope) string {
	kind := "string"
	ast.Inspect(s.body, func(n ast.Node) bool {
		loop, ok := n.(*ast.RangeStmt)
		if !ok || w.made(loop.X, s) != list && ast.Unparen(loop.X) != list {
			return true
		}
		ast.Inspect(loop.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if c, known := conversions[qualifiedName(callee(s.pkg.TypesInfo, call))]; known && kind == "string" {
				kind = c.makes
			}
			return true
		})
		return true
	})
	return kind
}

// setType notes the type of a parameter that is known already.
func (w *hintWalker) setType(list *[]Param, name ast.Expr, kind string, s *hintScope) {
	for _, value := range w.words(name, s) {
		if text, ok := value.plain(); ok {
			addParam(list, Param{Name: text, Type: kind})
		}
	}
}

// paramsIn are the parameters of the request whose text an expression is.
func (w *hintWalker) paramsIn(expr ast.Expr, s *hintScope, depth int) Request {
	if depth > maxHintDepth {
		return Request{}
	}
	expr = ast.Unparen(expr)
	switch e := expr.(type) {
	case *ast.CallExpr:
		if through[qualifiedName(callee(s.pkg.TypesInfo, e))] && len(e.Args) > 0 {
			return w.paramsIn(e.Args[0], s, depth+1)
		}
		probe := w.probe()
		probe.call(e, s)
		return probe.route.Request
	case *ast.IndexExpr:
		if w.isVars(e.X, s) {
			probe := Request{}
			w.param(&probe.Path, e.Index, nil, &ast.CallExpr{Fun: e.X, Lparen: e.Lbrack}, s)
			return probe
		}
	case *ast.SelectorExpr:
		return w.held(objectOf(s.pkg.TypesInfo, e))
	case *ast.Ident:
		obj := objectOf(s.pkg.TypesInfo, e)
		if b, ok := s.bound[obj]; ok && obj != nil {
			return w.paramsIn(b.expr, b.at, depth+1)
		}
		var all Request
		for _, a := range w.p.flow.assigns[obj] {
			if a.pkg != s.pkg || a.index > 0 || obj == nil {
				continue
			}
			one := w.paramsIn(a.expr, s, depth+1)
			all.Path, all.Query = append(all.Path, one.Path...), append(all.Query, one.Query...)
			all.Form, all.Header = append(all.Form, one.Form...), append(all.Header, one.Header...)
		}
		return all
	}
	return Request{}
}

// isVars says whether an expression is mux.Vars(r) or its like, or a variable that holds it.
func (w *hintWalker) isVars(expr ast.Expr, s *hintScope) bool {
	call, ok := ast.Unparen(expr).(*ast.CallExpr)
	if !ok {
		call, ok = w.made(expr, s).(*ast.CallExpr)
	}
	if !ok {
		return false
	}
	name := qualifiedName(callee(s.pkg.TypesInfo, call))
	return name == "github.com/gorilla/mux.Vars" || name == "github.com/dimfeld/httptreemux.ContextParams"
}

var (
	patterned   = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*):((?:[^{}]|\{[^{}]*\})*)\}`)
	constrained = regexp.MustCompile(`:([A-Za-z_][A-Za-z0-9_]*)<([a-zA-Z]+)`)
	onlyDigits  = regexp.MustCompile(`^\^?(?:\[0-9\]|\\d|\[1-9\](?:\[0-9\]|\\d)\*)(?:\+|\*|\{[0-9,]+\})?\$?$`)
)

// pathTypes are the types that a path asks of its parameters: {id:[0-9]+}, :id<int>.
func pathTypes(path string) map[string]string {
	types := map[string]string{}
	for _, m := range patterned.FindAllStringSubmatch(path, -1) {
		types[m[1]] = "string"
		if onlyDigits.MatchString(m[2]) || onlyDigits.MatchString(strings.Trim(m[2], "()")) {
			types[m[1]] = "int"
		}
	}
	for _, m := range constrained.FindAllStringSubmatch(path, -1) {
		types[m[1]] = map[string]string{"int": "int", "guid": "uuid.UUID", "bool": "bool", "float": "float64", "datetime": "time.Time"}[m[2]]
		if types[m[1]] == "" {
			types[m[1]] = "string"
		}
	}
	return types
}
