// Package store is the only place that knows SQL.
package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Store is the database.
type Store struct {
	pool    *pgxpool.Pool
	reports *pgxpool.Pool // long queries of the back office must not take the agents' connections
	macros  macroCache
}

// Open connects and checks that the database answers.
func Open(ctx context.Context, url string) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	small := cfg.Copy()
	small.MaxConns = 1
	small.ConnConfig.StatementCacheCapacity = 2 // the server has little memory
	reports, err := pgxpool.NewWithConfig(ctx, small)
	if err != nil {
		pool.Close()
		return nil, err
	}
	s := &Store{pool: pool, reports: reports}
	if err := pool.Ping(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes all connections.
func (s *Store) Close() {
	s.pool.Close()
	s.reports.Close()
}

func list[T any](ctx context.Context, pool *pgxpool.Pool, sql string, args ...any) ([]T, error) {
	rows, err := pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return collect[T](rows)
}

func collect[T any](rows pgx.Rows) ([]T, error) {
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if all == nil {
		all = []T{}
	}
	return all, err
}
