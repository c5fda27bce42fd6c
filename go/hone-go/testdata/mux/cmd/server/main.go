package main

import (
	"database/sql"
	"fmt"
	"net/http"
	_ "net/http/pprof"
	"os"

	"github.com/gorilla/mux"
	_ "github.com/lib/pq"

	"example.com/muxapp/books"
)

func main() {
	dsn := fmt.Sprintf("host=%s port=%s user=%s password=%s dbname=%s sslmode=disable",
		os.Getenv("DB_HOST"), os.Getenv("DB_PORT"), os.Getenv("DB_USER"), os.Getenv("DB_PASSWORD"), os.Getenv("DB_NAME"))
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		panic(err)
	}
	r := mux.NewRouter().StrictSlash(true)
	r.Use(logging)
	r.HandleFunc("/health", health).Methods(http.MethodGet)
	api := r.PathPrefix("/api/v1").Subrouter()
	api.Use(auth)
	books.Routes(api, db)
	r.PathPrefix("/debug/pprof/").Handler(http.DefaultServeMux)
	r.PathPrefix("/static/").Handler(http.StripPrefix("/static/", http.FileServer(http.Dir("static"))))
	srv := &http.Server{Handler: r, Addr: ":8000"}
	srv.ListenAndServe()
}

func health(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }

func logging(next http.Handler) http.Handler { return next }
func auth(next http.Handler) http.Handler    { return next }
