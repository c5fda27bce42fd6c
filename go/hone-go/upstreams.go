package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"net/http"
	"slices"
	"strings"
)

// sender is a library's call that makes or sends a request: its method, or the index of the argument with it, and that of the URL.
type sender struct {
	method      string
	methodIndex int
	urlIndex    int
}

var senders = func() map[string]sender {
	all := map[string]sender{}
	for _, library := range []string{"net/http.", "github.com/hashicorp/go-retryablehttp."} {
		all[library+"NewRequest"] = sender{"", 0, 1}
		all[library+"NewRequestWithContext"] = sender{"", 1, 2}
		for _, of := range []string{library, library + "Client."} {
			all[of+"Get"] = sender{http.MethodGet, -1, 0}
			all[of+"Head"] = sender{http.MethodHead, -1, 0}
			all[of+"Post"] = sender{http.MethodPost, -1, 0}
			all[of+"PostForm"] = sender{http.MethodPost, -1, 0}
		}
	}
	for _, library := range restyPaths {
		all[library+"Request.Execute"] = sender{"", 0, 1}
		for _, name := range []string{"Get", "Head", "Post", "Put", "Patch", "Delete"} {
			all[library+"Request."+name] = sender{strings.ToUpper(name), -1, 0}
		}
	}
	return all
}()

var restyPaths = []string{"github.com/go-resty/resty.", "resty.dev.", "gopkg.in/resty.v1."}

func isResty(name, method string) bool {
	return slices.ContainsFunc(restyPaths, func(path string) bool { return name == path+method })
}

// link is a function and a call in it: of a library that sends, or of the function of the link before.
type link struct {
	fn   *Func
	call *ast.CallExpr
}

const maxLinks = 4

// upstreamReader follows requests from the library's call outwards, until URL, method and answer are known.
type upstreamReader struct {
	p       *Program
	w       *hintWalker // for its texts and types
	callers map[*types.Func][]link
	bases   []assign // of resty's clients
	seen    map[string]int
}

// findUpstreams notes the requests that the code sends to other services, with the types that it decodes the answers into.
func (p *Program) findUpstreams() {
	u := &upstreamReader{p: p, w: &hintWalker{p: p, route: &Route{}, seen: map[*types.Func]bool{}}, seen: map[string]int{}}
	var sites []link
	u.callers = map[*types.Func][]link{}
	implementing := map[*types.Func][]*types.Func{}
	for _, fn := range p.sortedFuncs() {
		if fn.decl.Body == nil {
			continue
		}
		ast.Inspect(fn.decl.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			target := originOf(callee(fn.pkg.TypesInfo, call))
			if target == nil {
				return true
			}
			name := qualifiedName(target)
			if from, ok := senders[name]; ok && from.urlIndex < len(call.Args) {
				sites = append(sites, link{fn, call})
			} else if isResty(name, "Client.SetBaseURL") && len(call.Args) == 1 {
				u.bases = append(u.bases, assign{expr: call.Args[0], pkg: fn.pkg})
			}
			u.called(target, link{fn, call}, implementing)
			return true
		})
	}
	for _, site := range sites {
		u.trace([]link{site})
	}
}

// called notes a call of the module's own functions, also by an interface.
func (u *upstreamReader) called(target *types.Func, from link, implementing map[*types.Func][]*types.Func) {
	if u.p.body(target) != nil {
		u.callers[target] = append(u.callers[target], from)
		return
	}
	recv := target.Type().(*types.Signature).Recv()
	if recv == nil || !types.IsInterface(recv.Type()) || target.Pkg() == nil || !u.p.isOwn(target.Pkg()) {
		return
	}
	found, known := implementing[target]
	if !known {
		found = u.p.implementing(target)
		implementing[target] = found
	}
	for _, fn := range found {
		u.callers[fn.Origin()] = append(u.callers[fn.Origin()], from)
	}
}

// scopes are those of a chain's functions; parameters stand for the arguments of the next link's call.
func (u *upstreamReader) scopes(chain []link) []*hintScope {
	scopes := make([]*hintScope, len(chain))
	for i := len(chain) - 1; i >= 0; i-- {
		scopes[i] = &hintScope{pkg: chain[i].fn.pkg, body: chain[i].fn.decl.Body}
		if i+1 < len(chain) {
			u.bind(scopes[i], chain[i].fn, chain[i+1].call, scopes[i+1])
		}
	}
	return scopes
}

