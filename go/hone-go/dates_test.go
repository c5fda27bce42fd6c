package main

import "testing"

func TestDates(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

type in struct {
	Hired string `+"`json:\"hired_on\"`"+`
	Days  []struct {
		Day string `+"`json:\"day\" validate:\"required\"`"+`
	} `+"`json:\"days\"`"+`
}

func period(s string) (time.Time, error) { return time.Parse("2006-01", strings.TrimSpace(s)) }

func report(w http.ResponseWriter, r *http.Request) {
	year := r.URL.Query().Get("year")
	if _, err := time.Parse("2006", year); err != nil {
		w.WriteHeader(422)
		return
	}
	if _, err := period(r.URL.Query().Get("period")); err != nil {
		w.WriteHeader(422)
		return
	}
	if from := r.URL.Query().Get("from"); from != "" {
		if _, err := time.Parse(time.DateOnly, from); err != nil {
			return
		}
	}
}

func hire(w http.ResponseWriter, r *http.Request) {
	var n in
	json.NewDecoder(r.Body).Decode(&n)
	time.Parse("2006-01-02", n.Hired)
	for _, d := range n.Days {
		time.Parse(time.RFC3339, d.Day)
	}
}

func main() {
	http.HandleFunc("GET /report", report)
	http.HandleFunc("POST /hire", hire)
	http.ListenAndServe(":1", nil)
}
`))
	want := map[string]string{"year": "required,datetime=2006", "period": "required,datetime=2006-01", "from": "datetime=2006-01-02"}
	for _, param := range d.Routes[0].Request.Query {
		if param.Rules != want[param.Name] {
			t.Errorf("%+v", param)
		}
		delete(want, param.Name)
	}
	if len(want) != 0 {
		t.Errorf("not seen: %v", want)
	}
	body := d.Routes[1].Request.Body
	if body == nil || body.Fields[0].Tags["validate"] != "datetime=2006-01-02" ||
		body.Fields[1].Fields[0].Tags["validate"] != "required,datetime=2006-01-02T15:04:05Z07:00" {
		t.Errorf("%+v", body)
	}
}

// TestNeededByItsForm: a text that is refused without a certain mark in it is needed.
func TestNeededByItsForm(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"net/http"
	"strings"
)

func lookup(w http.ResponseWriter, r *http.Request) {
	email := strings.TrimSpace(r.URL.Query().Get("email"))
	if !strings.Contains(email, "@") {
		w.WriteHeader(400)
		return
	}
}

func main() {
	http.HandleFunc("GET /lookup", lookup)
	http.ListenAndServe(":1", nil)
}
`))
	if q := d.Routes[0].Request.Query; len(q) != 1 || q[0].Rules != "required" {
		t.Errorf("%+v", q)
	}
}
