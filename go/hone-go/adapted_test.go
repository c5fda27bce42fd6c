package main

import "testing"

const adapting = `package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
)

type Order struct {
	ID   int64  ` + "`json:\"id\"`" + `
	Name string ` + "`json:\"name\"`" + `
}

type Filter struct {
	Name string ` + "`json:\"name\"`" + `
}

func byID[T any](f func(context.Context, int64) (T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
		v, _ := f(r.Context(), id)
		json.NewEncoder(w).Encode(v)
	}
}

func body[In, Out any](f func(context.Context, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		json.NewDecoder(r.Body).Decode(&in)
		v, _ := f(r.Context(), in)
		json.NewEncoder(w).Encode(v)
	}
}

type line struct {
	Product string ` + "`json:\"product\"`" + `
}

// lines decodes what it makes orders of.
func lines(place func(context.Context, []Order) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in []line
		json.NewDecoder(r.Body).Decode(&in)
		place(r.Context(), make([]Order, len(in)))
	}
}

type store struct{}

func (store) Place(ctx context.Context, orders []Order) error { return nil }

func (store) Close(ctx context.Context, id int64) (Order, error) { return Order{}, nil }

func main() {
	http.HandleFunc("POST /orders/{id}/close", byID(store{}.Close))
	http.HandleFunc("POST /orders/lookup", body(func(ctx context.Context, in struct {
		IDs []int64 ` + "`json:\"ids\"`" + `
	}) ([]Order, error) {
		return nil, nil
	}))
	http.HandleFunc("POST /lines", lines(store{}.Place))
	http.HandleFunc("PUT /orders", body(func(ctx context.Context, in []Order) (int, error) { return 0, nil }))
	http.HandleFunc("POST /orders", body(func(ctx context.Context, in *Order) (*Order, error) { return in, nil }))
	http.HandleFunc("GET /orders", body(func(ctx context.Context, in Filter) ([]Order, error) { return nil, nil }))
	http.HandleFunc("POST /numbers", body(func(ctx context.Context, in []int64) (Order, error) { return Order{}, nil }))
	http.HandleFunc("POST /raw", body(func(ctx context.Context, in []byte) (Order, error) { return Order{}, nil }))
	http.ListenAndServe(":80", nil)
}
`

func TestBodiesThatAdaptersDecode(t *testing.T) {
	wants := map[string]struct {
		bodyless, array bool
		field           string // empty: no body
	}{
		"POST /orders/{id}/close": {bodyless: true},
		"POST /orders/lookup":     {field: "ids"},
		"POST /lines":             {array: true, field: "product"},
		"PUT /orders":             {array: true, field: "id"},
		"POST /orders":            {field: "id"},
		"GET /orders":             {},
		"POST /numbers":           {},
		"POST /raw":               {},
	}
	routes := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", adapting)).Routes
	if len(routes) != len(wants) {
		t.Fatalf("%+v", routes)
	}
	for _, route := range routes {
		want := wants[route.Method+" "+route.Template]
		body := route.Request.Body
		if route.Request.Bodyless != want.bodyless || (body != nil) != (want.field != "") {
			t.Errorf("%s %s: %+v", route.Method, route.Template, route.Request)
		} else if body != nil && (body.Array != want.array || len(body.Fields) == 0 || body.Fields[0].Name != want.field) {
			t.Errorf("%s: %+v", route.Template, body)
		}
	}
}
