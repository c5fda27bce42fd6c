package notify

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestSendKeepsThePace(t *testing.T) {
	g := NewGateway(5 * time.Millisecond)
	start := time.Now()
	for range 3 {
		if err := g.Send(context.Background(), 1, "closed"); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 15*time.Millisecond {
		t.Errorf("three messages in %v", took)
	}
}

func TestSendGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := NewGateway(time.Hour).Send(ctx, 1, "closed"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
