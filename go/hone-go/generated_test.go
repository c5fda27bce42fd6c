package main

import (
	"os"
	"slices"
	"testing"
)

// In the style of oapi-codegen's server for chi.
const generatedServer = `package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/oapi-codegen/runtime"
)

type ListNotesParams struct {
	Limit *int32
	Book  string
}

type ServerInterface interface {
	// (GET /notes)
	ListNotes(w http.ResponseWriter, r *http.Request, params ListNotesParams)
	// (POST /notes)
	CreateNote(w http.ResponseWriter, r *http.Request)
	// (POST /notes/{id}/close)
	CloseNote(w http.ResponseWriter, r *http.Request, id int)
}

type Unimplemented struct{}

func (Unimplemented) ListNotes(w http.ResponseWriter, r *http.Request, params ListNotesParams) {}
func (Unimplemented) CreateNote(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotImplemented) }
func (Unimplemented) CloseNote(w http.ResponseWriter, r *http.Request, id int) { w.WriteHeader(http.StatusNotImplemented) }

type MiddlewareFunc func(http.Handler) http.Handler

type ServerInterfaceWrapper struct {
	Handler            ServerInterface
	HandlerMiddlewares []MiddlewareFunc
}

func (siw *ServerInterfaceWrapper) ListNotes(w http.ResponseWriter, r *http.Request) {
	var params ListNotesParams
	_ = runtime.BindQueryParameterWithOptions("form", true, false, "limit", r.URL.Query(), &params.Limit, runtime.Options{})
	_ = runtime.BindQueryParameter("form", true, true, "book", r.URL.Query(), &params.Book)
	siw.Handler.ListNotes(w, r, params)
}

func (siw *ServerInterfaceWrapper) CreateNote(w http.ResponseWriter, r *http.Request) {
	handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		siw.Handler.CreateNote(w, r)
	}))
	for _, middleware := range siw.HandlerMiddlewares {
		handler = middleware(handler)
	}
	handler.ServeHTTP(w, r)
}

func (siw *ServerInterfaceWrapper) CloseNote(w http.ResponseWriter, r *http.Request) {
	handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		siw.Handler.CloseNote(w, r, len(chi.URLParam(r, "id")))
	}))
	handler.ServeHTTP(w, r)
}

type ChiServerOptions struct {
	BaseURL     string
	BaseRouter  chi.Router
	Middlewares []MiddlewareFunc
}

func Handler(si ServerInterface) http.Handler { return HandlerWithOptions(si, ChiServerOptions{}) }

func HandlerFromMuxWithBaseURL(si ServerInterface, r chi.Router, baseURL string) http.Handler {
	return HandlerWithOptions(si, ChiServerOptions{BaseURL: baseURL, BaseRouter: r})
}

func HandlerWithOptions(si ServerInterface, options ChiServerOptions) http.Handler {
	r := options.BaseRouter
	if r == nil {
		r = chi.NewRouter()
	}
	wrapper := ServerInterfaceWrapper{Handler: si, HandlerMiddlewares: options.Middlewares}
	r.Group(func(r chi.Router) {
		r.Get(options.BaseURL+"/notes", wrapper.ListNotes)
		r.Post(options.BaseURL+"/notes", wrapper.CreateNote)
	})
	r.Group(func(r chi.Router) {
		r.Post(options.BaseURL+"/notes/{id}/close", wrapper.CloseNote)
	})
	return r
}
`

const generatedMain = `package main

import (
	"encoding/json"
	"net/http"

	"example.com/desk/api"
	"github.com/go-chi/chi/v5"
)

type server struct{}

func (server) ListNotes(w http.ResponseWriter, r *http.Request, params api.ListNotesParams) {}

func (server) CreateNote(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text string ` + "`json:\"text\"`" + `
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	w.WriteHeader(http.StatusCreated)
}

func (server) CloseNote(w http.ResponseWriter, r *http.Request, id int) { w.WriteHeader(http.StatusNoContent) }

func writers(next http.Handler) http.Handler { return next }

func main() {
	r := chi.NewRouter()
	r.Group(func(r chi.Router) {
		r.Use(writers)
		api.HandlerWithOptions(server{}, api.ChiServerOptions{BaseURL: "/api/v1", BaseRouter: r})
	})
	http.ListenAndServe(":8080", r)
}
`

const generatedRuntime = `package runtime

import "net/url"

type Options struct{}

func BindQueryParameter(style string, explode, required bool, name string, query url.Values, to any) error { return nil }

func BindQueryParameterWithOptions(style string, explode, required bool, name string, query url.Values, to any, options Options) error {
	return nil
}
`

func TestRoutesOfGeneratedServersAreThoseOfTheServiceBehindThem(t *testing.T) {
	sums, err := os.ReadFile("testdata/chi/go.sum")
	if err != nil {
		t.Fatal(err)
	}
	module := "module example.com/desk\n\ngo 1.24\n\nrequire (\n\tgithub.com/go-chi/chi/v5 v5.2.3\n" +
		"\tgithub.com/oapi-codegen/runtime v1.0.0\n)\n\nreplace github.com/oapi-codegen/runtime => ./libs/runtime\n"
	dir := write(t, "go.mod", module, "go.sum", string(sums), "api/api.gen.go", generatedServer, "main.go", generatedMain,
		"libs/runtime/go.mod", "module github.com/oapi-codegen/runtime\n\ngo 1.24\n", "libs/runtime/runtime.go", generatedRuntime)
	routes := inspectDocument(t, dir).Routes
	if len(routes) != 3 {
		t.Fatalf("%d routes: those that no main reaches are the same ones: %+v", len(routes), routes)
	}
	for i, path := range []string{"/api/v1/notes", "/api/v1/notes", "/api/v1/notes/{id}/close"} {
		if routes[i].Path != path || !slices.Equal(routes[i].Middleware, []string{"main.writers"}) {
			t.Errorf("%s %v", routes[i].Path, routes[i].Middleware)
		}
	}
	query := routes[0].Request.Query
	if len(query) != 2 || query[0].Name != "limit" || query[0].Type != "int32" || query[0].Rules != "" ||
		query[1].Name != "book" || query[1].Type != "string" || query[1].Rules != "required" {
		t.Errorf("the parameters that the wrapper takes apart: %+v", query)
	}
	if body := routes[1].Request.Body; body == nil || len(body.Fields) != 1 || body.Fields[0].Name != "text" {
		t.Errorf("the body that the service decodes: %+v", body)
	}
	if statuses := routes[2].Responses; len(statuses) != 1 || statuses[0].Status != 204 {
		t.Errorf("what the service answers, not what is not implemented: %+v", statuses)
	}
}

func TestRoutesOfASharedHelperAreTheirCallersOwn(t *testing.T) {
	dir := write(t, "go.mod", "module example.com/desk\n\ngo 1.24\n", "main.go", `package main

import "net/http"

func route(mux *http.ServeMux, path string, h http.HandlerFunc) { mux.HandleFunc(path, h) }

func index(w http.ResponseWriter, r *http.Request) {}

func Plugin(mux *http.ServeMux) { route(mux, "GET /plugin", index) }

func main() {
	mux := http.NewServeMux()
	route(mux, "GET /index", index)
	http.ListenAndServe(":8080", mux)
}
`)
	var paths []string
	for _, r := range inspectDocument(t, dir).Routes {
		paths = append(paths, r.Path)
	}
	if !slices.Equal(paths, []string{"/index", "/plugin"}) {
		t.Errorf("%q", paths)
	}
}
