// Package seed fills an empty or used database with made-up data. The same number of orders gives the same rows.
package seed

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"example.com/shop/internal/auth"
)

// Password of every account.
const Password = "correct horse"

// StaffEmail is the account that may do everything.
const StaffEmail = "staff@shop.example"

const tables = `categories, suppliers, products, warehouses, stock, customers, accounts, account_permissions,
	orders, order_lines, shipments, order_events, reviews, outbox, monthly_sales`

// Run replaces all rows.
func Run(ctx context.Context, conn *pgx.Conn, orders int) error {
	if orders < 1 {
		return fmt.Errorf("orders: want at least 1")
	}
	salt := []byte("made-up salt 16B")
	hash, err := auth.HashPassword(Password, salt)
	if err != nil {
		return err
	}
	g := newGenerator(orders, salt, hash)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "truncate "+tables+" restart identity"); err != nil {
			return err
		}
		for _, t := range g.tables() {
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, t.rows()); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			if t.columns[0] != "id" {
				continue
			}
			next := fmt.Sprintf("select setval(pg_get_serial_sequence('%[1]s', 'id'), coalesce(max(id), 0) + 1, false) from %[1]s", t.name)
			if _, err := tx.Exec(ctx, next); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "select close_months($1)", lastDay.AddDate(0, 0, 1))
		return err
	})
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "vacuum analyze")
	return err
}
