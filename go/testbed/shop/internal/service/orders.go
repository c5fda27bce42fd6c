package service

import (
	"context"
	"time"

	"example.com/shop/internal/model"
	"example.com/shop/internal/store"
)

// Orders lists, shows and takes orders.
type Orders struct{ orders *store.OrderStore }

// NewOrders returns the service.
func NewOrders(orders *store.OrderStore) *Orders { return &Orders{orders} }

// OrderPage is one page of orders and how many there are in all.
type OrderPage struct {
	Total  int64         `json:"total"`
	Orders []model.Order `json:"orders"`
}

func (s *Orders) page(ctx context.Context, limit, page int) (p OrderPage, err error) {
	if p.Total, err = s.orders.Count(ctx); err != nil {
		return p, err
	}
	p.Orders, err = s.orders.Page(ctx, limit, (page-1)*limit)
	return p, err
}

// List returns a page of orders with their lines.
func (s *Orders) List(ctx context.Context, limit, page int) (OrderPage, error) {
	p, err := s.page(ctx, limit, page)
	if err != nil {
		return p, err
	}
	for i := range p.Orders {
		if p.Orders[i].Lines, err = s.orders.LinesFor(ctx, p.Orders[i].ID); err != nil {
			return p, err
		}
	}
	return p, nil
}

// Browse returns a page of orders with their lines.
func (s *Orders) Browse(ctx context.Context, limit, page int) (OrderPage, error) {
	p, err := s.page(ctx, limit, page)
	if err != nil {
		return p, err
	}
	lines, err := s.orders.LinesByOrder(ctx, orderIDs(p.Orders))
	if err != nil {
		return p, err
	}
	for i := range p.Orders {
		p.Orders[i].Lines = lines[p.Orders[i].ID]
	}
	return p, nil
}

func orderIDs(orders []model.Order) []int64 {
	ids := make([]int64, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	return ids
}

// Detail returns everything about one order.
func (s *Orders) Detail(ctx context.Context, id int64) (d model.OrderDetail, err error) {
	if d.Order, err = s.orders.ByID(ctx, id); err != nil {
		return d, err
	}
	if d.Order.Lines, err = s.orders.LinesFor(ctx, id); err != nil {
		return d, err
	}
	if d.Customer, err = s.orders.CustomerOf(ctx, id); err != nil {
		return d, err
	}
	if d.Shipments, err = s.orders.Shipments(ctx, id); err != nil {
		return d, err
	}
	if d.Events, err = s.orders.Events(ctx, id); err != nil {
		return d, err
	}
	d.Products, err = s.orders.Labels(ctx, id)
	return d, err
}

// Labels returns what the warehouse prints for an order. store.ErrNotFound: there is no such order.
func (s *Orders) Labels(ctx context.Context, id int64) ([]model.LineLabel, error) {
	labels, err := s.orders.Labels(ctx, id)
	if err == nil && len(labels) == 0 {
		return nil, store.ErrNotFound
	}
	return labels, err
}

// Tracking returns the first parcel of each order of a page.
func (s *Orders) Tracking(ctx context.Context, limit, page int) ([]model.Shipment, error) {
	orders, err := s.orders.Page(ctx, limit, (page-1)*limit)
	if err != nil {
		return nil, err
	}
	return s.orders.Tracking(ctx, orderIDs(orders))
}

// Place takes an order and returns its number and sum.
func (s *Orders) Place(ctx context.Context, in store.NewOrder) (id, totalCents int64, err error) {
	return s.orders.Place(ctx, in, time.Now())
}
