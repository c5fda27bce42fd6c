package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"example.com/shop/internal/auth"
	"example.com/shop/internal/service"
)

func testRouter(healthy error) (*gin.Engine, string) {
	signer := auth.NewSigner([]byte("k"), time.Hour)
	token, _ := signer.Issue(1)
	api := &API{
		Access:  service.NewAccess(nil, signer),
		Healthy: func(context.Context) error { return healthy },
	}
	return api.Router(), "Bearer " + token
}

func call(r http.Handler, method, path, token, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func TestHealth(t *testing.T) {
	for want, err := range map[int]error{http.StatusOK: nil, http.StatusServiceUnavailable: errors.New("down")} {
		r, _ := testRouter(err)
		if got := call(r, "GET", "/healthz", "", "").Code; got != want {
			t.Errorf("database %v: status %d, want %d", err, got, want)
		}
	}
}

func TestTokenIsRequired(t *testing.T) {
	r, token := testRouter(nil)
	for _, path := range []string{"/me", "/v1/orders", "/v2/orders", "/orders/1", "/products", "/admin/overview", "/reports/sales"} {
		for _, header := range []string{"", "Bearer ", "Bearer a.b", strings.Replace(token, "Bearer", "Basic", 1)} {
			if got := call(r, "GET", path, header, "").Code; got != http.StatusUnauthorized {
				t.Errorf("GET %s with %q: status %d", path, header, got)
			}
		}
	}
}

func TestInputIsChecked(t *testing.T) {
	r, token := testRouter(nil)
	for _, request := range []struct{ method, path, body string }{
		{"GET", "/v1/orders?limit=0", ""},
		{"GET", "/v1/orders?limit=101", ""},
		{"GET", "/v2/orders?page=-1", ""},
		{"GET", "/v2/orders?limit=ten", ""},
		{"GET", "/orders/zero", ""},
		{"GET", "/orders/0/slip", ""},
		{"GET", "/v1/search", ""},
		{"GET", "/v2/search?q=" + strings.Repeat("x", 81), ""},
		{"GET", "/catalogue/feed", ""},
		{"POST", "/orders", ""},
		{"POST", "/orders", `{"customer_id": 1, "lines": []}`},
		{"POST", "/orders", `{"customer_id": 1, "lines": [{"sku": "A", "quantity": 0}]}`},
		{"POST", "/orders", `{"customer_id": 1, "lines": [{"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 2}]}`},
		{"POST", "/products/1/reviews", `{"customer_id": 1, "rating": 6, "body": "!"}`},
		{"POST", "/login", `{"email": "nobody", "password": "x"}`},
	} {
		if got := call(r, request.method, request.path, token, request.body).Code; got != http.StatusUnprocessableEntity {
			t.Errorf("%s %s %s: status %d", request.method, request.path, request.body, got)
		}
	}
}

func TestSearchWithoutWords(t *testing.T) {
	signer := auth.NewSigner([]byte("k"), time.Hour)
	token, _ := signer.Issue(1)
	api := &API{Access: service.NewAccess(nil, signer), Catalogue: &service.Catalogue{}}
	for _, path := range []string{"/v1/search?q=%21%21", "/v2/search?q=%21%21"} {
		if w := call(api.Router(), "GET", path, "Bearer "+token, ""); w.Code != http.StatusOK || w.Body.String() != "[]" {
			t.Errorf("GET %s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestMonths(t *testing.T) {
	first, last, err := monthsQuery{"2025-01", "2025-12"}.parse()
	if err != nil || first.Month() != time.January || last.Month() != time.December {
		t.Errorf("parse = %v, %v, %v", first, last, err)
	}
	for _, q := range []monthsQuery{{"2025-13", "2025-12"}, {"2025-01", "2025-1x"}, {"2025-02", "2025-01"}} {
		if _, _, err := q.parse(); err == nil {
			t.Errorf("%v was accepted", q)
		}
	}
}
