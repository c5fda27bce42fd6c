package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"example.com/parcels/internal/auth"
)

type key int

const (
	userKey key = iota
	grantsKey
)

func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			fail(w, http.StatusUnauthorized, "no token")
			return
		}
		id, err := s.tokens.Verify(raw)
		if err != nil {
			fail(w, http.StatusUnauthorized, "invalid token")
			return
		}
		user, err := s.users.ByID(r.Context(), id)
		if err != nil {
			fail(w, http.StatusUnauthorized, "unknown user")
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey, user)))
	})
}

func userOf(r *http.Request) auth.User {
	user, _ := r.Context().Value(userKey).(auth.User)
	return user
}

func grantsOf(r *http.Request) []string {
	grants, _ := r.Context().Value(grantsKey).([]string)
	return grants
}

func (s *Server) mustHave(grant string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			grants, err := s.users.Grants(r.Context(), userOf(r).ID)
			if err != nil {
				fail(w, http.StatusInternalServerError, "internal")
				return
			}
			if !slices.Contains(grants, grant) {
				fail(w, http.StatusForbidden, "not for you")
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), grantsKey, grants)))
		})
	}
}
