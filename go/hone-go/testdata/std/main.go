package main

import (
	"cmp"
	"flag"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"

	"example.com/std.app/api"
)

var verbose = flag.Bool("v", false, "say more")

func main() {
	addr := flag.String("addr", ":"+port(), "where to listen")
	flag.Parse()
	switch flag.Arg(0) {
	case "migrate":
		return
	case "", "serve":
	}
	go func() {
		log.Println(http.ListenAndServe("localhost:6060", nil))
	}()
	server := &http.Server{Addr: *addr, Handler: logged(api.New(os.Getenv).Handler())}
	log.Fatal(server.ListenAndServe())
}

func port() string {
	if p := os.Getenv("PORT"); p != "" {
		return p
	}
	return "8080"
}

func internalListener() {
	l, _ := net.Listen("tcp", cmp.Or(os.Getenv("ADMIN_ADDR"), "127.0.0.1:9000"))
	admin := http.NewServeMux()
	admin.HandleFunc("GET /admin/state", func(w http.ResponseWriter, r *http.Request) {})
	http.Serve(l, admin)
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Println(*verbose, r.URL)
		next.ServeHTTP(w, r)
	})
}
