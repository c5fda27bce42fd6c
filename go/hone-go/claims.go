package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// registered are the claims of RFC 7519 by the names of the fields and methods that libraries give them.
var registered = map[string]string{
	"Subject": "sub", "Issuer": "iss", "Audience": "aud", "ID": "jti", "Id": "jti", "JwtID": "jti",
	"GetSubject": "sub", "GetIssuer": "iss", "GetAudience": "aud",
}

// parsers are functions that read a text as something else.
var parsers = map[string]string{
	"strconv.ParseInt": "integer", "strconv.ParseUint": "integer", "strconv.Atoi": "integer",
	"github.com/google/uuid.Parse": "uuid", "github.com/google/uuid.MustParse": "uuid", "github.com/gofrs/uuid.FromString": "uuid",
	"github.com/gofrs/uuid/v5.FromString": "uuid", "github.com/google/uuid.Validate": "uuid",
}

// claimReader gathers the claims that a program reads.
type claimReader struct {
	p       *Program
	fields  map[types.Object]Field       // of the module's claims structs and what they embed, by name in the token
	claims  map[string]*TokenClaim       // by name
	order   []string                     // of claims
	targets map[types.Object]bool        // maps and structs that a library fills with claims
	args    map[*types.Func][][]ast.Expr // arguments of calls of the module's functions
	argPkgs map[*types.Func][]*packages.Package
}

// findClaims lists the claims that the code reads out of tokens, what it compares them with, and those that it demands.
func (p *Program) findClaims() {
	c := &claimReader{p: p, fields: map[types.Object]Field{}, claims: map[string]*TokenClaim{}, targets: map[types.Object]bool{},
		args: map[*types.Func][][]ast.Expr{}, argPkgs: map[*types.Func][]*packages.Package{}}
	c.findStructs()
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		if own := p.body(callee(pkg.TypesInfo, call)); own != nil {
			c.args[own.obj] = append(c.args[own.obj], call.Args)
			c.argPkgs[own.obj] = append(c.argPkgs[own.obj], pkg)
		}
		c.option(pkg, call)
	})
	p.eachFile(func(pkg *packages.Package, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			c.node(pkg, n)
			return true
		})
	})
	for _, name := range c.order {
		p.doc.Claims = append(p.doc.Claims, *c.claims[name])
	}
}

// isRegistered says whether a type is a library's struct of the registered claims.
func isRegistered(t types.Type) bool {
	switch typePath(t) {
	case "github.com/golang-jwt/jwt.RegisteredClaims", "github.com/golang-jwt/jwt.StandardClaims", "github.com/dgrijalva/jwt-go.StandardClaims",
		"github.com/go-jose/go-jose/jwt.Claims", "github.com/auth0/go-jwt-middleware/validator.RegisteredClaims":
		return true
	}
	return false
}

// isClaimMap says whether a type is a library's map of claims.
func isClaimMap(t types.Type) bool {
	path := typePath(t)
	return path == "github.com/golang-jwt/jwt.MapClaims" || path == "github.com/dgrijalva/jwt-go.MapClaims"
}

// findStructs finds the module's claims structs: those that embed the registered claims, and those that a library decodes a token into.
func (c *claimReader) findStructs() {
	for _, pkg := range c.p.packages {
		scope := pkg.Types.Scope()
		for _, name := range scope.Names() {
			structure, ok := scope.Lookup(name).Type().Underlying().(*types.Struct)
			if _, isType := scope.Lookup(name).(*types.TypeName); !isType || !ok {
				continue
			}
			for i := range structure.NumFields() {
				if isRegistered(structure.Field(i).Type()) {
					c.structure(pkg, structure)
				}
			}
		}
	}
	c.p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		switch name := qualifiedName(callee(pkg.TypesInfo, call)); {
		case name == "github.com/coreos/go-oidc/oidc.IDToken.Claims", name == "github.com/go-jose/go-jose/jwt.JSONWebToken.Claims",
			name == "github.com/golang-jwt/jwt.ParseWithClaims", name == "github.com/golang-jwt/jwt.Parser.ParseWithClaims":
			for _, argument := range call.Args {
				if structure, ok := underlying(pkg.TypesInfo.TypeOf(argument)).(*types.Struct); ok && c.isOwnType(pkg.TypesInfo.TypeOf(argument)) {
					c.structure(pkg, structure)
				}
				if obj := objectOf(pkg.TypesInfo, argument); obj != nil && isMap(obj.Type()) {
					c.targets[obj] = true
				}
			}
		}
	})
}

