package main

import "testing"

// TestOptionalVariables: what is used only if it is set is not missed; what ends the program is.
func TestOptionalVariables(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", "module m\n\ngo 1.24\n", "main.go", `package main

import (
	"log"
	"os"
)

func main() {
	if v := os.Getenv("MAY"); v != "" {
		println(v)
	}
	if v, ok := os.LookupEnv("EITHER"); ok {
		println(v)
	} else {
		println("no")
	}
	if v := os.Getenv("MUST"); v != "" {
		println(v)
	} else {
		log.Fatal("MUST is not set")
	}
	println(os.Getenv("PLAIN"))
}
`))
	want := map[string]bool{"MAY": true, "EITHER": true, "MUST": false, "PLAIN": false}
	for _, v := range document.Env {
		if v.Optional != want[v.Name] {
			t.Errorf("%s: optional is %v", v.Name, v.Optional)
		}
	}
	if len(document.Env) != len(want) {
		t.Errorf("env %+v", document.Env)
	}
}

// TestMarshalledAnswers: json.Marshal counts as an answer where its bytes are written.
func TestMarshalledAnswers(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", "module m\n\ngo 1.24\n", "main.go", `package main

import (
	"encoding/json"
	"net/http"
)

type thing struct {
	ID int `+"`json:\"id\"`"+`
}

func main() {
	http.HandleFunc("GET /thing", func(w http.ResponseWriter, r *http.Request) {
		log, _ := json.Marshal(r.Header)
		println(string(log))
		respond(w, 201, thing{})
	})
	http.ListenAndServe(":1", nil)
}

func respond(w http.ResponseWriter, status int, v any) {
	body, _ := json.Marshal(v)
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}
`))
	if r := document.Routes; len(r) != 1 || len(r[0].Responses) != 1 || r[0].Responses[0].Type != "main.thing" || r[0].Responses[0].Status != 201 {
		t.Errorf("routes %+v", r)
	}
}
