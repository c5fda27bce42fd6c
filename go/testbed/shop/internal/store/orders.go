package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/shop/internal/model"
)

// OrderStore reads and writes orders.
type OrderStore struct{ pool *pgxpool.Pool }

// NewOrderStore returns a store on the pool.
func NewOrderStore(pool *pgxpool.Pool) *OrderStore { return &OrderStore{pool} }

const orderColumns = "o.id, c.name, o.channel, o.status, o.placed_at"

func scanOrder(row pgx.CollectableRow) (model.Order, error) {
	var o model.Order
	err := row.Scan(&o.ID, &o.Customer, &o.Channel, &o.Status, &o.PlacedAt)
	o.PlacedAt = o.PlacedAt.UTC()
	return o, err
}

// Page returns one page of orders, newest first, without their lines.
func (s *OrderStore) Page(ctx context.Context, limit, offset int) ([]model.Order, error) {
	rows, err := s.pool.Query(ctx, "select "+orderColumns+` from orders o join customers c on c.id = o.customer_id
		order by o.placed_at desc, o.id desc limit $1 offset $2`, limit, offset)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanOrder)
}

// Count returns how many orders there are.
func (s *OrderStore) Count(ctx context.Context) (int64, error) {
	var n int64
	err := s.pool.QueryRow(ctx, "select count(*) from orders").Scan(&n)
	return n, err
}

// ByID returns one order without its lines.
func (s *OrderStore) ByID(ctx context.Context, id int64) (model.Order, error) {
	rows, err := s.pool.Query(ctx, "select "+orderColumns+" from orders o join customers c on c.id = o.customer_id where o.id = $1", id)
	if err != nil {
		return model.Order{}, err
	}
	o, err := pgx.CollectExactlyOneRow(rows, scanOrder)
	return o, notFound(err)
}

// LinesFor returns the lines of an order.
func (s *OrderStore) LinesFor(ctx context.Context, orderID int64) ([]model.OrderLine, error) {
	rows, err := s.pool.Query(ctx, "select product_id, quantity, unit_price_cents from order_lines where order_id = $1 order by id", orderID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l model.OrderLine, err error) {
		err = row.Scan(&l.ProductID, &l.Quantity, &l.UnitPriceCents)
		return l, err
	})
}

// LinesByOrder returns the lines of several orders, by order.
func (s *OrderStore) LinesByOrder(ctx context.Context, orderIDs []int64) (map[int64][]model.OrderLine, error) {
	rows, err := s.pool.Query(ctx, "select order_id, product_id, quantity, unit_price_cents from order_lines where order_id = any($1) order by order_id, id", orderIDs)
	if err != nil {
		return nil, err
	}
	lines := make(map[int64][]model.OrderLine, len(orderIDs))
	var orderID int64
	var l model.OrderLine
	_, err = pgx.ForEachRow(rows, []any{&orderID, &l.ProductID, &l.Quantity, &l.UnitPriceCents}, func() error {
		lines[orderID] = append(lines[orderID], l)
		return nil
	})
	return lines, err
}

// CustomerOf returns the customer of an order.
func (s *OrderStore) CustomerOf(ctx context.Context, orderID int64) (model.Customer, error) {
	var c model.Customer
	err := s.pool.QueryRow(ctx, "select c.id, c.email, c.name, c.city from customers c join orders o on o.customer_id = c.id where o.id = $1", orderID).
		Scan(&c.ID, &c.Email, &c.Name, &c.City)
	return c, notFound(err)
}

// Shipments returns the parcels of an order.
func (s *OrderStore) Shipments(ctx context.Context, orderID int64) ([]model.Shipment, error) {
	rows, err := s.pool.Query(ctx, "select order_id, carrier, tracking from shipments where order_id = $1 order by id", orderID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[model.Shipment])
}

// Events returns what happened to an order.
func (s *OrderStore) Events(ctx context.Context, orderID int64) ([]model.Event, error) {
	rows, err := s.pool.Query(ctx, "select kind, at from order_events where order_id = $1 order by at, id", orderID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e model.Event, err error) {
		err = row.Scan(&e.Kind, &e.At)
		e.At = e.At.UTC()
		return e, err
	})
}

// Labels returns the lines of an order as they are printed.
func (s *OrderStore) Labels(ctx context.Context, orderID int64) ([]model.LineLabel, error) {
	rows, err := s.pool.Query(ctx, `select p.sku, p.name, l.quantity, p.weight_grams
		from order_lines l join products p on p.id = l.product_id where l.order_id = $1 order by l.id`, orderID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l model.LineLabel, err error) {
		err = row.Scan(&l.SKU, &l.Name, &l.Quantity, &l.Weight)
		return l, err
	})
}

// Tracking returns the parcels of several orders, asked for in one batch.
func (s *OrderStore) Tracking(ctx context.Context, orderIDs []int64) ([]model.Shipment, error) {
	batch := &pgx.Batch{}
	found := make([]model.Shipment, 0, len(orderIDs))
	for _, id := range orderIDs {
		batch.Queue("select order_id, carrier, tracking from shipments where order_id = $1 order by id limit 1", id).
			Query(func(rows pgx.Rows) error {
				parcels, err := pgx.CollectRows(rows, pgx.RowToStructByPos[model.Shipment])
				found = append(found, parcels...)
				return err
			})
	}
	return found, s.pool.SendBatch(ctx, batch).Close()
}

// NewOrder is an order as it comes in.
type NewOrder struct {
	CustomerID int64
	Note       string
	SKUs       []string
	Quantities []int32
}

// Place writes an order, its lines and the message about it. ErrNotFound: no such customer or product.
func (s *OrderStore) Place(ctx context.Context, in NewOrder, at time.Time) (id, totalCents int64, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `insert into orders (customer_id, channel, status, placed_at, note)
			select id, 'web', 'open', $2, $3 from customers where id = $1 returning id`, in.CustomerID, at, in.Note).Scan(&id)
		if err != nil {
			return notFound(err)
		}
		var lines int
		err = tx.QueryRow(ctx, `with placed as (
				insert into order_lines (order_id, product_id, quantity, unit_price_cents)
				select $1, p.id, w.quantity, p.price_cents
				from unnest($2::text[], $3::int[]) as w (sku, quantity) join products p on p.sku = w.sku and p.active
				returning quantity * unit_price_cents as cents)
			select count(*), coalesce(sum(cents), 0)::bigint from placed`, id, in.SKUs, in.Quantities).Scan(&lines, &totalCents)
		if err != nil {
			return err
		}
		if lines != len(in.SKUs) {
			return ErrNotFound
		}
		_, err = tx.Exec(ctx, "insert into outbox (topic, payload) values ('order.placed', jsonb_build_object('order_id', $1::bigint))", id)
		return err
	})
	return id, totalCents, err
}
