package main

import (
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// keyArguments are the calls that verify tokens or say by what; the value is the index of the argument with the key, or with the
// function that answers it.
var keyArguments = map[string]struct {
	library  string
	argument int
}{
	"github.com/golang-jwt/jwt.Parse":                              {"golang-jwt", 1},
	"github.com/golang-jwt/jwt.ParseWithClaims":                    {"golang-jwt", 2},
	"github.com/golang-jwt/jwt.Parser.Parse":                       {"golang-jwt", 1},
	"github.com/golang-jwt/jwt.Parser.ParseWithClaims":             {"golang-jwt", 2},
	"github.com/golang-jwt/jwt/request.ParseFromRequest":           {"golang-jwt", 2},
	"github.com/golang-jwt/jwt/request.ParseFromRequestWithClaims": {"golang-jwt", 3},
	"github.com/dgrijalva/jwt-go.Parse":                            {"jwt-go", 1},
	"github.com/dgrijalva/jwt-go.ParseWithClaims":                  {"jwt-go", 2},
	"github.com/dgrijalva/jwt-go.Parser.Parse":                     {"jwt-go", 1},
	"github.com/dgrijalva/jwt-go.Parser.ParseWithClaims":           {"jwt-go", 2},
	"github.com/labstack/echo-jwt.JWT":                             {"echo-jwt", 0},
	"github.com/labstack/echo-jwt.WithConfig":                      {"echo-jwt", 0},
	"github.com/labstack/echo/middleware.JWT":                      {"echo", 0},
	"github.com/labstack/echo/middleware.JWTWithConfig":            {"echo", 0},
	"github.com/gofiber/contrib/jwt.New":                           {"fiber", 0},
	"github.com/gofiber/jwt.New":                                   {"fiber", 0},
	"github.com/lestrrat-go/jwx/jwt.WithKey":                       {"jwx", 1},
	"github.com/lestrrat-go/jwx/jwt.WithVerify":                    {"jwx", 1},
	"github.com/lestrrat-go/jwx/jwt.WithKeySet":                    {"jwx", 0},
	"github.com/lestrrat-go/jwx/jwt.WithKeyProvider":               {"jwx", 0},
	"github.com/go-chi/jwtauth.New":                                {"jwtauth", 1},
	"github.com/go-jose/go-jose/jwt.JSONWebToken.Claims":           {"go-jose", 0},
	"github.com/coreos/go-oidc/oidc.NewProvider":                   {"go-oidc", 1},
	"github.com/coreos/go-oidc/oidc.NewRemoteKeySet":               {"go-oidc", 1},
	"github.com/auth0/go-jwt-middleware/jwks.NewCachingProvider":   {"auth0", 0},
	"github.com/auth0/go-jwt-middleware/validator.New":             {"auth0", 0},
	"github.com/appleboy/gin-jwt.New":                              {"gin-jwt", 0},
}

// keyFields are those of a configuration literal that hold a key or a function that answers one.
var keyFields = []string{"SigningKey", "SigningKeys", "KeyFunc", "Keyfunc", "Key", "JWKSetURLs", "KeySetURLs"}

// keyReaders are functions that make a key out of something else, with the argument that it is in.
var keyReaders = map[string]struct {
	argument  int
	kind      string // of what the argument holds; empty: as before
	algorithm string
	encoding  string
}{
	"github.com/golang-jwt/jwt.ParseRSAPublicKeyFromPEM":         {0, "public_key", "RS256", ""},
	"github.com/golang-jwt/jwt.ParseECPublicKeyFromPEM":          {0, "public_key", "ES256", ""},
	"github.com/dgrijalva/jwt-go.ParseRSAPublicKeyFromPEM":       {0, "public_key", "RS256", ""},
	"github.com/dgrijalva/jwt-go.ParseECPublicKeyFromPEM":        {0, "public_key", "ES256", ""},
	"crypto/x509.ParsePKIXPublicKey":                             {0, "public_key", "", ""},
	"crypto/x509.ParsePKCS1PublicKey":                            {0, "public_key", "RS256", ""},
	"encoding/pem.Decode":                                        {0, "public_key", "", ""},
	"os.ReadFile":                                                {0, "file", "", ""},
	"io/ioutil.ReadFile":                                         {0, "file", "", ""},
	"encoding/base64.Encoding.DecodeString":                      {0, "", "", "base64"},
	"encoding/hex.DecodeString":                                  {0, "", "", "hex"},
	"github.com/lestrrat-go/jwx/jwk.ParseKey":                    {0, "public_key", "", ""},
	"github.com/lestrrat-go/jwx/jwk.FromRaw":                     {0, "", "", ""},
	"github.com/lestrrat-go/jwx/jwk.Import":                      {0, "", "", ""},
	"github.com/lestrrat-go/jwx/jwk.New":                         {0, "", "", ""},
	"github.com/lestrrat-go/jwx/jwk.Fetch":                       {1, "jwks", "", ""},
	"github.com/lestrrat-go/jwx/jwk.Cache.Get":                   {1, "jwks", "", ""},
	"github.com/lestrrat-go/jwx/jwk.Cache.Lookup":                {1, "jwks", "", ""},
	"github.com/lestrrat-go/jwx/jwk.Cache.CachedSet":             {0, "jwks", "", ""},
	"github.com/lestrrat-go/jwx/jwk.NewCachedSet":                {1, "jwks", "", ""},
	"github.com/lestrrat-go/jwx/jwk.AutoRefresh.Fetch":           {1, "jwks", "", ""},
	"github.com/MicahParks/keyfunc.NewDefault":                   {0, "jwks", "", ""},
	"github.com/MicahParks/keyfunc.NewDefaultCtx":                {1, "jwks", "", ""},
	"github.com/MicahParks/keyfunc.NewDefaultOverrideCtx":        {1, "jwks", "", ""},
	"github.com/MicahParks/keyfunc.Get":                          {0, "jwks", "", ""},
	"github.com/coreos/go-oidc/oidc.NewProvider":                 {1, "issuer", "", ""},
	"github.com/coreos/go-oidc/oidc.NewRemoteKeySet":             {1, "jwks", "", ""},
	"github.com/auth0/go-jwt-middleware/jwks.NewCachingProvider": {0, "issuer", "", ""},
}

// findTokens notes where requests' tokens are verified, by which keys, and which claims are read.
func (p *Program) findTokens() {
	signing := p.signingOptions()
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		name := qualifiedName(callee(pkg.TypesInfo, call))
		from, ok := keyArguments[name]
		if !ok || from.argument >= len(call.Args) || signing[call] {
			return
		}
		t := keyTracer{p: p, check: TokenCheck{Library: from.library, Algorithms: p.algorithmsNear(pkg), Mains: p.mainsOf(pkg),
			Origin: p.origin(callPos(call))}, seen: map[any]bool{}}
		found := keyFound{kind: "secret"}
		switch name {
		case "github.com/coreos/go-oidc/oidc.NewProvider", "github.com/auth0/go-jwt-middleware/jwks.NewCachingProvider":
			found.kind = "issuer"
		case "github.com/coreos/go-oidc/oidc.NewRemoteKeySet":
			found.kind = "jwks"
		case "github.com/go-chi/jwtauth.New": // the key that signs may be none: then the other one verifies
			t.trace(call.Args[len(call.Args)-1], pkg, 0, found, 0)
		}
		t.trace(call.Args[from.argument], pkg, 0, found, 0)
		t.check.Sources = p.tokenSources(call, pkg, name)
		p.doc.Tokens = append(p.doc.Tokens, t.check)
	})
	if len(p.doc.Tokens) > 0 {
		p.findClaims()
	}
}

