package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
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

// knowingDesks looks up the desks' version before the first request, and keeps it, as services do with who asks.
func (s server) knowingDesks(next http.HandlerFunc) http.HandlerFunc {
	var once sync.Once
	var version int64
	return func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { _ = s.pool.QueryRow(r.Context(), `select max(version) from desks`).Scan(&version) })
		w.Header().Set("X-Desks", strconv.FormatInt(version, 10))
		next(w, r)
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

type reminder struct {
	ID, Ticket int64
	Due        time.Time
	Sent       *time.Time
}

// ofAll reads all reminders in their order, and says of them what `tell` makes of it.
func (s server) ofAll(tell func(all []reminder) map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rows, err := s.pool.Query(r.Context(), `select id, ticket_id, due_at, sent_at from reminders order by due_at`)
		var all []reminder
		for err == nil && rows.Next() {
			var one reminder
			err = rows.Scan(&one.ID, &one.Ticket, &one.Due, &one.Sent)
			all = append(all, one)
		}
		if err == nil {
			err = rows.Err()
		}
		if err != nil || len(all) < 2 {
			done(w, err)
			return
		}
		say(w, nil, tell(all))
	}
}

// next is the first one, and how long it waits alone.
func next(all []reminder) map[string]any {
	return map[string]any{"id": all[0].ID, "ticket": all[0].Ticket, "alone": all[1].Due.Sub(all[0].Due).String()}
}

// whetherAllWait needs all of them, although the first ones say the same; its desk is called like one of them.
func whetherAllWait(all []reminder) map[string]any {
	waiting := true
	for _, one := range all {
		waiting = waiting && one.Sent == nil
	}
	return map[string]any{"desk": 17, "all_waiting": waiting}
}

// ofDay reads all reminders with the days on which they are due, and says of one day's what `tell` makes of them.
func (s server) ofDay(tell func(ids []int64, all int) map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rows, err := s.pool.Query(r.Context(), `select id, (due_at at time zone 'UTC')::date::text from reminders`)
		var ids []int64
		all := 0
		for err == nil && rows.Next() {
			var id int64
			var day string
			err = rows.Scan(&id, &day)
			all++
			if day == r.PathValue("day") {
				ids = append(ids, id)
			}
		}
		if err == nil {
			err = rows.Err()
		}
		say(w, err, tell(ids, all))
	}
}

// checksum is a number that no row has.
func checksum(ids []int64, _ int) map[string]any {
	sum := int64(1_000_000_000)
	for _, id := range ids {
		sum += id * id
	}
	return map[string]any{"checksum": sum}
}

// share needs the others, too.
func share(ids []int64, all int) map[string]any {
	return map[string]any{"per_million": int64(len(ids)) * 1_000_000 / int64(max(all, 1))}
}

const longestSpan = 7 * 24 * time.Hour

// manned counts the desks of a span of days, which must not be long.
func (s server) manned(w http.ResponseWriter, r *http.Request) {
	from, err := time.Parse(time.DateOnly, r.URL.Query().Get("from"))
	to, late := time.Parse(time.DateOnly, r.URL.Query().Get("to"))
	if err != nil || late != nil || to.Before(from) || to.Sub(from) > longestSpan {
		http.Error(w, "from and to, at most a week apart", http.StatusUnprocessableEntity)
		return
	}
	var desks int64
	err = s.pool.QueryRow(r.Context(), `select count(*) from desks`).Scan(&desks)
	say(w, err, map[string]any{"desks": desks, "days": int(to.Sub(from).Hours() / 24)})
}

// firstReminders lists twenty, which are fewer than one may ask about.
func (s server) firstReminders(w http.ResponseWriter, r *http.Request) {
	rows, err := s.pool.Query(r.Context(), `select id from reminders order by id limit 20`)
	reminders := []withID{}
	if err == nil {
		reminders, err = pgx.CollectRows(rows, pgx.RowToStructByName[withID])
	}
	say(w, err, map[string]any{"reminders": reminders})
}

// dues asks for the days of those that the body names, each once, so many of them at a time.
func (s server) dues(atATime int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in wanted
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		slices.Sort(in.IDs)
		dues := []string{}
		for ids := range slices.Chunk(slices.Compact(in.IDs), atATime) {
			rows, err := s.pool.Query(r.Context(), `select due_at::date::text from reminders where id = any($1) order by id`, ids)
			var some []string
			if err == nil {
				some, err = pgx.CollectRows(rows, pgx.RowTo[string])
			}
			if err != nil {
				done(w, err)
				return
			}
			dues = append(dues, some...)
		}
		say(w, nil, map[string]any{"dues": dues})
	}
}
