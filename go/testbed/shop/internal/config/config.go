// Package config reads the service's settings from the environment.
package config

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// Config holds everything that differs between installations.
type Config struct {
	DatabaseURL     string
	ListenAddr      string
	DebugAddr       string // empty: no debug listener
	TokenSecret     []byte
	TokenLifetime   time.Duration
	MaxConns        int32
	OutboxInterval  time.Duration
	ShutdownTimeout time.Duration
}

// FromEnv reads the process environment.
func FromEnv() (Config, error) { return fromLookup(os.LookupEnv) }

func fromLookup(lookup func(string) (string, bool)) (Config, error) {
	text := func(name, fallback string) string {
		if v, ok := lookup(name); ok && v != "" {
			return v
		}
		return fallback
	}
	cfg := Config{
		DatabaseURL: text("DATABASE_URL", "postgres://localhost:5432/shop?sslmode=disable"),
		ListenAddr:  text("LISTEN_ADDR", "127.0.0.1:"+text("PORT", "8080")),
		DebugAddr:   text("DEBUG_ADDR", ""),
		TokenSecret: []byte(text("TOKEN_SECRET", "local development only")),
	}
	conns, err := strconv.ParseInt(text("DB_MAX_CONNS", "10"), 10, 32)
	if err != nil || conns < 1 {
		return Config{}, fmt.Errorf("DB_MAX_CONNS: want a whole number above 0")
	}
	cfg.MaxConns = int32(conns)
	for _, d := range []struct {
		name, fallback string
		into           *time.Duration
	}{
		{"TOKEN_LIFETIME", "12h", &cfg.TokenLifetime},
		{"OUTBOX_INTERVAL", "500ms", &cfg.OutboxInterval},
		{"SHUTDOWN_TIMEOUT", "10s", &cfg.ShutdownTimeout},
	} {
		v, err := time.ParseDuration(text(d.name, d.fallback))
		if err != nil || v <= 0 {
			return Config{}, fmt.Errorf("%s: want a duration above 0, as in 500ms", d.name)
		}
		*d.into = v
	}
	return cfg, nil
}
