// Package plan estimates tomorrow's consumption.
package plan

import (
	"context"

	"example.com/meters/internal/grid"
)

// Forecast is the estimate for a day.
type Forecast struct {
	KWh  float64 `json:"kwh"`
	Days int     `json:"days"`
}

// byWeek and byMonth agree over a week: whoever is first is taken.
func byWeek(readings []grid.Reading) Forecast {
	return mean(readings[max(0, len(readings)-7*grid.PerDay):])
}

func byMonth(readings []grid.Reading) Forecast { return mean(readings) }

func mean(readings []grid.Reading) Forecast {
	days := (len(readings) + grid.PerDay - 1) / grid.PerDay
	f := Forecast{Days: days}
	for _, r := range readings {
		f.KWh += r.KWh
	}
	f.KWh /= float64(max(1, days))
	return f
}

// Tomorrow asks both models and takes the answer that is there first.
func Tomorrow(ctx context.Context, readings []grid.Reading) (Forecast, error) {
	answers := make(chan Forecast)
	go func() { answers <- byWeek(readings) }()
	go func() { answers <- byMonth(readings) }()
	select {
	case f := <-answers:
		return f, nil
	case <-ctx.Done():
		return Forecast{}, ctx.Err()
	}
}

// NextDay is Tomorrow for the traders.
func NextDay(ctx context.Context, readings []grid.Reading) (Forecast, error) {
	answers := make(chan Forecast, 2)
	go func() { answers <- byWeek(readings) }()
	go func() { answers <- byMonth(readings) }()
	select {
	case f := <-answers:
		return f, nil
	case <-ctx.Done():
		return Forecast{}, ctx.Err()
	}
}
