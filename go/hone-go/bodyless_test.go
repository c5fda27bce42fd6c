package main

import "testing"

func TestHandlersThatReadNoBody(t *testing.T) {
	dir := write(t, "go.mod", "module example.com/desk\n\ngo 1.24\n", "main.go", `package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
)

type store interface{ handle(r *http.Request) error }

var backend store

func idOf(r *http.Request) string { return r.PathValue("id") + r.URL.Query().Get("by") }

func answer(w http.ResponseWriter, r *http.Request, v any) {
	w.Header().Set("X-Request", r.Header.Get("X-Request"))
	json.NewEncoder(w).Encode(v)
}

func closeVisit(w http.ResponseWriter, r *http.Request) {
	if r.Context().Err() != nil {
		http.Redirect(w, r, "/", http.StatusFound)
		return
	}
	answer(w, r, idOf(r))
}

func note(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	answer(w, r, string(text))
}

func copied(r *http.Request) []byte { bytes, _ := io.ReadAll(r.Body); return bytes }

func hidden(w http.ResponseWriter, r *http.Request) { answer(w, r, copied(r)) }

func elsewhere(w http.ResponseWriter, r *http.Request) { answer(w, r, backend.handle(r)) }

func kept(w http.ResponseWriter, r *http.Request) {
	last := r
	answer(w, last, nil)
}

func main() {
	http.HandleFunc("POST /visits/{id}/close", closeVisit)
	http.HandleFunc("POST /notes", note)
	http.HandleFunc("PUT /hidden", hidden)
	http.HandleFunc("POST /elsewhere", elsewhere)
	http.HandleFunc("POST /kept", kept)
	http.HandleFunc("GET /visits/{id}", closeVisit)
	http.HandleFunc("PATCH /visits/{id}", func(w http.ResponseWriter, r *http.Request) { answer(w, r, idOf(r)) })
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
`)
	want := map[string]bool{"POST /visits/{id}/close": true, "PATCH /visits/{id}": true}
	routes := inspectDocument(t, dir).Routes
	if len(routes) != 7 {
		t.Errorf("%d routes", len(routes))
	}
	for _, route := range routes {
		name := route.Method + " " + route.Template
		if route.Request.Bodyless != want[name] {
			t.Errorf("%s: bodyless is %v", name, route.Request.Bodyless)
		}
	}
}