// signingOptions are the options that stand in calls which sign: jwt.Sign(token, jwt.WithKey(...)).
func (p *Program) signingOptions() map[*ast.CallExpr]bool {
	signing := map[*ast.CallExpr]bool{}
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		if qualifiedName(callee(pkg.TypesInfo, call)) != "github.com/lestrrat-go/jwx/jwt.Sign" {
			return
		}
		for _, argument := range call.Args {
			if option, ok := ast.Unparen(argument).(*ast.CallExpr); ok {
				signing[option] = true
			}
		}
	})
	return signing
}

var algorithmName = regexp.MustCompile(`^(?:SigningMethod)?((?:HS|RS|ES|PS)(?:256|384|512))$`)

// algorithmsNear are the names of algorithms that a package mentions, as a constant of a library or as a text.
func (p *Program) algorithmsNear(pkg *packages.Package) []string {
	var names []string
	add := func(text string) {
		if m := algorithmName.FindStringSubmatch(text); m != nil {
			names = union(names, []string{m[1]})
		}
	}
	for _, file := range pkg.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				add(strings.Trim(n.Value, "\"`"))
			case *ast.SelectorExpr:
				add(n.Sel.Name)
			}
			return true
		})
	}
	slices.Sort(names)
	return names
}

// keyTracer follows an expression to where the key that it holds comes from.
type keyTracer struct {
	p     *Program
	check TokenCheck
	seen  map[any]bool
}

