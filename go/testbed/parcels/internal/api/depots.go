package api

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"example.com/parcels/internal/util"
)

func (s *Server) depots(w http.ResponseWriter, r *http.Request) {
	list, err := s.master.Depots(r.Context())
	answer(w, r, list, err)
}

func (s *Server) carriers(w http.ResponseWriter, r *http.Request) {
	list, err := s.master.Carriers(r.Context())
	answer(w, r, list, err)
}

func (s *Server) tours(w http.ResponseWriter, r *http.Request) {
	list, err := s.planner.Tours(r.Context(), int(pathID(r)), util.IntOr(r, "limit", 5, 20))
	answer(w, r, list, err)
}

func (s *Server) rounds(w http.ResponseWriter, r *http.Request) {
	list, err := s.planner.Rounds(r.Context(), int(pathID(r)), util.IntOr(r, "limit", 5, 20))
	answer(w, r, list, err)
}

func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	m, err := s.manifests.Get(r.Context(), int(pathID(r)))
	answer(w, r, m, err)
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 128<<10); return &b }}

func (s *Server) manifest(w http.ResponseWriter, r *http.Request) {
	m, err := s.manifests.Get(r.Context(), int(pathID(r)))
	if err != nil {
		answer(w, r, nil, err)
		return
	}
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	*b = m.AppendJSON((*b)[:0])
	w.Header().Set("Content-Type", "application/json")
	w.Write(*b)
}

type count struct {
	Max int `json:"max"`
}

func (s *Server) counted(w http.ResponseWriter, r *http.Request, note func(ctx context.Context, depotID, limit int, operator string) (int, error)) {
	var c count
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<12)).Decode(&c); err != nil || c.Max < 1 || c.Max > 200 {
		fail(w, http.StatusBadRequest, "max must be from 1 to 200")
		return
	}
	n, err := note(r.Context(), int(pathID(r)), c.Max, userOf(r).Name)
	answer(w, r, map[string]any{"depot": pathID(r), "counted": n}, err)
}

func (s *Server) stocktake(w http.ResponseWriter, r *http.Request) {
	s.counted(w, r, s.stock.Stocktake)
}

func (s *Server) inventory(w http.ResponseWriter, r *http.Request) {
	s.counted(w, r, s.stock.Inventory)
}
