package honetest

import (
	"strings"
	"testing"
)

func TestDSNsLeadThroughTheProxy(t *testing.T) {
	for _, name := range []string{"PGHOST", "PGPORT", "PGSSLMODE"} {
		t.Setenv(name, "")
	}
	for _, c := range []struct{ dsn, host, port, through string }{
		{"postgres://shop:p%40ss@db.local:6543/shop?pool_max_conns=4", "db.local", "6543",
			"postgres://shop:p%40ss@127.0.0.1:7/shop?pool_max_conns=4&sslmode=disable"},
		{"postgresql://shop@localhost/shop?sslmode=prefer", "localhost", "5432",
			"postgresql://shop@127.0.0.1:7/shop?sslmode=disable"},
		{"postgres:///shop?host=10.0.0.7&port=5433", "10.0.0.7", "5433", "postgres://127.0.0.1:7/shop?sslmode=disable"},
		{"postgres://[::1]:5433/shop", "::1", "5433", "postgres://127.0.0.1:7/shop?sslmode=disable"},
		{`host=db.local port=5433 user=shop password='it\'s a \\ word' dbname = shop`, "db.local", "5433",
			`host=127.0.0.1 port=7 sslmode=disable user='shop' password='it\'s a \\ word' dbname='shop'`},
		{`dbname=sh\ op`, "localhost", "5432", `host=127.0.0.1 port=7 sslmode=disable dbname='sh op'`},
	} {
		got, err := parseDSN(c.dsn)
		if err != nil {
			t.Errorf("%s: %v", c.dsn, err)
			continue
		}
		if got.host != c.host || got.port != c.port {
			t.Errorf("%s leads to %s:%s, want %s:%s", c.dsn, got.host, got.port, c.host, c.port)
		}
		if through := got.through("127.0.0.1", "7"); through != c.through {
			t.Errorf("%s:\n got %s\nwant %s", c.dsn, through, c.through)
		}
	}
}

func TestDSNsThatNoProxyCanServeAreRefusedWithoutTheirPassword(t *testing.T) {
	for _, name := range []string{"PGHOST", "PGPORT", "PGSSLMODE"} {
		t.Setenv(name, "")
	}
	for dsn, want := range map[string]string{
		"postgres://shop:canary@h/shop?sslmode=verify-full":     "sslmode=verify-full",
		"postgres://shop:canary@h/shop?channel_binding=require": "channel_binding",
		"postgres://shop:canary@h1,h2/shop":                     "hosts",
		"postgres://shop:canary@h:x:y/shop":                     "not a URL",
		"host=/var/run/postgresql password=canary dbname=shop":  "Unix socket",
		"host=h sslmode=require password=canary":                "sslmode=require",
		"host=h password='canary":                               "neither",
		"canary":                                                "neither",
		"":                                                      "empty",
		"mysql://shop:canary@h/shop":                            "neither",
	} {
		_, err := parseDSN(dsn)
		if err == nil {
			t.Errorf("%s is taken", dsn)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want something about %q", dsn, err, want)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("the password stands in %q", err)
		}
	}
}
