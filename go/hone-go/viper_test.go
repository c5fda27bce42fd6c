package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

const viperProgram = `package main

import (
	"net/http"

	"github.com/spf13/viper"
)

type Config struct {
	Source string ` + "`mapstructure:\"DB_SOURCE\"`" + `
	Addr   string ` + "`mapstructure:\"HTTP_ADDRESS\"`" + `
	Nobody string
}

func load(path string) (c Config) {
	v := viper.New()
	v.AddConfigPath(path)
	v.SetConfigName("app")
	v.AutomaticEnv()
	v.ReadInConfig()
	v.Unmarshal(&c)
	return
}

func main() { http.ListenAndServe(load(".").Addr, nil) }
`

func viperModule(t *testing.T, file, text string) Document {
	return inspectDocument(t, viperFolder(t, file, text))
}

func viperFolder(t *testing.T, file, text string) string {
	stub, err := filepath.Abs(filepath.Join("testdata", "deploy", "stubs", "viper"))
	if err != nil {
		t.Fatal(err)
	}
	module := fmt.Sprintf("module m\n\ngo 1.24\n\nrequire github.com/spf13/viper v1.20.0\n\nreplace github.com/spf13/viper => %s\n", stub)
	return write(t, "go.mod", module, "main.go", viperProgram, file, text)
}

func names(env []EnvVar) []string {
	var all []string
	for _, v := range env {
		all = append(all, v.Name)
	}
	slices.Sort(all)
	return all
}

// TestViperUnmarshal: with AutomaticEnv, Unmarshal asks the environment for the keys that the file has, and for no others.
func TestViperUnmarshal(t *testing.T) {
	document := viperModule(t, "app.env", "DB_SOURCE=postgres://x\nHTTP_ADDRESS=0.0.0.0:8080\n")
	if got := names(document.Env); !slices.Equal(got, []string{"DB_SOURCE", "HTTP_ADDRESS"}) {
		t.Errorf("variables %v", got)
	}
	if len(document.Config) != 1 || document.Config[0].File != "app.env" || !document.Config[0].Env {
		t.Errorf("config %+v", document.Config)
	}
	if l := document.Listeners; len(l) != 1 || l[0].Address.Value != "${HTTP_ADDRESS}" {
		t.Errorf("listeners %+v", l)
	}
}

// TestViperToml: what stands in the file is not read, so that every field of the struct may be asked for.
func TestViperToml(t *testing.T) {
	document := viperModule(t, "app.toml", "x = 1\n")
	if got := names(document.Env); !slices.Equal(got, []string{"DB_SOURCE", "HTTP_ADDRESS", "NOBODY"}) {
		t.Errorf("variables %v", got)
	}
}
