package main

import (
	"os"
	"path/filepath"
	"testing"
)

const comparedHeaders = `package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"os"
	"strings"
)

type config struct{ Key, User, Pass string }

type api struct{ cfg config }

func (a *api) token(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := r.Header.Get("Authorization")
		if !strings.HasPrefix(h, "Token ") {
			http.Error(w, "no", 401)
			return
		}
		got := sha256.Sum256([]byte(strings.TrimPrefix(h, "Token ")))
		want := sha256.Sum256([]byte(os.Getenv("API_TOKEN")))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			http.Error(w, "no", 401)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *api) partner(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key := r.Header.Get("X-Partner-Key"); key != a.cfg.Key {
			http.Error(w, "no", 401)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *api) region(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Region") != "alps" || r.Header.Get("X-Other") == next.(*kept).last {
			http.Error(w, "no", 404)
			return
		}
		next.ServeHTTP(w, r)
	})
}

type kept struct{ last string }

func (*kept) ServeHTTP(http.ResponseWriter, *http.Request) {}

func (a *api) basic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, pass, ok := r.BasicAuth()
		if !ok || user != a.cfg.User || !same(pass, a.cfg.Pass) {
			http.Error(w, "no", 401)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func main() {
	a := &api{cfg: config{Key: os.Getenv("PARTNER_KEY"), User: os.Getenv("OPS_USER"), Pass: os.Getenv("OPS_PASSWORD")}}
	http.Handle("GET /a", a.token(&kept{}))
	http.Handle("GET /b", a.partner(&kept{}))
	http.Handle("GET /c", a.basic(&kept{}))
	http.Handle("GET /d", a.region(&kept{}))
	http.ListenAndServe(os.Getenv("ADDR"), nil)
}
`

const validatedKeys = `package main

import (
	"crypto/subtle"
	"os"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

func other(key string, c echo.Context) (bool, error) { return key == os.Getenv("OTHER_KEY"), nil }

func main() {
	key, user := os.Getenv("PARTNER_KEY"), os.Getenv("OPS_USER")
	e := echo.New()
	e.Group("/a", middleware.KeyAuth(func(given string, c echo.Context) (bool, error) {
		return subtle.ConstantTimeCompare([]byte(given), []byte(key)) == 1, nil
	}))
	e.Group("/b", middleware.KeyAuthWithConfig(middleware.KeyAuthConfig{KeyLookup: "header:X-Api-Key", Validator: other}))
	e.Group("/c", middleware.BasicAuth(func(name, pass string, c echo.Context) (bool, error) {
		return name == user && pass == os.Getenv("OPS_PASSWORD"), nil
	}))
	e.Start(os.Getenv("ADDR"))
}
`

// TestWhatHeadersAreComparedWith: by the code itself, through digests, helpers and what a library's middleware asks; not with constants,
// which documents show, nor with what is not known.
func TestWhatHeadersAreComparedWith(t *testing.T) {
	check := func(dir string, wants map[string]string) {
		t.Helper()
		headers := inspectDocument(t, dir).Headers
		if len(headers) != len(wants) {
			t.Errorf("%+v", headers)
		}
		for _, header := range headers {
			got := ""
			if header.Wanted != nil {
				got = header.Wanted.Value
			}
			name := header.Name
			if header.Basic {
				name = "basic"
			}
			if want, known := wants[name]; !known || got != want {
				t.Errorf("%s: %q, not %q", name, got, want)
			}
		}
	}
	check(write(t, "go.mod", "module m\n\ngo 1.24\n", "main.go", comparedHeaders), map[string]string{
		"Authorization": "Token ${API_TOKEN}", "X-Partner-Key": "${PARTNER_KEY}", "basic": "${OPS_USER}:${OPS_PASSWORD}",
		"X-Region": "", "X-Other": ""})
	var files []string
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("testdata", "echo", name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, name, string(text))
	}
	check(write(t, append(files, "main.go", validatedKeys)...), map[string]string{
		"Authorization": "Bearer ${PARTNER_KEY}", "X-Api-Key": "${OTHER_KEY}", "basic": "${OPS_USER}:${OPS_PASSWORD}"})
}
