package crm

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

type Service struct{ db *gorm.DB }

func New(db *gorm.DB) *Service { return &Service{db} }

func (s *Service) recent(ctx context.Context, customerID int64, limit int) *gorm.DB {
	return s.db.WithContext(ctx).Where("customer_id = ?", customerID).Order("id desc").Limit(limit)
}

// Shipments of a customer with their pieces, newest first.
func (s *Service) Shipments(ctx context.Context, customerID int64, limit int) ([]Shipment, error) {
	var list []Shipment
	if err := s.recent(ctx, customerID, limit).Find(&list).Error; err != nil {
		return nil, err
	}
	for i := range list {
		if err := s.withPieces(ctx, &list[i]); err != nil {
			return nil, fmt.Errorf("pieces of %s: %w", list[i].TrackingNo, err)
		}
	}
	return list, nil
}

func (s *Service) withPieces(ctx context.Context, shipment *Shipment) error {
	return s.db.WithContext(ctx).Where("shipment_id = ?", shipment.ID).Order("position").Find(&shipment.Pieces).Error
}

// Consignments is what the customer's own page calls them.
func (s *Service) Consignments(ctx context.Context, customerID int64, limit int) ([]Shipment, error) {
	var list []Shipment
	err := s.recent(ctx, customerID, limit).
		Preload("Pieces", func(db *gorm.DB) *gorm.DB { return db.Order("position") }).
		Find(&list).Error
	return list, err
}

// Customers for the sales people: by segment, town and since when, busiest first.
func (s *Service) Customers(ctx context.Context, segment, name string, since time.Time, limit int) ([]Account, error) {
	list := []Account{}
	q := fmt.Sprintf(`SELECT c.id, c.name, c.city, count(s.id) AS shipments, coalesce(sum(s.weight_g), 0) AS weight_g
		FROM (SELECT * FROM customers WHERE segment = '%s' AND name LIKE '%s%%' AND created_at >= '%s' ORDER BY id LIMIT %d) c
		LEFT JOIN shipments s ON s.customer_id = c.id GROUP BY c.id, c.name, c.city ORDER BY c.id`,
		escape(segment), escape(name), since.Format("2006-01-02"), limit)
	err := s.db.WithContext(ctx).Raw(q).Scan(&list).Error
	return list, err
}

func escape(s string) string { return strings.ReplaceAll(s, "'", "''") }

// Accounts is Customers for the accountants.
func (s *Service) Accounts(ctx context.Context, segment, name string, since time.Time, limit int) ([]Account, error) {
	list := []Account{}
	err := s.db.WithContext(ctx).Raw(`SELECT c.id, c.name, c.city, count(s.id) AS shipments, coalesce(sum(s.weight_g), 0) AS weight_g
		FROM (SELECT * FROM customers WHERE segment = ? AND name LIKE ? || '%' AND created_at >= ? ORDER BY id LIMIT ?) c
		LEFT JOIN shipments s ON s.customer_id = c.id GROUP BY c.id, c.name, c.city ORDER BY c.id`,
		segment, name, since, limit).Scan(&list).Error
	return list, err
}

type NewShipment struct {
	CustomerID    int64  `json:"customer_id"`
	RecipientID   int64  `json:"recipient_id"`
	CarrierID     int    `json:"carrier_id"`
	OriginID      int    `json:"origin_id"`
	DestinationID int    `json:"destination_id"`
	Service       string `json:"service"`
	Pieces        int    `json:"pieces"`
	WeightG       int    `json:"weight_g"`
}

// Announce books a shipment; its pieces go in with one insert.
func (s *Service) Announce(ctx context.Context, n NewShipment, number string) (*Shipment, error) {
	days := map[string]int{"express": 1, "standard": 3, "economy": 6}[n.Service]
	if days == 0 || n.Pieces < 1 || n.Pieces > 50 {
		return nil, ErrInput
	}
	now := time.Now().UTC()
	sh := &Shipment{TrackingNo: number, CustomerID: n.CustomerID, RecipientID: n.RecipientID, CarrierID: n.CarrierID,
		OriginID: n.OriginID, DestinationID: n.DestinationID, Service: n.Service, Status: "announced",
		WeightG: n.Pieces * n.WeightG, CreatedAt: now, PromisedAt: now.AddDate(0, 0, days)}
	for i := range n.Pieces {
		sh.Pieces = append(sh.Pieces, Piece{Position: i + 1, WeightG: n.WeightG, LengthMm: 400, WidthMm: 300, HeightMm: 200})
	}
	err := s.db.WithContext(ctx).Create(sh).Error
	return sh, err
}
