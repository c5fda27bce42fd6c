package main

import "testing"

const decodedQueries = `package main

import (
	"net/http"

	"github.com/gorilla/schema"
)

type window struct {
	Limit uint64 ` + "`query:\"limit,default:50\"`" + `
}

type filter struct {
	City  string ` + "`query:\"city,required\"`" + `
	Plain string
	window
}

var decoder = newDecoder()

func newDecoder() *schema.Decoder {
	d := schema.NewDecoder()
	d.SetAliasTag("query")
	return d
}

func query[T any](r *http.Request) (T, error) {
	var v T
	err := decoder.Decode(&v, r.URL.Query())
	return v, err
}

func main() {
	http.HandleFunc("GET /huts", func(w http.ResponseWriter, r *http.Request) {
		if _, err := query[filter](r); err != nil {
			http.Error(w, err.Error(), 400)
		}
	})
	http.ListenAndServe(":8080", nil)
}
`

func TestDecodedQueries(t *testing.T) {
	d := inspectDocument(t, write(t,
		"go.mod", fieldModule+"\nrequire github.com/gorilla/schema v1.0.0\n\nreplace github.com/gorilla/schema => ./schema\n", "main.go", decodedQueries,
		"schema/go.mod", "module github.com/gorilla/schema\n\ngo 1.24\n", "schema/schema.go", `package schema

type Decoder struct{ tag string }

func NewDecoder() *Decoder                                          { return &Decoder{} }
func (d *Decoder) SetAliasTag(tag string)                           { d.tag = tag }
func (d *Decoder) Decode(dst any, src map[string][]string) error { return nil }
`))
	found := map[string]Param{}
	for _, param := range d.Routes[0].Request.Query {
		found[param.Name] = param
	}
	if len(found) != 2 || found["city"].Rules != "required" || found["limit"].Type != "uint64" || found["limit"].Default == nil || *found["limit"].Default != "50" {
		t.Errorf("%+v", d.Routes[0].Request.Query)
	}
}
