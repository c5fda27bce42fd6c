package main

import (
	"slices"
	"testing"
)

const patternsOfPieces = `package main

import "net/http"

const base = "/v1/orgs/{slug}"

func answer(w http.ResponseWriter, r *http.Request) {}

func main() {
	mux := http.NewServeMux()
	handle := func(method, path string) { mux.HandleFunc(method+" "+base+path, answer) }
	handle("GET", "/bins")
	handle("PATCH", "/bins/{id}")
	mux.HandleFunc("POST "+"example.com"+base, answer)
	http.ListenAndServe(":8080", mux)
}
`

func TestThePiecesOfAPattern(t *testing.T) {
	var got []string
	for _, route := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", patternsOfPieces)).Routes {
		got = append(got, route.Method+" "+route.Path)
	}
	want := []string{"GET /v1/orgs/{slug}/bins", "PATCH /v1/orgs/{slug}/bins/{id}", "POST /v1/orgs/{slug}"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
