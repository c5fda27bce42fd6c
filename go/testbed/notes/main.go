// Notes keeps notes in notebooks.
//
//	DATABASE_URL=postgres://localhost/notes notes              serves on ADDR
//	DATABASE_URL=postgres://localhost/notes notes -seed 3000   makes up that many notes
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const schema = `
create table if not exists notebooks (id bigserial primary key, title text not null);
create table if not exists notes (
	id bigserial primary key, notebook_id bigint not null references notebooks, body text not null, created_at timestamptz not null default now()
);
create index if not exists notes_notebook on notes (notebook_id, created_at);
create table if not exists tags (note_id bigint not null references notes, tag text not null, primary key (note_id, tag));
`

type Note struct {
	ID      int64     `json:"id"`
	Body    string    `json:"body"`
	Created time.Time `json:"created"`
	Tags    []string  `json:"tags,omitempty"`
}

type Notebook struct {
	ID     int64  `json:"id"`
	Title  string `json:"title"`
	Newest *Note  `json:"newest"`
}

var db *pgxpool.Pool

func main() {
	notes := flag.Int("seed", 0, "make up so many notes and leave")
	flag.Parse()
	ctx := context.Background()
	var err error
	if db, err = pgxpool.New(ctx, os.Getenv("DATABASE_URL")); err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(ctx, schema); err != nil {
		log.Fatal(err)
	}
	if *notes > 0 {
		if err := seed(ctx, *notes); err != nil {
			log.Fatal(err)
		}
		return
	}
	addr := os.Getenv("ADDR")
	if addr == "" {
		addr = "localhost:8000"
	}
	log.Print("listening on ", addr)
	log.Fatal(http.ListenAndServe(addr, routes()))
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notebooks", listNotebooks)
	mux.HandleFunc("GET /overview", overview)
	mux.HandleFunc("GET /notes/{id}", getNote)
	mux.HandleFunc("POST /notes", addNote)
	return mux
}

func seed(ctx context.Context, n int) error {
	_, err := db.Exec(ctx, `insert into notebooks (title) select 'Notebook ' || i from generate_series(1, $1::int) i`, max(n/30, 1))
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, `insert into notes (notebook_id, body, created_at)
		select 1 + i % $1::int, 'What I thought about ' || i, timestamptz '2025-01-01' + i * interval '7 minutes'
		from generate_series(1, $2::int) i`, max(n/30, 1), n)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, `insert into tags select id, 'tag' || k from notes, generate_series(1, 3) k where (id + k) % 3 > 0`)
	return err
}

func send(w http.ResponseWriter, status int, v any, err error) {
	if errors.Is(err, pgx.ErrNoRows) {
		http.Error(w, "no such note", http.StatusNotFound)
		return
	}
	if err != nil {
		log.Print(err)
		http.Error(w, "sorry", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func limit(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || n < 1 || n > 100 {
		return 20
	}
	return n
}

func notebooks(ctx context.Context, n int) ([]Notebook, error) {
	rows, err := db.Query(ctx, "select id, title from notebooks order by id limit $1", n)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Notebook, err error) {
		err = row.Scan(&b.ID, &b.Title)
		return b, err
	})
}

func listNotebooks(w http.ResponseWriter, r *http.Request) {
	books, err := notebooks(r.Context(), limit(r))
	for i := range books {
		if err != nil {
			break
		}
		var n Note
		err = db.QueryRow(r.Context(), "select id, body, created_at from notes where notebook_id = $1 order by created_at desc limit 1", books[i].ID).
			Scan(&n.ID, &n.Body, &n.Created)
		n.Created = n.Created.UTC()
		books[i].Newest = &n
	}
	send(w, http.StatusOK, books, err)
}

func overview(w http.ResponseWriter, r *http.Request) {
	rows, err := db.Query(r.Context(), `
		select b.id, b.title, n.id, n.body, n.created_at
		from (select id, title from notebooks order by id limit $1) b
		join lateral (select id, body, created_at from notes where notebook_id = b.id order by created_at desc limit 1) n on true
		order by b.id`, limit(r))
	if err != nil {
		send(w, 0, nil, err)
		return
	}
	books, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Notebook, err error) {
		b.Newest = &Note{}
		err = row.Scan(&b.ID, &b.Title, &b.Newest.ID, &b.Newest.Body, &b.Newest.Created)
		b.Newest.Created = b.Newest.Created.UTC()
		return b, err
	})
	send(w, http.StatusOK, books, err)
}

func getNote(w http.ResponseWriter, r *http.Request) {
	var n Note
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	err := db.QueryRow(r.Context(), "select id, body, created_at from notes where id = $1", id).Scan(&n.ID, &n.Body, &n.Created)
	if err == nil {
		var rows pgx.Rows
		if rows, err = db.Query(r.Context(), "select tag from tags where note_id = $1 order by tag", id); err == nil {
			n.Tags, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
	}
	send(w, http.StatusOK, n, err)
}

func addNote(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Notebook int64
		Body     string
		Tags     []string
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil || in.Body == "" {
		http.Error(w, "notebook, body and tags, please", http.StatusBadRequest)
		return
	}
	var id int64
	err := pgx.BeginFunc(r.Context(), db, func(tx pgx.Tx) error {
		if err := tx.QueryRow(r.Context(), "insert into notes (notebook_id, body) values ($1, $2) returning id", in.Notebook, in.Body).Scan(&id); err != nil {
			return err
		}
		_, err := tx.Exec(r.Context(), "insert into tags select $1, t from unnest($2::text[]) t on conflict do nothing", id, in.Tags)
		return err
	})
	send(w, http.StatusCreated, map[string]int64{"id": id}, err)
}
