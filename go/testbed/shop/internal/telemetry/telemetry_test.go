package telemetry

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMetrics(t *testing.T) {
	// A pool that never connects: it has statistics all the same.
	pool, err := pgxpool.New(context.Background(), "postgres://nobody@127.0.0.1:1/none")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	m := New(pool.Stat)
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(m.Middleware)
	r.GET("/things/:id", func(c *gin.Context) { c.String(200, "ok") })
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/things/7", nil))

	w := httptest.NewRecorder()
	m.Server("").Handler.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`shop_request_seconds_count{method="GET",route="/things/:id",status="200"} 1`,
		"go_sync_mutex_wait_total_seconds_total", "go_cpu_classes_gc_total_cpu_seconds_total", "go_gc_heap_allocs_bytes_total",
		"go_sched_latencies_seconds_bucket", "pgxpool_acquire_count 0", "pgxpool_acquire_duration_seconds_total 0",
		"pgxpool_empty_acquire_count 0", "pgxpool_max_conns",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestProfiles(t *testing.T) {
	handler := New(func() *pgxpool.Stat { return nil }).Server("").Handler
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/goroutine?debug=1", "/debug/pprof/mutex?debug=1", "/debug/pprof/cmdline"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 || w.Body.Len() == 0 {
			t.Errorf("GET %s: status %d, %d bytes", path, w.Code, w.Body.Len())
		}
	}
}
