package main

import "testing"

const checkedRequests = `package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
)

var (
	codeRX = regexp.MustCompile("^[A-Z]{3}[0-9]{2}$")
	pinRX  = regexp.MustCompile("^[0-9]{6}$")
	anyRX  = regexp.MustCompile("^[a-z]*$")
	UUIDRX = regexp.MustCompile("^[0-9a-f-]{36}$")
	kinds  = []string{"brake", "wheel"}
)

type validator struct{ errors map[string]string }

func (v *validator) Check(ok bool, key, message string) {
	if !ok {
		v.errors[key] = message
	}
}

func (v *validator) AddErrorIf(wrong bool, key, message string) { v.Check(!wrong, key, message) }

func span(qs url.Values) (int, int) { return readInt(qs, "from", 1), readInt(qs, "until", 9) }

func Matches(text string, rx *regexp.Regexp) bool { return rx.MatchString(text) }

func PermittedValue[T comparable](value T, permitted ...T) bool { return len(permitted) > 0 }

func readString(qs url.Values, key, preset string) string {
	if text := qs.Get(key); text != "" {
		return text
	}
	return preset
}

func readInt(qs url.Values, key string, defaultValue int) int {
	number, err := strconv.Atoi(qs.Get(key))
	if err != nil {
		return defaultValue
	}
	return number
}

func bounded(r *http.Request, name string, fallback, low, high int) (int, error) {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < low || n > high {
		return 0, errors.New(name)
	}
	return n, nil
}

func main() {
	http.HandleFunc("POST /depots", func(w http.ResponseWriter, r *http.Request) {
		v := &validator{}
		qs := r.URL.Query()
		days := readInt(qs, "days", 2)
		v.Check(days > 0 && days <= 7, "days", "must lie between 1 and 7")
		depot := readString(qs, "depot", "")
		v.Check(Matches(depot, codeRX), "depot", "must be provided")
		note := readString(qs, "note", "")
		v.Check(Matches(note, anyRX), "note", "must be in small letters")
		kind := readString(qs, "kind", "")
		v.Check(PermittedValue(kind, kinds...), "kind", "must be a known kind")
		sort := readString(qs, "sort", "id")
		v.Check(PermittedValue(sort, "id", "-id"), "sort", "must be a known order")
		number := r.URL.Query().Get("number")
		v.Check(number != "", "number", "must be provided")
		region := readString(qs, "region", "")
		if region != "" {
			v.Check(Matches(region, codeRX), "region", "must be a code")
		}
		beds := readInt(qs, "beds", 4)
		v.AddErrorIf(beds > 12, "beds", "has too many")
		from, until := span(qs)
		v.Check(from <= 50 && until > 0, "from", "must be early")
		width := bounded(r, "width", 5, 1, 20)
		page := readInt(qs, "page", 1)
		if page < 1 || page > 40 {
			http.Error(w, "page", 422)
			return
		}
		var in struct {
			Pin    string   ` + "`json:\"pin\"`" + `
			Owner  string   ` + "`json:\"owner\"`" + `
			Result string   ` + "`json:\"result\"`" + `
			Skus   []string ` + "`json:\"skus\"`" + `
		}
		json.NewDecoder(r.Body).Decode(&in)
		v.Check(Matches(in.Pin, pinRX), "pin", "must have six digits")
		v.Check(Matches(in.Owner, UUIDRX), "owner", "must be a UUID")
		v.Check(PermittedValue(in.Result, "passed", "failed"), "result", "must be a result")
		v.Check(len(in.Skus) > 0 && len(in.Skus) <= 500, "skus", "must be provided")
	})
	http.ListenAndServe(":8080", nil)
}
`

func TestChecksThatGatherComplaints(t *testing.T) {
	body := rulesOfBody(t, checkedRequests)
	for name, want := range map[string]string{"pin": "len=6,numeric", "owner": "uuid", "result": "oneof=passed failed", "Skus": "", "skus": "min=1,max=500"} {
		if body[name] != want {
			t.Errorf("body %s: %q, not %q", name, body[name], want)
		}
	}
	query := map[string]string{}
	for _, param := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", checkedRequests)).Routes[0].Request.Query {
		query[param.Name] = param.Rules
	}
	for name, want := range map[string]string{
		"days": "min=1,max=7", "width": "min=1,max=20", "depot": "required", "note": "", "kind": "required,oneof=brake wheel", "sort": "", "number": "required",
		"page": "min=1,max=40", "region": "", "beds": "", "from": "", "until": "",
	} {
		if query[name] != want {
			t.Errorf("query %s: %q, not %q", name, query[name], want)
		}
	}
}

