package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Summary are the numbers of the back office's first page.
type Summary struct {
	Tickets     int64 `json:"tickets"`
	Open        int64 `json:"open"`
	Messages    int64 `json:"messages"`
	Attachments int64 `json:"attachments"`
	Agents      int64 `json:"agents"`
}

// Totals are the numbers of the back office's first page.
func (s *Store) Totals(ctx context.Context) (Summary, error) { return summary(ctx, s.reports) }

// Summary are the numbers of the back office's first page.
func (s *Store) Summary(ctx context.Context) (Summary, error) { return summary(ctx, s.pool) }

func summary(ctx context.Context, pool *pgxpool.Pool) (Summary, error) {
	var sum Summary
	for _, count := range []struct {
		sql  string
		into *int64
	}{
		{"select count(*) from tickets", &sum.Tickets},
		{"select count(*) from tickets where status = 'open'", &sum.Open},
		{"select count(*) from messages", &sum.Messages},
		{"select count(*) from attachments", &sum.Attachments},
		{"select count(*) from agents", &sum.Agents},
	} {
		if err := pool.QueryRow(ctx, count.sql).Scan(count.into); err != nil {
			return sum, err
		}
	}
	return sum, nil
}
