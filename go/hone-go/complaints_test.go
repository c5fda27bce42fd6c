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

func TestQueriesWhoseConversionIsRefused(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"errors"
	"log"
	"net/http"
	"strconv"
	"time"
)

func main() {
	http.HandleFunc("GET /huts", func(w http.ResponseWriter, r *http.Request) {
		guide, err := strconv.Atoi(r.URL.Query().Get("guide"))
		if err != nil {
			http.Error(w, "no guide", 400)
			return
		}
		if _, err := beds(r); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		raw := r.URL.Query().Get("nights")
		nights, err := strconv.Atoi(raw)
		if raw != "" && err != nil {
			return
		}
		if r.URL.Query().Get("depot") != "" {
			if _, err := strconv.Atoi(r.URL.Query().Get("depot")); err != nil {
				http.Error(w, "depot", 400)
				return
			}
		}
		page, err := strconv.Atoi(orOne(r.URL.Query().Get("page")))
		if err != nil {
			http.Error(w, "page", 400)
			return
		}
		tour, err := id(r, "tour_id")
		if err != nil {
			return
		}
		print(guide, nights, since(r), limit(r), page, tour)
	})
	http.ListenAndServe(":8080", nil)
}

func orOne(text string) string {
	if text == "" {
		return "1"
	}
	return text
}

func beds(r *http.Request) (int, error) {
	n, err := strconv.Atoi(r.URL.Query().Get("beds"))
	if err != nil {
		return 0, errors.New("beds")
	}
	return n, nil
}

func id(r *http.Request, name string) (int, error) {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n <= 0 {
		return 0, errors.New(name)
	}
	return n, nil
}

func since(r *http.Request) time.Time {
	t, err := time.Parse("2006-01-02", r.URL.Query().Get("since"))
	if err != nil {
		return time.Now()
	}
	return t
}

func limit(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil {
		log.Print("no limit")
		return 25
	}
	return n
}
`))
	got := map[string]string{}
	for _, param := range document.Routes[0].Request.Query {
		got[param.Name] = param.Rules
	}
	want := map[string]string{"guide": "required", "beds": "required", "nights": "", "since": "datetime=2006-01-02", "limit": "",
		"depot": "", "page": "", "tour_id": "required,min=1"}
	if !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