const demandedRequests = `package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
)

type checks map[string]string

func (c checks) strictly(strict, ok bool, field, message string) {
	if strict && !ok {
		c[field] = message
	}
}

func (c checks) first(good bool, field, message string) {
	if _, taken := c[field]; !good && !taken {
		c[field] = message
	}
}

func (c checks) That(ok bool, name, message string) {
	if !ok {
		c[name] = message
	}
}

func (c checks) err() error {
	if len(c) > 0 {
		return errors.New("invalid")
	}
	return nil
}

func allWell(name string, ok bool, c checks) {
	if ok {
		return
	}
	c[name] = "is wrong"
}

func notify(muted bool, text string) {
	if muted {
		return
	}
	println(text)
}

func Verify(token string, refresh bool) bool { return refresh && token != "" }

func noted(name string, ok bool) bool { return ok && name != "" }

type params struct {
	r *http.Request
	c checks
}

func (p *params) text(name, fallback string) string {
	if v := p.r.URL.Query().Get(name); v != "" {
		return v
	}
	return fallback
}

func (p *params) number(name string, fallback, low, high int) int {
	raw := p.text(name, "")
	if raw == "" {
		return fallback
	}
	n, err := strconv.Atoi(raw)
	p.c.That(err == nil && n >= low && n <= high, name, "must lie between")
	return n
}

func (p *params) window(fallbackDays int) (string, int) { return p.text("from", ""), fallbackDays }

func pay(method string, cents int) error {
	c := checks{}
	c.That(cents > 0, "amount_cents", "must be positive")
	c.That(method == "cash" || method == "card", "method", "must be cash or card")
	return c.err()
}

func main() {
	http.HandleFunc("POST /payments", func(w http.ResponseWriter, r *http.Request) {
		p := &params{r: r, c: checks{}}
		_ = p.number("limit", 200, 1, 500)
		unit := p.text("unit", "")
		allWell("unit", unit == "day" || unit == "week", p.c)
		zone := p.text("zone", "")
		noted("zone", zone == "a" || zone == "b")
		var in struct {
			Method string ` + "`json:\"method\"`" + `
			Kind   string ` + "`json:\"kind\"`" + `
			Note   string ` + "`json:\"note\"`" + `
			Sum    string ` + "`json:\"sum\"`" + `
			Cents  int    ` + "`json:\"cents\"`" + `
		}
		json.NewDecoder(r.Body).Decode(&in)
		notify(in.Note == "cash" || in.Note == "card", "paid")
		Verify(in.Note, in.Note == "refresh" || in.Note == "access")
		p.window(30)
		p.c.strictly(r.Method == "PUT", in.Note == "paid", "note", "must be paid")
		p.c.first(len(in.Sum) == 64, "sum", "must have 64 characters")
		p.c.That(in.Kind == "in" || in.Kind == "out", "kind", "must be in or out")
		pay(in.Method, in.Cents)
	})
	http.ListenAndServe(":8080", nil)
}
`

func TestChecksAreKnownByWhatTheyDo(t *testing.T) {
	body := rulesOfBody(t, demandedRequests)
	for name, want := range map[string]string{"method": "oneof=cash card", "kind": "oneof=in out", "cents": "min=1", "note": "", "sum": "len=64"} {
		if body[name] != want {
			t.Errorf("body %s: %q, not %q", name, body[name], want)
		}
	}
	for _, param := range inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", demandedRequests)).Routes[0].Request.Query {
		preset := "none"
		if param.Default != nil {
			preset = *param.Default
		}
		want := map[string]string{"limit": "min=1,max=500 200", "unit": "required,oneof=day week none", "zone": " ", "from": " "}[param.Name]
		if got := param.Rules + " " + preset; got != want {
			t.Errorf("query %s: %q, not %q", param.Name, got, want)
		}
	}
}
