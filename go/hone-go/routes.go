package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// findRoutes interprets every main package, then what no main was seen to reach, and reports the routes, listeners,
// pprof and metrics found on the way.
func (p *Program) findRoutes() {
	references := p.references()
	it := &interp{p: p, interesting: p.interesting(references), entered: map[*types.Func]bool{}, ran: map[*ast.FuncLit]bool{},
		ambient: map[types.Object]*node{}, globals: map[types.Object]value{}}
	for _, pkg := range p.packages {
		if entry, ok := pkg.Types.Scope().Lookup("main").(*types.Func); ok && pkg.Name == "main" {
			it.runMain(pkg, entry)
		}
	}
	it.main = ""
	it.globals, it.ran = map[types.Object]value{}, map[*ast.FuncLit]bool{}
	it.defaultMux = &node{framework: "net/http", isDefault: true}
	it.runRest(references)
	if it.calls > maxCalls {
		p.doc.Problems = append(p.doc.Problems, Problem{Message: "the set-up code makes too many calls to follow; routes may be missing"})
	}
	it.report()
	p.grpcServices()
	p.unreadFrameworks()
}

// runMain interprets one program from fresh globals: first the init functions that matter, then main.
func (it *interp) runMain(pkg *packages.Package, entry *types.Func) {
	it.main, it.calls = pkg.PkgPath, 0
	it.globals, it.ran = map[types.Object]value{}, map[*ast.FuncLit]bool{}
	it.ambient = map[types.Object]*node{}
	it.defaultMux = &node{framework: "net/http", isDefault: true}
	reach := it.p.reachable(pkg)
	for _, fn := range it.p.sortedFuncs() {
		if fn.obj.Name() == "init" && fn.decl.Recv == nil && reach[fn.pkg] && it.interesting[fn.obj] {
			it.enter(&funcValue{fn: fn.obj, pkg: fn.pkg}, nil)
		}
	}
	it.enter(&funcValue{fn: entry, pkg: pkg}, nil)
}

func (p *Program) sortedFuncs() []*Func {
	var all []*Func
	for _, fn := range p.funcs {
		all = append(all, fn)
	}
	slices.SortFunc(all, func(a, b *Func) int { return int(a.decl.Pos() - b.decl.Pos()) })
	return all
}

// runRest interprets interesting functions that were not reached, those first that none of the others calls.
func (it *interp) runRest(references map[*types.Func]map[*types.Func]bool) {
	for {
		var next, any *Func
		called := map[*types.Func]bool{}
		for _, fn := range it.p.sortedFuncs() {
			if it.interesting[fn.obj] && !it.entered[fn.obj] {
				for target := range references[fn.obj] {
					if target != fn.obj {
						called[target] = true
					}
				}
			}
		}
		for _, fn := range it.p.sortedFuncs() {
			if !it.interesting[fn.obj] || it.entered[fn.obj] {
				continue
			}
			if any == nil {
				any = fn
			}
			if !called[fn.obj] && next == nil {
				next = fn
			}
		}
		if next == nil {
			next = any
		}
		if next == nil {
			return
		}
		it.enter(&funcValue{fn: next.obj, pkg: next.pkg}, nil)
		it.entered[next.obj] = true
	}
}

// mentions calls visit for every object that a function uses, and for those that the initial values of package variables
// it uses do: a command's handler often sits in one.
func (p *Program) mentions(fn *Func, visit func(types.Object)) {
	seen := map[types.Object]bool{}
	var walk func(ast.Node, *types.Info)
	walk = func(root ast.Node, info *types.Info) {
		ast.Inspect(root, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || info.Uses[id] == nil {
				return true
			}
			obj := info.Uses[id]
			visit(obj)
			if _, isVar := obj.(*types.Var); isVar && isGlobal(obj) && !seen[obj] {
				seen[obj] = true
				for _, a := range p.flow.assigns[obj] {
					if p.atTop(a.expr.Pos()) {
						walk(a.expr, a.pkg.TypesInfo)
					}
				}
			}
			return true
		})
	}
	walk(fn.decl.Body, fn.pkg.TypesInfo)
}

