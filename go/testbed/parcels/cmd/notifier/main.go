// Command notifier sends waiting notifications. For now it only logs them.
package main

import (
	"context"
	"log"
	"os/signal"
	"syscall"
	"time"

	"example.com/parcels/internal/config"
	"example.com/parcels/internal/notify"
	"example.com/parcels/internal/platform"
)

func main() {
	cfg, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	db, err := platform.OpenSQL(ctx, cfg.DB)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	tick := time.NewTicker(cfg.NotifyEvery)
	defer tick.Stop()
	for {
		n, err := notify.Send(ctx, db, 50, func(shipmentID int64, channel string) error {
			log.Printf("shipment %d: %s", shipmentID, channel)
			return nil
		})
		if err != nil && ctx.Err() == nil {
			log.Printf("send: %v", err)
		}
		if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
