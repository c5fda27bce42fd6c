package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.com/shop/internal/model"
)

// Open returns the orders that wait longest.
func (s *OrderStore) Open(ctx context.Context, limit int) ([]model.OpenOrder, error) {
	rows, err := s.pool.Query(ctx, "select id, channel, placed_at from orders where status = 'open' order by placed_at limit $1", limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o model.OpenOrder, err error) {
		err = row.Scan(&o.ID, &o.Channel, &o.PlacedAt)
		o.PlacedAt = o.PlacedAt.UTC()
		return o, err
	})
}

// Waiting returns the parcels that nobody has collected yet.
func (s *OrderStore) Waiting(ctx context.Context, limit int) ([]model.Shipment, error) {
	rows, err := s.pool.Query(ctx, "select order_id, carrier, tracking from shipments where shipped_at is null order by id limit $1", limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[model.Shipment])
}

// LowStock returns what runs out next.
func (s *ProductStore) LowStock(ctx context.Context, limit int) ([]model.StockLevel, error) {
	rows, err := s.pool.Query(ctx, `select k.product_id, w.code, k.quantity from stock k join warehouses w on w.id = k.warehouse_id
		where k.quantity < 5 order by k.quantity, k.product_id, w.code limit $1`, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[model.StockLevel])
}
