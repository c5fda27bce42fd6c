// Package app puts the service together and runs it.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/shop/internal/auth"
	"example.com/shop/internal/config"
	"example.com/shop/internal/httpapi"
	"example.com/shop/internal/jobs"
	"example.com/shop/internal/service"
	"example.com/shop/internal/store"
	"example.com/shop/internal/telemetry"
)

const readHeaderTimeout = 5 * time.Second

// Router returns the service's routes on a pool.
func Router(ctx context.Context, cfg config.Config, pool *pgxpool.Pool, middlewares ...gin.HandlerFunc) (http.Handler, error) {
	orders, products, customers := store.NewOrderStore(pool), store.NewProductStore(pool), store.NewCustomerStore(pool)
	access := service.NewAccess(store.NewAccountStore(pool), auth.NewSigner(cfg.TokenSecret, cfg.TokenLifetime))
	catalogue, err := service.NewCatalogue(ctx, products, customers)
	if err != nil {
		return nil, err
	}
	api := &httpapi.API{
		Access:    access,
		Overview:  service.NewOverview(access, orders, products, customers),
		Orders:    service.NewOrders(orders),
		Catalogue: catalogue,
		Reports:   service.NewReports(store.NewReportStore(pool)),
		Healthy:   pool.Ping,
	}
	return api.Router(middlewares...), nil
}

// Serve runs until ctx ends, then lets running requests finish.
func Serve(ctx context.Context, cfg config.Config) error {
	pool, err := store.Connect(ctx, cfg.DatabaseURL, cfg.MaxConns)
	if err != nil {
		return err
	}
	defer pool.Close()
	metrics := telemetry.New(pool.Stat)
	router, err := Router(ctx, cfg, pool, metrics.Middleware)
	if err != nil {
		return err
	}

	var running sync.WaitGroup
	defer running.Wait()
	jobCtx, stopJobs := context.WithCancel(ctx)
	defer stopJobs()
	running.Add(1)
	go func() {
		defer running.Done()
		jobs.Relay(jobCtx, store.NewOutboxStore(pool), cfg.OutboxInterval)
	}()

	servers := []*http.Server{{Addr: cfg.ListenAddr, Handler: router, ReadHeaderTimeout: readHeaderTimeout}}
	if cfg.DebugAddr != "" {
		servers = append(servers, metrics.Server(cfg.DebugAddr))
	}
	return serveAll(ctx, servers, cfg.ShutdownTimeout)
}

// serveAll returns when ctx ends or a server fails, after all servers have stopped.
func serveAll(ctx context.Context, servers []*http.Server, patience time.Duration) error {
	failed := make(chan error, len(servers))
	var started []*http.Server
	var failure error
	for _, s := range servers {
		listener, err := net.Listen("tcp", s.Addr)
		if err != nil {
			failure = err
			break
		}
		slog.Info("listening", "addr", listener.Addr().String())
		started = append(started, s)
		go func() { failed <- s.Serve(listener) }()
	}
	if failure == nil {
		select {
		case <-ctx.Done():
		case failure = <-failed:
		}
	}
	slog.Info("stopping")
	stopCtx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, s := range started {
		failure = errors.Join(failure, s.Shutdown(stopCtx))
	}
	return failure
}
