package tracking

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"
)

type StockRepository struct{ base }

func NewStockRepository(db *sql.DB) *StockRepository { return &StockRepository{base{db}} }

func onHand(ctx context.Context, tx *sql.Tx, depotID, limit int) ([]int64, error) {
	rows, err := tx.QueryContext(ctx, `select id from shipments where destination_id = $1 and status = 'at_depot' order by id limit $2`, depotID, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Stocktake notes for each shipment in the hall that it was seen.
func (r *StockRepository) Stocktake(ctx context.Context, depotID, limit int, operator string) (int, error) {
	counted := 0
	err := r.inTx(ctx, func(tx *sql.Tx) error {
		ids, err := onHand(ctx, tx, depotID, limit)
		if err != nil {
			return err
		}
		now := time.Now()
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, `insert into scans (shipment_id, depot_id, kind, at, operator) values ($1, $2, 'stocktake', $3, $4)`, id, depotID, now, operator); err != nil {
				return fmt.Errorf("shipment %d: %w", id, err)
			}
			counted++
		}
		return nil
	})
	return counted, err
}

// Inventory does it for the hand-held scanners, which send a whole shelf.
func (r *StockRepository) Inventory(ctx context.Context, depotID, limit int, operator string) (int, error) {
	var counted int
	err := r.inTx(ctx, func(tx *sql.Tx) error {
		ids, err := onHand(ctx, tx, depotID, limit)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `insert into scans (shipment_id, depot_id, kind, at, operator)
			select id, $2, 'stocktake', $3, $4 from unnest($1::bigint[]) as id`, pq.Array(ids), depotID, time.Now(), operator)
		counted = len(ids)
		return err
	})
	return counted, err
}

// Reserve puts aside n tracking numbers for a customer who prints labels himself.
func (r *StockRepository) Reserve(ctx context.Context, customerID int64, n int) (first, last string, err error) {
	err = r.inTx(ctx, func(tx *sql.Tx) error {
		var end int64
		if err := tx.QueryRowContext(ctx, `select max(nextval('reservation_seq')) from generate_series(1, $1)`, n).Scan(&end); err != nil {
			return err
		}
		stmt, err := tx.PrepareContext(ctx, pq.CopyIn("number_reservations", "number", "customer_id"))
		if err != nil {
			return err
		}
		defer stmt.Close()
		first, last = fmt.Sprintf("R%010d", end-int64(n)+1), fmt.Sprintf("R%010d", end)
		for i := end - int64(n) + 1; i <= end; i++ {
			if _, err := stmt.ExecContext(ctx, fmt.Sprintf("R%010d", i), customerID); err != nil {
				return err
			}
		}
		_, err = stmt.ExecContext(ctx)
		return err
	})
	return first, last, err
}