// references are, for each function, the module's functions that it mentions; of an interface's method, all implementations.
func (p *Program) references() map[*types.Func]map[*types.Func]bool {
	implementing := map[*types.Func][]*types.Func{}
	result := map[*types.Func]map[*types.Func]bool{}
	for obj, fn := range p.funcs {
		result[obj] = map[*types.Func]bool{}
		p.mentions(fn, func(used types.Object) {
			target, ok := used.(*types.Func)
			if !ok {
				return
			}
			target = target.Origin()
			if p.funcs[target] != nil {
				result[obj][target] = true
			} else if recv := target.Type().(*types.Signature).Recv(); recv != nil && target.Pkg() != nil &&
				types.IsInterface(recv.Type()) && p.isOwn(target.Pkg()) {
				if _, known := implementing[target]; !known {
					implementing[target] = p.implementing(target)
				}
				for _, concrete := range implementing[target] {
					result[obj][concrete.Origin()] = true
				}
			}
		})
	}
	return result
}

// interesting are the functions that register, listen or hold a router, and all that can reach them.
func (p *Program) interesting(references map[*types.Func]map[*types.Func]bool) map[*types.Func]bool {
	result := map[*types.Func]bool{}
	for obj, fn := range p.funcs {
		p.mentions(fn, func(used types.Object) {
			if registers(used) {
				result[obj] = true
			}
		})
	}
	for changed := true; changed; {
		changed = false
		for obj, targets := range references {
			for target := range targets {
				if result[target] && !result[obj] {
					result[obj] = true
					changed = true
				}
			}
		}
	}
	return result
}

func registers(obj types.Object) bool {
	if obj == nil || obj.Pkg() == nil {
		return false
	}
	fn, _ := obj.(*types.Func)
	switch trimVersion(obj.Pkg().Path()) {
	case "github.com/gin-gonic/gin", "github.com/go-chi/chi":
		if fn == nil {
			return false
		}
		if recv := fn.Type().(*types.Signature).Recv(); recv != nil {
			return routerType(recv.Type()) != ""
		}
		return fn.Name() == "New" || fn.Name() == "Default" || fn.Name() == "NewRouter" || fn.Name() == "NewMux"
	case "net/http":
		switch obj.Name() {
		case "NewServeMux", "Server", "ServeMux", "Handle", "HandleFunc", "ListenAndServe", "ListenAndServeTLS", "Serve":
			return true
		}
	case "github.com/labstack/echo", "github.com/gofiber/fiber", "github.com/gorilla/mux":
		if fn == nil {
			return false
		}
		if recv := fn.Type().(*types.Signature).Recv(); recv != nil {
			return routerType(recv.Type()) != "" || typePath(recv.Type()) == "github.com/gorilla/mux.Route"
		}
		return fn.Name() == "New" || fn.Name() == "NewRouter"
	case "github.com/gin-contrib/pprof", "github.com/labstack/echo-contrib/pprof":
		return true
	case humaPath:
		return fn != nil && (humaMethods[fn.Name()] != "" ||
			slices.Contains([]string{"Register", "AutoRegister", "NewGroup", "NewAPI", "UseMiddleware"}, fn.Name()))
	case humaPath + "/sse":
		return obj.Name() == "Register"
	case "google.golang.org/grpc":
		return obj.Name() == "Serve"
	}
	if library, ok := plainLibrary(fn); ok {
		if recv := fn.Type().(*types.Signature).Recv(); recv != nil {
			return routerType(recv.Type()) != ""
		}
		return slices.Contains(library.makers, fn.Name())
	}
	return fn != nil && isHumaAdapter(trimVersion(obj.Pkg().Path()))
}

// place is one full way to a router: through which prefix and middleware, from which root.
type place struct {
	prefix     string
	partial    bool
	middleware []string
	root       *node
}

