package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/parcels/internal/crm"
	"example.com/parcels/internal/label"
	"example.com/parcels/internal/tracking"
	"example.com/parcels/internal/util"
	"example.com/parcels/internal/waybill"
)

func (s *Server) incoming(w http.ResponseWriter, r *http.Request) {
	list, err := s.tracking.Incoming(r.Context(), util.IntOr(r, "depot", userOf(r).DepotID, 1000), util.IntOr(r, "limit", 20, 100))
	answer(w, r, list, err)
}

func (s *Server) board(w http.ResponseWriter, r *http.Request) {
	list, err := s.tracking.Board(r.Context(), util.IntOr(r, "depot", userOf(r).DepotID, 1000), util.IntOr(r, "limit", 20, 100))
	answer(w, r, list, err)
}

func filterOf(r *http.Request) tracking.Filter {
	q := r.URL.Query()
	return tracking.Filter{City: q.Get("city"), Service: q.Get("service"), MinWeight: util.IntOr(r, "min_weight", 0, 1000000), Limit: util.IntOr(r, "limit", 20, 100)}
}

func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	list, err := s.tracking.Search(r.Context(), filterOf(r))
	answer(w, r, list, err)
}

func (s *Server) find(w http.ResponseWriter, r *http.Request) {
	list, err := s.tracking.Find(r.Context(), filterOf(r))
	answer(w, r, list, err)
}

func (s *Server) shipment(w http.ResponseWriter, r *http.Request) {
	d, err := s.tracking.Detail(r.Context(), pathID(r))
	answer(w, r, d, err)
}

func (s *Server) announce(w http.ResponseWriter, r *http.Request) {
	var n crm.NewShipment
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&n); err != nil {
		fail(w, http.StatusBadRequest, "malformed body")
		return
	}
	number := fmt.Sprintf("FX%017d", time.Now().UnixNano()%1e17) // TODO take it from the sequence
	sh, err := s.crm.Announce(r.Context(), n, number)
	if errors.Is(err, crm.ErrInput) {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	if err != nil {
		answer(w, r, nil, err)
		return
	}
	respond(w, http.StatusCreated, map[string]any{"id": sh.ID, "tracking_no": sh.TrackingNo, "pieces": len(sh.Pieces)})
}

func (s *Server) track(w http.ResponseWriter, r *http.Request) {
	n, err := waybill.Recognise(chi.URLParam(r, "number"))
	if err != nil {
		fail(w, http.StatusNotFound, err.Error())
		return
	}
	o, err := s.tracking.Track(r.Context(), n.Text)
	answer(w, r, o, err)
}

// shortLink is what the text messages point to: no login.
func (s *Server) shortLink(w http.ResponseWriter, r *http.Request) {
	n, err := waybill.Identify(chi.URLParam(r, "number"))
	if err != nil {
		fail(w, http.StatusNotFound, err.Error())
		return
	}
	o, err := s.tracking.Track(r.Context(), n.Text)
	answer(w, r, o, err)
}

func (s *Server) labelData(w http.ResponseWriter, r *http.Request) (label.Data, bool) {
	var d label.Data
	err := s.db.QueryRowContext(r.Context(), `select s.tracking_no, r.name, r.city, s.service from shipments s join recipients r on r.id = s.recipient_id where s.id = $1`, pathID(r)).
		Scan(&d.Number, &d.Name, &d.City, &d.Service)
	if err != nil {
		answer(w, r, nil, err)
		return d, false
	}
	w.Header().Set("Content-Type", "application/zpl")
	return d, true
}

func (s *Server) printLabel(w http.ResponseWriter, r *http.Request) {
	if d, ok := s.labelData(w, r); ok {
		label.Print(w, d)
	}
}

func (s *Server) reprintLabel(w http.ResponseWriter, r *http.Request) {
	if d, ok := s.labelData(w, r); ok {
		label.Reprint(w, d)
	}
}
