package main

import (
	"maps"
	"reflect"
	"testing"
)

func TestComparedColumns(t *testing.T) {
	order := []string{"orders"}
	for text, want := range map[string]map[int]Compared{
		"select id from sales where extract(year from sold_at) = $1":                                              {},
		"select id from orders where md5(email) = $1 and length(code) = $2":                                       {},
		"select id from orders where tags @> $1":                                                                  {1: {Tables: order, Column: "tags"}},
		"select id from orders O where o.code = $1 for update skip locked":                                        {1: {Tables: order, Column: "code"}},
		"select id from shop.orders where shop.orders.code = $1":                                                  {1: {Tables: []string{"shop.orders"}, Column: "code"}},
		"select id from orders where code = $1":                                                                   {1: {Tables: order, Column: "code"}},
		"SELECT o.id FROM shop.orders AS o JOIN lines l ON l.order_id = o.id WHERE o.code=$1 AND l.sku = ANY($2)": {1: {Tables: []string{"shop.orders"}, Column: "code"}, 2: {Tables: []string{"lines"}, Column: "sku"}},
		"select id from orders o where lower(o.email) = lower($1) limit $2":                                       {1: {Tables: order, Column: "email"}},
		"select id from orders where ($1 = '' or status = $1) and name ilike $2":                                  {1: {Tables: order, Column: "status"}, 2: {Tables: order, Column: "name"}},
		"select id from orders where placed_at::date = $1 and due_at >= $2":                                       {1: {Tables: order, Column: "placed_at", Day: true}, 2: {Tables: order, Column: "due_at", Day: true}},
		"select id from orders where date(placed_at at time zone 'UTC') = $1::date":                               {1: {Tables: order, Column: "placed_at", Day: true}},
		"select id from orders where (placed_at AT TIME ZONE 'UTC')::date = $1":                                   {1: {Tables: order, Column: "placed_at", Day: true}},
		"select id from orders where placed_at between $1::date and $2 and id = $3":                               {1: {Tables: order, Column: "placed_at", Day: true}, 2: {Tables: order, Column: "placed_at", Day: true}, 3: {Tables: order, Column: "id"}},
		"select id from orders where date(placed_at) = $1":                                                        {1: {Tables: order, Column: "placed_at", Day: true}},
		"select id from orders where code in ($1, $2)":                                                            {1: {Tables: order, Column: "code"}},
		"update orders set status = $1 where id = $2":                                                             {2: {Tables: order, Column: "id"}},
		"select id from orders where code = $1 or name = $1":                                                      {},
		"select id from orders join lines using (id) where code = $1":                                             {1: {Tables: []string{"orders", "lines"}, Column: "code"}},
		"select id from orders where x.code = $1":                                                                 {1: {Column: "code"}},
		"select id from orders where code = ? and name = ?":                                                       {1: {Tables: order, Column: "code"}, 2: {Tables: order, Column: "name"}},
		`select id from "orders" where "orders"."code" = $1`:                                                      {1: {Tables: order, Column: "code"}},
		"select id from orders left join lines on true where code = $1 order by id":                               {1: {Tables: []string{"orders", "lines"}, Column: "code"}},
		"insert into orders (code) values ($1)":                                                                   {},
		"":                                                                                                        {},
	} {
		if got := comparedColumns(text); !maps.EqualFunc(got, want, func(a, b Compared) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("%s: %+v, not %+v", text, got, want)
		}
	}
}