func (n *node) places(depth int) []place {
	if len(n.parents) == 0 || depth > 20 {
		return []place{{partial: n.partial, root: n}}
	}
	var all []place
	for _, e := range n.parents {
		for _, above := range e.to.places(depth + 1) {
			all = append(all, place{joinPath(above.prefix, e.prefix, e.to), above.partial || e.partial,
				append(slices.Clone(above.middleware), e.middleware...), above.root})
		}
	}
	return all
}

// joinPath puts a path behind a prefix as the framework does.
func joinPath(prefix, tail string, on *node) string {
	if tail == "" {
		return prefix
	}
	switch on.framework {
	case "gin":
		joined := path.Join("/", prefix, tail)
		if strings.HasSuffix(tail, "/") && !strings.HasSuffix(joined, "/") {
			joined += "/"
		}
		return joined
	case "chi":
		prefix = strings.TrimSuffix(strings.TrimSuffix(prefix, "*"), "/")
		if tail == "/" && prefix != "" {
			return prefix
		}
	case "fiber":
		prefix = strings.TrimSuffix(prefix, "/")
		if tail == "/" && prefix != "" && !on.strict {
			return prefix
		}
	case "huma":
		return strings.TrimSuffix(prefix, "/") + tail
	case "echo", "gorilla/mux":
		if prefix != "" {
			return prefix + tail
		}
	default:
		if prefix != "" {
			prefix = strings.TrimSuffix(prefix, "/")
		}
	}
	if !strings.HasPrefix(tail, "/") {
		tail = "/" + tail
	}
	return prefix + tail
}

// report turns registrations into routes, pprof and metrics entries.
func (it *interp) report() {
	p := it.p
	it.finishMux()
	reached := it.reachedFromMain()
	for _, r := range it.routes {
		if r.main == "" && reached[r.pos] && r.path.partial() {
			continue
		}
		for _, at := range r.on.places(0) {
			full := joinPath(at.prefix, pathText(r.path), r.on)
			if full == "" {
				full = "/"
			}
			partial := at.partial || strings.Contains(full, "${")
			middleware := append(slices.Clone(at.middleware), r.middleware...)
			handler, extra, decoders := unwrap(it.passedOn(r.handler))
			if kind := debugKind(handler); kind != "" {
				it.addDebug(kind, Debug{Kind: "route", Path: full, Partial: partial, Origin: p.origin(r.pos), Listener: it.listenerOf(at.root, r.main)}, r.main)
				continue
			}
			if n, ok := handler.(*node); ok {
				it.mountedElsewhere(n, full, r, at.root)
				continue
			}
			if l := it.listenerOf(at.root, r.main); l != nil {
				l.Routes++
			}
			it.addRoute(r, at, full, partial, append(middleware, extra...), handler, decoders)
		}
	}
	for _, l := range it.listeners {
		it.addListener(l)
	}
	p.blankPprof(it)
}

func (it *interp) addListener(l *Listener) {
	for i := range it.p.doc.Listeners {
		known := &it.p.doc.Listeners[i]
		if known.Origin == l.Origin && known.Address.Value == l.Address.Value && known.Serves == l.Serves {
			known.Mains = union(known.Mains, l.Mains)
			known.Routes = max(known.Routes, l.Routes)
			return
		}
	}
	l.Mains = union(l.Mains, nil)
	it.p.doc.Listeners = append(it.p.doc.Listeners, *l)
}

func union(a, b []string) []string {
	result := []string{}
	for _, s := range append(slices.Clone(a), b...) {
		if s != "" && !slices.Contains(result, s) {
			result = append(result, s)
		}
	}
	slices.Sort(result)
	return result
}

func unwrap(v value) (value, []string, []decoder) {
	if w, ok := v.(*wrapped); ok {
		return w.inner, w.middleware, w.decoders
	}
	return v, nil, nil
}

