//go:build integration

package api

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"example.com/desk/internal/store"
)

func ask(t *testing.T, handler http.Handler, method, target, body string) []byte {
	t.Helper()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(method, target, strings.NewReader(body)))
	if answer.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", target, answer.Code, answer.Body)
	}
	return answer.Body.Bytes()
}

func TestPairsAnswerAlike(t *testing.T) {
	s, err := store.Open(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	handler := New(s, "")
	for _, pair := range [][2]string{
		{"/tickets?limit=25", "/queue?limit=25"},
		{"/tickets/escalated?limit=25", "/tickets/assigned?limit=25"},
		{"/threads?limit=25", "/conversations?limit=25"},
		{"/tickets/cards?limit=25", "/tickets/board?limit=25"},
		{"/tickets/export?limit=25", "/tickets/archive?limit=25"},
		{"/duplicates?limit=25", "/similar?limit=25"},
		{"/agents/load?limit=25", "/agents/workload?limit=25"},
		{"/customers/history?limit=25", "/customers/summary?limit=25"},
		{"/tickets/by-ids?ids=9,4,7", "/tickets/lookup?ids=9,4,7"},
		{"/search?q=invoice&limit=25", "/find?q=invoice&limit=25"},
		{"/reports/totals", "/reports/summary"},
		{"/reports/workload", "/reports/states"},
		{"/rosters/billing", "/teams/billing"},
		{"/teams/billing/load", "/teams/billing/workload"},
		{"/inbox/7", "/agents/7/inbox"},
	} {
		first := ask(t, handler, "GET", pair[0], "")
		second := ask(t, handler, "GET", pair[1], "")
		if !bytes.Equal(first, second) {
			t.Errorf("%s and %s differ:\n%s\n%s", pair[0], pair[1], first, second)
		}
	}
	for _, target := range []string{"/tickets/3/close", "/tickets/3/done"} {
		if got := string(ask(t, handler, "POST", target, "")); got != "{\"closed\":3}\n" {
			t.Errorf("%s: %s", target, got)
		}
	}
	const body = `{"messages": [{"ticket_id": 1, "author": "a", "body": "x"}, {"ticket_id": 2, "author": "b", "body": "y"}]}`
	for _, target := range []string{"/messages/import", "/messages/append", "/messages/bulk"} {
		if got := string(ask(t, handler, "POST", target, body)); got != "{\"added\":2}\n" {
			t.Errorf("%s: %s", target, got)
		}
	}
	for target, want := range map[string]string{"/tickets/7": "{\"deleted\":7}\n", "/threads/11": "{\"deleted\":11}\n"} {
		if got := string(ask(t, handler, "DELETE", target, "")); got != want {
			t.Errorf("%s: %s", target, got)
		}
	}
}
