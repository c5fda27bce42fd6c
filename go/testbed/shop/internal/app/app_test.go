package app

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestRunningRequestsFinish(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "done")
	})
	ctx, cancel := context.WithCancel(context.Background())
	addr := freeAddr(t)
	stopped := make(chan error, 1)
	go func() {
		stopped <- serveAll(ctx, []*http.Server{{Addr: addr, Handler: handler}}, time.Minute)
	}()
	answer := make(chan string, 1)
	go func() {
		for {
			res, err := http.Get("http://" + addr)
			if err != nil {
				continue // not listening yet
			}
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			answer <- string(body)
			return
		}
	}()
	<-entered
	cancel()
	close(leave)
	if got := <-answer; got != "done" {
		t.Errorf("answer = %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestTakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	servers := []*http.Server{{Addr: freeAddr(t)}, {Addr: l.Addr().String()}}
	if err := serveAll(context.Background(), servers, time.Minute); err == nil {
		t.Error("a taken port was not reported")
	}
}
