package config

import (
	"testing"
	"time"
)

func env(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func TestDefaults(t *testing.T) {
	cfg, err := fromLookup(env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.ListenAddr != "127.0.0.1:8080" || cfg.MaxConns != 10 || cfg.OutboxInterval != 500*time.Millisecond {
		t.Errorf("unexpected defaults: %+v", cfg)
	}
}

func TestPortAndListenAddr(t *testing.T) {
	cfg, _ := fromLookup(env(map[string]string{"PORT": "9000"}))
	if cfg.ListenAddr != "127.0.0.1:9000" {
		t.Errorf("PORT: got %s", cfg.ListenAddr)
	}
	cfg, _ = fromLookup(env(map[string]string{"PORT": "9000", "LISTEN_ADDR": ":1"}))
	if cfg.ListenAddr != ":1" {
		t.Errorf("LISTEN_ADDR: got %s", cfg.ListenAddr)
	}
}

func TestRefusesNonsense(t *testing.T) {
	for name, value := range map[string]string{
		"DB_MAX_CONNS": "0", "TOKEN_LIFETIME": "soon", "OUTBOX_INTERVAL": "-1s",
	} {
		if _, err := fromLookup(env(map[string]string{name: value})); err == nil {
			t.Errorf("%s=%s was accepted", name, value)
		}
	}
}
