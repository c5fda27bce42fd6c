package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Compared is a column that the database compares a value of a request with: orders.code of `WHERE o.code = $1`. Tables are all that
// the statement names where it does not say whose column it is; none where it names none of that alias. Day: it is compared with the day
// of the column's time, or with `<` and the like.
type Compared struct {
	Tables []string `json:"tables"`
	Column string   `json:"column"`
	Day    bool     `json:"day,omitempty"`
}

func (c Compared) same(other Compared) bool {
	return c.Column == other.Column && c.Day == other.Day && slices.Equal(c.Tables, other.Tables)
}

// requestRead is one place where code reads a value of the path or the query, with what is known of it.
type requestRead struct {
	in, name string
	within   string   // the function's symbol
	callers  []string // symbols of those that call it for its value, the outermost first
	origin   Origin
	known    known
}

// traced is what code says of a value that is followed back to the request: the column that it is compared with, or a rule that it must
// keep, as of a validation tag.
type traced struct {
	column Compared
	demand ruleBehind
}

// ruleBehind is such a rule, and whether it is one of a number or of a length; of neither both are false.
type ruleBehind struct {
	rule             string
	ofNumber, ofSize bool
}

// known is all that was said of a field or a read so.
type known struct {
	columns []Compared
	demands []ruleBehind
}

func (k *known) add(what traced) {
	switch {
	case what.demand.rule != "":
		if !slices.Contains(k.demands, what.demand) {
			k.demands = append(k.demands, what.demand)
		}
	case !slices.ContainsFunc(k.columns, what.column.same):
		k.columns = append(k.columns, what.column)
	}
}

// readers are the functions that read a value of a request, with where it stands and the argument that names it.
var readers = map[string]reader{
	"net/http.Request.PathValue": {"path", 0}, "github.com/go-chi/chi.URLParam": {"path", 1}, "github.com/go-chi/chi.URLParamFromCtx": {"path", 1},
	"github.com/gin-gonic/gin.Context.Param": {"path", 0}, "github.com/labstack/echo.Context.Param": {"path", 0},
	"github.com/labstack/echo.Context.PathParam": {"path", 0}, "github.com/gofiber/fiber.Ctx.Params": {"path", 0},
	"github.com/julienschmidt/httprouter.Params.ByName": {"path", 0},
	"net/url.Values.Get": {"query", 0}, "net/http.Request.FormValue": {"query", 0},
	"github.com/gin-gonic/gin.Context.Query": {"query", 0}, "github.com/gin-gonic/gin.Context.DefaultQuery": {"query", 0},
	"github.com/labstack/echo.Context.QueryParam": {"query", 0}, "github.com/gofiber/fiber.Ctx.Query": {"query", 0},
	"net/http.Header.Get": {"header", 0}, "github.com/gin-gonic/gin.Context.GetHeader": {"header", 0}, "github.com/gofiber/fiber.Ctx.Get": {"header", 0},
}

type reader struct {
	in   string
	name int // index of the argument
}

// findCompared follows the arguments of statements back to what of a request they are.
func (p *Program) findCompared() {
	c := &comparer{p: p, helpers: map[*types.Func]reader{}, within: map[*ast.CallExpr]string{}, contracts: map[types.Object][]types.Object{}, naming: p.gormNaming()}
	p.ranges = map[types.Object]assign{}
	c.prepare()
	p.known = map[types.Object]known{}
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, _ string) {
		statement, rest := p.statementOf(pkg, call)
		if statement.expr == nil || call.Ellipsis.IsValid() || len(rest) == 0 {
			return
		}
		for _, value := range p.flow.values(statement.expr, scope{pkg: statement.pkg}) {
			columns := comparedColumns(value.text().Value)
			for _, number := range slices.Sorted(maps.Keys(columns)) {
				if number <= len(rest) {
					c.follow(rest[number-1], pkg, traced{column: columns[number]})
				}
			}
		}
	})
	c.findChained()
	c.findFormatted()
	c.findDemanded()
	p.reads = c.reads
}

