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

func (service) load() *Loan { return &Loan{} }

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
	return in.Validate()
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
	var note func(fields []Field)
	note = func(fields []Field) {
		for _, field := range fields {
			got[field.Name] = field.Tags["binding"]
			note(field.Fields)
		}
	}
	for _, route := range d.Routes {
		if route.Request.Body != nil {
			note(route.Request.Body.Fields)
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
