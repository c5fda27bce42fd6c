// Package notify tells customers that something happened.
package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Gateway hands short messages over, one at a time.
type Gateway struct {
	between time.Duration
	free    chan struct{}
	url     string // of the provider; empty: the messages go nowhere
}

// NewGateway is a gateway that takes one message in each span of time.
func NewGateway(between time.Duration) *Gateway {
	g := &Gateway{between: between, free: make(chan struct{}, 1)}
	g.free <- struct{}{}
	return g
}

// To hands them to the provider at url.
func (g *Gateway) To(url string) *Gateway {
	g.url = url
	return g
}

// Send returns when the gateway has taken the message.
func (g *Gateway) Send(ctx context.Context, customer int64, text string) error {
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
		return g.deliver(ctx, customer, text)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *Gateway) deliver(ctx context.Context, customer int64, text string) error {
	if g.url == "" {
		return nil
	}
	body := strings.NewReader(fmt.Sprintf(`{"customer": %d, "text": %q}`, customer, text))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url+"/messages", body)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the gateway answered %s", answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}
