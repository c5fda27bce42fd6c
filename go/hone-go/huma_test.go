package main

import (
	"slices"
	"strings"
	"testing"
)

func TestRulesOfHumaTags(t *testing.T) {
	for _, c := range []struct {
		kind string
		tags map[string]string
		want string
	}{
		{"integer", map[string]string{"minimum": "1", "exclusiveMaximum": "100"}, "min=1,lt=100"},
		{"number", map[string]string{"exclusiveMinimum": "0.5", "maximum": "9.5"}, "gt=0,max=9"},
		{"number", map[string]string{"minimum": "-90", "minLength": "3"}, "min=-90"},
		{"string", map[string]string{"minLength": "3", "maxLength": "20", "minimum": "7"}, "min=3,max=20"},
		{"string", map[string]string{"enum": "open,on hold,closed"}, "oneof=open closed"},
		{"string", map[string]string{"format": "date"}, "datetime=2006-01-02"},
		{"string", map[string]string{"format": "email"}, "email"},
		{"string", map[string]string{"format": "hostname", "minLength": "many"}, ""},
		{"array", map[string]string{"minItems": "1", "maxItems": "9", "enum": "red,blue"}, "min=1,max=9,dive,oneof=red blue"},
	} {
		if got := strings.Join(humaTagRules(c.kind, c.tags), ","); got != c.want {
			t.Errorf("%s %v: %q, not %q", c.kind, c.tags, got, c.want)
		}
	}
}

func TestExampleOfAHumaBody(t *testing.T) {
	code := Field{Name: "code", Kind: "string", Tags: map[string]string{"example": "A-7"}}
	count := Field{Name: "count", Kind: "integer", Tags: map[string]string{"default": "3"}}
	kind := Field{Name: "kind", Kind: "string", Tags: map[string]string{"enum": "sale,hire"}}
	note := Field{Name: "note", Kind: "string", Tags: map[string]string{"json": "omitempty"}}
	lines := Field{Name: "lines", Kind: "array", Fields: []Field{count}}
	if got := humaExample(&Body{Fields: []Field{code, kind, note, lines}}); got != `{"code":"A-7","kind":"sale","lines":[{"count":3}]}` {
		t.Errorf("got %s", got)
	}
	if got := humaExample(&Body{Fields: []Field{code, {Name: "name", Kind: "string"}}}); got != "" {
		t.Errorf("a required member has no example, yet there is %s", got)
	}
}

func TestConditionsOnKnownArguments(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import "net/http"

func add(mux *http.ServeMux, kind string) {
	if kind == "public" {
		mux.HandleFunc("GET /public", answer)
	} else {
		mux.HandleFunc("GET /private", answer)
	}
	if kind != "public" {
		mux.HandleFunc("GET /secret", answer)
	}
}

func answer(w http.ResponseWriter, r *http.Request) {}

func main() {
	mux := http.NewServeMux()
	add(mux, "public")
	http.ListenAndServe(":8080", mux)
}
`))
	paths := []string{}
	for _, route := range document.Routes {
		paths = append(paths, route.Path)
	}
	if !slices.Equal(paths, []string{"/public"}) {
		t.Errorf("got %v", paths)
	}
}

func TestRefusalsWhoseErrorIsDropped(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"encoding/json"
	"net/http"
)

func fail(w http.ResponseWriter, text string) error {
	w.WriteHeader(422)
	_, err := w.Write([]byte(text))
	return err
}

func main() {
	http.HandleFunc("POST /trips", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Percent int `+"`json:\"percent\"`"+`
		}
		json.NewDecoder(r.Body).Decode(&in)
		if in.Percent < 50 || in.Percent > 200 {
			_ = fail(w, "percent")
			return
		}
	})
	http.ListenAndServe(":8080", nil)
}
`))
	if got := document.Routes[0].Request.Body.Fields[0].Tags["binding"]; got != "min=50,max=200" {
		t.Errorf("got %q", got)
	}
}