const comparedService = `package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

type repo struct{ db *sql.DB }

type finder interface {
	Find(ctx context.Context, f filter) error
}

type filter struct{ State string }

func (r repo) Find(ctx context.Context, f filter) error {
	_, err := r.db.QueryContext(ctx, "select id from parcels where state = $1", f.State)
	return err
}

func (r repo) bySeal(ctx context.Context, seal string) error {
	return r.db.QueryRowContext(ctx, "select id from parcels where seal_no = $1", seal).Err()
}

func (r repo) byPlate(ctx context.Context, plate string) error {
	stmt, err := r.db.PrepareContext(ctx, "select id from trucks where plate = $1")
	if err != nil {
		return err
	}
	_, err = stmt.QueryContext(ctx, plate)
	return err
}

func (r repo) one(ctx context.Context, name string) error {
	_, err := r.db.ExecContext(ctx, "delete from depots where name = $1", name)
	return err
}

func param(r *http.Request, name string) string { return strings.TrimSpace(r.PathValue(name)) }

type server struct {
	repo   repo
	finder finder
}

func (s server) written(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	text := fmt.Sprintf("select id from parcels p where p.grade = '%s' and 100 %% 7 = 2 and p.sent_at >= '%s'", q.Get("grade"), q.Get("since"))
	s.repo.db.QueryContext(r.Context(), text+" and size = "+q.Get("size")+" limit 5")
	println(fmt.Sprintf("where = %s", q.Get("other")))
	fmt.Println(fmt.Sprintf("select id from parcels where note = '%[1]s'", q.Get("other")), fmt.Sprintf("select id from parcels where note = %x", q.Get("other")))
	more := "select id from parcels where true"
	for range 3 {
		more = more + " and a" + more
	}
	var again string
	again = again + " and b" + again
	s.repo.db.QueryContext(r.Context(), more+again)
}
func (s server) seal(w http.ResponseWriter, r *http.Request)  { s.repo.bySeal(r.Context(), param(r, "no")) }
func (s server) plate(w http.ResponseWriter, r *http.Request) { s.repo.byPlate(r.Context(), r.PathValue("no")) }
func (s server) list(w http.ResponseWriter, r *http.Request) {
	f := filter{State: r.URL.Query().Get("state")}
	s.finder.Find(r.Context(), f)
}
func (s server) other(w http.ResponseWriter, r *http.Request) { println(r.URL.Query().Get("state")) }
func (s server) hashed(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.PathValue("token")))
	s.repo.db.QueryRowContext(r.Context(), "select id from tokens where hash = $1", sum[:])
}
func (s server) looked(w http.ResponseWriter, r *http.Request) {
	var id int
	s.repo.db.QueryRowContext(r.Context(), "select id from tenants where slug = $1", r.PathValue("slug")).Scan(&id)
	s.repo.db.QueryRowContext(r.Context(), "select id from bills where tenant_id = $1", id)
}
func depotOf(s server, r *http.Request) error {
	return s.repo.db.QueryRowContext(r.Context(), "select id from depots where code = $1", r.PathValue("depot")).Err()
}
func (s server) depot(w http.ResponseWriter, r *http.Request)  { depotOf(s, r) }
func (s server) depots(w http.ResponseWriter, r *http.Request) { depotOf(s, r) }
func (s server) drop(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Names []string ` + "`json:\"names\"`" + `
		Note  string   ` + "`json:\"note\"`" + `
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		return
	}
	for _, name := range in.Names {
		s.repo.one(r.Context(), name)
	}
	notes := append([]note(nil), note{Text: in.Note})
	marked := make([]int, 0, len(notes))
	s.repo.db.ExecContext(r.Context(), "update depots set marked = true where id = any($1)", marked)
}

type note struct{ Text string }

func (s server) tenant(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.repo.db.QueryRowContext(r.Context(), "select id from tenants where slug = $1", r.PathValue("tenant")).Err() != nil {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func main() {
	db, _ := sql.Open("pgx", "")
	s := server{repo: repo{db}, finder: repo{db}}
	http.Handle("GET /{tenant}/seals/{no}", s.tenant(http.HandlerFunc(s.seal)))
	http.HandleFunc("GET /trucks/{no}", s.plate)
	http.HandleFunc("GET /parcels", s.list)
	http.HandleFunc("GET /written", s.written)
	http.HandleFunc("GET /others", s.other)
	http.HandleFunc("POST /depots/drop", s.drop)
	http.HandleFunc("GET /hashes/{token}", s.hashed)
	http.HandleFunc("GET /bills/{slug}", s.looked)
	http.HandleFunc("GET /depots/{depot}", s.depot)
	http.HandleFunc("GET /depots/{depot}/all/{no}", s.depots)
	http.ListenAndServe(":8080", nil)
}
`