// isOwnType says whether a type is the module's, or has no name.
func (c *claimReader) isOwnType(t types.Type) bool {
	named := namedOf(t)
	return named == nil || named.Obj().Pkg() != nil && c.p.isOwn(named.Obj().Pkg())
}

func isMap(t types.Type) bool {
	m, ok := underlying(t).(*types.Map)
	return ok && isString(m.Key())
}

// structure notes the fields of a claims struct; what it embeds of the registered claims counts only where it is read.
func (c *claimReader) structure(pkg *packages.Package, structure *types.Struct) {
	for i := range structure.NumFields() {
		field := structure.Field(i)
		name, _, _ := strings.Cut(tagsOf(structure.Tag(i))["json"], ",")
		if isRegistered(field.Type()) || name == "-" || !field.Exported() {
			continue
		}
		if name == "" {
			name = field.Name()
		}
		c.fields[field] = Field{Name: name, Kind: jsonKind(field.Type())}
		c.add(name, jsonKind(field.Type()), pkg, field.Pos())
	}
}

func (c *claimReader) add(name, kind string, pkg *packages.Package, pos token.Pos) *TokenClaim {
	known, ok := c.claims[name]
	if !ok {
		known = &TokenClaim{Name: name, Kind: "any", Values: []TokenValue{}, Origin: c.p.origin(pos)}
		c.claims[name] = known
		c.order = append(c.order, name)
	}
	if known.Kind == "any" && kind != "" {
		known.Kind = kind
	}
	known.Mains = union(known.Mains, c.p.mainsOf(pkg))
	return known
}

// option reads the options by which a parser demands claims: WithIssuer(x), VerifyAudience(x, true), WithClaimValue(name, x).
func (c *claimReader) option(pkg *packages.Package, call *ast.CallExpr) {
	fn := callee(pkg.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil || len(call.Args) == 0 || !isTokenLibrary(fn.Pkg().Path()) {
		return
	}
	name, value := "", call.Args[0]
	switch fn.Name() {
	case "WithIssuer", "VerifyIssuer":
		name = "iss"
	case "WithAudience", "VerifyAudience", "WithAllAudiences":
		name = "aud"
	case "WithSubject":
		name = "sub"
	case "WithClaimValue":
		if values := c.p.flow.values(call.Args[0], scope{pkg: pkg}); len(values) == 1 && len(call.Args) > 1 {
			name, _ = values[0].plain()
			value = call.Args[1]
		}
	case "WithRequiredClaim":
		for _, wanted := range c.p.flow.values(call.Args[0], scope{pkg: pkg}) {
			if text, ok := wanted.plain(); ok && text != "" && text != "exp" && text != "iat" && text != "nbf" {
				c.add(text, "", pkg, call.Pos()).Required = true
			}
		}
	}
	if name == "" {
		return
	}
	claim := c.add(name, "string", pkg, callPos(call))
	claim.Required = true
	for _, text := range c.texts(value, pkg) {
		c.value(claim, text, true, call.Pos())
	}
}

func isTokenLibrary(path string) bool {
	path = trimVersion(path)
	return strings.HasPrefix(path, "github.com/golang-jwt/jwt") || strings.HasPrefix(path, "github.com/lestrrat-go/jwx") ||
		strings.HasPrefix(path, "github.com/dgrijalva/jwt-go")
}

func (c *claimReader) value(claim *TokenClaim, text Text, refuses bool, pos token.Pos) {
	if text.Value == "" || text.Value == "${?}" {
		return
	}
	for i := range claim.Values {
		if claim.Values[i].Value.Value == text.Value {
			claim.Values[i].Refuses = claim.Values[i].Refuses || refuses
			return
		}
	}
	claim.Values = append(claim.Values, TokenValue{text, refuses, c.p.origin(pos)})
}

// node reads one piece of code: a claim that is read, parsed or compared.
func (c *claimReader) node(pkg *packages.Package, n ast.Node) {
	switch n := n.(type) {
	case *ast.TypeAssertExpr:
		if name := c.direct(n.X, pkg); name != "" && n.Type != nil {
			c.add(name, claimKind(pkg.TypesInfo.TypeOf(n.Type)), pkg, n.Pos())
		}
	case *ast.IndexExpr:
		if name := c.direct(n, pkg); name != "" {
			c.add(name, "", pkg, n.Pos())
		}
	case *ast.SelectorExpr:
		if name := c.direct(n, pkg); name != "" {
			kind := ""
			if name == "sub" || name == "iss" || name == "jti" {
				kind = "string"
			}
			c.add(name, kind, pkg, n.Sel.Pos())
		}
	case *ast.CallExpr:
		c.callNode(pkg, n)
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			c.compared(n.X, n.Y, n, pkg)
			c.compared(n.Y, n.X, n, pkg)
		}
	case *ast.SwitchStmt:
		if n.Tag == nil {
			return
		}
		for _, clause := range n.Body.List {
			for _, value := range clause.(*ast.CaseClause).List {
				c.compared(n.Tag, value, value, pkg)
			}
		}
	}
}

