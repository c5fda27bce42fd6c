// Package crm is the customers' side. It was a service of its own once, hence GORM.
package crm

import "time"

type Customer struct {
	ID        int64     `gorm:"primaryKey" json:"id"`
	Name      string    `json:"name"`
	Email     string    `json:"-"`
	City      string    `json:"city"`
	Segment   string    `json:"segment"`
	CreatedAt time.Time `json:"-"`
}

type Shipment struct {
	ID            int64     `gorm:"primaryKey" json:"id"`
	TrackingNo    string    `json:"tracking_no"`
	CustomerID    int64     `json:"-"`
	RecipientID   int64     `json:"-"`
	CarrierID     int       `json:"-"`
	OriginID      int       `json:"-"`
	DestinationID int       `json:"-"`
	Service       string    `json:"service"`
	Status        string    `json:"status"`
	WeightG       int       `json:"weight_g"`
	DeclaredCents int64     `json:"-"`
	CreatedAt     time.Time `json:"-"`
	PromisedAt    time.Time `json:"-"`
	Pieces        []Piece   `json:"pieces"`
}

type Piece struct {
	ID         int64 `gorm:"primaryKey" json:"-"`
	ShipmentID int64 `json:"-"`
	Position   int   `json:"position"`
	WeightG    int   `json:"weight_g"`
	LengthMm   int   `json:"length_mm"`
	WidthMm    int   `json:"width_mm"`
	HeightMm   int   `json:"height_mm"`
}

// Account is a customer with what he has sent; filled by raw SQL.
type Account struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	City      string `json:"city"`
	Shipments int    `json:"shipments"`
	WeightG   int64  `json:"weight_g"`
}
