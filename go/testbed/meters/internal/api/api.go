// Package api answers requests.
package api

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"strconv"

	"example.com/meters/internal/bill"
	"example.com/meters/internal/export"
	"example.com/meters/internal/grid"
	"example.com/meters/internal/plan"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	week      = 7
	halfMonth = 15
	month     = 30
)

type api struct {
	sites   sites
	grid    *grid.Grid
	printed bill.Journal
	shown   bill.Recent
}

// sites knows who lives where.
type sites func(r *http.Request, id int64) (bill.Customer, error)

// New is the utility's API.
func New(pool *pgxpool.Pool, g *grid.Grid) http.Handler {
	return routes(g, func(r *http.Request, id int64) (bill.Customer, error) {
		c := bill.Customer{Site: id}
		err := pool.QueryRow(r.Context(), "select name, tariff, cents_per_kwh::float8 from sites where id = $1", id).
			Scan(&c.Name, &c.Tariff, &c.CentsPerKWh)
		return c, err
	})
}

func routes(g *grid.Grid, s sites) http.Handler {
	a := &api{sites: s, grid: g}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"status":"ok"}`)) })
	mux.HandleFunc("GET /sites/{id}/readings.csv", a.site(a.readings))
	mux.HandleFunc("GET /sites/{id}/lines.csv", a.site(a.lines))
	mux.HandleFunc("GET /sites/{id}/check", a.site(a.check))
	mux.HandleFunc("GET /sites/{id}/review", a.site(a.review))
	mux.HandleFunc("GET /sites/{id}/bill", a.site(a.bill))
	mux.HandleFunc("GET /sites/{id}/statement", a.site(a.statement))
	mux.HandleFunc("GET /sites/{id}/curve", a.site(a.curve))
	mux.HandleFunc("GET /sites/{id}/chart", a.site(a.chart))
	mux.HandleFunc("GET /sites/{id}/tomorrow", a.site(a.tomorrow))
	mux.HandleFunc("GET /sites/{id}/next-day", a.site(a.nextDay))
	mux.HandleFunc("GET /sites/{id}/preview", a.site(a.preview))
	mux.HandleFunc("GET /sites/{id}/draft", a.site(a.draft))
	mux.HandleFunc("GET /regions/{region}/standing", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, a.grid.Standing(r.PathValue("region")))
	})
	mux.HandleFunc("GET /regions/{region}/balance", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, a.grid.Balance(r.PathValue("region")))
	})
	return mux
}

// site is a handler of requests that are about one site.
func (a *api) site(h func(http.ResponseWriter, *http.Request, bill.Customer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil {
			http.Error(w, "no such site", http.StatusNotFound)
			return
		}
		c, err := a.sites(r, id)
		if errors.Is(err, pgx.ErrNoRows) {
			http.Error(w, "no such site", http.StatusNotFound)
			return
		}
		if err != nil {
			log.Print(r.Method, " ", r.URL.Path, ": ", err)
			http.Error(w, "that did not work", http.StatusInternalServerError)
			return
		}
		h(w, r, c)
	}
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Print(err)
	}
}

func write(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	if _, err := w.Write(body); err != nil {
		log.Print(err)
	}
}

func (a *api) readings(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	write(w, "text/csv", export.CSV(c.Site, a.grid.Readings(c.Site, week)))
}

func (a *api) lines(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	write(w, "text/csv", export.Lines(c.Site, a.grid.Readings(c.Site, week)))
}

func (a *api) check(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	writeJSON(w, a.grid.Check(c.Site, 1))
}

func (a *api) review(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	writeJSON(w, a.grid.Review(c.Site, 1))
}

func (a *api) bill(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	write(w, "text/plain", []byte(bill.Text(c, a.grid.Readings(c.Site, month))))
}

func (a *api) statement(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	write(w, "text/plain", []byte(bill.Statement(c, a.grid.Readings(c.Site, month))))
}

func (a *api) curve(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	writeJSON(w, a.grid.Curve(c.Site, halfMonth))
}

func (a *api) chart(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	writeJSON(w, a.grid.Chart(c.Site, halfMonth))
}

func (a *api) tomorrow(w http.ResponseWriter, r *http.Request, c bill.Customer) {
	f, err := plan.Tomorrow(r.Context(), a.grid.Readings(c.Site, week))
	answer(w, f, err)
}

func (a *api) nextDay(w http.ResponseWriter, r *http.Request, c bill.Customer) {
	f, err := plan.NextDay(r.Context(), a.grid.Readings(c.Site, week))
	answer(w, f, err)
}

func answer(w http.ResponseWriter, f plan.Forecast, err error) {
	if err != nil {
		http.Error(w, "no forecast", http.StatusServiceUnavailable)
		return
	}
	writeJSON(w, f)
}

func (a *api) preview(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	text := bill.Statement(c, a.grid.Readings(c.Site, week))
	a.printed.Note(text)
	write(w, "text/plain", []byte(text))
}

func (a *api) draft(w http.ResponseWriter, _ *http.Request, c bill.Customer) {
	text := bill.Statement(c, a.grid.Readings(c.Site, week))
	a.shown.Note(text)
	write(w, "text/plain", []byte(text))
}
