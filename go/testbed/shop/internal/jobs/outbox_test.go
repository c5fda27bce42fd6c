package jobs

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

type fakeOutbox struct {
	pending   []int64
	published []int64
	err       error
	looked    chan struct{}
}

func (f *fakeOutbox) Pending(_ context.Context, limit int) ([]int64, error) {
	if f.looked != nil {
		f.looked <- struct{}{}
	}
	return f.pending[:min(limit, len(f.pending))], f.err
}

func (f *fakeOutbox) MarkPublished(_ context.Context, ids []int64) error {
	f.published = append(f.published, ids...)
	return nil
}

func TestRelayOnce(t *testing.T) {
	f := &fakeOutbox{pending: []int64{3, 5}}
	if err := relayOnce(context.Background(), f); err != nil || !slices.Equal(f.published, []int64{3, 5}) {
		t.Errorf("published %v, %v", f.published, err)
	}
	f = &fakeOutbox{err: errors.New("down")}
	if err := relayOnce(context.Background(), f); err == nil || f.published != nil {
		t.Errorf("published %v, %v", f.published, err)
	}
}

func TestRelayEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := &fakeOutbox{looked: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		Relay(ctx, f, time.Microsecond)
		close(done)
	}()
	<-f.looked
	cancel()
	for {
		select {
		case <-f.looked:
		case <-done:
			return
		}
	}
}
