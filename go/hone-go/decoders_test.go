package main

import "testing"

const decoding = `package main

import (
	"context"
	"encoding/json"
	"net/http"
)

type Order struct {
	ID   string ` + "`json:\"id\"`" + `
	Name string ` + "`json:\"name\"`" + `
}

type params struct{ r *http.Request }

func (p *params) str(name, fallback string) string {
	if v := p.r.URL.Query().Get(name); v != "" {
		return v
	}
	return fallback
}

func body[T any](p *params) T {
	var v T
	json.NewDecoder(p.r.Body).Decode(&v)
	return v
}

func none(*params) struct{} { return struct{}{} }

func handle[In, Out any](status int, decode func(*params) In, run func(context.Context, In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, _ := run(r.Context(), decode(&params{r}))
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{"data": out, "status": status})
	})
}

type Change struct {
	ID    string
	Order Order
}

type store struct{}

func (*store) Place(ctx context.Context, in Order) (Order, error)     { return in, nil }
func (*store) Change(ctx context.Context, in Change) (Order, error)   { return in.Order, nil }
func (*store) List(ctx context.Context, name string) ([]Order, error) { return nil, nil }
func (*store) Close(ctx context.Context, _ struct{}) (Order, error)   { return Order{}, nil }

func main() {
	s := &store{}
	http.Handle("POST /orders", handle(201, body[Order], s.Place))
	http.Handle("PUT /orders/{id}", handle(200, func(p *params) Change {
		return Change{ID: p.r.PathValue("id"), Order: body[Order](p)}
	}, s.Change))
	http.Handle("GET /orders", handle(200, func(p *params) string { return p.str("name", "") }, s.List))
	http.Handle("POST /orders/close", handle(200, none, s.Close))
	http.ListenAndServe(":80", nil)
}
`

func TestDecodersBesideAUseCaseAndTheEnvelopeAroundIt(t *testing.T) {
	wants := map[string]struct {
		handler, query string
		body, bodyless bool
		array          bool
	}{
		"POST /orders":       {handler: "Place", body: true},
		"PUT /orders/{id}":   {handler: "Change", body: true},
		"GET /orders":        {handler: "List", query: "name", array: true},
		"POST /orders/close": {handler: "Close", bodyless: true},
	}
	routes := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", decoding)).Routes
	if len(routes) != len(wants) {
		t.Fatalf("%+v", routes)
	}
	for _, route := range routes {
		name := route.Method + " " + route.Template
		want := wants[name]
		if got := "example.com/field.(*store)." + want.handler; route.Handler != got && route.Handler != "main.(*store)."+want.handler {
			t.Errorf("%s: handler %s", name, route.Handler)
		}
		request := route.Request
		if (request.Body != nil) != want.body || request.Bodyless != want.bodyless ||
			request.Body != nil && (len(request.Body.Fields) != 2 || request.Body.Fields[0].Name != "id") {
			t.Errorf("%s: %+v", name, request)
		}
		if (len(request.Query) == 1) != (want.query != "") || want.query != "" && request.Query[0].Name != want.query {
			t.Errorf("%s: %+v", name, request.Query)
		}
		if len(route.Responses) != 1 || len(route.Responses[0].Fields) != 2 {
			t.Errorf("%s: %+v", name, route.Responses)
			continue
		}
		data := route.Responses[0].Fields[0]
		if data.Name != "data" || (data.Kind == "array") != want.array || len(data.Fields) != 2 || data.Fields[1].Name != "name" {
			t.Errorf("%s: %+v", name, data)
		}
	}
}
