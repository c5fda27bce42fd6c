package main

import "testing"

const taggedMain = `package main

import (
	"fmt"
	"net/http"
)

const tagHeader = "Etag"

func tag(w http.ResponseWriter, name string, version int) { w.Header().Set(name, fmt.Sprint(version)) }

func bus(w http.ResponseWriter, r *http.Request)   { tag(w, tagHeader, 3) }
func depot(w http.ResponseWriter, r *http.Request) { tag(w, "X-Depot", 3) }
func change(w http.ResponseWriter, r *http.Request) {
	if versionOf(r) == "" {
		w.WriteHeader(http.StatusPreconditionRequired)
	}
}
func versionOf(r *http.Request) string { return r.Header.Get("If-Match") }

func main() {
	http.HandleFunc("GET /buses/{id}", bus)
	http.HandleFunc("PUT /buses/{id}", change)
	http.HandleFunc("GET /depots/{id}", depot)
	http.ListenAndServe(":1", nil)
}
`

func TestAnswersThatNameTheirVersion(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", taggedMain))
	if len(d.Routes) != 3 {
		t.Fatalf("%+v", d.Routes)
	}
	for _, r := range d.Routes {
		want := r.Template == "/buses/{id}" && r.Method == "GET"
		if r.ETag != want {
			t.Errorf("%s %s: %v", r.Method, r.Template, r.ETag)
		}
		if r.Method == "PUT" && (len(r.Request.Header) != 1 || r.Request.Header[0].Name != "If-Match") {
			t.Errorf("%+v", r.Request.Header)
		}
	}
}