func TestComparedParameters(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", comparedService))
	got := map[string]string{}
	note := func(name string, compared *Compared) {
		got[name] = ""
		if compared != nil && len(compared.Tables) == 1 {
			got[name] = compared.Tables[0] + "." + compared.Column
		}
	}
	for _, route := range d.Routes {
		for _, param := range route.Request.Path {
			note(route.Template+" "+param.Name, param.Compared)
			if param.Scope != (param.Name == "tenant") {
				t.Errorf("%s: scope of %s is %v", route.Template, param.Name, param.Scope)
			}
		}
		for _, param := range route.Request.Query {
			note(route.Template+" "+param.Name, param.Compared)
		}
		if route.Request.Body != nil {
			for _, field := range route.Request.Body.Fields {
				note(route.Template+" "+field.Name, field.Compared)
			}
		}
	}
	want := map[string]string{
		"/{tenant}/seals/{no} tenant": "tenants.slug", "/{tenant}/seals/{no} no": "parcels.seal_no", "/trucks/{no} no": "trucks.plate",
		"/parcels state": "parcels.state", "/written grade": "parcels.grade", "/written since": "parcels.sent_at", "/written size": "parcels.size", "/written other": "",
		"/others state": "", "/depots/drop names": "depots.name", "/depots/drop note": "",
		"/hashes/{token} token": "", "/bills/{slug} slug": "tenants.slug", "/depots/{depot} depot": "", "/depots/{depot}/all/{no} depot": "",
		"/depots/{depot}/all/{no} no": "",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

const comparedPeriods = `package main

import (
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

func required(r *http.Request, name string) (string, error) {
	if s := r.URL.Query().Get(name); s != "" {
		return s, nil
	}
	return "", errors.New(name)
}

func moment(r *http.Request, name string) (time.Time, error) {
	s, err := required(r, name)
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, s)
}

func period(r *http.Request) (from, to time.Time, err error) {
	if from, err = moment(r, "from"); err != nil {
		return
	}
	to, err = moment(r, "to")
	return
}

func clean(s string) string { return strings.TrimSpace(s) }

func main() {
	db, _ := sql.Open("pgx", "")
	http.HandleFunc("GET /sales", func(w http.ResponseWriter, r *http.Request) {
		from, to, _ := period(r)
		name := clean(r.URL.Query().Get("name"))
		db.Query("select id from sales where sold_at >= $1 and paid_at < $2 and buyer = $3", from, to, name)
	})
	http.HandleFunc("GET /stays", func(w http.ResponseWriter, r *http.Request) {
		from, _, _ := period(r)
		name := clean(r.URL.Query().Get("name"))
		for part := range slices.Chunk(strings.Split(r.URL.Query().Get("codes"), ","), 20) {
			db.Query("select id from stays where code = any($1)", part)
		}
		db.Query("select id from stays where begun_at >= $1 and guest = $2", from, name)
	})
	http.ListenAndServe(":8080", nil)
}
`

// TestComparedByCaller: what one handler gets of a helper is not what another one gets.
func TestComparedByCaller(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", comparedPeriods))
	got := map[string]string{}
	for _, route := range d.Routes {
		for _, param := range route.Request.Query {
			if c := param.Compared; c != nil {
				got[route.Template+" "+param.Name] = c.Tables[0] + "." + c.Column
			}
		}
	}
	want := map[string]string{
		"/sales from": "sales.sold_at", "/sales to": "sales.paid_at", "/sales name": "sales.buyer", "/stays from": "stays.begun_at",
		"/stays name": "stays.guest", "/stays codes": "stays.code",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

const genericAnswers = `package main

import (
	"encoding/json"
	"net/http"
)

type item struct {
	ID int ` + "`json:\"id\"`" + `
}

type page[T any] struct {
	Items []T ` + "`json:\"items\"`" + `
}

func list[T any](w http.ResponseWriter, values []T) { json.NewEncoder(w).Encode(page[T]{Items: values}) }

func main() {
	http.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) { list(w, []item{{1}}) })
	http.ListenAndServe(":8080", nil)
}
`

func TestAnswersOfGenericTypes(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", genericAnswers))
	if len(d.Routes) != 1 || len(d.Routes[0].Responses) != 1 {
		t.Fatalf("%+v", d.Routes)
	}
	fields := d.Routes[0].Responses[0].Fields
	if len(fields) != 1 || fields[0].Name != "items" || len(fields[0].Fields) != 1 || fields[0].Fields[0].Name != "id" {
		t.Errorf("%+v", fields)
	}
}

const lookedUpHeaders = `package main

import (
	"database/sql"
	"net/http"
)

var db *sql.DB

func depotOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := r.Header.Get("X-Depot")
		if code == "" || db.QueryRow("select id from depots where code = $1", code).Scan(new(int)) != nil {
			http.Error(w, "which depot?", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func regionOf(r *http.Request) string { return r.Header.Get("X-Region") }

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stops", func(w http.ResponseWriter, r *http.Request) {
		db.Query("select s.id from stops s join regions g on g.id = s.region_id where g.slug = $1", regionOf(r))
	})
	mux.Handle("GET /buses", depotOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})))
	http.ListenAndServe(":8080", mux)
}
`

func TestHeadersThatAreLookedUp(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", lookedUpHeaders))
	if len(d.Headers) != 1 || d.Headers[0].Compared == nil || d.Headers[0].Compared.Column != "code" || d.Headers[0].Compared.Tables[0] != "depots" {
		t.Errorf("%+v", d.Headers)
	}
	for _, route := range d.Routes {
		if route.Template != "/stops" {
			continue
		}
		if headers := route.Request.Header; len(headers) != 1 || headers[0].Compared == nil || headers[0].Compared.Column != "slug" {
			t.Errorf("%+v", headers)
		}
	}
}

const varsOfGorilla = `package main

import (
	"net/http"

	"github.com/gorilla/mux"
)

var orgs map[string]int

func scope(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		vars := mux.Vars(r)
		if orgs[vars["org"]] == 0 || orgs[mux.Vars(r)["team"]] == 0 {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func team(w http.ResponseWriter, r *http.Request) { w.Write([]byte(mux.Vars(r)["team"])) }

func main() {
	router := mux.NewRouter()
	router.Use(scope)
	router.HandleFunc("/orgs/{org}/teams/{team}", team)
	http.ListenAndServe(":80", router)
}
`

// TestScopesOfGorilla: what the middleware alone reads is a tenant, what the handler reads as well is none.
func TestScopesOfGorilla(t *testing.T) {
	files := moduleOf(t, "mux")
	routes := inspectDocument(t, write(t, append(files, "main.go", varsOfGorilla)...)).Routes
	if len(routes) != 1 || len(routes[0].Request.Path) != 2 {
		t.Fatalf("%+v", routes)
	}
	for _, param := range routes[0].Request.Path {
		if param.Scope != (param.Name == "org") {
			t.Errorf("%+v", param)
		}
	}
}
