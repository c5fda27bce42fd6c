package tracking

import (
	"context"
	"database/sql"
)

// base is what all repositories share.
type base struct{ db *sql.DB }

func (b base) one(ctx context.Context, query string, args []any, dest ...any) error {
	return b.db.QueryRowContext(ctx, query, args...).Scan(dest...)
}

func (b base) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// inTx runs f in a transaction.
func (b base) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}
