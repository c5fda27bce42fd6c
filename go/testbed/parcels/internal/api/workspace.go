package api

import (
	"context"
	"net/http"
	"slices"

	"example.com/parcels/internal/auth"
	"example.com/parcels/internal/tracking"
)

type workspace struct {
	User    auth.User           `json:"user"`
	Widgets map[string]bool     `json:"widgets"`
	Gate    []tracking.Overview `json:"gate"`
}

// widgets of the start page and what one must be allowed to see them.
var widgets = map[string]string{"gate": "shipments:read", "tours": "tours:read", "customers": "customers:read", "reports": "reports:read"}

func (s *Server) may(ctx context.Context, user auth.User, grant string) (bool, error) {
	grants, err := s.users.Grants(ctx, user.ID)
	return slices.Contains(grants, grant), err
}

func (s *Server) workspace(w http.ResponseWriter, r *http.Request) {
	user := userOf(r)
	ws := workspace{User: user, Widgets: map[string]bool{}}
	for name, grant := range widgets {
		ok, err := s.may(r.Context(), user, grant)
		if err != nil {
			answer(w, r, nil, err)
			return
		}
		ws.Widgets[name] = ok
	}
	var err error
	ws.Gate, err = s.tracking.Board(r.Context(), user.DepotID, 5)
	answer(w, r, ws, err)
}

func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	ws := workspace{User: userOf(r), Widgets: map[string]bool{}}
	for name, grant := range widgets {
		ws.Widgets[name] = slices.Contains(grantsOf(r), grant)
	}
	var err error
	ws.Gate, err = s.tracking.Board(r.Context(), ws.User.DepotID, 5)
	answer(w, r, ws, err)
}

func (s *Server) me(w http.ResponseWriter, r *http.Request) {
	respond(w, http.StatusOK, userOf(r))
}
