package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/shop/internal/model"
)

// ReportStore answers the bookkeepers' questions.
type ReportStore struct{ pool *pgxpool.Pool }

// NewReportStore returns a store on the pool.
func NewReportStore(pool *pgxpool.Pool) *ReportStore { return &ReportStore{pool} }

// usualRows is two years.
const usualRows = 24

func collectSales(rows pgx.Rows) ([]model.SalesRow, error) {
	sales := make([]model.SalesRow, 0, usualRows)
	var r model.SalesRow
	_, err := pgx.ForEachRow(rows, []any{
		&r.Month, &r.Orders, &r.Customers, &r.Cities, &r.Products, &r.Units, &r.RevenueCents,
	}, func() error {
		sales = append(sales, r)
		return nil
	})
	return sales, err
}

const salesByMonth = `select to_char(date_trunc('month', o.placed_at at time zone 'UTC'), 'YYYY-MM') as month,
		count(distinct o.id), count(distinct o.customer_id), count(distinct c.city), count(distinct l.product_id),
		sum(l.quantity), sum(l.quantity * l.unit_price_cents)::bigint
	from orders o
	join customers c on c.id = o.customer_id
	join order_lines l on l.order_id = o.id
	where o.status <> 'cancelled' and o.placed_at >= $1 and o.placed_at < $2
	group by 1 order by 1`

// Sales adds up the months from first (included) to end (not included).
func (s *ReportStore) Sales(ctx context.Context, first, end time.Time) ([]model.SalesRow, error) {
	rows, err := s.pool.Query(ctx, salesByMonth, first, end)
	if err != nil {
		return nil, err
	}
	return collectSales(rows)
}

const closedMonths = `select to_char(month, 'YYYY-MM'), orders, customers, cities, products, units, revenue_cents
	from monthly_sales where month >= $1 and month < $2 order by 1`

// ClosedSales reads the closed months from first (included) to end (not included).
func (s *ReportStore) ClosedSales(ctx context.Context, first, end time.Time) ([]model.SalesRow, error) {
	rows, err := s.pool.Query(ctx, closedMonths, first, end)
	if err != nil {
		return nil, err
	}
	return collectSales(rows)
}
