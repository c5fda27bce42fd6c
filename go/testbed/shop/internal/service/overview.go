package service

import (
	"context"

	"example.com/shop/internal/model"
	"example.com/shop/internal/store"
)

// What a member of staff needs to see the sections of the overview.
const (
	PermBackoffice = "backoffice"
	PermOrders     = "orders.read"
	PermStock      = "stock.read"
	PermShipments  = "shipments.read"
	PermCustomers  = "customers.read"
	PermReports    = "reports.read"
)

const sectionRows = 5

// Overview puts the first page of the back office together.
type Overview struct {
	access    *Access
	orders    *store.OrderStore
	products  *store.ProductStore
	customers *store.CustomerStore
}

// NewOverview returns the service.
func NewOverview(access *Access, orders *store.OrderStore, products *store.ProductStore, customers *store.CustomerStore) *Overview {
	return &Overview{access, orders, products, customers}
}

// For returns the sections for an account. Each section answers for its own permission.
func (s *Overview) For(ctx context.Context, accountID int64) (v model.Overview, err error) {
	if v.OpenOrders, err = s.openOrders(ctx, accountID); err != nil {
		return v, err
	}
	if v.LowStock, err = s.lowStock(ctx, accountID); err != nil {
		return v, err
	}
	if v.Waiting, err = s.waiting(ctx, accountID); err != nil {
		return v, err
	}
	v.NewCustomers, err = s.newCustomers(ctx, accountID)
	return v, err
}

func (s *Overview) openOrders(ctx context.Context, accountID int64) ([]model.OpenOrder, error) {
	if err := s.access.Check(ctx, accountID, PermOrders); err != nil {
		return nil, err
	}
	return s.orders.Open(ctx, sectionRows)
}

func (s *Overview) lowStock(ctx context.Context, accountID int64) ([]model.StockLevel, error) {
	if err := s.access.Check(ctx, accountID, PermStock); err != nil {
		return nil, err
	}
	return s.products.LowStock(ctx, sectionRows)
}

func (s *Overview) waiting(ctx context.Context, accountID int64) ([]model.Shipment, error) {
	if err := s.access.Check(ctx, accountID, PermShipments); err != nil {
		return nil, err
	}
	return s.orders.Waiting(ctx, sectionRows)
}

func (s *Overview) newCustomers(ctx context.Context, accountID int64) ([]model.Customer, error) {
	if err := s.access.Check(ctx, accountID, PermCustomers); err != nil {
		return nil, err
	}
	return s.customers.Newest(ctx, sectionRows)
}

// With returns the sections for somebody with these grants.
func (s *Overview) With(ctx context.Context, grants Grants) (v model.Overview, err error) {
	for _, permission := range []string{PermOrders, PermStock, PermShipments, PermCustomers} {
		if err := grants.Check(permission); err != nil {
			return v, err
		}
	}
	if v.OpenOrders, err = s.orders.Open(ctx, sectionRows); err != nil {
		return v, err
	}
	if v.LowStock, err = s.products.LowStock(ctx, sectionRows); err != nil {
		return v, err
	}
	if v.Waiting, err = s.orders.Waiting(ctx, sectionRows); err != nil {
		return v, err
	}
	v.NewCustomers, err = s.customers.Newest(ctx, sectionRows)
	return v, err
}
