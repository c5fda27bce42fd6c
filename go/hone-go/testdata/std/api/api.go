// Package api serves a few things in the ways that net/http alone allows.
package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

type API struct {
	mux    *http.ServeMux
	secret string
}

type Item struct {
	ID      int64     `json:"id"`
	Title   string    `json:"title"`
	Tags    []string  `json:"tags,omitempty"`
	Made    time.Time `json:"made"`
	hidden  int
	Skipped string `json:"-"`
	Owner
}

type Owner struct {
	Name string `json:"owner" validate:"required"`
}

type page[T any] struct {
	Items []T `json:"items"`
	Next  *int64
}

func New(getenv func(string) string) *API {
	a := &API{mux: http.NewServeMux(), secret: getenv("API_SECRET")}
	a.routes()
	return a
}

func (a *API) Handler() http.Handler { return a.mux }

const prefix = "/items"

func (a *API) routes() {
	a.mux.HandleFunc("GET "+prefix, a.list)
	a.mux.HandleFunc("GET "+prefix+"/{id}", a.get)
	a.mux.Handle("POST "+prefix, a.requireAuth(http.HandlerFunc(a.create)))
	a.mux.Handle("PUT /items/{id}", adapt(update))
	a.mux.HandleFunc("/{$}", home())
	a.mux.Handle("DELETE example.com/items/{id}", &remover{})
	sub := http.NewServeMux()
	sub.HandleFunc("GET /files/{path...}", files)
	a.mux.Handle("/static/", http.StripPrefix("/static", sub))
	for _, r := range []struct {
		pattern string
		handler http.HandlerFunc
	}{
		{"GET /health", health},
		{"GET /ready", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }},
	} {
		a.mux.HandleFunc(r.pattern, r.handler)
	}
}

func (a *API) requireAuth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != a.secret {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *API) list(w http.ResponseWriter, r *http.Request) {
	limit := queryInt(r, "limit", 20)
	_ = r.URL.Query().Get("after")
	_ = limit
	writeJSON(w, http.StatusOK, page[Item]{})
}

func (a *API) get(w http.ResponseWriter, r *http.Request) {
	_ = r.PathValue("id")
	json.NewEncoder(w).Encode(Item{})
}

func (a *API) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Title string `json:"title" validate:"required,max=80"`
		Count *int   `json:"count"`
	}
	if !decode(w, r, &in) {
		return
	}
	writeJSON(w, http.StatusCreated, map[string]any{"id": int64(1), "item": map[string]string{"title": in.Title}})
}

type updateIn struct{ Title string }

func update(ctx context.Context, in updateIn) (*Item, error) { return nil, nil }

func adapt[In, Out any](f func(context.Context, In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in In
		json.NewDecoder(r.Body).Decode(&in)
		out, _ := f(r.Context(), in)
		writeJSON(w, 200, out)
	})
}

func home() http.HandlerFunc {
	greeting := []byte("hello")
	return func(w http.ResponseWriter, r *http.Request) { w.Write(greeting) }
}

type remover struct{}

func (*remover) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

func files(w http.ResponseWriter, r *http.Request) {}

func health(w http.ResponseWriter, r *http.Request) {}

func queryInt(r *http.Request, name string, fallback int) int {
	n, err := strconv.Atoi(r.FormValue(name))
	if err != nil {
		return fallback
	}
	return n
}

func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	return json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(into) == nil
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
