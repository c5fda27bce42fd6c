package platform

import (
	"context"
	"database/sql"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// ServeHealth answers grpc.health.v1 for the mesh until ctx ends.
func ServeHealth(ctx context.Context, addr string, db *sql.DB) error {
	lis, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	srv := grpc.NewServer()
	hs := health.NewServer()
	grpc_health_v1.RegisterHealthServer(srv, hs)
	go watch(ctx, hs, db)
	go func() {
		<-ctx.Done()
		srv.GracefulStop()
	}()
	return srv.Serve(lis)
}

func watch(ctx context.Context, hs *health.Server, db *sql.DB) {
	t := time.NewTicker(5 * time.Second)
	defer t.Stop()
	for {
		status := grpc_health_v1.HealthCheckResponse_SERVING
		if err := db.PingContext(ctx); err != nil {
			status = grpc_health_v1.HealthCheckResponse_NOT_SERVING
		}
		hs.SetServingStatus("parcels", status)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
