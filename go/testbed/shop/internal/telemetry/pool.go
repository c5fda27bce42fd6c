package telemetry

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

type poolMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*pgxpool.Stat) float64
}

// poolCollector turns the pool's own statistics into metrics.
type poolCollector struct {
	stat    func() *pgxpool.Stat
	metrics []poolMetric
}

func newPoolCollector(stat func() *pgxpool.Stat) *poolCollector {
	c := &poolCollector{stat: stat}
	add := func(name, help string, kind prometheus.ValueType, value func(*pgxpool.Stat) float64) {
		c.metrics = append(c.metrics, poolMetric{prometheus.NewDesc("pgxpool_"+name, help, nil, nil), kind, value})
	}
	counter, gauge := prometheus.CounterValue, prometheus.GaugeValue
	add("acquire_count", "Connections acquired.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.AcquireCount()) })
	add("acquire_duration_seconds_total", "Time spent on acquiring connections.", counter,
		func(s *pgxpool.Stat) float64 { return s.AcquireDuration().Seconds() })
	add("empty_acquire_count", "Acquires that had to wait for a connection.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) })
	add("empty_acquire_wait_seconds_total", "Time spent on waiting for a connection.", counter,
		func(s *pgxpool.Stat) float64 { return s.EmptyAcquireWaitTime().Seconds() })
	add("canceled_acquire_count", "Acquires given up by their context.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.CanceledAcquireCount()) })
	add("new_conns_count", "Connections opened.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.NewConnsCount()) })
	add("acquired_conns", "Connections in use.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) })
	add("idle_conns", "Connections at rest.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.IdleConns()) })
	add("constructing_conns", "Connections being opened.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.ConstructingConns()) })
	add("total_conns", "Connections.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.TotalConns()) })
	add("max_conns", "Connections at most.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) })
	return c
}

// Describe implements prometheus.Collector.
func (c *poolCollector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		out <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *poolCollector) Collect(out chan<- prometheus.Metric) {
	stat := c.stat()
	for _, m := range c.metrics {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(stat))
	}
}
