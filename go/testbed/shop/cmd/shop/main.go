// Command shop is the shop's API: `shop serve` runs it, `shop seed` fills its database.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/jackc/pgx/v5"

	"example.com/shop/internal/app"
	"example.com/shop/internal/config"
	"example.com/shop/internal/seed"
)

const usage = "usage: shop serve | shop seed [--orders N]"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	cfg, err := config.FromEnv()
	if err != nil {
		return err
	}
	switch args[0] {
	case "serve":
		return app.Serve(ctx, cfg)
	case "seed":
		return runSeed(ctx, cfg, args[1:])
	default:
		return errors.New(usage)
	}
}

func runSeed(ctx context.Context, cfg config.Config, args []string) error {
	flags := flag.NewFlagSet("seed", flag.ContinueOnError)
	orders := flags.Int("orders", 2000, "number of orders; everything else follows from it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, cfg.DatabaseURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return seed.Run(ctx, conn, *orders)
}
