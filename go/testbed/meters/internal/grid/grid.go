// Package grid holds the readings of the period in memory: they change once a night.
package grid

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PerDay is the number of readings of a day.
const PerDay = 96

// Reading is the consumption of a quarter of an hour.
type Reading struct {
	Quarter int
	KWh     float64
	State   string
}

// Meter is a meter with the last state of its counter.
type Meter struct {
	Serial string
	KWh    float64
	site   int64
}

// Grid is all sites' readings and meters. It is not changed after Load.
type Grid struct {
	readings map[int64][]Reading
	meters   map[string][]Meter // by region
}

// Load reads the period's readings and all meters.
func Load(ctx context.Context, pool *pgxpool.Pool) (*Grid, error) {
	g := &Grid{readings: map[int64][]Reading{}, meters: map[string][]Meter{}}
	rows, err := pool.Query(ctx, "select site_id, quarter, kwh, state from readings order by site_id, quarter")
	if err != nil {
		return nil, err
	}
	var site int64
	var r Reading
	if _, err := pgx.ForEachRow(rows, []any{&site, &r.Quarter, &r.KWh, &r.State}, func() error {
		r.State = intern(r.State)
		g.readings[site] = append(g.readings[site], r)
		return nil
	}); err != nil {
		return nil, err
	}
	rows, err = pool.Query(ctx, "select s.region, m.serial, m.last_kwh, m.site_id from meters m join sites s on s.id = m.site_id order by m.id")
	if err != nil {
		return nil, err
	}
	var region string
	var m Meter
	_, err = pgx.ForEachRow(rows, []any{&region, &m.Serial, &m.KWh, &m.site}, func() error {
		g.meters[region] = append(g.meters[region], m)
		return nil
	})
	return g, err
}

func intern(state string) string {
	for _, known := range []string{"measured", "estimated"} {
		if state == known {
			return known
		}
	}
	return state
}

// New is a grid of one site and one region, for tests.
func New(site int64, readings []Reading, region string, meters []Meter) *Grid {
	return &Grid{map[int64][]Reading{site: readings}, map[string][]Meter{region: meters}}
}

// Readings are those of the first days of the period of a site. They must not be changed.
func (g *Grid) Readings(site int64, days int) []Reading {
	all := g.readings[site]
	return all[:min(len(all), days*PerDay)]
}
