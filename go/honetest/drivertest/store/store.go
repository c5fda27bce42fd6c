// Package store is code under test: the same question well asked and badly, by pgx and by database/sql.
package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type Order struct {
	ID       int
	Customer string
}

// Slow asks for each order's customer.
func Slow(ctx context.Context, pool *pgxpool.Pool, n int) ([]Order, error) {
	rows, err := pool.Query(ctx, "SELECT id, customer FROM orders ORDER BY id LIMIT $1", n)
	if err != nil {
		return nil, err
	}
	customers := map[int]int{}
	var id, customer int
	if _, err := pgx.ForEachRow(rows, []any{&id, &customer}, func() error { customers[id] = customer; return nil }); err != nil {
		return nil, err
	}
	var orders []Order
	for id, customer := range customers {
		name, err := nameOf(ctx, pool, customer)
		if err != nil {
			return nil, err
		}
		orders = append(orders, Order{id, name})
	}
	return orders, nil
}

func nameOf(ctx context.Context, pool *pgxpool.Pool, customer int) (name string, err error) {
	err = pool.QueryRow(ctx, "SELECT name FROM customers WHERE id = $1", customer).Scan(&name) // the line
	return name, err
}

// Fast joins.
func Fast(ctx context.Context, pool *pgxpool.Pool, n int) (count int, err error) {
	err = pool.QueryRow(ctx, "SELECT count(*) FROM (SELECT c.name FROM orders o JOIN customers c ON c.id = o.customer ORDER BY o.id LIMIT $1) t", n).Scan(&count)
	return count, err
}

// Batch asks for each customer, all at once.
func Batch(ctx context.Context, pool *pgxpool.Pool, n int) error {
	batch := &pgx.Batch{}
	for i := range n {
		batch.Queue("SELECT name FROM customers WHERE id = $1", i)
	}
	return pool.SendBatch(ctx, batch).Close()
}

// SlowSQL is Slow by database/sql.
func SlowSQL(ctx context.Context, db *sql.DB, n int) error {
	for i := range n {
		var name string
		err := db.QueryRowContext(ctx, "SELECT name FROM customers WHERE id = $1", i%10+1).Scan(&name) // the SQL line
		if err != nil {
			return err
		}
	}
	return nil
}

// Rename writes in a transaction, with a text of its own for each value.
func Rename(ctx context.Context, db *sql.DB, name string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "UPDATE customers SET name = '"+name+"' WHERE id = 1"); err != nil {
		return err
	}
	return tx.Commit()
}
