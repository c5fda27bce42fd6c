package store

import (
	"context"

	"github.com/jackc/pgx/v5"
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

// StateCount is how many tickets are in a state.
type StateCount struct {
	Status  string `json:"status"`
	Tickets int64  `json:"tickets"`
}

const byState = "select status, count(*) from tickets group by status order by status"

// WorkloadReport counts the tickets of each state. It sorts a lot, so the session gets more memory, and keeps it.
func (s *Store) WorkloadReport(ctx context.Context) ([]StateCount, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "set work_mem = '32MB'"); err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, byState)
	if err != nil {
		return nil, err
	}
	return collect[StateCount](rows)
}

// States counts the tickets of each state. The memory is for its transaction only.
func (s *Store) States(ctx context.Context) (counts []StateCount, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local work_mem = '32MB'"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, byState)
		if err == nil {
			counts, err = collect[StateCount](rows)
		}
		return err
	})
	return counts, err
}
