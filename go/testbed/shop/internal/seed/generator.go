package seed

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

var (
	firstDay = time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)
)

const (
	warehouses       = 3
	suppliers        = 25
	ordersACustomer  = 4
	smallestStock    = 200 // products, whatever the number of orders
	customerAccounts = 50
	openOrders       = 40
)

type table struct {
	name    string
	columns []string
	rows    func() pgx.CopyFromSource
}

// generator makes the rows. Each table draws from a source of its own, so that one table can change without the others.
type generator struct {
	orders, customers, products int
	salt, hash                  []byte
}

func newGenerator(orders int, salt, hash []byte) *generator {
	return &generator{
		orders: orders, customers: max(orders/ordersACustomer, customerAccounts), products: max(orders, smallestStock),
		salt: salt, hash: hash,
	}
}

func (g *generator) tables() []table {
	return []table{
		{"categories", []string{"id", "slug", "name"}, g.categories},
		{"suppliers", []string{"id", "name", "country"}, g.suppliers},
		{"products", []string{
			"id", "sku", "name", "description", "category_id", "supplier_id", "price_cents",
			"weight_grams", "width_mm", "height_mm", "depth_mm", "popularity", "active", "updated_at",
		}, g.productRows},
		{"warehouses", []string{"id", "code", "city"}, g.warehouses},
		{"stock", []string{"product_id", "warehouse_id", "quantity", "reorder_at"}, g.stock},
		{"customers", []string{"id", "email", "name", "city", "created_at"}, g.customerRows},
		{"accounts", []string{"id", "email", "password_hash", "password_salt", "role", "customer_id"}, g.accounts},
		{"account_permissions", []string{"account_id", "permission"}, g.permissions},
		{"orders", []string{"id", "customer_id", "channel", "status", "placed_at", "note"}, g.orderRows},
		{"order_lines", []string{"order_id", "product_id", "quantity", "unit_price_cents"}, g.lines},
		{"shipments", []string{"order_id", "carrier", "tracking", "shipped_at"}, g.shipments},
		{"order_events", []string{"order_id", "kind", "at"}, g.events},
		{"reviews", []string{"product_id", "customer_id", "rating", "body", "created_at"}, g.reviews},
	}
}

func source(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(20240701, stream)) }

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// each makes n rows.
func each(n int, row func(i int) []any) pgx.CopyFromSource {
	return pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil })
}

func (g *generator) categories() pgx.CopyFromSource {
	return each(len(categoryNames), func(i int) []any {
		return []any{int64(i + 1), strings.ToLower(categoryNames[i]), categoryNames[i]}
	})
}

func (g *generator) suppliers() pgx.CopyFromSource {
	r := source(1)
	return each(suppliers, func(i int) []any {
		return []any{int64(i + 1), pick(r, lastNames) + " & " + pick(r, lastNames), pick(r, countries)}
	})
}

func (g *generator) productRows() pgx.CopyFromSource {
	r := source(2)
	return each(g.products, func(i int) []any {
		name := pick(r, colours) + " " + pick(r, materials) + " " + pick(r, things)
		description := fmt.Sprintf("%s for the %s, made of %s, comes in %s", pick(r, things), pick(r, places),
			strings.ToLower(pick(r, materials)), strings.ToLower(pick(r, colours)))
		updated := firstDay.Add(time.Duration(r.IntN(500*24*3600)) * time.Second)
		return []any{
			int64(i + 1), sku(i), name, description, int64(i%len(categoryNames) + 1), int64(r.IntN(suppliers) + 1), price(i),
			int32(50 + r.IntN(20_000)), int32(20 + r.IntN(900)), int32(20 + r.IntN(900)), int32(20 + r.IntN(900)),
			int32(r.IntN(100)), true, updated,
		}
	})
}

func sku(i int) string { return fmt.Sprintf("P-%05d", i+1) }

// price is a function of the product alone: order lines need it as well.
func price(i int) int64 { return int64(199 + (i*7919)%39_800) }

