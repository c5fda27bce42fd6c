package books

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"
)

type Book struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
}

type api struct{ db *sql.DB }

func Routes(r *mux.Router, db *sql.DB) {
	a := &api{db}
	b := r.PathPrefix("/books").Subrouter()
	b.HandleFunc("", a.list).Methods("GET", "OPTIONS")
	b.HandleFunc("", a.create).Methods("POST")
	b.Path("/{id:[0-9]+}").Methods("GET").HandlerFunc(a.get)
	b.HandleFunc("/{id}/copies", a.copies).Queries("branch", "{branch}").Name("copies")
	b.Handle("/{isbn:[0-9-]{13,17}}/cover", http.HandlerFunc(a.cover)).Methods("GET")
	deletes := r.Methods("DELETE").Subrouter()
	deletes.HandleFunc("/books/{id}", a.remove)
}

func (a *api) list(w http.ResponseWriter, r *http.Request) {
	rows, err := a.db.QueryContext(r.Context(), "SELECT id, title FROM books ORDER BY id LIMIT $1", r.URL.Query().Get("limit"))
	if err != nil {
		http.Error(w, err.Error(), 500)
		return
	}
	defer rows.Close()
	books := []Book{}
	json.NewEncoder(w).Encode(books)
}

func (a *api) create(w http.ResponseWriter, r *http.Request) {
	var b Book
	json.NewDecoder(r.Body).Decode(&b)
	a.db.QueryRow("INSERT INTO books (title) VALUES ($1) RETURNING id", b.Title).Scan(&b.ID)
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(b)
}

func (a *api) get(w http.ResponseWriter, r *http.Request) {
	vars := mux.Vars(r)
	id, _ := strconv.Atoi(vars["id"])
	json.NewEncoder(w).Encode(Book{ID: id})
}

func (a *api) copies(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	_ = id
}

func (a *api) cover(w http.ResponseWriter, r *http.Request)  {}
func (a *api) remove(w http.ResponseWriter, r *http.Request) {}
