// Package jobs holds what runs without anybody asking.
package jobs

import (
	"context"
	"log"
	"time"

	"example.com/desk/internal/store"
)

// WatchDue looks for tickets that are due until ctx ends.
func WatchDue(ctx context.Context, s *store.Store, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := look(ctx, s); err != nil && ctx.Err() == nil {
			log.Print("due tickets: ", err)
		}
	}
}

func look(ctx context.Context, s *store.Store) error {
	if _, err := s.Setting(ctx, "office hours"); err != nil {
		return err
	}
	_, err := s.Due(ctx, 5)
	return err
}
