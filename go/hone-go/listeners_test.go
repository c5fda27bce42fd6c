package main

import "testing"

// TestServersThatAreFilledInLater: address and handler may be given after the server was made, also through embedding.
func TestServersThatAreFilledInLater(t *testing.T) {
	for name, code := range map[string]string{
		"literal":  `s := &http.Server{}; s.Addr = ":81"; s.Handler = mux; s.ListenAndServe()`,
		"variable": `var s http.Server; s.Addr = ":81"; s.Handler = mux; s.ListenAndServe()`,
		"embedded": `s := &server{}; s.Addr = ":81"; s.Handler = mux; s.ListenAndServe()`,
		"listener": `l, _ := net.Listen("tcp", ":81"); s := &http.Server{Handler: mux}; s.Serve(l)`,
	} {
		t.Run(name, func(t *testing.T) {
			document := inspectDocument(t, write(t, "go.mod", "module m\n\ngo 1.24\n", "main.go", `package main

import (
	"net"
	"net/http"
)

type server struct {
	http.Server
	l net.Listener
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/x", func(w http.ResponseWriter, r *http.Request) {})
	`+code+"\n}\n"))
			if l := document.Listeners; len(l) != 1 || l[0].Address.Value != ":81" || l[0].Serves != "net/http" {
				t.Errorf("listeners %+v", l)
			}
		})
	}
}
