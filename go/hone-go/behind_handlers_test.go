package main

import (
	"maps"
	"testing"
)

const behindHandlers = `package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

type Loan struct {
	Direction string
	State     string
	Days      int
	Items     []Item
}

type Item struct {
	SKU    string ` + "`json:\"sku\"`" + `
	Pieces int    ` + "`json:\"pieces\"`" + `
	Net    int    ` + "`json:\"net\"`" + `
	Gross  int    ` + "`json:\"gross\"`" + `
}

type loans interface {
	Create(ctx context.Context, in Loan) error
	Quote(ctx context.Context, kind string, days int, codes []string) error
}

type service struct{}

func (service) load() *Loan {
	stored := new(Loan)
	return stored
}

var kinds = map[string]bool{"day": true, "week": true}

func (s service) Create(ctx context.Context, in Loan) error {
	if in.Direction != "in" && in.Direction != "out" {
		return errors.New("direction")
	}
	if in.Days < 1 || in.Days > 90 {
		return errors.New("days")
	}
	for _, item := range in.Items {
		if item.Pieces <= 0 || item.Gross < item.Net {
			return errors.New("pieces")
		}
	}
	stored := s.load()
	if stored.State != "draft" {
		return errors.New("state")
	}
	if err := ensureOpen(s.load()); err != nil {
		return err
	}
	return in.Validate()
}

func ensureOpen(l *Loan) error {
	if l.State != "open" {
		return errors.New("not open")
	}
	return nil
}

func (l Loan) Validate() error {
	if len(l.Items) > 40 {
		return errors.New("items")
	}
	return nil
}

func (l Loan) CanClose() error {
	if l.State != "open" {
		return errors.New("closed")
	}
	return nil
}

func (s service) Quote(ctx context.Context, kind string, days int, codes []string) error {
	if !kinds[kind] {
		return errors.New("kind")
	}
	if days > 30 {
		return errors.New("days")
	}
	if len(codes) == 0 {
		return errors.New("codes")
	}
	return nil
}

func main() {
	var all loans = service{}
	http.HandleFunc("POST /loans", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Direction string ` + "`json:\"direction\"`" + `
			State     string ` + "`json:\"state\"`" + `
			Days      int    ` + "`json:\"days\" binding:\"max=14\"`" + `
			Items     []Item ` + "`json:\"items\"`" + `
		}
		json.NewDecoder(r.Body).Decode(&in)
		all.Create(r.Context(), Loan{Direction: in.Direction, State: in.State, Days: in.Days, Items: in.Items})
	})
	http.HandleFunc("GET /quotes", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		days, _ := strconv.Atoi(q.Get("days"))
		all.Quote(r.Context(), q.Get("kind"), days, strings.Split(q.Get("codes"), ","))
	})
	http.ListenAndServe(":80", nil)
}
`

func TestDemandsBehindHandlers(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", behindHandlers))
	got := map[string]string{}
	for _, route := range d.Routes {
		if route.Request.Body != nil {
			noteBindings(got, route.Request.Body.Fields)
		}
		for _, param := range route.Request.Query {
			got["?"+param.Name] = param.Rules
		}
	}
	want := map[string]string{
		"direction": "oneof=in out", "state": "", "days": "max=14,min=1", "items": "max=40", "sku": "", "pieces": "min=1", "net": "", "gross": "gtfield=Net",
		"?kind": "oneof=day week", "?days": "max=30", "?codes": "required",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v,\nnot %v", got, want)
	}
}

const severalRequired = `package main

import "net/http"

func required(w http.ResponseWriter, r *http.Request, names ...string) ([]string, bool) {
	var values []string
	for _, name := range names {
		v := r.URL.Query().Get(name)
		if v == "" {
			http.Error(w, name+" is required", http.StatusBadRequest)
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}

func main() {
	http.HandleFunc("GET /members", func(w http.ResponseWriter, r *http.Request) {
		if _, ok := required(w, r, "region", "city"); !ok {
			return
		}
	})
	http.ListenAndServe(":80", nil)
}
`

