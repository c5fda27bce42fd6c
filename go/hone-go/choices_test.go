package main

import "testing"

const choosyBody = `package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
)

type Grade string

const (
	Fine  Grade = "fine"
	Rough Grade = "rough"
)

func (g Grade) Valid() bool {
	switch g {
	case Fine, Rough:
		return true
	}
	return false
}

var kinds = []string{"hut", "camp"}

var seasons = map[string]bool{"summer": true, "winter": true}

var shades = map[string]bool{"light": true, "dark": false}

type scan struct {
	Direction string ` + "`json:\"direction\"`" + `
}

func main() {
	http.HandleFunc("POST /huts", func(w http.ResponseWriter, r *http.Request) {
		if err := create(r); err != nil {
			http.Error(w, err.Error(), 422)
		}
	})
	http.ListenAndServe(":8080", nil)
}

func create(r *http.Request) error {
	var in struct {
		Kind   string  ` + "`json:\"kind\"`" + `
		Season string  ` + "`json:\"season\"`" + `
		Grade  Grade   ` + "`json:\"grade\"`" + `
		Status string  ` + "`json:\"status\"`" + `
		Colour *string ` + "`json:\"colour\"`" + `
		Name   string  ` + "`json:\"name\"`" + `
		Level  string  ` + "`json:\"level\"`" + `
		Shade  string  ` + "`json:\"shade\"`" + `
		Scans  []scan  ` + "`json:\"scans\"`" + `
		Rank   string  ` + "`json:\"rank\" binding:\"oneof=low high\"`" + `
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	if in.Name == "" || !slices.Contains(kinds, strings.ToLower(in.Kind)) {
		return errors.New("kind")
	}
	if _, known := seasons[in.Season]; !known {
		return errors.New("season")
	}
	if !in.Grade.Valid() || in.Rank != "middle" {
		return errors.New("grade")
	}
	switch in.Status {
	case "open", "shut":
	case "lost":
		return errors.New("lost")
	default:
		return errors.New("status")
	}
	if in.Colour != nil && *in.Colour != "red" && *in.Colour != "blue" {
		return errors.New("colour")
	}
	if !shades[in.Shade] {
		return errors.New("shade")
	}
	if in.Level != "high" {
		in.Level = "low"
	}
	for _, one := range in.Scans {
		if one.Direction != "in" && one.Direction != "out" {
			return errors.New("direction")
		}
	}
	return nil
}
`

func TestChoicesOfBodyMembers(t *testing.T) {
	got := rulesOfBody(t, choosyBody)
	for name, rules := range map[string]string{
		"kind": "oneof=hut camp", "season": "oneof=summer winter", "grade": "oneof=fine rough", "status": "oneof=open shut",
		"colour": "oneof=red blue", "name": "", "level": "", "shade": "oneof=light", "scans/direction": "oneof=in out", "rank": "oneof=low high",
	} {
		if got[name] != rules {
			t.Errorf("%s: %q, not %q", name, got[name], rules)
		}
	}
}

const tableOfRoutes = `package main

import "net/http"

type route struct {
	pattern string
	serve   http.HandlerFunc
}

type module interface{ Routes() []route }

type huts struct{}

func (huts) list(w http.ResponseWriter, r *http.Request) {}

func (h huts) Routes() []route { return []route{{"GET /huts", h.list}, {"POST /huts", h.list}} }

type tree map[string]tree

func trees() tree { return tree{} }

type server struct{}

func (s server) health(w http.ResponseWriter, r *http.Request) {}

func (s server) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{"GET /healthz": s.health}
}

func main() {
	mux := http.NewServeMux()
	_ = trees()
	for pattern, serve := range (server{}).routes() {
		mux.Handle(pattern, serve)
	}
	for _, each := range []module{huts{}} {
		for _, one := range each.Routes() {
			mux.HandleFunc(one.pattern, one.serve)
		}
	}
	http.ListenAndServe(":8080", mux)
}
`

func TestRoutesOutOfTables(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", tableOfRoutes))
	got := map[string]bool{}
	for _, route := range d.Routes {
		got[route.Method+" "+route.Path] = true
	}
	for _, want := range []string{"GET /healthz", "GET /huts", "POST /huts"} {
		if !got[want] {
			t.Errorf("%s is not among %v", want, got)
		}
	}
}
