"""A small HTTP service that calls an upstream, checks the tokens of its users against their issuer's keys, has tenants that must be
made first and jobs that are done later: the standard library alone, so that it is an independent check of what hone mints."""

import functools
import os
import pathlib
import subprocess
import tempfile

import tiny

SOURCE = r"""
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

type service struct {
	mu       sync.Mutex
	tenants  map[string]bool
	jobs     map[string]int
	sessions map[string]int
	requests int
	revoked  map[string]bool
	keys     map[string]any
}

// What happened, for the test to read.
func note(format string, arguments ...any) {
	file, err := os.OpenFile(os.Getenv("NOTES"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	fmt.Fprintf(file, format+"\n", arguments...)
}

func fetch(url string, into any) error {
	answer, err := http.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		io.Copy(io.Discard, answer.Body)
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

func number(text string) *big.Int {
	bytes, _ := base64.RawURLEncoding.DecodeString(text)
	return new(big.Int).SetBytes(bytes)
}

// The keys of the issuer, found as OpenID Connect says.
func (s *service) discover() error {
	var provider struct{ Issuer, JwksURI string }
	var raw map[string]any
	if err := fetch(os.Getenv("ISSUER")+"/.well-known/openid-configuration", &raw); err != nil {
		return err
	}
	provider.Issuer, _ = raw["issuer"].(string)
	provider.JwksURI, _ = raw["jwks_uri"].(string)
	if provider.Issuer != os.Getenv("ISSUER") {
		return errors.New("another issuer")
	}
	var set struct {
		Keys []struct{ Kty, Kid, N, E, Crv, X, Y string }
	}
	if err := fetch(provider.JwksURI, &set); err != nil {
		return err
	}
	for _, key := range set.Keys {
		if key.Kty == "RSA" {
			s.keys[key.Kid] = &rsa.PublicKey{N: number(key.N), E: int(number(key.E).Int64())}
		} else {
			s.keys[key.Kid] = &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(key.X), Y: number(key.Y)}
		}
	}
	return nil
}

func (s *service) verify(header struct{ Alg, Kid string }, text string, signature []byte) error {
	if header.Alg != os.Getenv("ALGORITHM") {
		return errors.New("another algorithm")
	}
	if header.Alg == "HS256" {
		mac := hmac.New(sha256.New, []byte(os.Getenv("SECRET")))
		mac.Write([]byte(text))
		if !hmac.Equal(mac.Sum(nil), signature) {
			return errors.New("another secret")
		}
		return nil
	}
	if len(s.keys) == 0 {
		if err := s.discover(); err != nil {
			return err
		}
	}
	digest := sha256.Sum256([]byte(text))
	switch key := s.keys[header.Kid].(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
	case *ecdsa.PublicKey:
		if len(signature) == 64 && ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
			return nil
		}
	}
	return errors.New("another key")
}

// Who asks, by his token.
func (s *service) user(r *http.Request) (string, error) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("no token")
	}
	var header struct{ Alg, Kid string }
	var claims struct {
		Iss, Sub, Aud string
		Exp           int64
		Roles         []string
	}
	for i, into := range []any{&header, &claims} {
		bytes, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return "", err
		}
		if err := json.Unmarshal(bytes, into); err != nil {
			return "", err
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.verify(header, parts[0]+"."+parts[1], signature); err != nil {
		return "", err
	}
	if claims.Iss != os.Getenv("ISSUER") || claims.Aud != "courier" || claims.Exp < time.Now().Unix() || len(claims.Roles) != 1 {
		return "", errors.New("other claims")
	}
	if s.requests++; strconv.Itoa(s.requests) == os.Getenv("REVOKE_AT") {
		s.revoked[token] = true
		note("revoked")
	}
	if s.revoked[token] {
		return "", errors.New("revoked")
	}
	note("token %s", token)
	return claims.Sub, nil
}

func (s *service) authenticated(next func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.user(r); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		next(w, r)
	}
}

// One rate for all, and one charge for each.
func orders(w http.ResponseWriter, r *http.Request) {
	payments := os.Getenv("PAYMENTS_URL")
	var rate struct{ Rate float64 }
	err := fetch(payments+"/v1/rates?currency=EUR", &rate)
	n, _ := strconv.Atoi(r.URL.Query().Get("n"))
	items := []any{}
	for i := 0; i < n && err == nil; i++ {
		var charge struct{ ID string }
		if err = fetch(fmt.Sprintf("%s/v1/charges/ch_%d", payments, i), &charge); err == nil {
			items = append(items, charge.ID)
		}
	}
	if err != nil {
		http.Error(w, "upstream", http.StatusBadGateway)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"items": items, "rate": rate.Rate})
}

func (s *service) makeTenant(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenants["t-1"] = true
	note("made tenant")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, `{"id": "t-1"}`)
}

func (s *service) dropTenant(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tenants, r.PathValue("id"))
	note("dropped tenant")
	w.WriteHeader(http.StatusNoContent)
}

func (s *service) beginJob(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs["j-1"] = 0
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprint(w, `{"job": {"id": "j-1"}}`)
}

func (s *service) job(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := "running"
	if s.jobs[r.PathValue("id")]++; s.jobs[r.PathValue("id")] > 2 && os.Getenv("NEVER_DONE") == "" {
		state = "done"
	}
	note("job %s", state)
	fmt.Fprintf(w, `{"state": %q}`, state)
}

func (s *service) stock(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tenants[r.PathValue("id")] || s.jobs["j-1"] < 3 {
		http.Error(w, "no such tenant, or not imported yet", http.StatusNotFound)
		return
	}
	fmt.Fprint(w, `{"items": 3}`)
}

// Sessions that are good for ten requests.
func (s *service) login(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session := fmt.Sprintf("session-%d", len(s.sessions))
	s.sessions[session] = 0
	note("login")
	fmt.Fprintf(w, `{"session": %q}`, session)
}

func (s *service) private(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	uses, known := s.sessions[r.Header.Get("X-Session")]
	if !known || uses >= 10 {
		http.Error(w, "log in", http.StatusUnauthorized)
		return
	}
	s.sessions[r.Header.Get("X-Session")]++
	fmt.Fprint(w, `{}`)
}

func main() {
	s := &service{sessions: map[string]int{}, tenants: map[string]bool{}, jobs: map[string]int{}, revoked: map[string]bool{}, keys: map[string]any{}}
	note("started")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {})
	mux.HandleFunc("GET /orders", s.authenticated(orders))
	mux.HandleFunc("POST /tenants", s.authenticated(s.makeTenant))
	mux.HandleFunc("DELETE /tenants/{id}", s.authenticated(s.dropTenant))
	mux.HandleFunc("GET /tenants/{id}/stock", s.authenticated(s.stock))
	mux.HandleFunc("POST /tenants/{id}/imports", s.authenticated(s.beginJob))
	mux.HandleFunc("GET /jobs/{id}", s.authenticated(s.job))
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("GET /private", s.private)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), mux))
}
"""

