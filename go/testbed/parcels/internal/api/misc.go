package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"example.com/parcels/internal/auth"
	"example.com/parcels/internal/util"
)

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if err := s.db.PingContext(r.Context()); err != nil {
		fail(w, http.StatusServiceUnavailable, "database")
		return
	}
	respond(w, http.StatusOK, map[string]any{"status": "ok", "waiting": s.backlog.Waiting()})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var in struct{ Email, Password string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<12)).Decode(&in); err != nil {
		fail(w, http.StatusBadRequest, "malformed body")
		return
	}
	user, err := s.users.Login(r.Context(), in.Email, in.Password)
	if errors.Is(err, auth.ErrCredentials) {
		fail(w, http.StatusUnauthorized, err.Error())
		return
	}
	if err != nil {
		answer(w, r, nil, err)
		return
	}
	token, err := s.tokens.Mint(user.ID)
	answer(w, r, map[string]string{"access_token": token, "token_type": "Bearer"}, err)
}

// since is the day from which on, or long ago.
func since(r *http.Request) time.Time {
	day, _ := time.Parse(time.DateOnly, r.URL.Query().Get("since"))
	return day
}

func (s *Server) customers(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	list, err := s.crm.Customers(r.Context(), q.Get("segment"), q.Get("name"), since(r), util.IntOr(r, "limit", 10, 50))
	answer(w, r, list, err)
}

func (s *Server) accounts(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	list, err := s.crm.Accounts(r.Context(), q.Get("segment"), q.Get("name"), since(r), util.IntOr(r, "limit", 10, 50))
	answer(w, r, list, err)
}

func (s *Server) customerShipments(w http.ResponseWriter, r *http.Request) {
	list, err := s.crm.Shipments(r.Context(), pathID(r), util.IntOr(r, "limit", 10, 50))
	answer(w, r, list, err)
}

func (s *Server) customerConsignments(w http.ResponseWriter, r *http.Request) {
	list, err := s.crm.Consignments(r.Context(), pathID(r), util.IntOr(r, "limit", 10, 50))
	answer(w, r, list, err)
}

func (s *Server) reserve(w http.ResponseWriter, r *http.Request) {
	var in struct{ Count int }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<12)).Decode(&in); err != nil || in.Count < 1 || in.Count > 500 {
		fail(w, http.StatusBadRequest, "count must be from 1 to 500")
		return
	}
	first, last, err := s.stock.Reserve(r.Context(), pathID(r), in.Count)
	answer(w, r, map[string]any{"first": first, "last": last, "count": in.Count}, err)
}

func (s *Server) quote(w http.ResponseWriter, r *http.Request) {
	respond(w, http.StatusOK, s.desk.Quote(util.IntOr(r, "from", 1, 9999), util.IntOr(r, "to", 2, 9999), util.IntOr(r, "weight", 1000, 31500)))
}

func (s *Server) estimate(w http.ResponseWriter, r *http.Request) {
	respond(w, http.StatusOK, s.desk.Estimate(util.IntOr(r, "from", 1, 9999), util.IntOr(r, "to", 2, 9999), util.IntOr(r, "weight", 1000, 31500)))
}

func (s *Server) stats(w http.ResponseWriter, r *http.Request) {
	c, err := s.tracking.Counts(r.Context())
	answer(w, r, c, err)
}

func months(w http.ResponseWriter, r *http.Request) (from, to time.Time, ok bool) {
	q := r.URL.Query()
	from, err1 := util.Month(q.Get("from"))
	to, err2 := util.Month(q.Get("to"))
	if err1 != nil || err2 != nil || to.Before(from) {
		fail(w, http.StatusBadRequest, "from and to must be months")
		return from, to, false
	}
	return from, to, true
}

func (s *Server) punctuality(w http.ResponseWriter, r *http.Request) {
	if from, to, ok := months(w, r); ok {
		list, err := s.reports.Punctuality(r.Context(), from, to)
		answer(w, r, list, err)
	}
}

func (s *Server) monthly(w http.ResponseWriter, r *http.Request) {
	if from, to, ok := months(w, r); ok {
		list, err := s.reports.Monthly(r.Context(), from, to)
		answer(w, r, list, err)
	}
}
