package main

import (
	"maps"
	"testing"
)

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

const taggedInputs = `package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
)

func bind(r *http.Request, in any) error {
	if r.Method == "POST" {
		if err := json.NewDecoder(r.Body).Decode(in); err != nil {
			return err
		}
	}
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		if name, ok := v.Type().Field(i).Tag.Lookup("query"); ok {
			v.Field(i).SetString(r.URL.Query().Get(name))
		}
	}
	return nil
}

func handle[In, Out any](f func(context.Context, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := bind(r, &in); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		out, err := f(r.Context(), in)
		if err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		json.NewEncoder(w).Encode(out)
	}
}

type listInput struct {
	Kind  string ` + "`query:\"kind\"`" + `
	Part  string ` + "`query:\"part\"`" + `
	Limit int    ` + "`query:\"limit\" default:\"50\"`" + `
}

type addInput struct {
	Claim int64  ` + "`path:\"id\" json:\"-\"`" + `
	Text  string ` + "`json:\"text\"`" + `
}

type byID struct {
	ID int64 ` + "`path:\"id\" json:\"-\"`" + `
}

type item struct {
	ID int ` + "`json:\"id\"`" + `
}

func list(ctx context.Context, in listInput) ([]item, error) {
	if in.Kind == "" || in.Part == "" {
		return nil, errors.New("kind and part are required")
	}
	return nil, nil
}

func add(ctx context.Context, in addInput) (item, error) { return item{}, nil }
func shut(ctx context.Context, in byID) (item, error)    { return item{}, nil }

func main() {
	mux := http.NewServeMux()
	mux.Handle("GET /items", handle(list))
	mux.Handle("POST /claims/{id}/notes", handle(add))
	mux.Handle("POST /claims/{id}/close", handle(shut))
	http.ListenAndServe(":8080", mux)
}
`

// TestInputsByTags: an adapter of the module's own may fill a struct from path, query and body by its tags.
func TestInputsByTags(t *testing.T) {
	for _, route := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", taggedInputs)).Routes {
		r := route.Request
		switch route.Template {
		case "/items":
			if len(r.Query) != 3 || r.Query[0].Rules != "required" || r.Query[1].Rules != "required" || r.Query[2].Default == nil || *r.Query[2].Default != "50" {
				t.Errorf("%+v", r.Query)
			}
		case "/claims/{id}/notes":
			if r.Body == nil || len(r.Body.Fields) != 1 || r.Body.Fields[0].Name != "text" || len(r.Path) != 1 || r.Path[0].Type != "int64" {
				t.Errorf("%+v %+v", r.Body, r.Path)
			}
		case "/claims/{id}/close":
			if r.Body != nil || !r.Bodyless {
				t.Errorf("%+v", r)
			}
		default:
			t.Errorf("%+v", route)
		}
	}
}

const givenInputs = `package main

import (
	"net/http"
	"time"
)

type look struct {
	Email string ` + "`query:\"email\" validate:\"required\"`" + `
}

type page struct {
	Limit int ` + "`form:\"limit\" binding:\"omitempty,max=200\"`" + `
}

type paid struct {
	IDs []int64 ` + "`json:\"order_ids\" validate:\"required,max=500\"`" + `
}

type principal struct {
	ID int64 ` + "`json:\"id\"`" + `
}

type action func(r *http.Request) (any, error)

func input[T any](do func(*http.Request, T) (any, error)) action {
	return func(r *http.Request) (any, error) {
		var in T
		return do(r, in)
	}
}

func between(do func(r *http.Request, from, to time.Time) (any, error)) action {
	return func(r *http.Request) (any, error) {
		from, err := time.Parse("2006-01-02", r.URL.Query().Get("from"))
		if err != nil {
			return nil, err
		}
		return do(r, from, from)
	}
}

func ok(do action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { do(r) }
}

func lookup(r *http.Request, in look) (any, error)             { return in.Email, nil }
func pay(r *http.Request, in paid) (any, error)                { return in.IDs, nil }
func list(r *http.Request, in page) (any, error)               { return in.Limit, nil }
func mine(r *http.Request, who principal) (any, error)         { return who.ID, nil }
func load(r *http.Request, from, to time.Time) (any, error) { return from, nil }

func main() {
	http.HandleFunc("GET /lookup", ok(input(lookup)))
	http.HandleFunc("POST /pay", ok(input(pay)))
	http.HandleFunc("GET /list", ok(input(list)))
	http.HandleFunc("POST /mine", ok(input(mine)))
	http.HandleFunc("GET /load", ok(between(load)))
	http.ListenAndServe(":80", nil)
}
`

// TestInputsBesideTheRequest: what an adapter reads for a function that is given the request as well, but not who asks.
func TestInputsBesideTheRequest(t *testing.T) {
	got := map[string]string{}
	for _, route := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", givenInputs)).Routes {
		for _, param := range route.Request.Query {
			got[route.Template] += "?" + param.Name + " " + param.Rules
		}
		if route.Request.Body != nil {
			got[route.Template] += route.Request.Body.Fields[0].Name
		}
	}
	want := map[string]string{"/lookup": "?email required", "/pay": "order_ids", "/list": "?limit omitempty,max=200", "/load": "?from required,datetime=2006-01-02"}
	if !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
