package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Like the list, a look-up shows titles alone.
const namedArticles = `select * from articles where id = any($1) order by id`

const namedTitles = `select id, title from articles where id = any($1) order by id`

type wanted struct {
	IDs []int64 `json:"ids"`
}

// lookup finds the articles that the body names.
func (s server) lookup(query string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in wanted
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		rows, err := s.pool.Query(r.Context(), query, in.IDs)
		found := []article{}
		for err == nil && rows.Next() {
			var a article
			into := []any{&a.ID, &a.Title, &a.Body}
			err = rows.Scan(into[:len(rows.FieldDescriptions())]...)
			found = append(found, a)
		}
		if err == nil {
			err = rows.Err()
		}
		say(w, err, map[string]any{"articles": found})
	}
}

// compare wants two desks at least, and ten at most.
func (s server) compare(w http.ResponseWriter, r *http.Request) {
	ids := strings.Split(r.URL.Query().Get("ids"), ",")
	if len(ids) < 2 || len(ids) > 10 {
		http.Error(w, fmt.Sprintf("%d desks cannot be compared", len(ids)), http.StatusBadRequest)
		return
	}
	teams := map[int64]string{}
	for _, text := range ids {
		id, err := strconv.ParseInt(text, 10, 64)
		var team string
		if err == nil {
			err = s.pool.QueryRow(r.Context(), `select team from desks where id = $1 -- to compare`, id).Scan(&team)
		}
		if err != nil {
			done(w, err)
			return
		}
		teams[id] = team
	}
	say(w, nil, map[string]any{"teams": teams})
}