func (u *upstreamReader) bind(inner *hintScope, fn *Func, call *ast.CallExpr, outer *hintScope) {
	signature := fn.obj.Type().(*types.Signature)
	inner.bound = map[types.Object]binding{}
	inner.types = instantiation(fn, call.Fun, outer)
	for i := 0; i < signature.Params().Len() && i < len(call.Args); i++ {
		if signature.Variadic() && i == signature.Params().Len()-1 {
			break
		}
		inner.bound[signature.Params().At(i)] = binding{call.Args[i], outer}
	}
}

// trace notes the requests of a chain, or goes on to those who call its last function.
func (u *upstreamReader) trace(chain []link) {
	scopes := u.scopes(chain)
	answer := u.answer(chain, scopes)
	outer := chain[len(chain)-1].fn
	callers := u.callers[outer.obj.Origin()]
	if len(callers) > 0 && len(chain) < maxLinks && u.needsCallers(chain, scopes, answer) {
		for _, caller := range callers {
			if !slices.ContainsFunc(chain, func(l link) bool { return l.fn == caller.fn }) {
				u.trace(append(slices.Clone(chain), caller))
			}
		}
		return
	}
	u.note(chain, scopes, answer)
}

func (u *upstreamReader) needsCallers(chain []link, scopes []*hintScope, answer decoded) bool {
	from, args := u.sender(chain[0])
	if u.depends(args[from.urlIndex], scopes[0], map[types.Object]bool{}) {
		return true
	}
	if from.methodIndex >= 0 && u.depends(args[from.methodIndex], scopes[0], map[types.Object]bool{}) {
		return true
	}
	if answer.found {
		return answer.t == nil || types.IsInterface(answer.t)
	}
	results := chain[len(chain)-1].fn.obj.Type().(*types.Signature).Results()
	for i := range results.Len() {
		path := typePath(results.At(i).Type())
		if path == "net/http.Request" || path == "net/http.Response" || path == "io.ReadCloser" || isBytes(results.At(i).Type()) ||
			strings.HasSuffix(path, "resty.Response") {
			return true
		}
	}
	return false
}

func (u *upstreamReader) sender(site link) (sender, []ast.Expr) {
	return senders[qualifiedName(originOf(callee(site.fn.pkg.TypesInfo, site.call)))], site.call.Args
}

// depends says whether a text is made of a parameter that stands for nothing yet.
func (u *upstreamReader) depends(expr ast.Expr, s *hintScope, seen map[types.Object]bool) bool {
	found := false
	ast.Inspect(expr, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || found {
			return !found
		}
		obj, ok := s.pkg.TypesInfo.Uses[id].(*types.Var)
		if !ok || obj.IsField() || seen[obj] {
			return true
		}
		seen[obj] = true
		if b, ok := s.bound[obj]; ok {
			found = u.depends(b.expr, b.at, seen)
		} else if _, isParam := u.p.params[obj]; isParam {
			found = isString(obj.Type())
		} else if obj.Pkg() != nil && obj.Parent() != obj.Pkg().Scope() {
			for _, a := range u.p.flow.assigns[obj] {
				found = found || u.depends(a.expr, s, seen)
			}
		}
		return !found
	})
	return found
}

// note adds what a chain is known to send.
func (u *upstreamReader) note(chain []link, scopes []*hintScope, answer decoded) {
	from, args := u.sender(chain[0])
	method := from.method
	if from.methodIndex >= 0 {
		for _, value := range u.w.words(args[from.methodIndex], scopes[0]) {
			if text, ok := value.plain(); ok {
				method = strings.ToUpper(text)
			}
		}
	}
	call := UpstreamCall{Method: method, Function: funcSymbol(chain[0].fn.obj), Mains: u.p.mainsOf(chain[0].fn.pkg),
		Origin: u.p.origin(callPos(chain[len(chain)-1].call))}
	for _, s := range scopes {
		call.Status = max(call.Status, u.status(s))
	}
	call.Status = max(call.Status, answer.status)
	if answer.found && answer.t != nil && !types.IsInterface(answer.t) {
		call.Answer = u.shape(answer)
	}
	for _, value := range u.urls(chain[0], args[from.urlIndex], scopes[0]) {
		call.URL = value.text()
		u.add(call)
	}
}

// add keeps one call of a method and URL, the one whose answer is known best.
func (u *upstreamReader) add(call UpstreamCall) {
	key := call.Method + " " + call.URL.Value
	at, known := u.seen[key]
	if !known {
		u.seen[key] = len(u.p.doc.Upstreams)
		u.p.doc.Upstreams = append(u.p.doc.Upstreams, call)
	} else if u.p.doc.Upstreams[at].Answer == nil && call.Answer != nil {
		u.p.doc.Upstreams[at] = call
	}
}

