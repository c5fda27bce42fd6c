package main

import "testing"

// TestConfigFileNamedByAFlag: the database and the port stand in a file, whose path a flag gives; a variable may overrule one.
func TestConfigFileNamedByAFlag(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", "module m\n\ngo 1.24\n", "config/local.json", `{
  "http": {"port": 8080},
  "database": {"url": "postgres://localhost/x"},
  "debug": ":6060"
}
`, "main.go", `package main

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
)

type Config struct {
	HTTP struct {
		Port int `+"`json:\"port\"`"+`
	} `+"`json:\"http\"`"+`
	Database struct {
		URL string `+"`json:\"url\"`"+`
	} `+"`json:\"database\"`"+`
	Debug string `+"`json:\"debug\"`"+`
}

func load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var c Config
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, err
	}
	if v := os.Getenv("DEBUG_ADDR"); v != "" {
		c.Debug = v
	}
	return &c, nil
}

func main() {
	path := flag.String("config", "config/local.json", "where")
	flag.Parse()
	c, _ := load(*path)
	sql.Open("postgres", c.Database.URL)
	http.HandleFunc("/x", func(w http.ResponseWriter, r *http.Request) {})
	go http.ListenAndServe(c.Debug, nil)
	http.ListenAndServe(fmt.Sprintf(":%d", c.HTTP.Port), nil)
}
`))
	if len(document.Config) != 1 || document.Config[0].Flag != "config" || document.Config[0].File != "config/local.json" {
		t.Fatalf("config %+v", document.Config)
	}
	if c := document.Database.Connect; len(c) != 1 || c[0].DSN.Value != "${config:database.url}" {
		t.Errorf("connect %+v", c)
	}
	l := document.Listeners
	if len(l) != 2 || l[0].Address.Value != "${DEBUG_ADDR}" || l[1].Address.Value != ":${config:http.port}" || l[1].Address.Resolved != ":8080" {
		t.Errorf("listeners %+v", l)
	}
	if len(document.Env) != 1 || *document.Env[0].Default != ":6060" {
		t.Errorf("env %+v", document.Env)
	}
}
