// Package api answers requests.
package api

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/desk/internal/notify"
	"example.com/desk/internal/store"
)

type api struct {
	store   *store.Store
	gateway *notify.Gateway
}

type handler func(r *http.Request) (any, error)

// New is the help desk's API; gateway is the URL that messages to customers are sent to, if there is one.
func New(s *store.Store, gateway string) http.Handler {
	a := &api{s, notify.NewGateway(20 * time.Millisecond).To(gateway)}
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /healthz":               a.health,
		"GET /tickets":               a.tickets,
		"GET /queue":                 a.queue,
		"GET /tickets/escalated":     a.escalated,
		"GET /tickets/assigned":      a.assigned,
		"GET /threads":               a.threads,
		"GET /conversations":         a.conversations,
		"GET /tickets/cards":         a.cards,
		"GET /tickets/board":         a.board,
		"GET /tickets/export":        a.export,
		"GET /tickets/archive":       a.archive,
		"GET /tickets/by-ids":        a.byIDs,
		"GET /tickets/lookup":        a.lookup,
		"GET /duplicates":            a.duplicates,
		"GET /similar":               a.similar,
		"GET /search":                a.search,
		"GET /find":                  a.find,
		"GET /agents/load":           a.load,
		"GET /agents/workload":       a.workload,
		"GET /rosters/{team}":        a.roster,
		"GET /teams/{team}":          a.team,
		"GET /teams/{team}/load":     a.teamLoad,
		"GET /teams/{team}/workload": a.teamWorkload,
		"GET /customers/history":     a.history,
		"GET /customers/summary":     a.customerSummary,
		"GET /inbox/{agent}":         a.inbox,
		"GET /agents/{agent}/inbox":  a.agentInbox,
		"GET /macros":                a.macros,
		"GET /reports/totals":        a.totals,
		"GET /reports/summary":       a.summary,
		"GET /reports/workload":      a.workloadReport,
		"GET /reports/states":        a.states,
		"POST /messages/import":      a.importMessages,
		"POST /messages/append":      a.appendMessages,
		"POST /tickets/{id}/close":   a.closeTicket,
		"POST /tickets/{id}/done":    a.done,
		"POST /messages/bulk":        a.bulk,
		"DELETE /tickets/{id}":       a.deleteTicket,
		"DELETE /threads/{id}":       a.removeTicket,
	} {
		mux.HandleFunc(pattern, answer(h))
	}
	return mux
}

func answer(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		value, err := h(r)
		if errors.Is(err, pgx.ErrNoRows) {
			http.Error(w, "there is no such thing", http.StatusNotFound)
			return
		}
		if err != nil {
			log.Print(r.Method, " ", r.URL.Path, ": ", err)
			http.Error(w, "that did not work", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(value); err != nil {
			log.Print(err)
		}
	}
}

func (a *api) health(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil }

// limit is the number of rows that are wanted.
func limit(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || n < 1 {
		return 10
	}
	return min(n, 100)
}

func idsOf(r *http.Request) ([]int64, error) {
	var ids []int64
	for _, text := range strings.Split(r.URL.Query().Get("ids"), ",") {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}
