package main

import "testing"

const boundedBody = `package main

import (
	"encoding/json"
	"errors"
	"net/http"
)

const most = 200

type item struct {
	Price *int64 ` + "`json:\"price\" validate:\"required\"`" + `
}

func main() {
	http.HandleFunc("POST /huts", func(w http.ResponseWriter, r *http.Request) {
		if err := create(r); err != nil {
			http.Error(w, err.Error(), 422)
		}
	})
	http.ListenAndServe(":8080", nil)
}

func create(r *http.Request) error {
	var in struct {
		Beds    int    ` + "`json:\"beds\"`" + `
		Percent int    ` + "`json:\"percent\" binding:\"min=10\"`" + `
		Nights  int    ` + "`json:\"nights\"`" + `
		Names   []string
		Items   []item ` + "`json:\"items\"`" + `
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	if in.Beds < 2 || in.Beds >= most {
		return errors.New("beds")
	}
	if in.Percent < 50 || len(in.Names) > 20 {
		return errors.New("percent")
	}
	if in.Nights > 7 {
		in.Nights = 7
	}
	var known struct {
		Nights int ` + "`json:\"nights\"`" + `
	}
	if known.Nights < 2 {
		return errors.New("known")
	}
	for _, one := range in.Items {
		if *one.Price <= 0 {
			return errors.New("price")
		}
	}
	return nil
}
`

// rulesOfBody are the rules of the members of the one route's body, by their names; within each other behind a slash.
func rulesOfBody(t *testing.T, source string) map[string]string {
	t.Helper()
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", source))
	if len(d.Routes) != 1 || d.Routes[0].Request.Body == nil {
		t.Fatalf("%+v", d.Routes)
	}
	rules := map[string]string{}
	var visit func(prefix string, fields []Field)
	visit = func(prefix string, fields []Field) {
		for _, field := range fields {
			rules[prefix+field.Name] = field.Tags["binding"] + field.Tags["validate"]
			visit(prefix+field.Name+"/", field.Fields)
		}
	}
	visit("", d.Routes[0].Request.Body.Fields)
	return rules
}

func TestBoundsOfBodyMembers(t *testing.T) {
	got := rulesOfBody(t, boundedBody)
	for name, rules := range map[string]string{
		"beds": "min=2,max=199", "percent": "min=10", "nights": "", "Names": "max=20", "items": "", "items/price": "required,min=1",
	} {
		if got[name] != rules {
			t.Errorf("%s: %q, not %q", name, got[name], rules)
		}
	}
}
