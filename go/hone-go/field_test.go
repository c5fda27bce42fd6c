package main

import (
	"slices"
	"testing"
)

const fieldModule = "module example.com/m\n\ngo 1.24\n"

func envNamed(t *testing.T, d Document, name string) EnvVar {
	t.Helper()
	for _, v := range d.Env {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("%s is not among %v", name, d.Env)
	return EnvVar{}
}

func TestOwnLoaderByTags(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"net/http"
	"os"
	"reflect"
)

type Inner struct {
	Name string `+"`env:\"NAME\" default:\"n\"`"+`
}

type Config struct {
	Addr  string `+"`env:\"SHOP_ADDR\" default:\":8081\"`"+`
	URL   string `+"`env:\"DATABASE_URL\" required:\"true\"`"+`
	Inner Inner  `+"`envPrefix:\"IN_\"`"+`
}

func fill(dst any, getenv func(string) string) {
	v := reflect.ValueOf(dst).Elem()
	for i := 0; i < v.NumField(); i++ {
		v.Field(i).SetString(getenv(v.Type().Field(i).Tag.Get("env")))
	}
}

func main() {
	var c Config
	fill(&c, os.Getenv)
	http.ListenAndServe(c.Addr, nil)
}
`))
	if v := envNamed(t, d, "SHOP_ADDR"); v.Default == nil || *v.Default != ":8081" || v.Via != "env tags" {
		t.Errorf("%+v", v)
	}
	if v := envNamed(t, d, "DATABASE_URL"); v.Default != nil {
		t.Errorf("%+v", v)
	}
	envNamed(t, d, "IN_NAME")
	if len(d.Env) != 3 {
		t.Errorf("%v", d.Env)
	}
	if len(d.Listeners) != 1 || d.Listeners[0].Address.Value != "${SHOP_ADDR}" || d.Listeners[0].Address.Resolved != ":8081" {
		t.Errorf("%+v", d.Listeners)
	}
}

func TestGetenvAsAValue(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", `package main

import (
	"net/http"
	"os"
	"strconv"
)

type parser struct{ get func(string) string }

func (p *parser) str(name, def string) string {
	if v := p.get(name); v != "" {
		return v
	}
	return def
}

func (p *parser) num(name string, def int) int {
	v := p.get(name)
	if v == "" {
		return def
	}
	n, _ := strconv.Atoi(v)
	return n
}

type config struct {
	port string
	pool int
}

func load(get func(string) string) config {
	p := parser{get: get}
	return config{port: p.str("PORT", "8082"), pool: p.num("POOL", 15)}
}

func main() {
	c := load(os.Getenv)
	http.ListenAndServe(":"+c.port, nil)
}
`))
	if v := envNamed(t, d, "PORT"); v.Default == nil || *v.Default != "8082" {
		t.Errorf("%+v", v)
	}
	if v := envNamed(t, d, "POOL"); v.Default == nil || *v.Default != "15" {
		t.Errorf("%+v", v)
	}
	if len(d.Env) != 2 || len(d.Listeners) != 1 || d.Listeners[0].Address.Resolved != ":8082" {
		t.Errorf("%v %v", d.Env, d.Listeners)
	}
}

const switchedMain = `package main

import (
	"errors"
	"flag"
	"net/http"
	"os"
)

func main() {
	cmd := "serve"
	args := os.Args[1:]
	if len(args) > 0 {
		cmd, args = args[0], args[1:]
	}
	run(cmd, args)
}

func run(cmd string, args []string) error {
	switch cmd {
	case "migrate":
		return nil
	case "seed":
		fs := flag.NewFlagSet("seed", flag.ContinueOnError)
		scale := fs.Int("scale", 1, "how much")
		fs.Parse(args)
		return fill(*scale)
	case "serve":
		return serve()
	}
	return errors.New("unknown")
}

func fill(int) error { return nil }

func serve() error {
	srv := &http.Server{Addr: ":8080"}
	return srv.ListenAndServe()
}
`

func TestCommandHandedOn(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", switchedMain))
	var names, serving []string
	for _, s := range d.Mains[0].Subcommands {
		names = append(names, s.Name)
		if s.Serves {
			serving = append(serving, s.Name)
		}
	}
	if !slices.Equal(names, []string{"migrate", "seed", "serve"}) || !slices.Equal(serving, []string{"serve"}) {
		t.Errorf("%v, of which %v serve", names, serving)
	}
	if len(d.Database.Seed) != 1 || !slices.Equal(d.Database.Seed[0].Flags, []string{"scale"}) {
		t.Errorf("%+v", d.Database.Seed)
	}
}

func TestPrefixOfTags(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule+"\nrequire github.com/caarlos0/env/v11 v11.0.0\n\nreplace github.com/caarlos0/env/v11 => ./env\n",
		"env/go.mod", "module github.com/caarlos0/env/v11\n\ngo 1.18\n",
		"env/env.go", "package env\n\ntype Options struct{ Prefix string }\n\nfunc ParseWithOptions(v any, o Options) error { return nil }\n",
		"main.go", `package main

import "github.com/caarlos0/env/v11"

type config struct {
	Port int `+"`env:\"PORT\" envDefault:\"8080\"`"+`
}

func main() {
	var c config
	env.ParseWithOptions(&c, env.Options{Prefix: "PAY_"})
}
`))
	if v := envNamed(t, d, "PAY_PORT"); v.Default == nil || *v.Default != "8080" || len(d.Env) != 1 {
		t.Errorf("%+v", d.Env)
	}
}

