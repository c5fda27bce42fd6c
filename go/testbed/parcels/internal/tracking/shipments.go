package tracking

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
)

type ShipmentRepository struct {
	base
	mu   sync.Mutex
	find *sql.Stmt
}

func NewShipmentRepository(db *sql.DB) *ShipmentRepository {
	return &ShipmentRepository{base: base{db}}
}

const shipmentColumns = `s.id, s.tracking_no, s.service, s.status, s.weight_g, s.created_at, s.promised_at, s.delivered_at`

func scanShipment(rows *sql.Rows, more ...any) (Shipment, error) {
	var s Shipment
	err := rows.Scan(append([]any{&s.ID, &s.TrackingNo, &s.Service, &s.Status, &s.WeightG, &s.CreatedAt, &s.PromisedAt, &s.DeliveredAt}, more...)...)
	s.CreatedAt, s.PromisedAt = s.CreatedAt.UTC(), s.PromisedAt.UTC()
	if s.DeliveredAt != nil {
		at := s.DeliveredAt.UTC()
		s.DeliveredAt = &at
	}
	return s, err
}

func (r *ShipmentRepository) ForDepot(ctx context.Context, depotID, limit int) ([]Shipment, error) {
	list := []Shipment{}
	err := r.each(ctx, `select `+shipmentColumns+` from shipments s where s.destination_id = $1 order by s.id desc limit $2`,
		[]any{depotID, limit}, func(rows *sql.Rows) error {
			s, err := scanShipment(rows)
			list = append(list, s)
			return err
		})
	return list, err
}

func (r *ShipmentRepository) get(ctx context.Context, where string, arg any) (Shipment, Party, Party, error) {
	var s Shipment
	var from, to Party
	var customerID, recipientID int64
	err := r.one(ctx, `select `+shipmentColumns+`, s.customer_id, s.recipient_id from shipments s where `+where, []any{arg},
		&s.ID, &s.TrackingNo, &s.Service, &s.Status, &s.WeightG, &s.CreatedAt, &s.PromisedAt, &s.DeliveredAt, &customerID, &recipientID)
	if err != nil {
		return s, from, to, err
	}
	if err := r.one(ctx, `select name, city from customers where id = $1`, []any{customerID}, &from.Name, &from.City); err != nil {
		return s, from, to, err
	}
	err = r.one(ctx, `select name, city from recipients where id = $1`, []any{recipientID}, &to.Name, &to.City)
	return s, from, to, err
}

func (r *ShipmentRepository) pieces(ctx context.Context, shipmentID int64) ([]Piece, error) {
	list := []Piece{}
	err := r.each(ctx, `select position, weight_g, length_mm, width_mm, height_mm from pieces where shipment_id = $1 order by position`,
		[]any{shipmentID}, func(rows *sql.Rows) error {
			var p Piece
			var l, w, h int
			if err := rows.Scan(&p.Position, &p.WeightG, &l, &w, &h); err != nil {
				return err
			}
			p.Size = fmt.Sprintf("%dx%dx%d mm", l, w, h)
			list = append(list, p)
			return nil
		})
	return list, err
}

// ByNumber finds the shipment with only what a tracking page shows.
func (r *ShipmentRepository) ByNumber(ctx context.Context, number string) (Shipment, error) {
	var s Shipment
	err := r.one(ctx, `select `+shipmentColumns+` from shipments s where s.tracking_no = $1`, []any{number},
		&s.ID, &s.TrackingNo, &s.Service, &s.Status, &s.WeightG, &s.CreatedAt, &s.PromisedAt, &s.DeliveredAt)
	s.CreatedAt, s.PromisedAt = s.CreatedAt.UTC(), s.PromisedAt.UTC()
	return s, err
}

type Filter struct {
	City, Service string
	MinWeight     int
	Limit         int
}

const searchFrom = ` from shipments s
	join depots d on d.id = s.destination_id
	join carriers k on k.id = s.carrier_id
	join customers c on c.id = s.customer_id`

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Search is what the back office types into the box. Empty conditions are left out.
func (r *ShipmentRepository) Search(ctx context.Context, f Filter) ([]Shipment, error) {
	where := []string{"k.code <> 'TEST'"}
	if f.City != "" {
		where = append(where, fmt.Sprintf("d.city = %s", quote(f.City)))
	}
	if f.Service != "" {
		where = append(where, fmt.Sprintf("s.service = %s", quote(f.Service)))
	}
	if f.MinWeight > 0 {
		where = append(where, fmt.Sprintf("s.weight_g >= %d", f.MinWeight))
	}
	query := fmt.Sprintf("select %s%s where %s order by s.id desc limit %d", shipmentColumns, searchFrom, strings.Join(where, " and "), f.Limit)
	list := []Shipment{}
	err := r.each(ctx, query, nil, func(rows *sql.Rows) error {
		s, err := scanShipment(rows)
		list = append(list, s)
		return err
	})
	return list, err
}

func (r *ShipmentRepository) finder(ctx context.Context) (*sql.Stmt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.find == nil {
		stmt, err := r.db.PrepareContext(ctx, `select `+shipmentColumns+searchFrom+`
			where k.code <> 'TEST' and ($1 = '' or d.city = $1) and ($2 = '' or s.service = $2) and s.weight_g >= $3
			order by s.id desc limit $4`)
		if err != nil {
			return nil, err
		}
		r.find = stmt
	}
	return r.find, nil
}

// Find is Search for the partner API.
func (r *ShipmentRepository) Find(ctx context.Context, f Filter) ([]Shipment, error) {
	stmt, err := r.finder(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, f.City, f.Service, f.MinWeight, f.Limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Shipment{}
	for rows.Next() {
		s, err := scanShipment(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

func (r *ShipmentRepository) countByStatus(ctx context.Context, status string) (n int, err error) {
	err = r.one(ctx, `select count(*) from shipments where status = $1`, []any{status}, &n)
	return n, err
}