func (c *claimReader) callNode(pkg *packages.Package, n *ast.CallExpr) {
	if name := c.direct(n, pkg); name != "" {
		kind := ""
		if fn := callee(pkg.TypesInfo, n); fn != nil && fn.Name() == "Get" && len(n.Args) == 2 {
			kind = claimKind(derefType(pkg.TypesInfo.TypeOf(n.Args[1])))
		} else if name == "sub" || name == "iss" || name == "jti" {
			kind = "string"
		}
		c.add(name, kind, pkg, n.Pos())
	}
	qualified := qualifiedName(callee(pkg.TypesInfo, n))
	if format := parsers[qualified]; format != "" && len(n.Args) > 0 {
		if name := c.claimOf(n.Args[0], pkg, 0); name != "" {
			c.add(name, "", pkg, n.Pos()).Format = format
		}
	}
	if (qualified == "slices.Contains" || qualified == "strings.Contains" || qualified == "strings.EqualFold") && len(n.Args) == 2 {
		c.compared(n.Args[0], n.Args[1], n, pkg)
		c.compared(n.Args[1], n.Args[0], n, pkg)
	}
}

// claimKind is the JSON kind of a Go type that a claim is read as; numbers of a map are float64, whatever they count.
func claimKind(t types.Type) string {
	if kind := jsonKind(t); kind != "number" {
		return kind
	}
	return "integer"
}

// compared notes that a claim is held against a value.
func (c *claimReader) compared(claim, value ast.Expr, at ast.Node, pkg *packages.Package) {
	name := c.claimOf(claim, pkg, 0)
	if name == "" {
		return
	}
	known := c.add(name, "", pkg, claim.Pos())
	refuses := c.refuses(at, pkg)
	for _, text := range c.texts(value, pkg) {
		c.value(known, text, refuses, value.Pos())
	}
}

// refuses says whether a condition stands in an `if` that returns at once: there the other values are turned away.
func (c *claimReader) refuses(at ast.Node, pkg *packages.Package) bool {
	comparison, ok := at.(*ast.BinaryExpr)
	outer := c.p.enclosing(pkg, at)
	if !ok || comparison.Op != token.NEQ || outer == nil {
		return false
	}
	refused := false
	ast.Inspect(outer.decl, func(n ast.Node) bool {
		s, ok := n.(*ast.IfStmt)
		if ok && s.Cond.Pos() <= at.Pos() && at.End() <= s.Cond.End() && returnsEarly(s.Body) && !callsNext(s.Body) {
			refused = true
		}
		return true
	})
	return refused
}