CONFIG = """\
[service]
name = "courier"
dir  = ".."
run  = ["{program}"]
url  = "http://127.0.0.1:${{port}}"
[service.env]
PORT         = "${{port}}"
PAYMENTS_URL = "${{stub.payments}}"
ISSUER       = "${{jwt.issuer}}"
ALGORITHM    = "{algorithm}"
NOTES        = "{notes}"
{env}
[service.ready]
path = "/healthz"

[[stub]]
name  = "payments"
delay = "1ms"
har   = "rates.har"
[[stub.answer]]
method = "GET"
path   = "/v1/charges/{{id}}"
body   = '{{"id": "${{id}}", "paid": true}}'

[jwt]
algorithm = "{algorithm}"
[[token]]
name   = "alice"
claims = {{ aud = "courier", roles = ["driver"] }}

[headers]
Authorization = "Bearer ${{token.alice}}"

[[setup]]
name   = "tenant"
path   = "/tenants"
status = 201
[setup.headers]
Authorization = "Bearer ${{token.alice}}"
[setup.capture]
id = "/id"

[[setup]]
name   = "import"
path   = "/tenants/${{setup.tenant.id}}/imports"
status = 202
[setup.headers]
Authorization = "Bearer ${{token.alice}}"
[setup.capture]
job = "/job/id"

[[setup]]
name = "imported"
path = "/jobs/${{setup.import.job}}"
[setup.headers]
Authorization = "Bearer ${{token.alice}}"
[setup.until]
pointer  = "/state"
equals   = "done"
interval = "10ms"
timeout  = "5s"

[[cleanup]]
path   = "/tenants/${{setup.tenant.id}}"
status = 204
[cleanup.headers]
Authorization = "Bearer ${{token.alice}}"

[limits]
rate        = 50
latency_for = "1s"
profile_for = "1s"

[[scenario]]
path = "/orders?n=${{n}}"
[scenario.vars]
n = {{ sizes = [1, 3, 6], default = 3 }}
[[scenario.check]]
pointer = "/items"
length  = "${{n}}"

[[scenario]]
path = "/tenants/${{tenant}}/stock"
[scenario.vars]
tenant = {{ list = ["t-1"] }}
"""

HAR = """{"log": {"version": "1.2", "entries": [
  {"request": {"method": "GET", "url": "https://api.payments.example/v1/rates?currency=EUR"},
   "response": {"status": 200, "headers": [{"name": "Content-Encoding", "value": "gzip"}],
                "content": {"mimeType": "application/json", "text": "{\\"rate\\": 1.25}"}}}]}}
"""


@functools.cache
def module():
    """The module's folder, with the program built in it once; removed when the tests end."""
    folder = tempfile.TemporaryDirectory(prefix="hone-courier-")
    root = pathlib.Path(folder.name)
    os.chmod(root, 0o755)
    (root / "go.mod").write_text("module example.com/courier\n\ngo 1.24\n")
    (root / "main.go").write_text(SOURCE)
    subprocess.run(["go", "build", "-o", "courier", "."], cwd=root, check=True, timeout=300)
    return folder


class Courier(tiny.Tiny):
    """A folder with a hone.toml for the program; `env` are further lines of [service.env]."""

    def __init__(self, algorithm="RS256", env=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hone-e2e-"))
        os.chmod(self.folder, 0o755)
        self.shop = self.folder / "courier"
        self.benchmarks = self.shop / "benchmarks"
        self.benchmarks.mkdir(parents=True)
        self.config = self.benchmarks / "hone.toml"
        self.tmp = self.folder / "tmp"
        self.tmp.mkdir()
        os.chmod(self.tmp, 0o711)
        self.notes = self.folder / "notes"
        (self.benchmarks / "rates.har").write_text(HAR)
        program = pathlib.Path(module().name) / "courier"
        self.config.write_text(CONFIG.format(program=program, algorithm=algorithm, notes=self.notes, env=env))

    def noted(self, kind):
        """The lines of the service's notes that begin with `kind`."""
        return [line for line in self.notes.read_text().splitlines() if line.startswith(kind)]

    def line(self, text):
        """The number of hone.toml's first line that holds the text."""
        return next(i for i, line in enumerate(self.config.read_text().splitlines(), 1) if text in line)