// urls are the values of a request's URL: with the path that a url.URL is given afterwards, and behind resty's base.
func (u *upstreamReader) urls(site link, expr ast.Expr, s *hintScope) []str {
	values := u.w.words(expr, s)
	if call, ok := ast.Unparen(expr).(*ast.CallExpr); ok && qualifiedName(callee(s.pkg.TypesInfo, call)) == "net/url.URL.String" {
		if path := u.pathSet(ast.Unparen(call.Fun).(*ast.SelectorExpr).X, s); path != nil {
			values = slashedAll(values, path)
		}
	}
	if !strings.Contains(qualifiedName(callee(s.pkg.TypesInfo, site.call)), "Request.") {
		return values
	}
	var all []str
	for _, value := range values {
		if len(value.pieces) == 0 || !value.pieces[0].known || !strings.HasPrefix(value.pieces[0].literal, "/") || len(u.bases) == 0 {
			all = append(all, value)
			continue
		}
		for _, base := range u.bases {
			if base.pkg == site.fn.pkg || len(u.bases) == 1 {
				all = append(all, slashedAll(u.p.flow.values(base.expr, scope{pkg: base.pkg}), []str{value})...)
			}
		}
	}
	return all
}

// pathSet is what the function assigns to the Path of a URL: u.Path = path.Join(u.Path, "/quote"), u.Path += "/quote".
func (u *upstreamReader) pathSet(expr ast.Expr, s *hintScope) []str {
	obj := objectOf(s.pkg.TypesInfo, expr)
	var found []str
	ast.Inspect(s.body, func(n ast.Node) bool {
		set, ok := n.(*ast.AssignStmt)
		if !ok || len(set.Lhs) != 1 || len(set.Rhs) != 1 || found != nil {
			return true
		}
		target, ok := ast.Unparen(set.Lhs[0]).(*ast.SelectorExpr)
		if !ok || target.Sel.Name != "Path" || obj == nil || objectOf(s.pkg.TypesInfo, target.X) != obj {
			return true
		}
		field := objectOf(s.pkg.TypesInfo, target) // what it was before stands in the URL already
		found = u.p.flow.values(set.Rhs[0], scope{pkg: s.pkg, bound: func(o types.Object) ([]str, bool) {
			if o == field {
				return literal("", set.Pos()), true
			}
			if b, ok := s.bound[o]; ok {
				return u.w.words(b.expr, b.at), true
			}
			return nil, false
		}})
		return true
	})
	return found
}

// status is the successful status that a function compares the answer's with, where 200 is not among them; 0 for none.
func (u *upstreamReader) status(s *hintScope) int {
	wanted, usual := 0, false
	look := func(x, y ast.Expr) {
		selector, ok := ast.Unparen(x).(*ast.SelectorExpr)
		if !ok || selector.Sel.Name != "StatusCode" || typePath(s.pkg.TypesInfo.TypeOf(selector.X)) != "net/http.Response" {
			return
		}
		if tv := s.pkg.TypesInfo.Types[y]; tv.Value != nil && tv.Value.Kind() == constant.Int {
			status, _ := constant.Int64Val(tv.Value)
			usual = usual || status == http.StatusOK
			if wanted == 0 && status > http.StatusOK && status < http.StatusMultipleChoices {
				wanted = int(status)
			}
		}
	}
	ast.Inspect(s.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				look(n.X, n.Y)
			}
		case *ast.SwitchStmt:
			for _, clause := range n.Body.List {
				for _, value := range clause.(*ast.CaseClause).List {
					if n.Tag != nil {
						look(n.Tag, value)
					}
				}
			}
		}
		return true
	})
	if usual {
		return 0
	}
	return wanted
}

// shape is what a type looks like as JSON.
func (u *upstreamReader) shape(answer decoded) *UpstreamAnswer {
	t := derefType(answer.t)
	fields, array := fieldsOf(t)
	found := &UpstreamAnswer{Type: typeString(t), Kind: jsonKind(t), Array: array, Fields: fields, Origin: u.p.origin(answer.pos)}
	element := t
	if slice, ok := t.Underlying().(*types.Slice); ok {
		element = slice.Elem()
	}
	if named := namedOf(element); named != nil && named.Obj().Pkg() != nil && u.p.isOwn(named.Obj().Pkg()) {
		found.Origin = u.p.origin(named.Obj().Pos())
	}
	return found
}
