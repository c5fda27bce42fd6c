//go:build pairs

package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/parcels/internal/auth"
	"example.com/parcels/internal/config"
	"example.com/parcels/internal/notify"
	"example.com/parcels/internal/platform"
	"example.com/parcels/internal/waybill"
)

// pair answers alike; in the paths %d is a number from 1 to span that changes with each request.
type pair struct {
	first, second string
	body          string // of a POST; none is a GET
	span          int
	callers       int
	number        bool // %s is a tracking number instead
}

var pairs = []pair{
	{first: "/api/v1/customers/%d/shipments?limit=10", second: "/api/v1/customers/%d/consignments?limit=10", span: 100},
	{first: "/api/v1/shipments/?limit=10&depot=%d", second: "/api/v1/shipments/board?limit=10&depot=%d", span: 12},
	{first: "/api/v1/depots/%d/tours?limit=2", second: "/api/v1/depots/%d/rounds?limit=2", span: 12},
	{first: "/api/v1/depots/%d/stocktake", second: "/api/v1/depots/%d/inventory", body: `{"max": 10}`, span: 12},
	{first: "/api/v1/workspace?x=%d", second: "/api/v1/home?x=%d", span: 1},
	{first: "/api/v1/shipments/search?city=Berlin&service=express&limit=10&min_weight=%d", second: "/api/v1/shipments/find?city=Berlin&service=express&limit=10&min_weight=%d", span: 900},
	{first: "/api/v1/customers/?segment=retail&limit=5&since=2023-02-0%d", second: "/api/v1/accounts?segment=retail&limit=5&since=2023-02-0%d", span: 9},
	{first: "/api/v1/track/%s", second: "/t/%s", span: 1000, number: true},
	{first: "/api/v1/depots/%d/export", second: "/api/v1/depots/%d/manifest", span: 12},
	{first: "/api/v1/shipments/%d/label", second: "/api/v1/shipments/%d/reprint", span: 1000},
	{first: "/api/v1/quotes?to=150&from=%d", second: "/api/v1/estimates?to=150&from=%d", span: 140, callers: 4},
	{first: "/api/v1/reports/punctuality?from=2025-02&to=2025-04&x=%d", second: "/api/v1/reports/monthly?from=2025-02&to=2025-04&x=%d", span: 1},
}

type bench struct {
	h     http.Handler
	token string
}

func (b bench) ask(p pair, path string, n int) (*httptest.ResponseRecorder, time.Duration) {
	if p.number {
		path = fmt.Sprintf(path, waybill.Own(n))
	} else {
		path = fmt.Sprintf(path, n)
	}
	method := "GET"
	if p.body != "" {
		method = "POST"
	}
	req := httptest.NewRequest(method, path, strings.NewReader(p.body))
	req.Header.Set("Authorization", "Bearer "+b.token)
	w := httptest.NewRecorder()
	start := time.Now()
	b.h.ServeHTTP(w, req)
	return w, time.Since(start)
}

// TestPairs compares the answers of each pair and logs what a request costs: the median time, the mean CPU of this process (the
// database has its own) and allocation.
func TestPairs(t *testing.T) {
	cfg, err := config.Load()
	if err != nil {
		t.Fatal(err)
	}
	db, err := platform.OpenSQL(context.Background(), cfg.DB)
	if err != nil {
		t.Fatal(err)
	}
	g, err := platform.OpenGorm(cfg.DB)
	if err != nil {
		t.Fatal(err)
	}
	tokens := auth.NewTokens("pairs", time.Hour)
	b := bench{h: New(db, g, tokens, notify.NewBacklog(db)).Routes()}
	b.token, _ = tokens.Mint(1)
	fmt.Printf("%-42s %9s %9s %9s  %s\n", "endpoint", "time ms", "cpu ms", "alloc KB", "ratio of time, cpu, alloc")
	for _, p := range pairs {
		b.compare(t, p)
		var first, second cost
		for round := range 20 {
			b.turn(p, p.first, round, &first)
			b.turn(p, p.second, round, &second)
		}
		at, ac, aa := first.of()
		bt, bc, ba := second.of()
		show(p, p.first, at, ac, aa, fmt.Sprintf("  %.2f  %.2f  %.2f", at/bt, ac/bc, aa/ba))
		show(p, p.second, bt, bc, ba, "")
	}
}

func show(p pair, path string, time, cpu, alloc float64, ratio string) {
	path, _, _ = strings.Cut(path, "?")
	method := "GET"
	if p.body != "" {
		method = "POST"
	}
	path = strings.NewReplacer("%d", "{id}", "%s", "{number}").Replace(path)
	fmt.Printf("%-42s %9.3f %9.3f %9.1f%s\n", method+" "+path, time*1e3, cpu*1e3, alloc/1e3, ratio)
}

func (b bench) compare(t *testing.T, p pair) {
	for n := 1; n <= p.span; n++ {
		x, _ := b.ask(p, p.first, n)
		y, _ := b.ask(p, p.second, n)
		if x.Code != http.StatusOK || x.Body.String() != y.Body.String() || x.Header().Get("Content-Type") != y.Header().Get("Content-Type") {
			t.Fatalf("%s and %s differ at %d: %d %.300s, %d %.300s", p.first, p.second, n, x.Code, x.Body, y.Code, y.Body)
		}
	}
}

type cost struct {
	times []time.Duration
	cpu   time.Duration
	bytes uint64
}

func (c *cost) of() (seconds, cpu, bytes float64) {
	slices.Sort(c.times)
	n := float64(len(c.times))
	return c.times[len(c.times)/2].Seconds(), c.cpu.Seconds() / n, float64(c.bytes) / n
}

func (b bench) turn(p pair, path string, round int, c *cost) {
	const requests = 20
	callers := max(p.callers, 1)
	times := make([]time.Duration, requests*callers)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := processCPU()
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range requests {
				_, times[caller*requests+i] = b.ask(p, path, (round*requests+i+caller*37)%p.span+1)
			}
		}()
	}
	wg.Wait()
	c.cpu += processCPU() - cpu
	runtime.ReadMemStats(&after)
	c.bytes += after.TotalAlloc - before.TotalAlloc
	c.times = append(c.times, times...)
}

func processCPU() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
