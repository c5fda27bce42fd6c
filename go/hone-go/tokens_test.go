package main

import (
	"slices"
	"strings"
	"testing"
)

// withLibraries writes a module whose libraries are stand-ins with the signatures that count.
func withLibraries(t *testing.T, files ...string) Document {
	t.Helper()
	return inspectDocument(t, write(t, append([]string{
		"go.mod", `module example.com/m

go 1.24

require (
	github.com/golang-jwt/jwt/v5 v5.0.0
	github.com/go-chi/jwtauth/v5 v5.0.0
	github.com/labstack/echo-jwt/v4 v4.0.0
	github.com/lestrrat-go/jwx/v2 v2.0.0
)

replace github.com/golang-jwt/jwt/v5 => ./libs/jwt

replace github.com/go-chi/jwtauth/v5 => ./libs/jwtauth

replace github.com/labstack/echo-jwt/v4 => ./libs/echojwt

replace github.com/lestrrat-go/jwx/v2 => ./libs/jwx
`,
		"libs/jwt/go.mod", "module github.com/golang-jwt/jwt/v5\n\ngo 1.18\n",
		"libs/jwt/jwt.go", `package jwt

type Token struct {
	Claims Claims
}
type Claims interface{ GetSubject() (string, error) }
type Keyfunc func(*Token) (any, error)
type RegisteredClaims struct {
	Issuer  string ` + "`json:\"iss\"`" + `
	Subject string ` + "`json:\"sub\"`" + `
}

func (c RegisteredClaims) GetSubject() (string, error) { return c.Subject, nil }

type MapClaims map[string]any

func (c MapClaims) GetSubject() (string, error) { return "", nil }

type ParserOption func()

func WithIssuer(iss string) ParserOption   { return nil }
func WithAudience(aud string) ParserOption { return nil }
func Parse(text string, key Keyfunc, o ...ParserOption) (*Token, error) {
	return nil, nil
}
func ParseWithClaims(text string, c Claims, key Keyfunc, o ...ParserOption) (*Token, error) {
	return nil, nil
}
func ParseRSAPublicKeyFromPEM(b []byte) (*int, error) { return nil, nil }
`,
		"libs/jwtauth/go.mod", "module github.com/go-chi/jwtauth/v5\n\ngo 1.18\n",
		"libs/jwtauth/a.go", `package jwtauth

import (
	"context"
	"net/http"
)

type JWTAuth struct{}

func New(alg string, signKey, verifyKey any) *JWTAuth { return nil }
func FromContext(ctx context.Context) (int, map[string]any, error) { return 0, nil, nil }
func Verify(a *JWTAuth, find ...func(r *http.Request) string) func() { return nil }
func TokenFromCookie(r *http.Request) string                         { return "" }
`,
		"libs/echojwt/go.mod", "module github.com/labstack/echo-jwt/v4\n\ngo 1.18\n",
		"libs/echojwt/a.go", `package echojwt

type Config struct {
	SigningKey    any
	SigningMethod string
	TokenLookup   string
}

func WithConfig(c Config) func() { return nil }
`,
		"libs/jwx/go.mod", "module github.com/lestrrat-go/jwx/v2\n\ngo 1.18\n",
		"libs/jwx/jwk/a.go", `package jwk

import "context"

type Set interface{ Len() int }

func Fetch(ctx context.Context, url string) (Set, error) { return nil, nil }
`,
		"libs/jwx/jwt/a.go", `package jwt

type Token interface {
	Subject() string
	Get(name string) (any, bool)
}

func WithKeySet(set any) int              { return 0 }
func WithKey(alg string, key any) int     { return 0 }
func Sign(t Token, o ...int) ([]byte, error) { return nil, nil }
func Parse(b []byte, o ...int) (Token, error) { return nil, nil }
`,
	}, files...)...))
}

