package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/shop/internal/model"
)

// CustomerStore reads customers.
type CustomerStore struct{ pool *pgxpool.Pool }

// NewCustomerStore returns a store on the pool.
func NewCustomerStore(pool *pgxpool.Pool) *CustomerStore { return &CustomerStore{pool} }

// Names returns the names of some customers, by id.
func (s *CustomerStore) Names(ctx context.Context, ids []int64) (map[int64]string, error) {
	rows, err := s.pool.Query(ctx, "select id, name from customers where id = any($1)", ids)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(ids))
	var id int64
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		names[id] = name
		return nil
	})
	return names, err
}

// Newest returns the customers who registered last.
func (s *CustomerStore) Newest(ctx context.Context, limit int) ([]model.Customer, error) {
	rows, err := s.pool.Query(ctx, "select id, email, name, city from customers order by created_at desc limit $1", limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[model.Customer])
}
