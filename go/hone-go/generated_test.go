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
)

type ServerInterface interface {
	// (POST /notes)
	CreateNote(w http.ResponseWriter, r *http.Request)
	// (POST /notes/{id}/close)
	CloseNote(w http.ResponseWriter, r *http.Request, id int)
}

type Unimplemented struct{}

func (Unimplemented) CreateNote(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotImplemented) }
func (Unimplemented) CloseNote(w http.ResponseWriter, r *http.Request, id int) { w.WriteHeader(http.StatusNotImplemented) }

type MiddlewareFunc func(http.Handler) http.Handler

type ServerInterfaceWrapper struct {
	Handler            ServerInterface
	HandlerMiddlewares []MiddlewareFunc
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

func TestRoutesOfGeneratedServersAreThoseOfTheServiceBehindThem(t *testing.T) {
	sums, err := os.ReadFile("testdata/chi/go.sum")
	if err != nil {
		t.Fatal(err)
	}
	module := "module example.com/desk\n\ngo 1.24\n\nrequire github.com/go-chi/chi/v5 v5.2.3\n"
	dir := write(t, "go.mod", module, "go.sum", string(sums), "api/api.gen.go", generatedServer, "main.go", generatedMain)
	routes := inspectDocument(t, dir).Routes
	if len(routes) != 2 {
		t.Fatalf("%d routes: those that no main reaches are the same ones: %+v", len(routes), routes)
	}
	for i, path := range []string{"/api/v1/notes", "/api/v1/notes/{id}/close"} {
		if routes[i].Path != path || !slices.Equal(routes[i].Middleware, []string{"main.writers"}) {
			t.Errorf("%s %v", routes[i].Path, routes[i].Middleware)
		}
	}
	if body := routes[0].Request.Body; body == nil || len(body.Fields) != 1 || body.Fields[0].Name != "text" {
		t.Errorf("the body that the service decodes: %+v", body)
	}
	if statuses := routes[1].Responses; len(statuses) != 1 || statuses[0].Status != 204 {
		t.Errorf("what the service answers, not what is not implemented: %+v", statuses)
	}
}
