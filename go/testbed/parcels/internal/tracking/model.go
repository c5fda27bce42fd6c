// Package tracking knows shipments and what has been scanned on their way.
package tracking

import "time"

type Shipment struct {
	ID          int64      `json:"id"`
	TrackingNo  string     `json:"tracking_no"`
	Service     string     `json:"service"`
	Status      string     `json:"status"`
	WeightG     int        `json:"weight_g"`
	CreatedAt   time.Time  `json:"created_at"`
	PromisedAt  time.Time  `json:"promised_at"`
	DeliveredAt *time.Time `json:"delivered_at,omitempty"`
}

type Scan struct {
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Depot string    `json:"depot"`
}

type Overview struct {
	Shipment
	LastScan *Scan `json:"last_scan"`
}

type Party struct {
	Name string `json:"name"`
	City string `json:"city"`
}

type Piece struct {
	Position int    `json:"position"`
	WeightG  int    `json:"weight_g"`
	Size     string `json:"size"`
}

type Detail struct {
	Shipment
	Customer  Party   `json:"customer"`
	Recipient Party   `json:"recipient"`
	Pieces    []Piece `json:"pieces"`
	Scans     []Scan  `json:"scans"`
}

type Depot struct {
	ID   int    `json:"id"`
	Code string `json:"code"`
	Name string `json:"name"`
	City string `json:"city"`
}

type Carrier struct {
	ID      int    `json:"id"`
	Code    string `json:"code"`
	Name    string `json:"name"`
	Pattern string `json:"-"`
}

type Counts struct {
	Announced int `json:"announced"`
	Moving    int `json:"moving"`
	AtDepot   int `json:"at_depot"`
	Delivered int `json:"delivered"`
}