// TestSeveralThatAreRequired: the names that a helper runs over.
func TestSeveralThatAreRequired(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", severalRequired))
	got := map[string]string{}
	for _, param := range d.Routes[0].Request.Query {
		got[param.Name] = param.Rules
	}
	if want := map[string]string{"region": "required", "city": "required"}; !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

const severalDemands = `package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
)

type transition struct {
	State  string ` + "`json:\"state\"`" + `
	Amount string ` + "`json:\"amount\"`" + `
}

func pay(state string) error {
	if state != "paid" {
		return errors.New("not paid")
	}
	return nil
}

func ship(state string) error {
	if state != "shipped" {
		return errors.New("not shipped")
	}
	return nil
}

func charge(cents int) error {
	if cents < 1000 {
		return errors.New("too little")
	}
	return nil
}

func since(day string) error {
	if day == "" {
		return errors.New("no day")
	}
	return nil
}

func city(name string) error {
	if len(name) > 64 {
		return errors.New("too long")
	}
	return nil
}

func main() {
	http.HandleFunc("POST /pay", func(w http.ResponseWriter, r *http.Request) {
		var in transition
		json.NewDecoder(r.Body).Decode(&in)
		pay(in.State)
		cents, _ := strconv.Atoi(in.Amount)
		charge(cents)
	})
	http.HandleFunc("POST /ship", func(w http.ResponseWriter, r *http.Request) {
		var in transition
		json.NewDecoder(r.Body).Decode(&in)
		ship(in.State)
	})
	http.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		if day := r.URL.Query().Get("since"); day != "" {
			since(day)
		}
		city(r.URL.Query().Get("city"))
	})
	http.ListenAndServe(":80", nil)
}
`

// TestDemandsThatAreNone: what functions want to be different, what is a number's, and what may be left out.
func TestDemandsThatAreNone(t *testing.T) {
	for _, route := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", severalDemands)).Routes {
		if route.Request.Body != nil {
			for _, field := range route.Request.Body.Fields {
				if len(field.Tags) > 0 {
					t.Errorf("%s %s: %v", route.Template, field.Name, field.Tags)
				}
			}
		}
		for _, param := range route.Request.Query {
			if param.Rules != "" {
				t.Errorf("%s %s: %s", route.Template, param.Name, param.Rules)
			}
		}
	}
}

const passingOn = `package main

import (
	"encoding/json"
	"net/http"
)

type server struct{ mux *http.ServeMux }

type who struct{ id int64 }

type endpoint func(r *http.Request, who who) (any, error)

func authenticate(r *http.Request) (who, error) {
	if r.Header.Get("X-Key") == "" {
		return who{}, http.ErrNoCookie
	}
	return who{}, nil
}

func (s server) customer(pattern string, fn endpoint) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		asking, err := authenticate(r)
		if err != nil {
			http.Error(w, "who?", http.StatusUnauthorized)
			return
		}
		s.run(w, r, asking, fn)
	})
}

func (s server) network(pattern string, fn endpoint) {
	s.customer(pattern, func(r *http.Request, asking who) (any, error) {
		if asking.id == 0 {
			return nil, http.ErrNoCookie
		}
		return fn(r, asking)
	})
}

func (s server) run(w http.ResponseWriter, r *http.Request, asking who, fn endpoint) {
	value, err := fn(r, asking)
	if err == nil {
		json.NewEncoder(w).Encode(value)
	}
}

func (s server) parcels(r *http.Request, asking who) (any, error) {
	return r.URL.Query().Get("city"), nil
}

func (s server) depots(r *http.Request, asking who) (any, error) {
	return r.URL.Query().Get("region"), nil
}

func (s server) orders(currentUser func(*http.Request) int64, notFound http.HandlerFunc) {
	s.mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		user := currentUser(r)
		json.NewEncoder(w).Encode(map[string]any{"user": user})
	})
	s.mux.HandleFunc("GET /pages/{slug}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("slug") == "" {
			notFound(w, r)
			return
		}
		json.NewEncoder(w).Encode(r.PathValue("slug"))
	})
}

func (s server) item(pattern string, fn func(w http.ResponseWriter, r *http.Request, slug string)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { fn(w, r, r.PathValue("slug")) })
}

func (s server) article(w http.ResponseWriter, r *http.Request, slug string) {}

func main() {
	s := server{http.NewServeMux()}
	s.customer("GET /parcels", s.parcels)
	s.network("GET /depots", s.depots)
	s.orders(func(r *http.Request) int64 { return 1 }, http.NotFound)
	s.item("GET /articles/{slug}", s.article)
	http.ListenAndServe(":80", s.mux)
}
`

func TestHandlersThatALiteralPassesRequestsOnTo(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", passingOn))
	handlers := map[string]string{}
	for _, route := range d.Routes {
		handlers[route.Template] = route.Handler
		for _, param := range route.Request.Query {
			handlers[route.Template] += " ?" + param.Name
		}
		for _, param := range route.Request.Path {
			if param.Scope {
				t.Errorf("%s: %s is no tenant", route.Template, param.Name)
			}
		}
	}
	want := map[string]string{
		"/parcels": "main.server.parcels ?city", "/depots": "main.server.depots ?region", "/orders": "main.server.orders.func1", "/pages/{slug}": "main.server.orders.func2",
		"/articles/{slug}": "main.server.article",
	}
	if !maps.Equal(handlers, want) {
		t.Errorf("%v,\nnot %v", handlers, want)
	}
	if len(d.Headers) != 1 || d.Headers[0].Name != "X-Key" || d.Headers[0].Routes != 2 || d.Headers[0].Optional {
		t.Errorf("%+v", d.Headers)
	}
}
