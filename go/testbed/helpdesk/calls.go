package main

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5"
)

// Who asks is of one line, and sees nothing of the others'.
const lineOfUser = 2

// ofLine lists what the user's line has.
func (s server) ofLine(query string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rows, err := s.pool.Query(r.Context(), query, lineOfUser)
		found := []withID{}
		if err == nil {
			found, err = pgx.CollectRows(rows, pgx.RowToStructByName[withID])
		}
		say(w, err, map[string]any{"found": found})
	}
}

type withID struct {
	ID int64 `json:"id"`
}

// lineOf is not found where it is not the user's.
func (s server) lineOf(query string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var line int64
		err := s.pool.QueryRow(r.Context(), query, r.PathValue("id")).Scan(&line)
		if err == nil && line != lineOfUser {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		say(w, err, map[string]any{"line": line})
	}
}

// call is not found where it is another line's; a query for each note.
func (s server) call(w http.ResponseWriter, r *http.Request) {
	var id int64
	err := s.pool.QueryRow(r.Context(), `select id from calls where number = $1 and line_id = $2`, r.PathValue("number"), lineOfUser).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		http.Error(w, "no such call", http.StatusNotFound)
		return
	}
	rows, err := s.pool.Query(r.Context(), `select id from call_notes where call_id = $1 order by id`, id)
	var ids []int64
	if err == nil {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	notes := []string{}
	for _, note := range ids {
		var text string
		if err == nil {
			err = s.pool.QueryRow(r.Context(), `select text from call_notes where id = $1`, note).Scan(&text)
		}
		notes = append(notes, text)
	}
	say(w, err, map[string]any{"notes": notes})
}

// praise passes over members of other teams; a statement for each of this one.
func (s server) praise(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		Members []int64 `json:"members"`
	}
	if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
		http.Error(w, "no members", http.StatusBadRequest)
		return
	}
	rows, err := s.pool.Query(r.Context(), `select id from members where team = $1 and id = any($2)`, r.PathValue("code"), wanted.Members)
	var ids []int64
	if err == nil {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	for _, id := range ids {
		if err == nil {
			_, err = s.pool.Exec(r.Context(), `insert into notices (member_id, text) values ($1, 'well done')`, id)
		}
	}
	say(w, err, map[string]any{"praised": len(ids)})
}
