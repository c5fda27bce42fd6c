package tracking

import (
	"context"

	"golang.org/x/sync/errgroup"
)

type Service struct {
	shipments *ShipmentRepository
	scans     *ScanRepository
	timeline  *Timeline
}

func NewService(shipments *ShipmentRepository, scans *ScanRepository) *Service {
	return &Service{shipments, scans, &Timeline{scans}}
}

// Timeline says where a shipment is.
type Timeline struct{ scans *ScanRepository }

func (t *Timeline) Current(ctx context.Context, s Shipment) (*Scan, error) {
	if s.Status == "announced" {
		return nil, nil
	}
	return t.scans.Latest(ctx, s.ID)
}

// Incoming is the list at the depot's gate.
func (s *Service) Incoming(ctx context.Context, depotID, limit int) ([]Overview, error) {
	list, err := s.shipments.ForDepot(ctx, depotID, limit)
	if err != nil {
		return nil, err
	}
	result := make([]Overview, 0, len(list))
	for _, shipment := range list {
		scan, err := s.timeline.Current(ctx, shipment)
		if err != nil {
			return nil, err
		}
		result = append(result, Overview{shipment, scan})
	}
	return result, nil
}

// Board is the same for the screen in the hall.
func (s *Service) Board(ctx context.Context, depotID, limit int) ([]Overview, error) {
	list, err := s.shipments.ForDepot(ctx, depotID, limit)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(list))
	for _, shipment := range list {
		if shipment.Status != "announced" {
			ids = append(ids, shipment.ID)
		}
	}
	latest, err := s.scans.LatestOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	result := make([]Overview, 0, len(list))
	for _, shipment := range list {
		result = append(result, Overview{shipment, latest[shipment.ID]})
	}
	return result, nil
}

func (s *Service) Detail(ctx context.Context, id int64) (Detail, error) {
	var d Detail
	var err error
	d.Shipment, d.Customer, d.Recipient, err = s.shipments.get(ctx, "s.id = $1", id)
	if err != nil {
		return d, err
	}
	if d.Pieces, err = s.shipments.pieces(ctx, id); err != nil {
		return d, err
	}
	d.Scans, err = s.scans.All(ctx, id)
	return d, err
}

// Track is the public page.
func (s *Service) Track(ctx context.Context, number string) (Overview, error) {
	shipment, err := s.shipments.ByNumber(ctx, number)
	if err != nil {
		return Overview{}, err
	}
	scan, err := s.timeline.Current(ctx, shipment)
	return Overview{shipment, scan}, err
}

func (s *Service) Search(ctx context.Context, f Filter) ([]Shipment, error) {
	return s.shipments.Search(ctx, f)
}

func (s *Service) Find(ctx context.Context, f Filter) ([]Shipment, error) {
	return s.shipments.Find(ctx, f)
}

// Counts asks for all states at once.
func (s *Service) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	g, ctx := errgroup.WithContext(ctx)
	for status, into := range map[string]*int{"announced": &c.Announced, "moving": &c.Moving, "at_depot": &c.AtDepot, "delivered": &c.Delivered} {
		g.Go(func() (err error) {
			*into, err = s.shipments.countByStatus(ctx, status)
			return err
		})
	}
	return c, g.Wait()
}
