// Command callers asks one query for each row of another, by several libraries: which line asks must be found whatever
// stands between. It mounts no pprof.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"

	"example.com/callers/store"
)

type list func(n int) ([]string, error)

func serve(ask list) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		names, err := ask(n)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(names)
	}
}

func main() {
	s, err := store.Open(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {})
	http.HandleFunc("/pq", serve(s.ByDriver))
	http.HandleFunc("/sqlx", serve(s.BySqlx))
	http.HandleFunc("/gorm", serve(s.ByGorm))
	http.HandleFunc("/bun", serve(s.ByBun))
	http.HandleFunc("/fanout", serve(s.FannedOut))
	http.HandleFunc("/workers", serve(s.ByWorkers))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