// statementOf is the SQL that a call hands to a library or to a helper of the module, or that was prepared for it, and the arguments that
// stand for $1 and so on; nil for other calls.
func (p *Program) statementOf(pkg *packages.Package, call *ast.CallExpr) (assign, []ast.Expr) {
	fn := callee(pkg.TypesInfo, call)
	selector, isMethod := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if isMethod && strings.HasPrefix(qualifiedName(fn), "database/sql.Stmt.") {
		return p.preparedAs(pkg, selector.X), parametersOf(pkg, fn, call, 0)
	}
	argument := ast.Expr(nil)
	if _, sql := p.sqlArgument(pkg, call); sql != nil {
		argument = sql
	} else if w, ok := p.wrappers[originOf(fn)]; ok && w.param < len(call.Args) {
		argument = call.Args[w.param]
	}
	if argument == nil {
		return assign{}, nil
	}
	rest := parametersOf(pkg, fn, call, slices.Index(call.Args, argument)+1)
	if name, ok := ast.Unparen(argument).(*ast.SelectorExpr); ok && name.Sel.Name == "Name" { // of pgx's StatementDescription
		if prepared := p.preparedAs(pkg, name.X); prepared.expr != nil {
			return prepared, rest
		}
	}
	return assign{expr: argument, pkg: pkg}, rest
}

// preparedAs is the SQL of the call that made a prepared statement.
func (p *Program) preparedAs(pkg *packages.Package, statement ast.Expr) assign {
	for _, a := range p.flow.assigns[objectOf(pkg.TypesInfo, statement)] {
		if made, ok := ast.Unparen(a.expr).(*ast.CallExpr); ok {
			if _, sql := p.sqlArgument(a.pkg, made); sql != nil {
				return assign{expr: sql, pkg: a.pkg}
			}
		}
	}
	return assign{}
}

// parametersOf are the arguments of a variadic parameter, or else those from `begin` on.
func parametersOf(pkg *packages.Package, fn *types.Func, call *ast.CallExpr, begin int) []ast.Expr {
	if signature := fn.Type().(*types.Signature); signature.Variadic() {
		begin = max(begin, signature.Params().Len()-1)
	}
	rest := call.Args[min(begin, len(call.Args)):]
	for len(rest) > 0 && isOptionOfPgx(pkg.TypesInfo.TypeOf(rest[0])) {
		rest = rest[1:]
	}
	return rest
}

// isOptionOfPgx says whether an argument says how to ask, such as pgx.QueryExecModeExec, or names the values.
func isOptionOfPgx(t types.Type) bool {
	named := namedOf(t)
	return named != nil && named.Obj().Pkg() != nil && trimVersion(named.Obj().Pkg().Path()) == "github.com/jackc/pgx"
}

type comparer struct {
	p         *Program
	helpers   map[*types.Func]reader // functions of the module that read a value whose name they are given
	within    map[*ast.CallExpr]string
	contracts map[types.Object][]types.Object // parameters of a method: those of the interfaces' methods that it implements
	naming    gormNames
	reads     []*requestRead
	calls     []followed // the outermost first
	seen      map[visit]bool
}

// followed is a call of one of the module's own functions whose results are followed.
type followed struct {
	call *ast.CallExpr
	pkg  *packages.Package
}

// visit is that of a variable or a result, while the results of a call are followed or none are: what one caller gets is not another's.
type visit struct {
	what any
	by   *ast.CallExpr
}

// visited notes a visit, and says whether it was noted before.
func (c *comparer) visited(what any) bool {
	v := visit{what: what}
	if len(c.calls) > 0 {
		v.by = c.calls[len(c.calls)-1].call
	}
	before := c.seen[v]
	c.seen[v] = true
	return before
}

func (c *comparer) prepare() {
	c.p.pathReads = map[string][]string{}
	c.p.eachFile(func(pkg *packages.Package, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if index, ok := n.(*ast.IndexExpr); ok && c.varsCall(index.X, pkg) != nil {
				if fn := c.p.enclosing(pkg, index); fn != nil {
					name := textOfConstant(pkg, index.Index)
					c.p.pathReads[name] = append(c.p.pathReads[name], funcSymbol(fn.obj))
				}
			}
			if loop, ok := n.(*ast.RangeStmt); ok {
				element := loop.Value
				if _, sequence := pkg.TypesInfo.TypeOf(loop.X).Underlying().(*types.Signature); sequence && element == nil {
					element = loop.Key // for part := range slices.Chunk(ids, 20)
				}
				if element == nil {
					return true
				}
				if obj := objectOf(pkg.TypesInfo, element); obj != nil {
					c.p.ranges[obj] = assign{expr: loop.X, pkg: pkg}
				}
			}
			return true
		})
	})
	// A helper may call another one.
	for known := -1; known < len(c.helpers); {
		known = len(c.helpers)
		c.p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, _ string) {
			if r, ok := c.readerOf(callee(pkg.TypesInfo, call)); ok && r.name < len(call.Args) {
				if helper, param := c.p.ownParam(pkg, call.Args[r.name]); helper != nil {
					c.helpers[helper] = reader{r.in, param}
				}
			}
		})
	}
	contracts := map[*types.Func]bool{}
	c.p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		c.within[call] = within
		fn := callee(pkg.TypesInfo, call)
		if r, ok := c.readerOf(fn); ok && r.in == "path" && r.name < len(call.Args) {
			if name := textOfConstant(pkg, call.Args[r.name]); name != "" {
				c.p.pathReads[name] = append(c.p.pathReads[name], within)
			}
		}
		if fn == nil || contracts[fn] {
			return
		}
		contracts[fn] = true
		own := fn.Type().(*types.Signature).Params()
		for _, method := range c.p.implementing(fn) {
			params := method.Type().(*types.Signature).Params()
			for i := range min(params.Len(), own.Len()) {
				c.contracts[params.At(i)] = append(c.contracts[params.At(i)], own.At(i))
			}
		}
	})
}

