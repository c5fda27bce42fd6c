package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// textArguments are the calls that are handed a token's text, with the index of that argument.
var textArguments = map[string]int{
	"github.com/golang-jwt/jwt.Parse":                       0,
	"github.com/golang-jwt/jwt.ParseWithClaims":             0,
	"github.com/golang-jwt/jwt.Parser.Parse":                0,
	"github.com/golang-jwt/jwt.Parser.ParseWithClaims":      0,
	"github.com/dgrijalva/jwt-go.Parse":                     0,
	"github.com/dgrijalva/jwt-go.ParseWithClaims":           0,
	"github.com/lestrrat-go/jwx/jwt.Parse":                  0,
	"github.com/lestrrat-go/jwx/jwt.ParseString":            0,
	"github.com/coreos/go-oidc/oidc.IDTokenVerifier.Verify": 1,
	"github.com/go-jose/go-jose/jwt.ParseSigned":            0,
}

// sourceCalls read a header or cookie of the request, named by this argument.
var sourceCalls = map[string]struct {
	in       string
	argument int
}{
	"net/http.Request.Cookie":                     {"cookie", 0},
	"github.com/gin-gonic/gin.Context.Cookie":     {"cookie", 0},
	"github.com/labstack/echo.Context.Cookie":     {"cookie", 0},
	"github.com/gofiber/fiber.Ctx.Cookies":        {"cookie", 0},
	"net/http.Header.Get":                         {"header", 0},
	"github.com/gin-gonic/gin.Context.GetHeader":  {"header", 0},
	"github.com/gofiber/fiber.Ctx.Get":            {"header", 0},
	humaPath + ".Context.Header":                  {"header", 0},
	humaPath + ".Context.Query":                   {"query", 0},
	humaPath + ".ReadCookie":                      {"cookie", 1},
	"net/url.Values.Get":                          {"query", 0},
	"github.com/gin-gonic/gin.Context.Query":      {"query", 0},
	"github.com/labstack/echo.Context.QueryParam": {"query", 0},
}

// extractors are functions of a library that a verifier is given, each with what it reads.
var extractors = map[string]TokenSource{
	"github.com/go-chi/jwtauth.TokenFromHeader": {In: "header", Name: "Authorization", Prefix: "Bearer "},
	"github.com/go-chi/jwtauth.TokenFromCookie": {In: "cookie", Name: "jwt"},
	"github.com/go-chi/jwtauth.TokenFromQuery":  {In: "query", Name: "jwt"},
}

// guessedScheme is what stands before a token that is one of the words of a header.
const guessedScheme = "Bearer "

// sourceTracer follows a token's text to where it stands in the request.
type sourceTracer struct {
	p *Program
	// compared: not what is verified as a token, but what is compared with another text. Then nothing is guessed of a prefix, Basic
	// authentication and what middleware of libraries asks (see fromRequest) count, and digested says whether a digest of it is compared.
	compared bool
	digested bool
	found    []TokenSource
	seen     map[any]bool
}

// tokenSources are the places of a request that the tokens of a call stand in; none where that is not seen.
func (p *Program) tokenSources(call *ast.CallExpr, pkg *packages.Package, name string) []TokenSource {
	t := &sourceTracer{p: p, seen: map[any]bool{}}
	if at, ok := textArguments[name]; ok && at < len(call.Args) {
		t.trace(call.Args[at], pkg, "", 0)
	}
	for _, argument := range call.Args {
		t.lookup(argument, pkg)
	}
	switch {
	case strings.HasPrefix(name, "github.com/go-chi/jwtauth."):
		t.jwtauth()
	case strings.HasPrefix(name, "github.com/golang-jwt/jwt/request.") && len(call.Args) > 1:
		t.extractor(call.Args[1], pkg)
	case len(t.found) == 0:
		t.elsewhere(name)
	}
	return t.found
}

func (t *sourceTracer) add(source TokenSource) {
	known := func(s TokenSource) bool { return s.In == source.In && strings.EqualFold(s.Name, source.Name) }
	if source.Name != "" && !slices.ContainsFunc(t.found, known) {
		t.found = append(t.found, source)
	}
}