func claimNamed(t *testing.T, d Document, name string) TokenClaim {
	t.Helper()
	for _, c := range d.Claims {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("%s is not among %+v", name, d.Claims)
	return TokenClaim{}
}

func keysOf(d Document) []string {
	var keys []string
	for _, check := range d.Tokens {
		for _, key := range check.Keys {
			keys = append(keys, strings.TrimSpace(check.Library+" "+key.Kind+" "+key.Value.Value+" "+key.Algorithm+key.Encoding))
		}
	}
	return keys
}

const verifierMain = `package main

import (
	"os"

	"example.com/m/auth"
)

func main() {
	v := auth.New(os.Getenv("JWT_SECRET"), os.Getenv("JWT_FILE"))
	v.Check("")
}
`

const verifier = `package auth

import (
	"errors"
	"os"
	"strconv"

	"github.com/golang-jwt/jwt/v5"
)

type Claims struct {
	Role  string   ` + "`json:\"role\"`" + `
	Teams []string ` + "`json:\"teams,omitempty\"`" + `
	jwt.RegisteredClaims
}

type Verifier struct {
	secret []byte
	public *int
}

func New(secret, file string) *Verifier {
	v := &Verifier{secret: []byte(secret)}
	b, _ := os.ReadFile(file)
	v.public, _ = jwt.ParseRSAPublicKeyFromPEM(b)
	return v
}

func (v *Verifier) key(t *jwt.Token) (any, error) {
	if v.public != nil {
		return v.public, nil
	}
	return v.secret, nil
}

func (v *Verifier) Check(text string) error {
	var c Claims
	if _, err := jwt.ParseWithClaims(text, &c, v.key, jwt.WithAudience("shop"), jwt.WithIssuer(os.Getenv("ISSUER"))); err != nil {
		return err
	}
	if _, err := strconv.ParseInt(c.Subject, 10, 64); err != nil {
		return err
	}
	return allow(c, "admin", "staff")
}

func allow(c Claims, roles ...string) error {
	for _, role := range roles {
		if c.Role == role {
			return nil
		}
	}
	for _, team := range c.Teams {
		if team == "core" {
			return nil
		}
	}
	return errors.New("no")
}
`

func TestTokensOfOwnVerifier(t *testing.T) {
	d := withLibraries(t, "main.go", verifierMain, "auth/auth.go", verifier)
	if want := []string{"golang-jwt public_key_file ${JWT_FILE} RS256", "golang-jwt secret ${JWT_SECRET}"}; !slices.Equal(keysOf(d), want) {
		t.Errorf("%q", keysOf(d))
	}
	role := claimNamed(t, d, "role")
	if role.Kind != "string" || len(role.Values) != 2 || role.Values[0].Value.Value != "admin" || role.Origin.Line != 12 {
		t.Errorf("%+v", role)
	}
	if teams := claimNamed(t, d, "teams"); teams.Kind != "array" || len(teams.Values) != 1 || teams.Values[0].Value.Value != "core" {
		t.Errorf("%+v", teams)
	}
	if sub := claimNamed(t, d, "sub"); sub.Format != "integer" {
		t.Errorf("%+v", sub)
	}
	if aud := claimNamed(t, d, "aud"); !aud.Required || len(aud.Values) != 1 || aud.Values[0].Value.Value != "shop" {
		t.Errorf("%+v", aud)
	}
	if iss := claimNamed(t, d, "iss"); len(iss.Values) != 1 || iss.Values[0].Value.Value != "${ISSUER}" {
		t.Errorf("%+v", iss)
	}
}

func TestTokensOfMapsAndLibraries(t *testing.T) {
	d := withLibraries(t, "main.go", `package main

import (
	"context"
	"encoding/hex"
	"os"

	"github.com/go-chi/jwtauth/v5"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/lestrrat-go/jwx/v2/jwk"
	jwx "github.com/lestrrat-go/jwx/v2/jwt"
)

func main() {
	jwtauth.New("HS256", []byte(os.Getenv("AUTH_SECRET")), nil)
	echojwt.WithConfig(echojwt.Config{SigningKey: []byte("constant-secret")})
	set, _ := jwk.Fetch(context.Background(), os.Getenv("JWKS_URL"))
	jwx.Parse(nil, jwx.WithKeySet(set))
	jwx.Sign(nil, jwx.WithKey("HS256", []byte(os.Getenv("OTHER"))))
	raw, _ := hex.DecodeString(os.Getenv("HEX"))
	jwt.Parse("", func(*jwt.Token) (any, error) { return raw, nil })
}

func user(ctx context.Context) (int64, bool) {
	_, claims, _ := jwtauth.FromContext(ctx)
	id, _ := claims["user_id"].(float64)
	if plan, _ := claims["plan"].(string); plan != "pro" {
		return 0, false
	}
	return int64(id), true
}

func tenant(t jwx.Token) string {
	name, _ := t.Get("tenant")
	return name.(string)
}

var notClaims = map[string]any{}

func other() any { return notClaims["ignored"] }
`)
	want := []string{"jwtauth secret ${AUTH_SECRET}", "echo-jwt secret ********", "jwx jwks ${JWKS_URL}", "golang-jwt secret ${HEX} hex"}
	if !slices.Equal(keysOf(d), want) {
		t.Errorf("%q", keysOf(d))
	}
	if id := claimNamed(t, d, "user_id"); id.Kind != "integer" {
		t.Errorf("%+v", id)
	}
	if plan := claimNamed(t, d, "plan"); len(plan.Values) != 1 || !plan.Values[0].Refuses {
		t.Errorf("%+v", plan)
	}
	claimNamed(t, d, "tenant")
	if len(d.Claims) != 3 {
		t.Errorf("%+v", d.Claims)
	}
}

func TestNoTokensWithoutAVerifier(t *testing.T) {
	d := withLibraries(t, "main.go", `package main

func main() {
	claims := map[string]any{}
	_ = claims["user_id"]
}
`)
	if len(d.Tokens) != 0 || len(d.Claims) != 0 {
		t.Errorf("%+v %+v", d.Tokens, d.Claims)
	}
}

func TestClaimsBySchema(t *testing.T) {
	d := withLibraries(t, "main.go", `package main

import (
	"os"

	"github.com/golang-jwt/jwt/v5"
)

type claims struct {
	TenantID string `+"`json:\"tenant_id\"`"+`
	UserID   string `+"`json:\"user_id\"`"+`
	jwt.RegisteredClaims
}

func main() {
	jwt.ParseWithClaims("", &claims{}, func(*jwt.Token) (any, error) { return []byte(os.Getenv("S")), nil })
}
`, "migrations/1.up.sql", "CREATE TABLE tenants (id uuid PRIMARY KEY);\nCREATE TABLE IF NOT EXISTS app.users (\n  id BIGSERIAL PRIMARY KEY);\n",
		"seed.sql", "insert into users values (1);\ninsert into tenants (id) values\n ('00000000-0000-4000-8000-000000000001');\n")
	tenant := claimNamed(t, d, "tenant_id")
	if tenant.Format != "uuid" || len(tenant.Values) != 1 || tenant.Values[0].Origin != (Origin{"seed.sql", 3}) {
		t.Errorf("%+v", tenant)
	}
	if user := claimNamed(t, d, "user_id"); user.Format != "integer" || len(user.Values) != 0 {
		t.Errorf("%+v", user)
	}
}

func sourcesOf(d Document) []string {
	var sources []string
	for _, check := range d.Tokens {
		for _, s := range check.Sources {
			sources = append(sources, check.Library+" "+s.In+" "+s.Name+" "+s.Prefix+"|")
		}
	}
	return sources
}

func TestTokenSourcesOfLibraries(t *testing.T) {
	d := withLibraries(t, "main.go", `package main

import (
	"os"

	"github.com/go-chi/jwtauth/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
)

func main() {
	echojwt.WithConfig(echojwt.Config{SigningKey: []byte(os.Getenv("A")), TokenLookup: "cookie:token,header:X-Auth:Token "})
	auth := jwtauth.New("HS256", []byte(os.Getenv("B")), nil)
	jwtauth.Verify(auth, jwtauth.TokenFromCookie)
}
`)
	want := []string{"echo-jwt cookie token |", "echo-jwt header X-Auth Token |", "jwtauth cookie jwt |"}
	if !slices.Equal(sourcesOf(d), want) {
		t.Errorf("%q", sourcesOf(d))
	}
}

func TestTokenSourcesOfOwnMiddleware(t *testing.T) {
	for source, want := range map[string]string{
		"c, err := r.Cookie(\"session\")\nif err != nil { return \"\" }\nreturn c.Value": "cookie session |",
		"return strings.TrimPrefix(r.Header.Get(\"X-Token\"), \"Token \")":               "header X-Token Token |",
		"h := r.Header.Get(\"Authorization\")\nreturn h[len(\"Bearer \"):]":              "header Authorization Bearer |",
		"return r.URL.Query().Get(\"access_token\")":                                     "query access_token |",
	} {
		d := withLibraries(t, "main.go", `package main

import (
	"net/http"
	"os"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

var _ = strings.TrimPrefix

func text(r *http.Request) string {
	`+source+`
}

type verifier struct{ secret []byte }

func (v verifier) verify(text string) error {
	_, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return v.secret, nil })
	return err
}

func require(v verifier, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v.verify(text(r)) != nil {
			w.WriteHeader(401)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func main() {
	http.ListenAndServe(":1", require(verifier{[]byte(os.Getenv("S"))}, http.DefaultServeMux))
}
`)
		if got := sourcesOf(d); len(got) != 1 || got[0] != "golang-jwt "+want {
			t.Errorf("%s: %q", source, got)
		}
	}
}

func TestSessionsOfALibrary(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", `module example.com/m

go 1.24

require github.com/gorilla/sessions v1.0.0

replace github.com/gorilla/sessions => ./libs/sessions
`, "libs/sessions/go.mod", "module github.com/gorilla/sessions\n\ngo 1.18\n", "libs/sessions/s.go", `package sessions

import "net/http"

type Session struct{ Values map[any]any }
type CookieStore struct{}

func NewCookieStore(keys ...[]byte) *CookieStore                                   { return nil }
func (s *CookieStore) Get(r *http.Request, name string) (*Session, error)          { return nil, nil }
func (s *Session) Save(r *http.Request, w http.ResponseWriter) error               { return nil }
`, "main.go", `package main

import (
	"net/http"

	"github.com/gorilla/sessions"
)

const cookie = "shop_session"

var store = sessions.NewCookieStore([]byte("x"))

func login(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("password") == "" {
		return
	}
	s, _ := store.Get(r, cookie)
	s.Values["user"] = 1
	s.Save(r, w)
}

func main() {
	http.HandleFunc("POST /login", login)
	http.ListenAndServe(":1", nil)
}
`))
	if len(d.Routes) != 1 || len(d.Routes[0].Cookies) != 1 || d.Routes[0].Cookies[0].Name != "shop_session" {
		t.Errorf("%+v", d.Routes)
	}
}
