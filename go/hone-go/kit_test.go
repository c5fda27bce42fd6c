package main

import (
	"testing"
)

// As much of go-kit as its users' set-up code needs.
const (
	kitModule = `module example.com/foundry

go 1.24

require github.com/go-kit/kit v0.0.0

replace github.com/go-kit/kit => ./kit
`
	kitOwnModule = "module github.com/go-kit/kit\n\ngo 1.24\n"
	kitEndpoint  = `package endpoint

import "context"

type Endpoint func(ctx context.Context, request any) (any, error)
`
	kitServer = `package http

import (
	"context"
	"net/http"

	"github.com/go-kit/kit/endpoint"
)

type DecodeRequestFunc func(context.Context, *http.Request) (any, error)
type EncodeResponseFunc func(context.Context, http.ResponseWriter, any) error
type Server struct{}

func NewServer(e endpoint.Endpoint, dec DecodeRequestFunc, enc EncodeResponseFunc) *Server { return &Server{} }
func (s Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
`
	kitMain = `package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/go-kit/kit/endpoint"
	httptransport "github.com/go-kit/kit/transport/http"
)

type order struct {
	Customer string ` + "`json:\"customer\"`" + `
	Quantity int    ` + "`json:\"quantity\"`" + `
}

type created struct {
	ID int64 ` + "`json:\"id\"`" + `
}

type service struct{}

func (service) place(ctx context.Context, in order) (created, error) { return created{}, nil }

func makePlaceEndpoint(s service) endpoint.Endpoint {
	return func(ctx context.Context, request any) (any, error) { return s.place(ctx, request.(order)) }
}

func body(r *http.Request, v any) error { return json.NewDecoder(r.Body).Decode(v) }

func decodePlace(_ context.Context, r *http.Request) (any, error) {
	var in order
	err := body(r, &in)
	return in, err
}

func encode(_ context.Context, w http.ResponseWriter, v any) error { return json.NewEncoder(w).Encode(v) }

func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok || user == "" || password == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func main() {
	mux := http.NewServeMux()
	mux.Handle("POST /orders", httptransport.NewServer(makePlaceEndpoint(service{}), decodePlace, encode))
	http.ListenAndServe(":8080", guarded(mux))
}
`
)

func TestServersOfGoKit(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", kitModule, "kit/go.mod", kitOwnModule, "kit/endpoint/endpoint.go", kitEndpoint,
		"kit/transport/http/server.go", kitServer, "main.go", kitMain))
	if len(document.Routes) != 1 {
		t.Fatalf("routes: %v", document.Routes)
	}
	route := document.Routes[0]
	if route.Handler != "main.makePlaceEndpoint.func1" {
		t.Errorf("it is served by %q", route.Handler)
	}
	if body := route.Request.Body; body == nil || body.Type != "main.order" || len(body.Fields) != 2 {
		t.Errorf("its body is %+v", body)
	}
	if len(route.Middleware) != 0 {
		t.Errorf("it is behind %v", route.Middleware)
	}
	if len(document.Headers) != 1 || document.Headers[0].Name != "Authorization" || !document.Headers[0].Basic {
		t.Errorf("headers: %+v", document.Headers)
	}
}

func TestAccountsOfBasicAuthentication(t *testing.T) {
	const stub = `package middleware

import "net/http"

func BasicAuth(realm string, accounts map[string]string) func(http.Handler) http.Handler { return nil }
`
	const module = `module example.com/foundry

go 1.24

require github.com/go-chi/chi/v5 v5.0.0

replace github.com/go-chi/chi/v5 => ./chi
`
	document := inspectDocument(t, write(t, "go.mod", module, "chi/go.mod", "module github.com/go-chi/chi/v5\n\ngo 1.24\n",
		"chi/middleware/auth.go", stub, "main.go", `package main

import (
	"net/http"
	"os"

	"github.com/go-chi/chi/v5/middleware"
)

func password() string {
	if p := os.Getenv("ADMIN_PASSWORD"); p != "" {
		return p
	}
	return "quartz"
}

func main() {
	accounts := map[string]string{"admin": password()}
	guard := middleware.BasicAuth("foundry", accounts)
	http.ListenAndServe(":8080", guard(http.DefaultServeMux))
}
`))
	if len(document.Headers) != 1 || document.Headers[0].Account != "admin:quartz" || !document.Headers[0].Basic {
		t.Errorf("headers: %+v", document.Headers)
	}
}

func TestFieldsThatALiteralLeavesOut(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import "net/http"

type options struct {
	Base string
	Mux  *http.ServeMux
}

func withBase(mux *http.ServeMux, base string) http.Handler { return register(options{Base: base, Mux: mux}) }

func register(o options) http.Handler {
	o.Mux.HandleFunc("GET "+o.Base+"/orders", answer)
	return o.Mux
}

func answer(w http.ResponseWriter, r *http.Request) {}

func main() {
	http.ListenAndServe(":8080", register(options{Mux: http.NewServeMux()}))
}
`))
	if len(document.Routes) == 0 || document.Routes[0].Path != "/orders" || document.Routes[0].Partial {
		t.Errorf("routes: %+v", document.Routes)
	}
}