func (c *comparer) readerOf(fn *types.Func) (reader, bool) {
	if r, ok := readers[qualifiedName(fn)]; ok {
		return r, true
	}
	r, ok := c.helpers[originOf(fn)]
	return r, ok
}

// follow notes what of a request an expression is, and what is known of that then.
func (c *comparer) follow(expr ast.Expr, pkg *packages.Package, what traced) {
	c.seen = map[visit]bool{}
	c.trace(expr, pkg, what, 0)
}

func (c *comparer) trace(expr ast.Expr, pkg *packages.Package, what traced, depth int) {
	if depth > maxDepth {
		return
	}
	switch e := ast.Unparen(expr).(type) {
	case *ast.StarExpr:
		c.trace(e.X, pkg, what, depth+1)
	case *ast.UnaryExpr:
		c.trace(e.X, pkg, what, depth+1)
	case *ast.SliceExpr:
		c.trace(e.X, pkg, what, depth+1)
	case *ast.IndexExpr:
		c.element(e, pkg, what, depth)
	case *ast.CompositeLit: // sql.NullString{String: x, Valid: x != ""}
		for _, element := range e.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				element = pair.Value
			}
			c.trace(element, pkg, what, depth+1)
		}
	case *ast.CallExpr:
		c.call(e, 0, pkg, what, depth)
	case *ast.Ident, *ast.SelectorExpr:
		c.variable(objectOf(pkg.TypesInfo, expr), what, depth)
	}
}

// element is mux.Vars(r)["id"], or one of a list.
func (c *comparer) element(e *ast.IndexExpr, pkg *packages.Package, what traced, depth int) {
	if vars := c.varsCall(e.X, pkg); vars != nil {
		c.read("path", e.Index, vars, pkg, what)
		return
	}
	c.trace(e.X, pkg, what, depth+1)
}

// varsCall is the call of gorilla's mux.Vars that an expression is, or that a variable was assigned from.
func (c *comparer) varsCall(expr ast.Expr, pkg *packages.Package) *ast.CallExpr {
	isVars := func(expr ast.Expr, pkg *packages.Package) *ast.CallExpr {
		call, ok := ast.Unparen(expr).(*ast.CallExpr)
		if !ok || qualifiedName(callee(pkg.TypesInfo, call)) != "github.com/gorilla/mux.Vars" {
			return nil
		}
		return call
	}
	if call := isVars(expr, pkg); call != nil {
		return call
	}
	if obj := objectOf(pkg.TypesInfo, expr); obj != nil {
		for _, a := range c.p.flow.assigns[obj] {
			if call := isVars(a.expr, a.pkg); call != nil {
				return call
			}
		}
	}
	return nil
}

func (c *comparer) variable(obj types.Object, what traced, depth int) {
	if obj == nil || c.visited(obj) {
		return
	}
	if field, ok := obj.(*types.Var); ok && field.IsField() {
		known := c.p.known[obj]
		known.add(what)
		c.p.known[obj] = known
	}
	if c.argument(obj, what, depth) {
		return
	}
	for _, a := range c.p.flow.assigns[obj] {
		if call, ok := ast.Unparen(a.expr).(*ast.CallExpr); ok {
			c.call(call, a.index, a.pkg, what, depth)
		} else {
			c.trace(a.expr, a.pkg, what, depth+1)
		}
	}
	if list, ok := c.p.ranges[obj]; ok {
		c.trace(list.expr, list.pkg, what, depth+1)
	}
	for _, contract := range c.contracts[obj] {
		c.variable(contract, what, depth+1)
	}
}

