// Command api serves the tracking API. `api seed --shipments N` fills an empty database.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/parcels/internal/api"
	"example.com/parcels/internal/auth"
	"example.com/parcels/internal/config"
	"example.com/parcels/internal/notify"
	"example.com/parcels/internal/platform"
	"example.com/parcels/internal/seeddata"
)

func main() {
	cfg, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		log.Fatalf("log.level: %v", err)
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level})))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	if len(os.Args) > 1 && os.Args[1] == "seed" {
		err = seed(ctx, cfg, os.Args[2:])
	} else {
		err = serve(ctx, cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func seed(ctx context.Context, cfg config.Config, args []string) error {
	flags := flag.NewFlagSet("seed", flag.ExitOnError)
	shipments := flags.Int("shipments", 6000, "how many")
	flags.Parse(args)
	db, err := platform.OpenSQL(ctx, cfg.DB)
	if err != nil {
		return err
	}
	defer db.Close()
	return seeddata.Run(ctx, db, *shipments)
}

func serve(ctx context.Context, cfg config.Config) error {
	db, err := platform.OpenSQL(ctx, cfg.DB)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer db.Close()
	g, err := platform.OpenGorm(cfg.DB)
	if err != nil {
		return fmt.Errorf("gorm: %w", err)
	}
	backlog := notify.NewBacklog(db)
	go backlog.Run(ctx, cfg.NotifyEvery)
	go func() {
		if err := platform.ServeHealth(ctx, cfg.GRPCAddr, db); err != nil {
			slog.Error("grpc health", "err", err)
		}
	}()

	srv := &http.Server{
		Addr:              cfg.HTTPAddr,
		Handler:           api.New(db, g, auth.NewTokens(cfg.Secret, cfg.TokenTTL), backlog).Routes(),
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      cfg.WriteTimeout,
	}
	go func() {
		<-ctx.Done()
		done, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		srv.Shutdown(done)
	}()
	slog.Info("listening", "addr", cfg.HTTPAddr)
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
