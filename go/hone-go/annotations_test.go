package main

import "testing"

const annotated = `package main

import "net/http"

// General information.
// @title    Deliveries
// @BasePath /api/v1

// deliveries of a day
//
// @Summary  Deliveries of a day
// @Param    date   path  string true  "the day" Format(date) example(2026-05-04)
// @Param    state  query string false "state"   Enums(open, done)
// @Param    limit  query int    false "at most" default(50)
// @Success  200 {array} string
// @Router   /deliveries/{date} [get]
func day(w http.ResponseWriter, r *http.Request) { println(r.PathValue("date")) }

// @Param request body string true "what"
// @Success 201,202 {object} string
// @Router /deliveries [post]
func add(w http.ResponseWriter, r *http.Request) {}

func main() {
	http.HandleFunc("GET /api/v1/deliveries/{date}", day)
	http.HandleFunc("POST /api/v1/deliveries", add)
	http.ListenAndServe(":8080", nil)
}
`

func TestAnnotations(t *testing.T) {
	d := inspectDocument(t, write(t, "go.mod", fieldModule, "main.go", annotated))
	if len(d.Operations) != 2 {
		t.Fatalf("%+v", d.Operations)
	}
	day, add := d.Operations[0], d.Operations[1]
	if day.Method != "GET" || day.Path != "/api/v1/deliveries/{date}" || !day.Bodyless || len(day.Params) != 3 {
		t.Fatalf("%+v", day)
	}
	date, state, limit := day.Params[0], day.Params[1], day.Params[2]
	if date.Example != "2026-05-04" || !date.Required || date.Format != "date" || date.In != "path" {
		t.Errorf("%+v", date)
	}
	if len(state.Enum) != 2 || state.Enum[1] != "done" || limit.Example != "50" || limit.Required {
		t.Errorf("%+v %+v", state, limit)
	}
	if add.Bodyless || len(add.Status) != 2 || add.Status[1] != 202 || add.Origin.Line != 21 {
		t.Errorf("%+v", add)
	}
}