// argument follows a parameter of the function whose result is followed to what this very call hands it; false where it is none.
func (c *comparer) argument(obj types.Object, what traced, depth int) bool {
	variable, ok := obj.(*types.Var)
	if !ok || len(c.calls) == 0 {
		return false
	}
	top := c.calls[len(c.calls)-1]
	param, ok := c.p.params[variable]
	if !ok || param.fn != originOf(callee(top.pkg.TypesInfo, top.call)) || param.index >= len(top.call.Args) {
		return false
	}
	c.calls = c.calls[:len(c.calls)-1]
	c.trace(top.call.Args[param.index], top.pkg, what, depth+1)
	c.calls = append(c.calls, top)
	return true
}

func (c *comparer) call(e *ast.CallExpr, index int, pkg *packages.Package, what traced, depth int) {
	if depth > maxDepth {
		return
	}
	fn := callee(pkg.TypesInfo, e)
	name := qualifiedName(fn)
	if r, ok := c.readerOf(fn); ok && r.name < len(e.Args) {
		c.read(r.in, e.Args[r.name], e, pkg, what)
		return
	}
	if fn != nil && fn.Pkg() != nil && c.p.isOwn(fn.Pkg()) {
		if _, ok := c.p.wrappers[originOf(fn)]; ok {
			return
		}
		c.calls = append(c.calls, followed{e, pkg})
		for _, results := range c.p.flow.returns[originOf(fn)] {
			if own := c.p.body(fn); own != nil && index < len(results) && !c.visited(results[index]) {
				c.trace(results[index], own.pkg, what, depth+1)
			}
		}
		c.calls = c.calls[:len(c.calls)-1]
		return
	}
	// A conversion, strings.TrimSpace, pq.Array, strconv.Atoi, append; not what comes out of a database, or is made of a text.
	if statement, _ := c.p.statementOf(pkg, e); statement.expr != nil || name == "fmt.Sprintf" || isHash(fn) || isOfLength(e, pkg) {
		return
	}
	for _, argument := range e.Args {
		c.trace(argument, pkg, what, depth+1)
	}
	// What a method makes of its own value: day.Format(time.DateOnly), id.String().
	if selector, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && isOfOneValue(pkg.TypesInfo.TypeOf(selector.X)) {
		c.trace(selector.X, pkg, what, depth+1)
	}
}

// isOfLength says whether a call is that of a builtin which takes nothing of its arguments but how many there are: make, len, cap.
func isOfLength(call *ast.CallExpr, pkg *packages.Package) bool {
	name, ok := ast.Unparen(call.Fun).(*ast.Ident)
	return ok && pkg.TypesInfo.Types[call.Fun].IsBuiltin() && (name.Name == "make" || name.Name == "len" || name.Name == "cap")
}

// isOfOneValue says whether a type is a time or a UUID.
func isOfOneValue(t types.Type) bool {
	return t != nil && (typePath(t) == "time.Time" || strings.HasSuffix(typePath(t), ".UUID"))
}

func isHash(fn *types.Func) bool {
	return fn != nil && fn.Pkg() != nil && (strings.HasPrefix(fn.Pkg().Path(), "crypto/") || strings.HasPrefix(fn.Pkg().Path(), "hash/") ||
		strings.HasPrefix(fn.Pkg().Path(), "golang.org/x/crypto/"))
}

// textOfConstant is the text that a constant is, empty for all else.
func textOfConstant(pkg *packages.Package, expr ast.Expr) string {
	value := pkg.TypesInfo.Types[expr].Value
	if value == nil || value.Kind() != constant.String {
		return ""
	}
	return constant.StringVal(value)
}

func (c *comparer) read(in string, named ast.Expr, call *ast.CallExpr, pkg *packages.Package, what traced) {
	name := textOfConstant(pkg, named)
	if name == "" {
		return
	}
	origin := c.p.origin(callPos(call))
	var callers []string
	for _, caller := range c.calls {
		callers = append(callers, c.within[caller.call])
	}
	at := slices.IndexFunc(c.reads, func(r *requestRead) bool {
		return r.in == in && r.name == name && r.origin == origin && slices.Equal(r.callers, callers)
	})
	if at < 0 {
		at = len(c.reads)
		c.reads = append(c.reads, &requestRead{in: in, name: name, within: c.within[call], callers: callers, origin: origin})
	}
	c.reads[at].known.add(what)
}

