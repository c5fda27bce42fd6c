package main

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5/pgconn"
)

const checkViolation = "23514"

// stamp stamps the cards of the body, which are full after five times.
func (s server) stamp(put func(r *http.Request, ids []int64) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in wanted
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		err := put(r, in.IDs)
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == checkViolation {
			http.Error(w, "a card is full", http.StatusConflict)
			return
		}
		done(w, err)
	}
}

// One statement for each card.
func (s server) stampOneByOne(r *http.Request, ids []int64) error {
	for _, id := range ids {
		if _, err := s.pool.Exec(r.Context(), `update cards set stamps = stamps + 1 where id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

func (s server) stampAtOnce(r *http.Request, ids []int64) error {
	_, err := s.pool.Exec(r.Context(), `update cards set stamps = stamps + 1 where id = any($1)`, ids)
	return err
}
