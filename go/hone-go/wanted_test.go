package main

import (
	"slices"
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

// Each middleware has a token of its own.
func (a *api) other(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Partner-Key") != os.Getenv("OTHER_KEY") || r.Header.Get("X-Client") == os.Getenv("REVOKED") {
			http.Error(w, "no", 401)
			return
		}
		sum := sha256.Sum256([]byte(r.Header.Get("X-Hashed")))
		if subtle.ConstantTimeCompare(sum[:], []byte(os.Getenv("HASH"))) == 1 && strings.Fields(r.Header.Get("X-Plain"))[0] == os.Getenv("PLAIN") {
			next.ServeHTTP(w, r)
		}
	})
}

func (a *api) ops(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, pass, _ := r.BasicAuth(); user != "ops" || pass != os.Getenv("OPS_ONLY") {
			http.Error(w, "no", 401)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func handler(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == os.Getenv("IN_HANDLER") {
		w.WriteHeader(204)
	}
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func main() {
	a := &api{cfg: config{Key: os.Getenv("PARTNER_KEY"), User: os.Getenv("OPS_USER"), Pass: os.Getenv("OPS_PASSWORD")}}
	http.Handle("GET /a", a.token(&kept{}))
	http.Handle("GET /b", a.partner(&kept{}))
	http.Handle("GET /c", a.basic(&kept{}))
	http.Handle("GET /d", a.region(&kept{}))
	http.Handle("GET /e", a.other(&kept{}))
	http.Handle("GET /f", a.ops(&kept{}))
	http.HandleFunc("GET /g", handler)
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
	e.Group("/d", middleware.KeyAuthWithConfig(middleware.KeyAuthConfig{AuthScheme: "Key", Validator: func(given string, c echo.Context) (bool, error) {
		return given == os.Getenv("SCHEMED"), nil
	}}))
	e.Group("/c", middleware.BasicAuth(func(name, pass string, c echo.Context) (bool, error) {
		return name == user && pass == os.Getenv("OPS_PASSWORD"), nil
	}))
	e.Start(os.Getenv("ADDR"))
}
`

// TestWhatHeadersAreComparedWith: by the code itself, through digests, helpers and what a library's middleware asks; not with constants,
// which documents show, nor with what is not known.
func TestWhatHeadersAreComparedWith(t *testing.T) {
	check := func(dir string, wants ...string) {
		t.Helper()
		var got []string
		for _, header := range inspectDocument(t, dir).Headers {
			text := header.Name
			if header.Basic {
				text = "basic"
			}
			if header.Wanted != nil {
				text += "=" + header.Wanted.Value
			}
			got = append(got, text)
		}
		slices.Sort(got)
		if !slices.Equal(got, wants) {
			t.Errorf("%q", got)
		}
	}
	check(write(t, "go.mod", "module m\n\ngo 1.24\n", "main.go", comparedHeaders), "Authorization=Token ${API_TOKEN}", "X-Client", "X-Hashed", "X-Other",
		"X-Partner-Key=${OTHER_KEY}", "X-Partner-Key=${PARTNER_KEY}", "X-Plain=${PLAIN}", "X-Region", "basic=${OPS_USER}:${OPS_PASSWORD}", "basic=ops:${OPS_ONLY}")
	files := moduleOf(t, "echo")
	check(write(t, append(files, "main.go", validatedKeys)...), "Authorization=Bearer ${PARTNER_KEY}", "Authorization=Key ${SCHEMED}", "X-Api-Key=${OTHER_KEY}",
		"basic=${OPS_USER}:${OPS_PASSWORD}")
}