// mountedElsewhere serves a whole router registered as one handler, such as gin.WrapH(http.DefaultServeMux).
func (it *interp) mountedElsewhere(n *node, full string, r *registration, root *node) {
	if n.isDefault && strings.Contains(full, "pprof") {
		it.addDebug("pprof", Debug{Kind: "route", Path: cutWildcard(full), Origin: it.p.origin(r.pos), Listener: it.listenerOf(root, r.main)}, r.main)
		return
	}
	mount(n, edge{to: r.on, middleware: r.middleware})
}

func cutWildcard(path string) string {
	if i := strings.IndexByte(path, '*'); i >= 0 {
		return path[:i]
	}
	return path
}

// debugKind says whether a handler is one of net/http/pprof or of Prometheus.
func debugKind(v value) string {
	fv, ok := v.(*funcValue)
	if !ok || fv.fn == nil || fv.fn.Pkg() == nil {
		return ""
	}
	switch trimVersion(fv.fn.Pkg().Path()) {
	case "net/http/pprof", "github.com/gin-contrib/pprof", "github.com/labstack/echo-contrib/pprof",
		"github.com/gofiber/fiber/middleware/pprof":
		return "pprof"
	case "github.com/go-chi/chi/middleware":
		return "pprof"
	case "github.com/prometheus/client_golang/prometheus/promhttp", "github.com/VictoriaMetrics/metrics",
		"github.com/labstack/echo-contrib/echoprometheus":
		return "metrics"
	}
	return ""
}

func (it *interp) addDebug(kind string, d Debug, main string) {
	list := &it.p.doc.Pprof
	if kind == "metrics" {
		list = &it.p.doc.Metrics
	}
	for i := range *list {
		known := &(*list)[i]
		if known.Origin == d.Origin && known.Path == d.Path && known.Kind == d.Kind {
			known.Mains = union(known.Mains, []string{main})
			return
		}
	}
	d.Mains = union([]string{main}, nil)
	*list = append(*list, d)
}

// listenerOf is the listener that serves a root, in the same program if it is known.
func (it *interp) listenerOf(root *node, main string) *Listener {
	for _, l := range it.listeners {
		if l.root == nil {
			continue
		}
		for _, at := range l.root.places(0) {
			if at.root == root {
				return l
			}
		}
	}
	return nil
}

// blankPprof reports the handlers that importing net/http/pprof puts on the default mux.
func (p *Program) blankPprof(it *interp) {
	for _, pkg := range p.packages {
		for _, file := range pkg.Syntax {
			for _, spec := range file.Imports {
				if spec.Path.Value != `"net/http/pprof"` {
					continue
				}
				d := Debug{Kind: "default_mux", Path: "/debug/pprof/", Origin: p.origin(spec.Pos()), Mains: p.mainsOf(pkg)}
				for _, l := range it.listeners {
					if l.root != nil && l.root.isDefault {
						d.Listener = l
					}
				}
				// An import by name whose handlers are registered by hand serves the default mux only if something listens on it.
				if d.Listener != nil || spec.Name != nil && spec.Name.Name == "_" {
					p.doc.Pprof = append(p.doc.Pprof, d)
				}
			}
		}
	}
}

func (it *interp) addRoute(r *registration, at place, full string, partial bool, middleware []string, handler value,
	decoders []decoder) {
	p := it.p
	route := Route{Method: r.method, Path: full, Template: template(full), Partial: partial, Framework: r.on.framework,
		Middleware: middleware, Origin: p.origin(r.pos), Mains: union([]string{r.main}, nil)}
	target := it.handlerTarget(handler)
	route.Handler, route.ValueSymbol = target.symbol, target.valueSymbol
	if target.pos.IsValid() {
		declared := p.origin(target.pos)
		route.Declared = &declared
	}
	for i := range p.doc.Routes {
		known := &p.doc.Routes[i]
		if known.Method == route.Method && known.Path == route.Path && known.Handler == route.Handler && known.Origin == route.Origin {
			known.Mains = union(known.Mains, route.Mains)
			// Programs that share their routes may wrap them differently: the fullest list is the service's.
			if len(middleware) > len(known.Middleware) {
				known.Middleware = middleware
			}
			return
		}
	}
	p.hints(&route, target, decoders, r.operation)
	for _, param := range r.query {
		addParam(&route.Request.Query, param)
	}
	p.doc.Routes = append(p.doc.Routes, route)
}