// direct is the name of the claim that an expression itself reads; empty for others.
func (c *claimReader) direct(expr ast.Expr, pkg *packages.Package) string {
	info := pkg.TypesInfo
	switch e := ast.Unparen(expr).(type) {
	case *ast.SelectorExpr:
		obj, _ := info.Uses[e.Sel].(*types.Var)
		if obj == nil {
			return ""
		}
		if field, ok := c.fields[obj.Origin()]; ok {
			return field.Name
		}
		if obj.IsField() && obj.Pkg() != nil && isTokenLibrary(obj.Pkg().Path()) && c.holdsClaims(info.TypeOf(e.X)) {
			return registered[obj.Name()]
		}
	case *ast.IndexExpr:
		if tv := info.Types[e.Index]; tv.Value != nil && tv.Value.Kind() == constant.String && c.isClaims(e.X, pkg, 0) {
			return constant.StringVal(tv.Value)
		}
	case *ast.CallExpr:
		return c.method(e, pkg)
	}
	return ""
}

// holdsClaims says whether a struct is the registered claims, or embeds them.
func (c *claimReader) holdsClaims(t types.Type) bool {
	if t == nil || isRegistered(t) {
		return t != nil
	}
	structure, ok := underlying(t).(*types.Struct)
	if !ok {
		return false
	}
	for i := range structure.NumFields() {
		if isRegistered(structure.Field(i).Type()) {
			return true
		}
	}
	return false
}

// method reads token.Subject(), claims.GetSubject() and token.Get("role") of libraries.
func (c *claimReader) method(e *ast.CallExpr, pkg *packages.Package) string {
	fn := callee(pkg.TypesInfo, e)
	if fn == nil || fn.Pkg() == nil || !isTokenLibrary(fn.Pkg().Path()) || fn.Type().(*types.Signature).Recv() == nil {
		return ""
	}
	if fn.Name() == "Get" && len(e.Args) > 0 {
		for _, value := range c.p.flow.values(e.Args[0], scope{pkg: pkg}) {
			text, _ := value.plain()
			return text
		}
	}
	if len(e.Args) == 0 {
		return registered[fn.Name()]
	}
	return ""
}

// isClaims says whether an expression is a map of claims, by its type or by where it comes from.
func (c *claimReader) isClaims(expr ast.Expr, pkg *packages.Package, depth int) bool {
	t := pkg.TypesInfo.TypeOf(expr)
	if t == nil || depth > maxHintDepth*2 {
		return false
	}
	if isClaimMap(t) {
		return true
	}
	if !isMap(t) {
		return false
	}
	if call, ok := ast.Unparen(expr).(*ast.CallExpr); ok {
		return c.makesClaims(call, pkg, depth)
	}
	obj := objectOf(pkg.TypesInfo, expr)
	if obj == nil {
		return false
	}
	if c.targets[obj] {
		return true
	}
	for _, a := range c.p.flow.assigns[obj] {
		if call, ok := ast.Unparen(a.expr).(*ast.CallExpr); ok && c.makesClaims(call, a.pkg, depth) || !ok && c.isClaims(a.expr, a.pkg, depth+1) {
			return true
		}
	}
	return false
}

func (c *claimReader) makesClaims(call *ast.CallExpr, pkg *packages.Package, depth int) bool {
	fn := callee(pkg.TypesInfo, call)
	switch qualifiedName(fn) {
	case "github.com/go-chi/jwtauth.FromContext", "github.com/lestrrat-go/jwx/jwt.Token.PrivateClaims", "github.com/lestrrat-go/jwx/jwt.Token.AsMap":
		return true
	}
	own := c.p.body(fn)
	if own == nil {
		return false
	}
	for _, results := range c.p.flow.returns[own.obj] {
		for _, result := range results {
			if inner, ok := ast.Unparen(result).(*ast.CallExpr); ok && c.makesClaims(inner, own.pkg, depth+1) || !ok && c.isClaims(result, own.pkg, depth+1) {
				return true
			}
		}
	}
	return false
}