// trace follows an expression; `prefix` is what was cut off on the way.
func (t *sourceTracer) trace(expr ast.Expr, pkg *packages.Package, prefix string, depth int) {
	if depth > maxKeySteps {
		return
	}
	info := pkg.TypesInfo
	switch e := ast.Unparen(expr).(type) {
	case *ast.SliceExpr: // h[len("Bearer "):]
		if e.Low != nil {
			if call, ok := ast.Unparen(e.Low).(*ast.CallExpr); ok && len(call.Args) == 1 {
				prefix = t.plain(call.Args[0], pkg, prefix)
			} else if tv := info.Types[e.Low]; tv.Value != nil && tv.Value.ExactString() == "7" {
				prefix = "Bearer "
			}
		}
		t.trace(e.X, pkg, prefix, depth+1)
	case *ast.IndexExpr: // strings.Split(h, " ")[1]
		t.trace(e.X, pkg, prefix, depth+1)
	case *ast.StarExpr:
		t.trace(e.X, pkg, prefix, depth+1)
	case *ast.UnaryExpr:
		t.trace(e.X, pkg, prefix, depth+1)
	case *ast.CallExpr:
		t.call(e, 0, pkg, prefix, depth)
	case *ast.Ident, *ast.SelectorExpr:
		obj := objectOf(info, expr)
		if sources := t.p.fromRequest[obj]; len(sources) > 0 && t.compared {
			t.found = append(t.found, sources...)
		} else if obj != nil && !t.seen[obj] {
			t.seen[obj] = true
			for _, a := range t.p.flow.assigns[obj] {
				if call, ok := ast.Unparen(a.expr).(*ast.CallExpr); ok {
					t.call(call, a.index, a.pkg, prefix, depth)
				} else {
					t.trace(a.expr, a.pkg, prefix, depth+1)
				}
			}
		}
		if selector, ok := ast.Unparen(expr).(*ast.SelectorExpr); ok && selector.Sel.Name == "Value" { // cookie.Value
			t.trace(selector.X, pkg, prefix, depth+1)
		}
	}
}

func (t *sourceTracer) plain(expr ast.Expr, pkg *packages.Package, otherwise string) string {
	for _, value := range t.p.flow.values(expr, scope{pkg: pkg}) {
		if text, ok := value.plain(); ok && text != "" {
			return text
		}
	}
	return otherwise
}

func (t *sourceTracer) call(e *ast.CallExpr, index int, pkg *packages.Package, prefix string, depth int) {
	info := pkg.TypesInfo
	if info.Types[e.Fun].IsType() && len(e.Args) == 1 {
		t.trace(e.Args[0], pkg, prefix, depth+1)
		return
	}
	fn := callee(info, e)
	name := qualifiedName(fn)
	if own := t.p.body(fn); own != nil {
		t.results(own, index, prefix, depth)
		return
	}
	if from, ok := sourceCalls[name]; ok && from.argument < len(e.Args) {
		if name == "net/http.Header.Get" && !isRequestHeader(e, info) && !isCallHeader(e) {
			return
		}
		source := TokenSource{In: from.in, Name: t.plain(e.Args[from.argument], pkg, ""), Prefix: prefix, Origin: t.p.origin(callPos(e))}
		if t.compared {
			source.Origin = t.p.origin(e.Pos()) // as that of a Header
			if source.Prefix == guessedScheme && !strings.EqualFold(source.Name, "Authorization") {
				source.Prefix = ""
			}
		}
		if source.In == "header" && strings.EqualFold(source.Name, "Authorization") && source.Prefix == "" && !t.compared {
			source.Prefix = "Bearer "
		}
		t.add(source)
		return
	}
	if name == "net/http.Request.BasicAuth" && t.compared {
		t.add(TokenSource{In: fromBasicAuth, Name: strconv.Itoa(index), Origin: t.p.origin(e.Pos())})
		return
	}
	if isDigest(name) && len(e.Args) == 1 {
		t.digested = true
		t.trace(e.Args[0], pkg, prefix, depth+1)
		return
	}
	if !strings.HasPrefix(name, "strings.") || len(e.Args) == 0 {
		return
	}
	switch fn.Name() {
	case "TrimPrefix", "CutPrefix":
		prefix = t.plain(e.Args[1], pkg, prefix)
	case "Split", "SplitN", "Fields", "Cut":
		prefix = guessedScheme
	}
	t.trace(e.Args[0], pkg, prefix, depth+1)
}

// isCallHeader says whether a method is called on the headers of a request that a call gives: c.Request().Header.
func isCallHeader(call *ast.CallExpr) bool {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && strings.HasSuffix(types.ExprString(selector.X), "Request().Header")
}

func (t *sourceTracer) results(own *Func, index int, prefix string, depth int) {
	if t.seen[own.obj] {
		return
	}
	t.seen[own.obj] = true
	for _, results := range t.p.flow.returns[own.obj] {
		if index < len(results) {
			t.trace(results[index], own.pkg, prefix, depth+1)
		} else if len(results) == 1 {
			t.trace(results[0], own.pkg, prefix, depth+1)
		}
	}
}