// target is what a handler value names.
type target struct {
	symbol, valueSymbol string
	pos                 token.Pos
	body                ast.Node // *ast.FuncDecl or *ast.FuncLit
	pkg                 *packages.Package
	signature           *types.Signature
}

func (it *interp) handlerTarget(v value) target {
	p := it.p
	fn, bound := it.serves(v), false
	if fv, ok := v.(*funcValue); ok {
		if fv.lit != nil {
			signature, _ := fv.pkg.TypesInfo.TypeOf(fv.lit).(*types.Signature)
			return target{p.lits[fv.lit], p.lits[fv.lit], fv.lit.Pos(), fv.lit, fv.pkg, signature}
		}
		fn, bound = fv.fn, fv.bound
		if p.body(fn) == nil && bound && types.IsInterface(fn.Type().(*types.Signature).Recv().Type()) {
			if found := it.implementations(fv); len(found) == 1 {
				fn = found[0]
			}
		}
	}
	if fn == nil {
		return target{}
	}
	t := target{symbol: funcSymbol(fn), valueSymbol: funcSymbol(fn)}
	if bound {
		t.valueSymbol += "-fm"
	}
	if decl := p.body(fn); decl != nil {
		t.pos, t.body, t.pkg = decl.decl.Pos(), decl.decl, decl.pkg
		t.signature, _ = decl.obj.Type().(*types.Signature)
	}
	return t
}

var (
	colonParam = regexp.MustCompile(`([:*])([A-Za-z_][A-Za-z0-9_]*)(?:<[^>]*>)?\??`)
	braceParam = regexp.MustCompile(`(^|[^$])\{([A-Za-z_][A-Za-z0-9_]*)(?::[^{}]*(?:\{[^{}]*\}[^{}]*)*|\.\.\.)?\}`)
)

// template writes a path with {name} for every parameter, whatever the framework.
func template(path string) string {
	path = strings.TrimSuffix(path, "{$}")
	path = braceParam.ReplaceAllString(path, "$1{$2}")
	var b strings.Builder
	last := 0
	for _, m := range colonParam.FindAllStringSubmatchIndex(path, -1) {
		if m[0] > 0 && path[m[0]-1] == '/' {
			b.WriteString(path[last:m[0]] + "{" + path[m[4]:m[5]] + "}")
			last = m[1]
		}
	}
	return b.String() + path[last:]
}

// otherFrameworks register routes that this version does not read.
var otherFrameworks = []string{"github.com/99designs/gqlgen/graphql/handler", "github.com/beego/beego/server/web", "github.com/cloudwego/hertz/pkg/app/server",
	"github.com/emicklei/go-restful", "github.com/fasthttp/router", "github.com/go-fuego/fuego", "github.com/graph-gophers/graphql-go",
	"github.com/graphql-go/graphql", "github.com/kataras/iris", "github.com/zeromicro/go-zero/rest", "goji.io"}

func (p *Program) unreadFrameworks() {
	seen := map[string]bool{}
	p.eachFile(func(pkg *packages.Package, file *ast.File) {
		for _, spec := range file.Imports {
			path := trimVersion(strings.Trim(spec.Path.Value, `"`))
			if slices.Contains(otherFrameworks, path) && !seen[path] {
				seen[path] = true
				origin := p.origin(spec.Pos())
				p.doc.Problems = append(p.doc.Problems,
					Problem{Message: "routes registered with " + path + " are not read", Package: pkg.PkgPath, Origin: &origin})
			}
		}
	})
}
