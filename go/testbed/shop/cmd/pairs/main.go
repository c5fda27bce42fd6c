// Command pairs measures each pair of endpoints that answer alike: it calls both in turn, without a network between, on the database at
// DATABASE_URL, compares the answers and prints time, CPU of this process and allocated bytes for one request.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/shop/internal/app"
	"example.com/shop/internal/config"
	"example.com/shop/internal/seed"
	"example.com/shop/internal/store"
)

// pair is two path templates; %d is filled with a number that changes with each request.
type pair struct {
	first, second string
	span          int // numbers go from 1 to span
	callers       int // at once
}

var pairs = []pair{
	{"/v1/orders?limit=10&page=%d", "/v2/orders?limit=10&page=%d", 20, 1},
	{"/admin/overview?x=%d", "/v2/admin/overview?x=%d", 1, 1},
	{"/admin/products?limit=10&category=%d", "/v2/admin/products?limit=10&category=%d", 20, 1},
	{"/catalogue/export?category=%d", "/catalogue/feed?category=%d", 20, 1},
	{"/v2/search?q=blue+kettle&limit=10&x=%d", "/v1/search?q=blue+kettle&limit=10&x=%d", 1, 1},
	{"/warehouse/orders/%d/slip", "/orders/%d/slip", 1000, 1},
	{"/products/%d/related?limit=8", "/products/%d/similar?limit=8", 1000, 4},
	{"/reports/sales?from=2024-07&to=2025-12&x=%d", "/reports/closed-sales?from=2024-07&to=2025-12&x=%d", 1, 1},
}

func main() {
	rounds := flag.Int("rounds", 20, "how often each endpoint has its turn")
	flag.Parse()
	if err := run(context.Background(), *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "pairs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int) error {
	cfg, err := config.FromEnv()
	if err != nil {
		return err
	}
	pool, err := store.Connect(ctx, cfg.DatabaseURL, cfg.MaxConns)
	if err != nil {
		return err
	}
	defer pool.Close()
	router, err := app.Router(ctx, cfg, pool)
	if err != nil {
		return err
	}
	token, err := login(router)
	if err != nil {
		return err
	}
	fmt.Printf("%-42s %9s %9s %9s  %s\n", "endpoint", "time ms", "cpu ms", "alloc KB", "ratio of time, cpu, alloc")
	for _, p := range pairs {
		if err := measure(router, token, p, rounds); err != nil {
			return err
		}
	}
	return nil
}

func login(h http.Handler) (string, error) {
	body := fmt.Sprintf(`{"email": %q, "password": %q}`, seed.StaffEmail, seed.Password)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/login", strings.NewReader(body)))
	var answer struct{ Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("login: status %d", w.Code)
	}
	return answer.Token, nil
}

func get(h http.Handler, token, path string) (*httptest.ResponseRecorder, time.Duration) {
	req := httptest.NewRequest("GET", path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	start := time.Now()
	h.ServeHTTP(w, req)
	return w, time.Since(start)
}

// cost of one request: the median time, the mean of the others.
type cost struct{ seconds, cpu, bytes float64 }

const turn = 20 // requests of one caller in one turn

func measure(h http.Handler, token string, p pair, rounds int) error {
	for n := 1; n <= p.span; n++ {
		a, _ := get(h, token, fmt.Sprintf(p.first, n))
		b, _ := get(h, token, fmt.Sprintf(p.second, n))
		if a.Code != http.StatusOK || a.Body.String() != b.Body.String() || a.Header().Get("Content-Type") != b.Header().Get("Content-Type") {
			return fmt.Errorf("%s and %s differ at %d: status %d and %d", p.first, p.second, n, a.Code, b.Code)
		}
	}
	var first, second recorder
	for round := range rounds {
		first.add(h, token, p.first, p, round)
		second.add(h, token, p.second, p, round)
	}
	a, b := first.cost(), second.cost()
	print := func(path string, c cost) {
		path, _, _ = strings.Cut(path, "?")
		fmt.Printf("%-42s %9.3f %9.3f %9.1f", "GET "+strings.ReplaceAll(path, "%d", "{id}"), c.seconds*1e3, c.cpu*1e3, c.bytes/1e3)
	}
	print(p.first, a)
	fmt.Printf("  %.2f  %.2f  %.2f\n", a.seconds/b.seconds, a.cpu/b.cpu, a.bytes/b.bytes)
	print(p.second, b)
	fmt.Println()
	return nil
}

type recorder struct {
	times []time.Duration
	cpu   time.Duration
	bytes uint64
}

// add gives the endpoint one turn.
func (r *recorder) add(h http.Handler, token, path string, p pair, round int) {
	times := make([]time.Duration, turn*p.callers)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := processCPU()
	var wg sync.WaitGroup
	for caller := range p.callers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range turn {
				n := (round*turn+i+caller*37)%p.span + 1
				_, times[caller*turn+i] = get(h, token, fmt.Sprintf(path, n))
			}
		}()
	}
	wg.Wait()
	r.cpu += processCPU() - cpu
	runtime.ReadMemStats(&after)
	r.bytes += after.TotalAlloc - before.TotalAlloc
	r.times = append(r.times, times...)
}

func (r *recorder) cost() cost {
	slices.Sort(r.times)
	n := float64(len(r.times))
	return cost{r.times[len(r.times)/2].Seconds(), r.cpu.Seconds() / n, float64(r.bytes) / n}
}

func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
