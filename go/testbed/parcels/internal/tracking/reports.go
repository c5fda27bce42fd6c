package tracking

import (
	"context"
	"database/sql"
	"math"
	"time"
)

type ReportRepository struct{ base }

func NewReportRepository(db *sql.DB) *ReportRepository { return &ReportRepository{base{db}} }

type Punctuality struct {
	Month       string  `json:"month"`
	Service     string  `json:"service"`
	Shipments   int     `json:"shipments"`
	Delivered   int     `json:"delivered"`
	Late        int     `json:"late"`
	Scans       int     `json:"scans"`
	Depots      int     `json:"depots"`
	MedianHours float64 `json:"median_hours"`
}

const punctuality = `
	select to_char(s.created_at at time zone 'UTC', 'YYYY-MM'), s.service, count(distinct s.id),
	       count(distinct s.id) filter (where s.delivered_at is not null),
	       count(distinct s.id) filter (where s.delivered_at > s.promised_at),
	       count(*), count(distinct c.depot_id),
	       coalesce(percentile_cont(0.5) within group (order by extract(epoch from s.delivered_at - s.created_at)), 0) / 3600
	from shipments s join scans c on c.shipment_id = s.id
	where s.created_at >= $1 and s.created_at < $2 and c.kind <> 'stocktake'
	group by 1, 2
	order by 1, 2`

func (r *ReportRepository) rows(ctx context.Context, query string, args ...any) ([]Punctuality, error) {
	list := []Punctuality{}
	err := r.each(ctx, query, args, func(rows *sql.Rows) error {
		var p Punctuality
		if err := rows.Scan(&p.Month, &p.Service, &p.Shipments, &p.Delivered, &p.Late, &p.Scans, &p.Depots, &p.MedianHours); err != nil {
			return err
		}
		p.MedianHours = math.Round(p.MedianHours*10) / 10
		list = append(list, p)
		return nil
	})
	return list, err
}

// Punctuality from the scans themselves.
func (r *ReportRepository) Punctuality(ctx context.Context, from, to time.Time) ([]Punctuality, error) {
	return r.rows(ctx, punctuality, from, to.AddDate(0, 1, 0))
}

// Monthly reads what the nightly job keeps.
func (r *ReportRepository) Monthly(ctx context.Context, from, to time.Time) ([]Punctuality, error) {
	return r.rows(ctx, `select month, service, shipments, delivered, late, scans, depots, median_h from punctuality_months where month >= $1 and month <= $2 order by month, service`,
		from.Format("2006-01"), to.Format("2006-01"))
}
