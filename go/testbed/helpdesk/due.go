package main

import (
	"encoding/json"
	"net/http"
)

const countWaiting = `select count(*) from reminders where sent_at is null`

const existsWaiting = `select exists (select from reminders where sent_at is null)`

func say(w http.ResponseWriter, err error, answer map[string]any) {
	if err != nil {
		done(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// waiting counts the reminders that are not sent, and says of them what `tell` makes of their number.
func (s server) waiting(tell func(r *http.Request, n int64) (map[string]any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var n int64
		err := s.pool.QueryRow(r.Context(), countWaiting).Scan(&n)
		var answer map[string]any
		if err == nil {
			answer, err = tell(r, n)
		}
		say(w, err, answer)
	}
}

func whetherAny(_ *http.Request, n int64) (map[string]any, error) {
	return map[string]any{"waiting": n > 0}, nil
}

// anyWaiting lets the database say it.
func (s server) anyWaiting(w http.ResponseWriter, r *http.Request) {
	var waiting bool
	err := s.pool.QueryRow(r.Context(), existsWaiting).Scan(&waiting)
	say(w, err, map[string]any{"waiting": waiting})
}

func howMany(_ *http.Request, n int64) (map[string]any, error) {
	return map[string]any{"thousands": n / 1000}, nil
}

// whetherAnyAndTooMany needs the number, and lets the database say the other.
func (s server) whetherAnyAndTooMany(r *http.Request, n int64) (map[string]any, error) {
	var waiting bool
	err := s.pool.QueryRow(r.Context(), existsWaiting).Scan(&waiting)
	return map[string]any{"waiting": waiting, "too_many": n > 5000}, err
}