// keyFound is what is known of a key on the way to its source.
type keyFound struct{ kind, algorithm, encoding string }

const maxKeySteps = 24

// trace follows one result of an expression.
func (t *keyTracer) trace(expr ast.Expr, pkg *packages.Package, index int, found keyFound, depth int) {
	if depth > maxKeySteps {
		return
	}
	next := func(inner ast.Expr) { t.trace(inner, pkg, 0, found, depth+1) }
	if t.add(expr, pkg, found) {
		return
	}
	switch e := ast.Unparen(expr).(type) {
	case *ast.TypeAssertExpr:
		found.algorithm = keyAlgorithm(pkg.TypesInfo.TypeOf(e), found.algorithm)
		t.trace(e.X, pkg, 0, found, depth+1)
	case *ast.UnaryExpr:
		next(e.X)
	case *ast.StarExpr:
		next(e.X)
	case *ast.SliceExpr:
		next(e.X)
	case *ast.IndexExpr:
		next(e.X)
	case *ast.FuncLit:
		t.results(e, pkg, found, 0, depth)
	case *ast.CompositeLit:
		t.literal(e, pkg, found, depth)
	case *ast.CallExpr:
		t.call(e, pkg, index, found, depth)
	case *ast.Ident, *ast.SelectorExpr:
		t.named(expr, pkg, found, depth)
	}
}

// literal follows a list of keys, or the fields of a configuration that hold one.
func (t *keyTracer) literal(e *ast.CompositeLit, pkg *packages.Package, found keyFound, depth int) {
	_, isStruct := underlying(pkg.TypesInfo.TypeOf(e)).(*types.Struct)
	for _, element := range e.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		switch {
		case !ok && !isStruct:
			t.trace(element, pkg, 0, found, depth+1)
		case ok && !isStruct:
			t.trace(pair.Value, pkg, 0, found, depth+1)
		case ok && slices.Contains(keyFields, types.ExprString(pair.Key)):
			inner := found
			if strings.HasSuffix(types.ExprString(pair.Key), "URLs") {
				inner.kind = "jwks"
			}
			t.trace(pair.Value, pkg, 0, inner, depth+1)
		}
	}
}

func (t *keyTracer) call(e *ast.CallExpr, pkg *packages.Package, index int, found keyFound, depth int) {
	info := pkg.TypesInfo
	if info.Types[e.Fun].IsType() && len(e.Args) == 1 {
		t.trace(e.Args[0], pkg, 0, found, depth+1)
		return
	}
	fn := callee(info, e)
	if reader, ok := keyReaders[qualifiedName(fn)]; ok && reader.argument < len(e.Args) {
		switch {
		case reader.kind == "file" && found.kind == "public_key":
			found.kind = "public_key_file"
		case reader.kind == "file":
			found.kind += "_file"
		case reader.kind != "":
			found.kind = reader.kind
		}
		if reader.algorithm != "" {
			found.algorithm = reader.algorithm
		}
		if reader.encoding != "" {
			found.encoding = reader.encoding
		}
		t.trace(e.Args[reader.argument], pkg, 0, found, depth+1)
		return
	}
	if own := t.p.body(fn); own != nil {
		t.results(own.obj, own.pkg, found, index, depth)
		return
	}
	if fn == nil {
		for _, a := range t.p.flow.functions(e.Fun, pkg, map[types.Object]bool{}) {
			t.trace(a.expr, a.pkg, 0, found, depth+1)
		}
		return
	}
	// A method of what holds the keys, or a function that only wraps its first argument.
	if selector, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && fn.Type().(*types.Signature).Recv() != nil {
		t.trace(selector.X, pkg, 0, found, depth+1)
	} else if through[qualifiedName(fn)] && len(e.Args) > 0 {
		t.trace(e.Args[0], pkg, 0, found, depth+1)
	}
}

