package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"example.com/parcels/internal/auth"
)

func TestNobodyGetsInWithoutAToken(t *testing.T) {
	h := New(nil, nil, auth.NewTokens("s", time.Hour), nil).Routes()
	for _, path := range []string{"/api/v1/me", "/api/v1/shipments/7", "/api/v1/depots/1/tours", "/api/v1/customers/", "/api/v1/reports/monthly"} {
		for _, header := range []string{"", "Bearer nonsense", "Basic Zm9vOmJhcg=="} {
			req := httptest.NewRequest("GET", path, nil)
			req.Header.Set("Authorization", header)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			if w.Code != http.StatusUnauthorized {
				t.Errorf("%s with %q: %d", path, header, w.Code)
			}
		}
	}
}

func TestANumberThatIsNone(t *testing.T) {
	h := New(nil, nil, auth.NewTokens("s", time.Hour), nil).Routes()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/t/what", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}
