//go:build integration

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/shop/internal/config"
	"example.com/shop/internal/seed"
	"example.com/shop/internal/store"
)

// shop returns the routes on the database at DATABASE_URL, which holds `shop seed`.
func shop(t *testing.T) http.Handler {
	t.Helper()
	cfg, err := config.FromEnv()
	if err != nil {
		t.Fatal(err)
	}
	pool, err := store.Connect(context.Background(), cfg.DatabaseURL, cfg.MaxConns)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	router, err := Router(context.Background(), cfg, pool)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

func call(h http.Handler, method, path, token, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func login(t *testing.T, h http.Handler, email string) string {
	t.Helper()
	w := call(h, "POST", "/login", "", fmt.Sprintf(`{"email": %q, "password": %q}`, email, seed.Password))
	var answer struct{ Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("login of %s: %d %s", email, w.Code, w.Body)
	}
	return answer.Token
}

func TestLogin(t *testing.T) {
	h := shop(t)
	if w := call(h, "GET", "/me", login(t, h, "c7@example.com"), ""); !strings.Contains(w.Body.String(), `"email":"c7@example.com"`) {
		t.Errorf("GET /me: %d %s", w.Code, w.Body)
	}
	for _, body := range []string{`{"email": "c7@example.com", "password": "x"}`, `{"email": "nobody@example.com", "password": "x"}`} {
		if w := call(h, "POST", "/login", "", body); w.Code != http.StatusUnauthorized {
			t.Errorf("POST /login %s: %d", body, w.Code)
		}
	}
}

func TestCustomersStayOutOfTheBackOffice(t *testing.T) {
	h := shop(t)
	customer := login(t, h, "c7@example.com")
	for _, path := range []string{
		"/admin/overview", "/v2/admin/overview", "/admin/products", "/v2/admin/products",
		"/reports/sales?from=2025-01&to=2025-02", "/reports/closed-sales?from=2025-01&to=2025-02",
	} {
		if w := call(h, "GET", path, customer, ""); w.Code != http.StatusForbidden {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
}

func TestUnknownThings(t *testing.T) {
	h := shop(t)
	staff := login(t, h, seed.StaffEmail)
	for _, path := range []string{
		"/orders/999999999", "/orders/999999999/slip", "/warehouse/orders/999999999/slip",
		"/products/999999999/related", "/products/999999999/similar",
	} {
		if w := call(h, "GET", path, staff, ""); w.Code != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
}

func TestPagesAgree(t *testing.T) {
	h := shop(t)
	staff := login(t, h, seed.StaffEmail)
	for _, limit := range []int{1, 7, 50} {
		for page := 1; page <= 3; page++ {
			path := fmt.Sprintf("orders?limit=%d&page=%d", limit, page)
			first, second := call(h, "GET", "/v1/"+path, staff, ""), call(h, "GET", "/v2/"+path, staff, "")
			if first.Code != http.StatusOK || first.Body.String() != second.Body.String() {
				t.Errorf("%s: %d and %d, or different bodies", path, first.Code, second.Code)
			}
		}
	}
}

func TestFiltersAgree(t *testing.T) {
	h := shop(t)
	staff := login(t, h, seed.StaffEmail)
	for _, filter := range []string{"", "category=3", "max_cents=900", "category=3&max_cents=20000", "category=99"} {
		first := call(h, "GET", "/admin/products?"+filter, staff, "")
		second := call(h, "GET", "/products?"+filter, staff, "")
		if first.Code != http.StatusOK || first.Body.String() != second.Body.String() {
			t.Errorf("%q: %d and %d, or different bodies", filter, first.Code, second.Code)
		}
	}
}

func TestEmptyCategoryExports(t *testing.T) {
	h := shop(t)
	staff := login(t, h, seed.StaffEmail)
	for _, path := range []string{"/catalogue/export?category=99", "/catalogue/feed?category=99"} {
		if w := call(h, "GET", path, staff, ""); w.Body.String() != `{"items":[],"count":0}` {
			t.Errorf("GET %s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestPlaceOrder(t *testing.T) {
	h := shop(t)
	staff := login(t, h, seed.StaffEmail)
	order := `{"customer_id": %d, "lines": [{"sku": "P-00012", "quantity": 2}, {"sku": "%s", "quantity": 1}]}`
	w := call(h, "POST", "/orders", staff, fmt.Sprintf(order, 7, "P-00013"))
	var placed struct {
		ID    int64 `json:"id"`
		Total int64 `json:"total_cents"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &placed); err != nil || w.Code != http.StatusCreated || placed.Total < 1 {
		t.Fatalf("POST /orders: %d %s", w.Code, w.Body)
	}
	if w := call(h, "GET", fmt.Sprintf("/orders/%d", placed.ID), staff, ""); !strings.Contains(w.Body.String(), `"sku":"P-00013"`) {
		t.Errorf("GET of the new order: %d %s", w.Code, w.Body)
	}
	for _, body := range []string{fmt.Sprintf(order, 7, "P-none"), fmt.Sprintf(order, 999999999, "P-00013")} {
		if w := call(h, "POST", "/orders", staff, body); w.Code != http.StatusNotFound {
			t.Errorf("POST /orders %s: %d", body, w.Code)
		}
	}
}
