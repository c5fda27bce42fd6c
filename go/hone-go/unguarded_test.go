package main

import (
	"strings"
	"testing"
)

const handingOn = `package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

type store struct{ db *sql.DB }

type lister interface {
	List(ctx context.Context, status string, limit int) error
}

func (s *store) List(ctx context.Context, status string, limit int) error {
	_, err := s.db.QueryContext(ctx, "SELECT id FROM orders WHERE status = $1 LIMIT $2", status, limit)
	return err
}

func (s *store) Search(ctx context.Context, name string) error {
	query := "SELECT id FROM orders"
	if name != "" {
		query += " WHERE name = $1"
	}
	_, err := s.db.QueryContext(ctx, query, name)
	return err
}

func (s *store) Either(ctx context.Context, kind string) error {
	_, err := s.db.QueryContext(ctx, "SELECT id FROM orders WHERE ($1 = '' OR kind = $1)", kind)
	return err
}

func (s *store) ByMail(ctx context.Context, mail string) error {
	if len(mail) > 80 || !strings.Contains(mail, "@") {
		return errors.New("no address")
	}
	_, err := s.db.QueryContext(ctx, "SELECT id FROM people WHERE mail = $1", mail)
	return err
}

func (s *store) Contact(ctx context.Context, phone, name string) error {
	if phone == "" && name == "" {
		return errors.New("nothing to look for")
	}
	if phone == "" {
		return s.Search(ctx, name)
	}
	return nil
}

func all(ctx context.Context, db *sql.DB, query string, args ...any) error {
	_, err := db.QueryContext(ctx, query, args...)
	return err
}

func ids(r *http.Request, name string) []int64 {
	var found []int64
	for _, part := range strings.Split(r.URL.Query().Get(name), ",") {
		id, _ := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		found = append(found, id)
	}
	return found
}

func main() {
	s := &store{}
	var l lister = s
	http.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		status := r.URL.Query().Get("status")
		l.List(r.Context(), strings.TrimSpace(status), 10)
	})
	http.HandleFunc("GET /search", func(w http.ResponseWriter, r *http.Request) { s.Search(r.Context(), r.URL.Query().Get("name")) })
	http.HandleFunc("GET /either", func(w http.ResponseWriter, r *http.Request) { s.Either(r.Context(), r.URL.Query().Get("kind")) })
	http.HandleFunc("GET /generic", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		all(r.Context(), s.db, "SELECT 1 FROM orders WHERE reference = $1", q.Get("ref"))
	})
	http.HandleFunc("GET /checked", func(w http.ResponseWriter, r *http.Request) {
		city := r.URL.Query().Get("city")
		if city == "" {
			city = "Bern"
		}
		l.List(r.Context(), city, 10)
	})
	http.HandleFunc("GET /compare", func(w http.ResponseWriter, r *http.Request) { ids(r, "ids") })
	http.HandleFunc("GET /mail", func(w http.ResponseWriter, r *http.Request) {
		s.ByMail(r.Context(), r.URL.Query().Get("mail"))
	})
	http.HandleFunc("GET /contact", func(w http.ResponseWriter, r *http.Request) {
		s.Contact(r.Context(), r.URL.Query().Get("phone"), "x")
	})
	http.HandleFunc("GET /tags", func(w http.ResponseWriter, r *http.Request) {
		for _, tag := range strings.Split(r.URL.Query().Get("tags"), ",") {
			s.Search(r.Context(), tag)
		}
	})
	http.ListenAndServe(":80", nil)
}
`

func TestFiltersThatMustBeGiven(t *testing.T) {
	wants := map[string]struct {
		name     string
		handedOn bool
		kind     string
	}{
		"/orders":  {"status", true, ""},
		"/search":  {"name", false, ""},
		"/either":  {"kind", false, ""},
		"/generic": {"ref", true, ""},
		"/checked": {"city", false, ""},
		"/compare": {"ids", false, "[]int64"},
		"/tags":    {"tags", false, "[]string"},
		"/mail":    {"mail", false, ""},
		"/contact": {"phone", false, ""},
	}
	needed := map[string]bool{"/mail": true}
	routes := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", handingOn)).Routes
	if len(routes) != len(wants) {
		t.Fatalf("%+v", routes)
	}
	for _, route := range routes {
		want := wants[route.Template]
		if len(route.Request.Query) != 1 {
			t.Errorf("%s: %+v", route.Template, route.Request.Query)
			continue
		}
		if got := route.Request.Query[0]; strings.HasPrefix(got.Rules, "required") != needed[route.Template] {
			t.Errorf("%s: %+v", route.Template, got)
		} else if got.Name != want.name || got.HandedOn != want.handedOn || got.Type != want.kind {
			t.Errorf("%s: %+v", route.Template, got)
		}
	}
}