func (g *generator) warehouses() pgx.CopyFromSource {
	codes := []string{"NORTH", "SOUTH", "RETURNS"}
	return each(warehouses, func(i int) []any { return []any{int64(i + 1), codes[i], cities[i]} })
}

func (g *generator) stock() pgx.CopyFromSource {
	r := source(3)
	return each(g.products*warehouses, func(i int) []any {
		return []any{int64(i/warehouses + 1), int64(i%warehouses + 1), int32(r.IntN(400)), int32(10 + r.IntN(20))}
	})
}

func (g *generator) customerRows() pgx.CopyFromSource {
	r := source(4)
	return each(g.customers, func(i int) []any {
		created := firstDay.Add(-time.Duration(r.IntN(900*24*3600))*time.Second - time.Duration(i)*time.Microsecond)
		return []any{
			int64(i + 1), fmt.Sprintf("c%d@example.com", i+1),
			pick(r, firstNames) + " " + pick(r, lastNames), pick(r, cities), created,
		}
	})
}

// accounts are the member of staff and the first customers.
func (g *generator) accounts() pgx.CopyFromSource {
	return each(1+customerAccounts, func(i int) []any {
		if i == 0 {
			return []any{int64(1), StaffEmail, g.hash, g.salt, "staff", nil}
		}
		return []any{int64(i + 1), fmt.Sprintf("c%d@example.com", i), g.hash, g.salt, "customer", int64(i)}
	})
}

func (g *generator) permissions() pgx.CopyFromSource {
	return each(len(staffPermissions), func(i int) []any { return []any{int64(1), staffPermissions[i]} })
}

// placedAt spreads the orders evenly, with the newest last.
func (g *generator) placedAt(i int) time.Time {
	span := lastDay.AddDate(0, 0, 1).Sub(firstDay)
	return firstDay.Add(time.Duration(float64(span) * float64(i) / float64(g.orders))).Truncate(time.Millisecond)
}

func (g *generator) orderRows() pgx.CopyFromSource {
	r := source(5)
	return each(g.orders, func(i int) []any {
		status := pick(r, []string{"shipped", "shipped", "shipped", "delivered", "delivered", "delivered", "delivered", "cancelled"})
		if i >= g.orders-openOrders {
			status = "open"
		}
		return []any{int64(i + 1), int64(r.IntN(g.customers) + 1), pick(r, channels), status, g.placedAt(i), ""}
	})
}

func (g *generator) lines() pgx.CopyFromSource {
	r := source(6)
	var rows [][]any
	for order := range g.orders {
		for range 4 + r.IntN(6) {
			product := r.IntN(g.products)
			rows = append(rows, []any{int64(order + 1), int64(product + 1), int32(1 + r.IntN(4)), price(product)})
		}
	}
	return pgx.CopyFromRows(rows)
}

func (g *generator) shipments() pgx.CopyFromSource {
	r := source(7)
	return each(g.orders, func(i int) []any {
		var shipped any
		if i < g.orders-openOrders {
			shipped = g.placedAt(i).Add(time.Duration(1+r.IntN(72)) * time.Hour)
		}
		return []any{int64(i + 1), pick(r, carriers), fmt.Sprintf("T%010d", r.IntN(1_000_000_000)), shipped}
	})
}

func (g *generator) events() pgx.CopyFromSource {
	return each(g.orders*2, func(i int) []any {
		at := g.placedAt(i / 2)
		if i%2 == 0 {
			return []any{int64(i/2 + 1), "placed", at}
		}
		return []any{int64(i/2 + 1), "paid", at.Add(90 * time.Second)}
	})
}

// reviews give the first fifty products many and the rest few.
func (g *generator) reviews() pgx.CopyFromSource {
	r := source(8)
	return each(g.orders*2, func(i int) []any {
		product := r.IntN(g.products)
		if i%2 == 0 {
			product = i / 2 % 50
		}
		body := pick(r, opinions) + " " + pick(r, opinions)
		created := firstDay.Add(time.Duration(i) * time.Hour)
		return []any{int64(product + 1), int64(r.IntN(g.customers) + 1), int32(1 + r.IntN(5)), body, created}
	})
}
