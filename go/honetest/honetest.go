// Package honetest counts the statements that a function sends to PostgreSQL, in ordinary Go tests, whatever driver or
// ORM sends them, and says which line of the code asked.
//
//	func TestListOrders(t *testing.T) {
//		db := open(t, honetest.Proxy(t, os.Getenv("DATABASE_URL")))
//		honetest.AssertQueries(t, 2, func() { orders.List(ctx, db, 50) })
//		honetest.AssertConstantQueries(t, []int{1, 10, 50}, func(n int) { orders.List(ctx, db, n) })
//	}
//
// It runs `hone sql proxy` between the code and the database: the program that $HONE names, or hone on PATH. Nothing
// that passes is altered, nothing is stored, and no value of a parameter or row is printed.
package honetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// The proxies of running tests by their names; "" stands for those of Start.
var (
	registryMu sync.Mutex
	registry   = map[string][]*proxy{}
)

func register(name string, p *proxy) {
	registryMu.Lock()
	defer registryMu.Unlock()
	registry[name] = append(registry[name], p)
}

func unregister(name string, p *proxy) {
	registryMu.Lock()
	defer registryMu.Unlock()
	var rest []*proxy
	for _, each := range registry[name] {
		if each != p {
			rest = append(rest, each)
		}
	}
	if len(rest) == 0 {
		delete(registry, name)
	} else {
		registry[name] = rest
	}
}

// proxiesOf gives the proxies of a test: its own, else those of the nearest test around it, else those of Start.
func proxiesOf(name string) []*proxy {
	registryMu.Lock()
	defer registryMu.Unlock()
	for {
		if found := registry[name]; len(found) > 0 {
			return append([]*proxy(nil), found...)
		}
		if name == "" {
			return nil
		}
		name = name[:max(strings.LastIndex(name, "/"), 0)]
	}
}

// Proxy starts a proxy before the database of realDSN, a URL or key=value pairs as pgx and lib/pq take them, and returns
// the DSN that leads through it. It ends with the test. Tests that run in parallel need one each.
func Proxy(t testing.TB, realDSN string) string {
	t.Helper()
	p, dsn, err := startProxy(realDSN)
	if err != nil {
		t.Fatalf("honetest: %v", err)
	}
	name := t.Name()
	register(name, p)
	t.Cleanup(func() {
		unregister(name, p)
		p.close()
	})
	return dsn
}

// Start is Proxy for TestMain: the proxy is used by all tests of the package that have none of their own, until stop is
// called. Two assertions cannot use it at the same time.
func Start(realDSN string) (dsn string, stop func(), err error) {
	p, dsn, err := startProxy(realDSN)
	if err != nil {
		return "", nil, fmt.Errorf("honetest: %w", err)
	}
	register("", p)
	return dsn, func() {
		unregister("", p)
		p.close()
	}, nil
}

// AssertQueries fails the test unless fn sends exactly want statements through the test's proxy; the failure lists them.
//
// What is counted is what `hone sql` counts: every execution, BEGIN and COMMIT too, and each statement of a batch.
// Preparing, describing and closing statements, and pings, are none. What goes on behind fn's back (a goroutine that it
// started) is waited for, for five seconds at most; what other goroutines send meanwhile through the proxy counts.
func AssertQueries(t testing.TB, want int, fn func()) {
	t.Helper()
	got, ok := record(t, fn)
	if ok && got.Statements != want {
		t.Errorf("%s", describeCount(got, want))
	}
}

// AssertConstantQueries runs fn once for each size and fails the test where a larger size needs more round trips for its
// statements than a smaller one; the failure lists those that grow. A batch is one round trip.
func AssertConstantQueries(t testing.TB, sizes []int, fn func(size int)) {
	t.Helper()
	if len(sizes) < 2 {
		t.Fatalf("honetest: AssertConstantQueries needs two sizes or more")
		return
	}
	var runs []sizedRecording
	for _, size := range sizes {
		got, ok := record(t, func() { fn(size) })
		if !ok {
			return
		}
		runs = append(runs, sizedRecording{size, got})
	}
	if text := describeGrowth(runs); text != "" {
		t.Errorf("%s", text)
	}
}

// record runs fn and gives what the test's proxies saw meanwhile. ok is false where the test has failed.
func record(t testing.TB, fn func()) (got recording, ok bool) {
	t.Helper()
	proxies := proxiesOf(t.Name())
	if len(proxies) == 0 {
		t.Fatalf("honetest: this test has no proxy: open the database by the DSN of honetest.Proxy(t, dsn) first")
		return recording{}, false
	}
	for i, p := range proxies {
		if err := p.record(); err != nil {
			for _, started := range proxies[:i] {
				started.stop()
			}
			t.Fatalf("honetest: %v", err)
			return recording{}, false
		}
	}
	ended := false
	defer func() {
		// fn panicked, or ended the test.
		if !ended {
			for _, p := range proxies {
				p.stop()
			}
		}
	}()
	fn()
	ended = true
	for _, p := range proxies {
		one, err := p.stop()
		if err != nil {
			t.Fatalf("honetest: %v", err)
			return recording{}, false
		}
		got.add(one)
	}
	if got.Lost > 0 {
		t.Fatalf("honetest: the proxy could not read all that passed (%d bytes or statements): the count would be wrong", got.Lost)
		return recording{}, false
	}
	return got, true
}
