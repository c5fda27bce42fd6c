// Package telemetry serves metrics and profiles on a listener of their own.
package telemetry

import (
	"net/http"
	"net/http/pprof"
	"runtime"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	mutexFraction   = 100
	blockRateNanos  = 1_000_000
	debugReadHeader = 5 * time.Second
)

// Metrics of the service.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// New returns metrics of the Go runtime, the process, the pool and, through Middleware, of requests.
func New(stat func() *pgxpool.Stat) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "shop_request_seconds",
			Help:    "Time from the first middleware to the end of the handler.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 14),
		}, []string{"method", "route", "status"}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsAll)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newPoolCollector(stat),
		m.requests,
	)
	return m
}

// Middleware measures every request.
func (m *Metrics) Middleware(c *gin.Context) {
	start := time.Now()
	c.Next()
	m.requests.WithLabelValues(c.Request.Method, c.FullPath(), strconv.Itoa(c.Writer.Status())).Observe(time.Since(start).Seconds())
}

// Server returns the debug server; the caller starts and stops it.
func (m *Metrics) Server(addr string) *http.Server {
	runtime.SetMutexProfileFraction(mutexFraction)
	runtime.SetBlockProfileRate(blockRateNanos)
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: debugReadHeader}
}
