package main

import (
	"cmp"
	"context"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

func TestLimit(t *testing.T) {
	for query, want := range map[string]int{"": 20, "limit=7": 7, "limit=0": 20, "limit=x": 20, "limit=500": 20} {
		if got := limit(httptest.NewRequest("GET", "/?"+query, nil)); got != want {
			t.Errorf("%q: %d, want %d", query, got, want)
		}
	}
}

func TestNoteWithoutABody(t *testing.T) {
	for _, body := range []string{"", "{}", `{"body": ""}`, "["} {
		w := httptest.NewRecorder()
		routes().ServeHTTP(w, httptest.NewRequest("POST", "/notes", strings.NewReader(body)))
		if w.Code != 400 {
			t.Errorf("%q: %d", body, w.Code)
		}
	}
}

func get(t *testing.T, path string) (string, time.Duration) {
	w := httptest.NewRecorder()
	start := time.Now()
	routes().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	if w.Code != 200 {
		t.Fatalf("%s: %d", path, w.Code)
	}
	return w.Body.String(), time.Since(start)
}

func TestNotebooksAndOverview(t *testing.T) {
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		return // no database, nothing to compare
	}
	var err error
	if db, err = pgxpool.New(context.Background(), url); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, n := range []string{"1", "10", "50"} {
		var one, two []time.Duration
		for range 200 {
			a, took := get(t, "/notebooks?limit="+n)
			one = append(one, took)
			b, took := get(t, "/overview?limit="+n)
			two = append(two, took)
			if a != b {
				t.Fatalf("limit %s: answers differ", n)
			}
		}
		x, y := median(one), median(two)
		t.Logf("limit %2s: notebooks %v, overview %v, %.2f times", n, x, y, float64(x)/float64(y))
	}
}

func median[T cmp.Ordered](list []T) T {
	slices.Sort(list)
	return list[len(list)/2]
}
