package main

import (
	"maps"
	"testing"
)

func TestQueriesThatAreComplainedAbout(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

type params struct {
	values url.Values
	err    error
}

func (p *params) str(name string) string { return p.values.Get(name) }

func (p *params) must(name string) string {
	v := p.values.Get(name)
	if v == "" {
		p.reject(name, "")
	}
	return v
}

func (p *params) num(name string, fallback int) int {
	v := p.values.Get(name)
	if v == "" {
		return fallback
	}
	n, _ := strconv.Atoi(v)
	return n
}

func (p *params) day(name string) time.Time {
	d, _ := time.Parse("2006-01-02", p.must(name))
	return d
}

func (p *params) where(condition string) {}

func (p *params) reject(name, why string) { p.err = fmt.Errorf("%s %s", name, why) }

func main() {
	http.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		q := &params{values: r.URL.Query()}
		client, limit := q.num("client_id", 0), q.num("limit", 25)
		if client == 0 {
			q.reject("client_id", "is required")
		}
		code := q.str("code")
		if code == "" {
			code = q.str("sku")
		}
		status, kind, size, slug := q.str("status"), q.str("kind"), q.num("size", 0), q.str("slug")
		where := []string{"true"}
		if status == "" {
			where = append(where, "status <> 'deleted'")
			q.where("status <> 'gone'")
			log.Printf("status missing")
		}
		if kind == "" {
			q.where("")
			q.where("order by kind")
			undefined.Reject(kind)
		}
		if size <= 0 {
			q.reject("size", "is small")
			q.reject("", "")
			size = 20
		}
		if slug == "" {
			if code == "" {
				q.reject("slug", "or code")
			}
		}
		fmt.Fprintln(w, client, limit, code, q.must("email"), q.day("from"), where, status, kind, size)
	})
	http.ListenAndServe(":1", nil)
}
`))
	rules := map[string]string{}
	for _, param := range document.Routes[0].Request.Query {
		rules[param.Name] = param.Rules
	}
	want := map[string]string{"client_id": "required", "limit": "", "code": "", "sku": "", "status": "", "kind": "", "size": "", "slug": "", "email": "required",
		"from": "required,datetime=2006-01-02"}
	if !maps.Equal(rules, want) {
		t.Errorf("%v, wanted %v", rules, want)
	}
}
