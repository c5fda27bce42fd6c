// Package jobs holds what runs beside the requests.
package jobs

import (
	"context"
	"log/slog"
	"time"
)

const outboxBatch = 20

// Outbox is where the relay finds its messages.
type Outbox interface {
	Pending(ctx context.Context, limit int) ([]int64, error)
	MarkPublished(ctx context.Context, ids []int64) error
}

// Relay publishes messages until ctx ends. The first look is after one interval.
func Relay(ctx context.Context, outbox Outbox, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := relayOnce(ctx, outbox); err != nil && ctx.Err() == nil {
			slog.Warn("outbox", "error", err)
		}
	}
}

// relayOnce publishes one batch. Publishing is a no-op here: no broker belongs to a development shop.
func relayOnce(ctx context.Context, outbox Outbox) error {
	ids, err := outbox.Pending(ctx, outboxBatch)
	if err != nil || len(ids) == 0 {
		return err
	}
	return outbox.MarkPublished(ctx, ids)
}