// results follows what a function of the module or a literal returns.
func (t *keyTracer) results(key any, pkg *packages.Package, found keyFound, index, depth int) {
	if t.seen[key] {
		return
	}
	t.seen[key] = true
	for _, results := range t.p.flow.returns[key] {
		if index < len(results) {
			t.trace(results[index], pkg, 0, found, depth+1)
		} else if len(results) == 1 {
			t.trace(results[0], pkg, index, found, depth+1)
		}
	}
}

// named follows a variable, a field, a function or a method value.
func (t *keyTracer) named(expr ast.Expr, pkg *packages.Package, found keyFound, depth int) {
	if fn := funcOf(pkg.TypesInfo, expr); fn != nil {
		if own := t.p.body(fn); own != nil {
			t.results(own.obj, own.pkg, found, 0, depth)
		} else if selector, ok := ast.Unparen(expr).(*ast.SelectorExpr); ok { // keys.Keyfunc
			t.trace(selector.X, pkg, 0, found, depth+1)
		}
		return
	}
	obj := objectOf(pkg.TypesInfo, expr)
	if obj == nil || t.seen[obj] {
		return
	}
	t.seen[obj] = true
	found.algorithm = keyAlgorithm(obj.Type(), found.algorithm)
	for _, a := range t.p.flow.assigns[obj] {
		t.trace(a.expr, a.pkg, a.index, found, depth+1)
	}
	if selector, ok := ast.Unparen(expr).(*ast.SelectorExpr); ok && len(t.p.flow.assigns[obj]) == 0 {
		t.trace(selector.X, pkg, 0, found, depth+1) // block.Bytes
	}
}

// keyAlgorithm is the usual algorithm of a key's type.
func keyAlgorithm(t types.Type, known string) string {
	switch typePath(t) {
	case "crypto/rsa.PublicKey":
		return "RS256"
	case "crypto/ecdsa.PublicKey":
		return "ES256"
	}
	return known
}

// add notes a text that is known, at least in part; false for what must be followed further.
func (t *keyTracer) add(expr ast.Expr, pkg *packages.Package, found keyFound) bool {
	kind := pkg.TypesInfo.TypeOf(expr)
	if kind == nil || !isString(kind) && !isBytes(kind) {
		return false
	}
	added := false
	for _, value := range t.p.flow.values(expr, scope{pkg: pkg}) {
		text := value.text()
		if text.Value == "" || text.Value == "${?}" {
			continue
		}
		added = true
		known := slices.ContainsFunc(t.check.Keys, func(k TokenKey) bool { return k.Kind == found.kind && k.Value.Value == text.Value })
		if !known {
			if plain, ok := value.plain(); ok && found.kind == "secret" {
				text = Text{Value: strings.Repeat("*", min(len(plain), 8))} // that it is one says enough
			}
			t.check.Keys = append(t.check.Keys, TokenKey{Kind: found.kind, Algorithm: found.algorithm, Encoding: found.encoding,
				Value: text, Origin: t.p.origin(expr.Pos())})
		}
	}
	return added
}

func isBytes(t types.Type) bool {
	slice, ok := t.Underlying().(*types.Slice)
	if !ok {
		return false
	}
	basic, ok := slice.Elem().Underlying().(*types.Basic)
	return ok && basic.Kind() == types.Byte
}
