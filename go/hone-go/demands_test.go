package main

import (
	"maps"
	"testing"
)

const demanding = `package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

type problems struct{ texts []string }

func (p *problems) Check(ok bool, field, reason string) {
	if !ok {
		p.texts = append(p.texts, field+" "+reason)
	}
}
func (p *problems) Range(n, lo, hi int, field string) {
	p.Check(n >= lo && n <= hi, field, "must lie between "+strconv.Itoa(lo)+" and "+strconv.Itoa(hi))
}
func (p *problems) AtMost(field, s string, most int) {
	if len(s) > most {
		p.texts = append(p.texts, field)
	}
}
func (p *problems) Between(n, lo, hi int, field string) {
	if n >= lo && n <= hi {
		return
	}
	p.texts = append(p.texts, field)
}
func (p *problems) Unless(n, lo, hi int, field string) {
	if !(n >= lo && n <= hi) {
		p.texts = append(p.texts, field)
	}
}
func (p *problems) NotIn(s, field string, taken ...string) {
	for _, one := range taken {
		p.Check(s != one, field, "is taken")
	}
}
func (p *problems) OneOf(s, field string, options ...string) {
	for _, option := range options {
		if s == option {
			return
		}
	}
	p.Check(false, field, "is none of them")
}

type checked interface{ Validate(p *problems) }

type line struct {
	Grade string ` + "`json:\"grade\"`" + `
	Count int32  ` + "`json:\"count\"`" + `
}

type order struct {
	Days  int    ` + "`json:\"days\"`" + `
	Kind  string ` + "`json:\"kind\"`" + `
	Note  string ` + "`json:\"note\"`" + `
	Other int    ` + "`json:\"other\"`" + `
	Nights int   ` + "`json:\"nights\"`" + `
	Beds   int   ` + "`json:\"beds\"`" + `
	Name   string ` + "`json:\"name\"`" + `
	Lines []line ` + "`json:\"lines\"`" + `
}

func (o *order) Validate(p *problems) {
	p.Range(o.Days, 2, 7, "days")
	p.OneOf(o.Kind, "kind", "buy", "sell")
	p.AtMost("note", o.Note, 30)
	p.Range(o.Other, 1, 2, "something else")
	p.Between(o.Nights, 3, 9, "nights")
	p.Unless(o.Beds, 3, 9, "beds")
	p.NotIn(o.Name, "name", "admin", "root")
	p.Range(len(o.Lines), 1, 20, "lines")
	for i, l := range o.Lines {
		at := fmt.Sprintf("lines[%d].", i)
		p.OneOf(l.Grade, at+"grade", "a", "b")
		p.Range(int(l.Count), 5, 9, at+"count")
	}
}

func decode(r *http.Request, into checked) error {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		return err
	}
	var p problems
	into.Validate(&p)
	if len(p.texts) > 0 {
		return errors.New(p.texts[0])
	}
	return nil
}

type visit struct {
	Guests int ` + "`json:\"guests\"`" + `
}

func (v visit) check() error {
	if v.Guests < 3 || v.Guests > 8 {
		return errors.New("guests")
	}
	return nil
}

func main() {
	http.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		var in order
		if err := decode(r, &in); err != nil {
			http.Error(w, err.Error(), 422)
			return
		}
		w.WriteHeader(201)
	})
	http.HandleFunc("POST /visits", func(w http.ResponseWriter, r *http.Request) {
		var in visit
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		if err := in.check(); err != nil {
			http.Error(w, err.Error(), 422)
			return
		}
		w.WriteHeader(201)
	})
	http.ListenAndServe(":8080", nil)
}
`

// TestDemands: what helpers of a validator demand, behind an interface, and what a body's own method refuses.
func TestDemands(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", demanding))
	got := map[string]string{}
	for _, route := range d.Routes {
		noteBindings(got, route.Request.Body.Fields)
	}
	want := map[string]string{
		"days": "min=2,max=7", "kind": "oneof=buy sell", "note": "max=30", "other": "", "lines": "min=1,max=20", "grade": "oneof=a b",
		"count": "min=5,max=9", "nights": "min=3,max=9", "beds": "", "name": "", "guests": "min=3,max=8",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}
