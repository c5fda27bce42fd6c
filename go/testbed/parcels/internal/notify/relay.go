// Package notify sends what customers want to be told.
package notify

import (
	"context"
	"database/sql"
	"log/slog"
	"time"
)

// Backlog watches how many notifications wait; the API shows it on its health page.
type Backlog struct {
	db *sql.DB
	n  chan int
}

func NewBacklog(db *sql.DB) *Backlog { return &Backlog{db: db, n: make(chan int, 1)} }

func (b *Backlog) Run(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		var n int
		err := b.db.QueryRowContext(ctx, `select count(*) from notifications where sent_at is null`).Scan(&n)
		if err != nil && ctx.Err() == nil {
			slog.Error("backlog", "err", err)
		}
		select {
		case <-b.n:
		default:
		}
		b.n <- n
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Waiting is the last count, 0 before the first.
func (b *Backlog) Waiting() int {
	select {
	case n := <-b.n:
		select {
		case b.n <- n:
		default:
		}
		return n
	default:
		return 0
	}
}

// Send delivers up to batch notifications and says how many.
func Send(ctx context.Context, db *sql.DB, batch int, deliver func(shipmentID int64, channel string) error) (int, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	rows, err := tx.QueryContext(ctx, `update notifications set sent_at = now() where id in
		(select id from notifications where sent_at is null order by id limit $1 for update skip locked) returning shipment_id, channel`, batch)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var id int64
		var channel string
		if err := rows.Scan(&id, &channel); err != nil {
			return 0, err
		}
		if err := deliver(id, channel); err != nil {
			return 0, err
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	return n, tx.Commit()
}
