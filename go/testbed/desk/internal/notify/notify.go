// Package notify tells customers that something happened.
package notify

import (
	"context"
	"time"
)

// Gateway hands short messages over, one at a time.
type Gateway struct {
	between time.Duration
	free    chan struct{}
}

// NewGateway is a gateway that takes one message in each span of time.
func NewGateway(between time.Duration) *Gateway {
	g := &Gateway{between: between, free: make(chan struct{}, 1)}
	g.free <- struct{}{}
	return g
}

// Send returns when the gateway has taken the message.
func (g *Gateway) Send(ctx context.Context, _ int64, _ string) error {
	select {
	case <-g.free:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { g.free <- struct{}{} }()
	timer := time.NewTimer(g.between)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
