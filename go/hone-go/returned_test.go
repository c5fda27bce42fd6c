package main

import "testing"

const returning = `package main

import (
	"context"
	"net/http"
)

type Order struct {
	ID   int64  ` + "`json:\"id\"`" + `
	Name string ` + "`json:\"name\"`" + `
}

type handler func(r *http.Request) (int, any, error)

func wrap(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h(r) }
}

func ok(v any, err error) (int, any, error) { return http.StatusOK, v, err }

func list(ctx context.Context) ([]Order, error) { return nil, nil }

func orders(r *http.Request) (int, any, error) { return ok(list(r.Context())) }

func order(r *http.Request) (int, any, error) {
	if r.URL.Path == "" {
		return 0, nil, http.ErrNoCookie
	}
	found := &Order{}
	return http.StatusCreated, found, nil
}

func count(r *http.Request) (int, any, error) {
	return ok(map[string]any{"count": 1}, nil)
}

func serve(h func(r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h(r) }
}

func change(r *http.Request) (any, error) { return Order{}, nil }

func main() {
	http.HandleFunc("GET /orders", wrap(orders))
	http.HandleFunc("POST /order", wrap(order))
	http.HandleFunc("GET /count", wrap(count))
	http.HandleFunc("PUT /order", serve(change))
	http.ListenAndServe(":80", nil)
}
`

func TestAnswersThatHandlersReturn(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", returning))
	wants := map[string]struct {
		status int
		array  bool
		field  string
	}{"GET /orders": {200, true, "id"}, "POST /order": {201, false, "id"}, "GET /count": {200, false, "count"}, "PUT /order": {0, false, "id"}}
	if len(d.Routes) != len(wants) {
		t.Fatalf("%+v", d.Routes)
	}
	for _, route := range d.Routes {
		want := wants[route.Method+" "+route.Template]
		if len(route.Responses) != 1 {
			t.Errorf("%s: %+v", route.Template, route.Responses)
			continue
		}
		got := route.Responses[0]
		if got.Status != want.status || got.Array != want.array || len(got.Fields) == 0 || got.Fields[0].Name != want.field {
			t.Errorf("%s: %+v", route.Template, got)
		}
	}
}