// lookup reads the TokenLookup of a configuration: "header:X-Auth:Token ,cookie:jwt".
func (t *sourceTracer) lookup(expr ast.Expr, pkg *packages.Package) {
	lit := t.literal(expr, pkg, 0)
	if lit == nil {
		return
	}
	fields := map[string]ast.Expr{}
	for _, element := range lit.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			fields[types.ExprString(pair.Key)] = pair.Value
		}
	}
	if fields["TokenLookup"] == nil {
		return
	}
	scheme := "Bearer"
	for _, name := range []string{"AuthScheme", "TokenHeadName"} {
		if fields[name] != nil {
			scheme = t.plain(fields[name], pkg, scheme)
		}
	}
	for _, place := range strings.Split(t.plain(fields["TokenLookup"], pkg, ""), ",") {
		parts := strings.SplitN(place, ":", 3)
		if len(parts) < 2 {
			continue
		}
		source := TokenSource{In: strings.TrimSpace(parts[0]), Name: strings.TrimSpace(parts[1]), Origin: t.p.origin(fields["TokenLookup"].Pos())}
		switch {
		case source.In != "header" && source.In != "cookie" && source.In != "query":
			continue
		case source.In == "header" && len(parts) == 3:
			source.Prefix = strings.TrimLeft(parts[2], " ")
		case source.In == "header" && (strings.EqualFold(source.Name, "Authorization") || !isEchoJWT(pkg, lit)):
			source.Prefix = scheme + " "
		}
		t.add(source)
	}
}

// isEchoJWT says whether a configuration is echo-jwt's, which cuts nothing off unless it is told what.
func isEchoJWT(pkg *packages.Package, lit *ast.CompositeLit) bool {
	return strings.HasPrefix(typePath(pkg.TypesInfo.TypeOf(lit)), "github.com/labstack/echo-jwt")
}

// literal is the struct that an expression is, by way of variables.
func (t *sourceTracer) literal(expr ast.Expr, pkg *packages.Package, depth int) *ast.CompositeLit {
	switch e := ast.Unparen(expr).(type) {
	case *ast.CompositeLit:
		return e
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return t.literal(e.X, pkg, depth)
		}
	case *ast.Ident:
		if obj := objectOf(pkg.TypesInfo, e); obj != nil && depth < maxHintDepth {
			for _, a := range t.p.flow.assigns[obj] {
				if a.pkg == pkg {
					return t.literal(a.expr, a.pkg, depth+1)
				}
			}
		}
	}
	return nil
}

// extractor reads request.HeaderExtractor{"X-Auth"}.
func (t *sourceTracer) extractor(expr ast.Expr, pkg *packages.Package) {
	lit := t.literal(expr, pkg, 0)
	if lit == nil || !strings.HasSuffix(typePath(pkg.TypesInfo.TypeOf(lit)), "request.HeaderExtractor") {
		return
	}
	for _, element := range lit.Elts {
		t.add(TokenSource{In: "header", Name: t.plain(element, pkg, ""), Origin: t.p.origin(element.Pos())})
	}
}

// elsewhere serves libraries whose key is given apart from the token: all their calls that are handed a text, or told what to look at.
func (t *sourceTracer) elsewhere(name string) {
	library, _, _ := strings.Cut(strings.TrimPrefix(name, "github.com/"), "/jwt.")
	t.p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		other := qualifiedName(callee(pkg.TypesInfo, call))
		if !strings.HasPrefix(other, "github.com/"+library+"/") && !strings.HasPrefix(other, "github.com/coreos/go-oidc/") {
			return
		}
		if at, ok := textArguments[other]; ok && at < len(call.Args) {
			t.trace(call.Args[at], pkg, "", 0)
		}
		for method, in := range map[string]string{"WithHeaderKey": "header", "WithCookieKey": "cookie"} {
			if strings.HasSuffix(other, "/jwt."+method) && len(call.Args) == 1 {
				t.add(TokenSource{In: in, Name: t.plain(call.Args[0], pkg, ""), Origin: t.p.origin(callPos(call))})
			}
		}
	})
}

// jwtauth notes what the verifier of go-chi's jwtauth is told to look at; jwtauth.Verifier takes header and cookie.
func (t *sourceTracer) jwtauth() {
	t.p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		if qualifiedName(callee(pkg.TypesInfo, call)) != "github.com/go-chi/jwtauth.Verify" {
			return
		}
		for _, argument := range call.Args {
			if source, ok := extractors[qualifiedName(funcOf(pkg.TypesInfo, argument))]; ok {
				source.Origin = t.p.origin(argument.Pos())
				t.add(source)
			}
		}
	})
}
