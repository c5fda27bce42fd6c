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