// claimOf is the name of the claim that an expression holds, by way of conversions, variables, fields and functions of the module.
func (c *claimReader) claimOf(expr ast.Expr, pkg *packages.Package, depth int) string {
	if depth > maxHintDepth*2 || expr == nil {
		return ""
	}
	if name := c.direct(expr, pkg); name != "" {
		return name
	}
	switch e := ast.Unparen(expr).(type) {
	case *ast.TypeAssertExpr:
		return c.claimOf(e.X, pkg, depth+1)
	case *ast.StarExpr:
		return c.claimOf(e.X, pkg, depth+1)
	case *ast.CallExpr:
		return c.claimOfCall(e, pkg, depth)
	case *ast.Ident, *ast.SelectorExpr:
		obj := objectOf(pkg.TypesInfo, expr)
		if obj == nil || c.p.flow.active[obj] {
			return ""
		}
		c.p.flow.active[obj] = true
		defer delete(c.p.flow.active, obj)
		for _, a := range c.p.flow.assigns[obj] {
			if a.index > 0 || a.flagVar {
				continue
			}
			if name := c.claimOf(a.expr, a.pkg, depth+1); name != "" {
				return name
			}
		}
		if list := c.rangedOver(expr, obj, pkg); list != nil { // one of a claim's elements
			return c.claimOf(list, pkg, depth+1)
		}
	}
	return ""
}

func (c *claimReader) claimOfCall(e *ast.CallExpr, pkg *packages.Package, depth int) string {
	fn := callee(pkg.TypesInfo, e)
	name := qualifiedName(fn)
	if len(e.Args) > 0 && (pkg.TypesInfo.Types[e.Fun].IsType() || through[name] || parsers[name] != "" || name == "fmt.Sprint" || name == "strings.Fields" || name == "strings.Split") {
		return c.claimOf(e.Args[0], pkg, depth+1)
	}
	own := c.p.body(fn)
	if own == nil || len(c.p.flow.returns[own.obj]) > maxHintDepth*2 {
		return ""
	}
	for _, results := range c.p.flow.returns[own.obj] {
		if len(results) == 0 {
			continue
		}
		if found := c.claimOf(results[0], own.pkg, depth+1); found != "" {
			return found
		}
	}
	return ""
}

// texts are the values of an expression; those of a variadic parameter, and of a variable that ranges over it, are what the calls give.
func (c *claimReader) texts(expr ast.Expr, pkg *packages.Package) []Text {
	var texts []Text
	t := pkg.TypesInfo.TypeOf(expr)
	if t == nil {
		return nil
	}
	if isString(t) {
		for _, value := range c.p.flow.values(expr, scope{pkg: pkg}) {
			texts = append(texts, value.text())
		}
	}
	if known := slices.ContainsFunc(texts, func(t Text) bool { return t.Value != "${?}" }); known {
		return texts
	}
	if list, ok := ast.Unparen(expr).(*ast.CompositeLit); ok {
		for _, element := range list.Elts {
			texts = append(texts, c.texts(element, pkg)...)
		}
		return texts
	}
	obj := objectOf(pkg.TypesInfo, expr)
	if obj == nil {
		return nil
	}
	if ranged := c.rangedOver(expr, obj, pkg); ranged != nil {
		return c.texts(ranged, pkg)
	}
	at, ok := c.p.params[obj.(*types.Var)]
	if !ok || !at.fn.Type().(*types.Signature).Variadic() {
		return nil
	}
	for i, args := range c.args[at.fn] {
		for _, argument := range args[min(at.index, len(args)):] {
			for _, value := range c.p.flow.values(argument, scope{pkg: c.argPkgs[at.fn][i]}) {
				texts = append(texts, value.text())
			}
		}
	}
	return texts
}

// rangedOver is the list whose elements a variable takes in a `for ... range`, or nil.
func (c *claimReader) rangedOver(at ast.Expr, obj types.Object, pkg *packages.Package) ast.Expr {
	outer := c.p.enclosing(pkg, at)
	if outer == nil {
		return nil
	}
	var list ast.Expr
	ast.Inspect(outer.decl, func(n ast.Node) bool {
		if s, ok := n.(*ast.RangeStmt); ok && s.Value != nil && objectOf(pkg.TypesInfo, s.Value) == obj {
			list = s.X
		}
		return list == nil
	})
	return list
}
