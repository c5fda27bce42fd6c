// Package model holds the values that stores return and handlers answer with.
package model

import "time"

// Account is a login, of a member of staff or of a customer.
type Account struct {
	ID           int64
	Email        string
	PasswordHash []byte
	PasswordSalt []byte
	Role         string
	CustomerID   *int64
}

// Customer is somebody who orders.
type Customer struct {
	ID    int64  `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
	City  string `json:"city"`
}

// Order is one order with its lines.
type Order struct {
	ID       int64       `json:"id"`
	Customer string      `json:"customer"`
	Channel  string      `json:"channel"`
	Status   string      `json:"status"`
	PlacedAt time.Time   `json:"placed_at"`
	Lines    []OrderLine `json:"lines"`
}

// OrderLine is one position of an order.
type OrderLine struct {
	ProductID      int64 `json:"product_id"`
	Quantity       int32 `json:"quantity"`
	UnitPriceCents int64 `json:"unit_price_cents"`
}

// OrderDetail is everything the order page shows.
type OrderDetail struct {
	Order     Order       `json:"order"`
	Customer  Customer    `json:"customer"`
	Shipments []Shipment  `json:"shipments"`
	Events    []Event     `json:"events"`
	Products  []LineLabel `json:"products"`
}

// Shipment is one parcel.
type Shipment struct {
	OrderID  int64  `json:"order_id"`
	Carrier  string `json:"carrier"`
	Tracking string `json:"tracking"`
}

// Event is something that happened to an order.
type Event struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
}

// LineLabel is what is printed for a line: the product and where it lies.
type LineLabel struct {
	SKU      string `json:"sku"`
	Name     string `json:"name"`
	Quantity int32  `json:"quantity"`
	Weight   int32  `json:"weight_grams"`
}

// ProductCard is a product as the listings show it.
type ProductCard struct {
	ID         int64  `json:"id"`
	SKU        string `json:"sku"`
	Name       string `json:"name"`
	Category   string `json:"category"`
	Supplier   string `json:"supplier"`
	PriceCents int64  `json:"price_cents"`
	InStock    int64  `json:"in_stock"`
}

// ProductHit is a product as search and recommendations show it.
type ProductHit struct {
	ID         int64  `json:"id"`
	SKU        string `json:"sku"`
	Name       string `json:"name"`
	PriceCents int64  `json:"price_cents"`
}

// Review is a customer's opinion.
type Review struct {
	ID         int64  `json:"id"`
	CustomerID int64  `json:"customer_id"`
	Author     string `json:"author"`
	Rating     int32  `json:"rating"`
	Body       string `json:"body"`
}

// StockLevel is what one warehouse holds of a product.
type StockLevel struct {
	ProductID int64  `json:"product_id"`
	Warehouse string `json:"warehouse"`
	Quantity  int32  `json:"quantity"`
}

// Category with the facets of its products.
type Category struct {
	ID       int64  `json:"id"`
	Slug     string `json:"slug"`
	Name     string `json:"name"`
	Products int64  `json:"products"`
	MinCents int64  `json:"min_price_cents"`
	MaxCents int64  `json:"max_price_cents"`
}

// SalesRow is one month.
type SalesRow struct {
	Month        string `json:"month"`
	Orders       int64  `json:"orders"`
	Customers    int64  `json:"customers"`
	Cities       int64  `json:"cities"`
	Products     int64  `json:"products"`
	Units        int64  `json:"units"`
	RevenueCents int64  `json:"revenue_cents"`
}

// Overview is the first page of the back office.
type Overview struct {
	OpenOrders   []OpenOrder  `json:"open_orders"`
	LowStock     []StockLevel `json:"low_stock"`
	Waiting      []Shipment   `json:"waiting_shipments"`
	NewCustomers []Customer   `json:"new_customers"`
}

// OpenOrder is an order that nobody has packed yet.
type OpenOrder struct {
	ID       int64     `json:"id"`
	Channel  string    `json:"channel"`
	PlacedAt time.Time `json:"placed_at"`
}

// CatalogueItem is a product as partners receive it.
type CatalogueItem struct {
	ID          int64     `json:"id"`
	SKU         string    `json:"sku"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Supplier    Ref       `json:"supplier"`
	PriceCents  int64     `json:"price_cents"`
	Prices      []Price   `json:"prices"`
	Images      []Image   `json:"images"`
	WeightGrams int32     `json:"weight_grams"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Ref names something by id and name.
type Ref struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Price in one currency.
type Price struct {
	Currency string `json:"currency"`
	Cents    int64  `json:"cents"`
	TaxCents int64  `json:"tax_cents"`
}

// Image of a product.
type Image struct {
	Kind   string `json:"kind"`
	Path   string `json:"path"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}
