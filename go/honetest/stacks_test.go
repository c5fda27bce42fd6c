package honetest

import (
	"strings"
	"testing"
)

const held = `goroutine 1 [chan receive]:
testing.(*T).Run(0xc000, {0x1, 0x2}, 0x3)
	/usr/local/go/src/testing/testing.go:1750 +0x3ab

goroutine 18 [IO wait]:
internal/poll.runtime_pollWait(0x7f, 0x72)
	/usr/local/go/src/runtime/netpoll.go:351 +0x85
internal/poll.(*FD).Read(0xc000, {0xc000, 0x1, 0x1})
	/usr/local/go/src/internal/poll/fd_unix.go:165 +0x279
net.(*conn).Read(0xc000, {0xc000?, 0x1?, 0x1?})
	/usr/local/go/src/net/net.go:194 +0x45
github.com/jackc/pgx/v5/pgconn.(*PgConn).peekMessage(0xc000)
	/home/dev/go/pkg/mod/github.com/jackc/pgx/v5@v5.7.6/pgconn/pgconn.go:571 +0x1a
example.com/shop/store.(*Orders).customer(0xc000, 0x7)
	/home/dev/shop/store/orders.go:51 +0x1d
example.com/shop/store.(*Orders).List(...)
	/home/dev/shop/store/orders.go:40
example.com/shop/store_test.TestList.func1()
	/home/dev/shop/store/orders_test.go:22 +0x1d
hone.dev/honetest.record({0x1, 0x2}, 0xc000)
	/home/dev/go/pkg/mod/hone.dev/honetest@v0.1.0/honetest.go:151 +0x1d
example.com/shop/store_test.TestList(0xc000)
	/home/dev/shop/store/orders_test.go:21 +0x1d
created by testing.(*T).Run in goroutine 1
	/usr/local/go/src/testing/testing.go:1750 +0x3ab

goroutine 30 [IO wait]:
internal/poll.(*FD).Read(0xc000, {0xc000, 0x1, 0x1})
	/usr/local/go/src/internal/poll/fd_unix.go:165 +0x279
net/http.(*persistConn).readLoop(0xc000)
	/usr/local/go/src/net/http/transport.go:2192 +0x45
example.com/shop/api.call()
	/home/dev/shop/api/api.go:3 +0x1d
github.com/jackc/pgx/v5.fake()
	/home/dev/go/pkg/mod/github.com/jackc/pgx/v5@v5.7.6/fake.go:1 +0x1d

goroutine 40 [IO wait]:
internal/poll.(*FD).Read(0xc000, {0xc000, 0x1, 0x1})
	/usr/local/go/src/internal/poll/fd_unix.go:165 +0x279
github.com/lib/pq.(*conn).recv(0xc000)
	/home/dev/shop/vendor/github.com/lib/pq/conn.go:9 +0x45
example.com/shop/store.(*Orders).All.func1()
	/home/dev/shop/store/all.go:9 +0x1d
created by golang.org/x/sync/errgroup.(*Group).Go in goroutine 18
	/home/dev/go/pkg/mod/golang.org/x/sync@v0.10.0/errgroup/errgroup.go:78 +0x95
`

func TestWhoWaitsForADriverIsFoundWithTheUsersFrames(t *testing.T) {
	all := parseGoroutines(held)
	if len(all) != 4 {
		t.Fatalf("%d goroutines, want 4", len(all))
	}
	var waiting []int
	for _, g := range all {
		if waitsForAnswer(g) {
			waiting = append(waiting, g.id)
		}
	}
	if len(waiting) != 2 || waiting[0] != 18 || waiting[1] != 40 {
		t.Fatalf("waiting: %v, want 18 and 40", waiting)
	}
	var lines []string
	for _, f := range userFrames(all[1], all) {
		lines = append(lines, f.String())
	}
	want := "/home/dev/shop/store/orders.go:51 store.(*Orders).customer|/home/dev/shop/store/orders.go:40 store.(*Orders).List|" +
		"/home/dev/shop/store/orders_test.go:22 store_test.TestList.func1"
	if got := strings.Join(lines, "|"); got != want {
		t.Errorf("frames:\n got %s\nwant %s", got, want)
	}
	if frames := userFrames(all[3], all); len(frames) != 1 || frames[0].Line != 9 {
		t.Errorf("frames of the errgroup's goroutine: %v", frames)
	}
}

func TestSeveralThatWaitAreToldApartByWhoIsNew(t *testing.T) {
	all := parseGoroutines(held)
	l := newLocator(18)
	first, ok, _ := l.find(all[:2])
	if !ok || first.Guess || first.Frames[0].Line != 51 {
		t.Fatalf("first: %+v", first)
	}
	second, ok, _ := l.find(all)
	if !ok || second.Guess || second.Frames[0].Line != 9 {
		t.Fatalf("second: %+v", second)
	}
	third, ok, _ := l.find(all)
	if !ok || !third.Guess {
		t.Fatalf("third: %+v, want a guess", third)
	}
}

func TestGoroutinesOfOtherTestsAreLeftOut(t *testing.T) {
	all := parseGoroutines(held + "\n" + strings.ReplaceAll(strings.ReplaceAll(held, "goroutine 18", "goroutine 118"), "orders.go:51", "orders.go:99"))
	l := newLocator(118)
	found, ok, _ := l.find(append(all[1:2:2], all[5]))
	if !ok || found.Guess || found.Frames[0].Line != 99 {
		t.Errorf("found %+v, want line 99", found)
	}
	if _, ok, _ := newLocator(7).find(all); ok {
		t.Error("a goroutine of another test was taken")
	}
	if got := assertionOf(all[3], all); got != 18 {
		t.Errorf("the errgroup's goroutine works for %d, want 18", got)
	}
	if got := thisGoroutine(); got == 0 {
		t.Error("this goroutine has no number")
	}
}

func TestCountsThatGrowWithTheSize(t *testing.T) {
	run := func(size, fixed, growing int) sizedRecording {
		return sizedRecording{size, recording{RoundTrips: fixed + growing, Queries: []query{
			{ID: "f", Text: "SELECT fixed", RoundTrips: fixed}, {ID: "g", Text: "SELECT growing", RoundTrips: growing}}}}
	}
	for _, runs := range [][]sizedRecording{
		{run(1, 1, 1), run(10, 1, 1)},
		{run(1, 1, 3), run(10, 1, 1)}, // what is cached the first time
		{run(10, 1, 1), run(1, 1, 1)},
	} {
		if text := describeGrowth(runs); text != "" {
			t.Errorf("constant counts fail: %s", text)
		}
	}
	text := describeGrowth([]sizedRecording{run(10, 1, 10), run(1, 1, 1), run(5, 1, 5)})
	for _, want := range []string{"grow with the size: 2 at 1, 6 at 5, 11 at 10", "1, 5, 10 x SELECT growing", "not growing: 1 query"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "SELECT fixed") {
		t.Errorf("what does not grow is listed:\n%s", text)
	}
}
