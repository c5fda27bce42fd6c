package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// OutboxStore hands out messages that have not been published yet.
type OutboxStore struct{ pool *pgxpool.Pool }

// NewOutboxStore returns a store on the pool.
func NewOutboxStore(pool *pgxpool.Pool) *OutboxStore { return &OutboxStore{pool} }

// Pending returns the oldest messages that nobody has published.
func (s *OutboxStore) Pending(ctx context.Context, limit int) ([]int64, error) {
	rows, err := s.pool.Query(ctx, "select id from outbox where published_at is null order by id limit $1", limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// MarkPublished records that messages have gone out.
func (s *OutboxStore) MarkPublished(ctx context.Context, ids []int64) error {
	_, err := s.pool.Exec(ctx, "update outbox set published_at = now() where id = any($1)", ids)
	return err
}
