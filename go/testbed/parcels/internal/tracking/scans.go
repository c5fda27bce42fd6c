package tracking

import (
	"context"
	"database/sql"
	"errors"

	"github.com/lib/pq"
)

type ScanRepository struct{ base }

func NewScanRepository(db *sql.DB) *ScanRepository { return &ScanRepository{base{db}} }

// Latest is nil for a shipment that nobody has scanned yet.
func (r *ScanRepository) Latest(ctx context.Context, shipmentID int64) (*Scan, error) {
	var s Scan
	err := r.one(ctx, `select c.kind, c.at, d.code from scans c join depots d on d.id = c.depot_id where c.shipment_id = $1 order by c.at desc, c.id desc limit 1`, []any{shipmentID}, &s.Kind, &s.At, &s.Depot)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.At = s.At.UTC()
	return &s, nil
}

func (r *ScanRepository) LatestOf(ctx context.Context, shipmentIDs []int64) (map[int64]*Scan, error) {
	found := make(map[int64]*Scan, len(shipmentIDs))
	err := r.each(ctx, `select distinct on (c.shipment_id) c.shipment_id, c.kind, c.at, d.code
		from scans c join depots d on d.id = c.depot_id
		where c.shipment_id = any($1) order by c.shipment_id, c.at desc, c.id desc`,
		[]any{pq.Array(shipmentIDs)}, func(rows *sql.Rows) error {
			var id int64
			var s Scan
			if err := rows.Scan(&id, &s.Kind, &s.At, &s.Depot); err != nil {
				return err
			}
			s.At = s.At.UTC()
			found[id] = &s
			return nil
		})
	return found, err
}

func (r *ScanRepository) All(ctx context.Context, shipmentID int64) ([]Scan, error) {
	list := []Scan{}
	err := r.each(ctx, `select c.kind, c.at, d.code from scans c join depots d on d.id = c.depot_id where c.shipment_id = $1 order by c.at, c.id`,
		[]any{shipmentID}, func(rows *sql.Rows) error {
			var s Scan
			if err := rows.Scan(&s.Kind, &s.At, &s.Depot); err != nil {
				return err
			}
			s.At = s.At.UTC()
			list = append(list, s)
			return nil
		})
	return list, err
}
