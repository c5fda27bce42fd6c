// Package schema says which rows there are.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// Customer buys.
type Customer struct{ ent.Schema }

// Fields of a customer.
func (Customer) Fields() []ent.Field { return []ent.Field{field.String("name")} }

// Edges of a customer.
func (Customer) Edges() []ent.Edge { return []ent.Edge{edge.To("orders", Order.Type)} }

// Order is a customer's.
type Order struct{ ent.Schema }

// Fields of an order.
func (Order) Fields() []ent.Field { return []ent.Field{field.String("title")} }

// Edges of an order.
func (Order) Edges() []ent.Edge {
	return []ent.Edge{edge.From("customer", Customer.Type).Ref("orders").Unique().Required()}
}
