package service

import (
	"context"
	"time"

	"example.com/shop/internal/model"
	"example.com/shop/internal/store"
)

// Reports answers the bookkeepers' questions.
type Reports struct{ reports *store.ReportStore }

// NewReports returns the service.
func NewReports(reports *store.ReportStore) *Reports { return &Reports{reports} }

// Sales returns the sales of some months, both included, from the orders themselves.
func (s *Reports) Sales(ctx context.Context, first, last time.Time) ([]model.SalesRow, error) {
	return s.reports.Sales(ctx, first, last.AddDate(0, 1, 0))
}

// ClosedSales returns the sales of some months, both included, from the closed books.
func (s *Reports) ClosedSales(ctx context.Context, first, last time.Time) ([]model.SalesRow, error) {
	return s.reports.ClosedSales(ctx, first, last.AddDate(0, 1, 0))
}