// attachCompared tells the parameters of routes, and the headers of middleware, what they are compared with.
func (p *Program) attachCompared() {
	for i := range p.doc.Headers {
		header := &p.doc.Headers[i]
		var columns []Compared
		for _, r := range p.reads {
			if r.in == "header" && strings.EqualFold(r.name, header.Name) && r.origin == header.Origin {
				columns = append(columns, r.known.columns...)
			}
		}
		header.Compared = onlyCompared(columns)
	}
	for i := range p.doc.Routes {
		route := &p.doc.Routes[i]
		for j := range route.Request.Path {
			p.attach("path", route, &route.Request.Path[j])
		}
		for j := range route.Request.Query {
			p.attach("query", route, &route.Request.Query[j])
		}
		for j := range route.Request.Header {
			p.attach("header", route, &route.Request.Header[j])
		}
		if route.Request.Body != nil {
			settleDemands(route.Request.Body.Fields)
		}
	}
}

// attach takes the reads at the very place of a parameter, or else those of its handler, or else, of a path, those of the middleware before
// it, which tells who asks where it looks up no id.
func (p *Program) attach(in string, route *Route, param *Param) {
	if in == "query" {
		defer p.attachDemands(route, param)
	}
	if param.Compared != nil {
		return
	}
	byMiddleware := func(r *requestRead) bool {
		return in == "path" && slices.ContainsFunc(route.Middleware, func(middleware string) bool {
			return !p.passing[middleware] && isWithin(r, middleware)
		})
	}
	for _, fits := range []func(r *requestRead) bool{
		func(r *requestRead) bool { return r.origin == param.Origin && isWithin(r, route.Handler) },
		func(r *requestRead) bool { return r.origin == param.Origin },
		func(r *requestRead) bool { return isWithin(r, route.Handler) },
		byMiddleware,
	} {
		var columns []Compared
		scope := true
		for _, r := range p.reads {
			if r.in == in && r.name == param.Name && fits(r) {
				columns = append(columns, r.known.columns...)
				scope = scope && byMiddleware(r)
			}
		}
		if len(columns) > 0 {
			param.Compared = onlyCompared(columns)
			param.Scope = scope && param.Compared != nil && param.Compared.Column != "id"
			return
		}
	}
	param.Scope = in == "path" && !strings.HasSuffix(strings.ToLower(param.Name), "id") && p.readByMiddlewareAlone(route, param.Name)
}

// readByMiddlewareAlone says whether nothing but the middleware of a route reads a parameter of its path, to look it up in what it keeps
// in memory, say.
func (p *Program) readByMiddlewareAlone(route *Route, name string) bool {
	reads := p.pathReads[name]
	byMiddleware := func(within string) bool {
		return slices.ContainsFunc(route.Middleware, func(middleware string) bool { return !p.passing[middleware] && isOf(within, middleware) })
	}
	return len(reads) > 0 && !slices.ContainsFunc(reads, func(within string) bool { return !byMiddleware(within) })
}

func isWithin(r *requestRead, function string) bool {
	return function != "" && slices.ContainsFunc(append(slices.Clone(r.callers), r.within), func(symbol string) bool {
		return isOf(symbol, function)
	})
}

// isOf says whether a symbol is that of a function or of a literal within it.
func isOf(symbol, function string) bool {
	return symbol == function || strings.HasPrefix(symbol, function+".")
}

// compareMembers tells the members of a body what they are compared with.
func (p *Program) compareMembers(fields []Field, t types.Type) {
	if list, ok := t.Underlying().(*types.Slice); ok {
		t = list.Elem()
	}
	structure, ok := derefType(t).Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i := range structure.NumFields() {
		member := structure.Field(i)
		name, _, _ := strings.Cut(tagsOf(structure.Tag(i))["json"], ",")
		if name == "" && member.Embedded() {
			p.compareMembers(fields, member.Type())
			continue
		}
		if name == "" {
			name = member.Name()
		}
		if at := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name }); at >= 0 {
			fields[at].Compared = onlyCompared(p.known[member.Origin()].columns)
			noteDemands(&fields[at], p.known[member.Origin()].demands)
			p.compareMembers(fields[at].Fields, member.Type())
		}
	}
}

// onlyCompared is the column, where all are the same: of tables that all statements name.
func onlyCompared(columns []Compared) *Compared {
	// An alias of which nobody knows what it is says less than others.
	if of := slices.DeleteFunc(slices.Clone(columns), func(column Compared) bool { return len(column.Tables) == 0 }); len(of) > 0 {
		columns = of
	}
	if len(columns) == 0 {
		return nil
	}
	only := columns[0]
	for _, other := range columns[1:] {
		common := slices.DeleteFunc(slices.Clone(only.Tables), func(table string) bool { return !slices.Contains(other.Tables, table) })
		if other.Column != only.Column || other.Day != only.Day || len(common) == 0 {
			return nil
		}
		only.Tables = common
	}
	return &only
}