const guardedMain = `package main

import (
	"encoding/json"
	"net/http"
	"strings"
)

const cookieName = "shop_session"

type list struct {
	Data  any ` + "`json:\"data\"`" + `
	Total int ` + "`json:\"total\"`" + `
}

type row struct {
	ID int ` + "`json:\"id\"`" + `
}

func reply(w http.ResponseWriter, v any) { json.NewEncoder(w).Encode(v) }

func auth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("X-API-Key")
		if key == "" {
			http.Error(w, "no key", 401)
			return
		}
		if u := r.Header.Get("X-User"); u != "" {
			w.Header().Set("X-Seen", u)
		}
		next.ServeHTTP(w, r)
	})
}

func tokens(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("X-Token")
		if token == "" {
			next.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func session(token string) *http.Cookie { return &http.Cookie{Name: cookieName, Value: token} }

func make() (int, *http.Cookie, error) { return 1, session("t"), nil }

func login(w http.ResponseWriter, r *http.Request) {
	id, cookie, err := make()
	if err != nil {
		return
	}
	http.SetCookie(w, cookie)
	reply(w, id)
}

func items(w http.ResponseWriter, r *http.Request) {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if len(q) < 2 {
		http.Error(w, "q", 400)
		return
	}
	city := r.URL.Query().Get("city")
	rows := []row{{len(city)}}
	reply(w, list{Data: rows, Total: 1})
}

func main() {
	api := http.NewServeMux()
	api.HandleFunc("POST /login", login)
	api.Handle("GET /items", auth(http.HandlerFunc(items)))
	http.ListenAndServe(":1", tokens(api))
}
`

func TestWhatMiddlewareAndHandlersWant(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", guardedMain))
	want := []Header{{Name: "X-API-Key", Routes: 1}, {Name: "X-User", Routes: 1, Optional: true}, {Name: "X-Token", Optional: true}}
	if len(d.Headers) != len(want) {
		t.Fatalf("%+v", d.Headers)
	}
	for i, h := range d.Headers {
		if h.Name != want[i].Name || h.Optional != want[i].Optional || h.Routes > 0 != (want[i].Routes > 0) && h.Name != "X-Token" {
			t.Errorf("%+v", h)
		}
	}
	for _, r := range d.Routes {
		switch r.Template {
		case "/login":
			if len(r.Cookies) != 1 || r.Cookies[0].Name != "shop_session" {
				t.Errorf("cookies %+v", r.Cookies)
			}
		case "/items":
			for _, q := range r.Request.Query {
				if (q.Rules == "required") != (q.Name == "q") {
					t.Errorf("%+v", q)
				}
			}
			fields := r.Responses[len(r.Responses)-1].Fields
			if len(fields) != 2 || fields[0].Name != "data" || fields[0].Kind != "array" || len(fields[0].Fields) != 1 {
				t.Errorf("%+v", r.Responses)
			}
		}
	}
}
