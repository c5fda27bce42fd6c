package main

import (
	"net/http"
	"os"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/kelseyhightower/envconfig"
	"github.com/spf13/cobra"
	"github.com/spf13/viper"
)

type tagged struct {
	Addr string `env:"ADDR,required" envDefault:":4000"`
	DB   struct {
		URL string `env:"URL"`
	} `envPrefix:"DB_"`
}

type spec struct {
	MaxConns int    `split_words:"true" default:"5"`
	Secret   string `envconfig:"API_SECRET"`
}

var rootCmd = &cobra.Command{Use: "settings"}

var serveCmd = &cobra.Command{Use: "serve [flags]", RunE: func(cmd *cobra.Command, args []string) error { return serve() }}

var migrateCmd = &cobra.Command{Use: "migrate", Run: migrate}

func init() { rootCmd.AddCommand(serveCmd, migrateCmd) }

func main() { rootCmd.Execute() }

func migrate(cmd *cobra.Command, args []string) {}

func serve() error {
	cfg, err := env.ParseAs[tagged]()
	if err != nil {
		return err
	}
	var s spec
	envconfig.Process("app", &s)
	viper.SetEnvPrefix("srv")
	viper.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	viper.AutomaticEnv()
	viper.SetDefault("debug.addr", "127.0.0.1:6061")
	viper.BindEnv("region", "AWS_REGION")
	go http.ListenAndServe(viper.GetString("debug.addr"), nil)
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", hello)
	return http.ListenAndServe(cfg.Addr, mux)
}

func hello(w http.ResponseWriter, r *http.Request) { w.Write([]byte(os.Getenv(prefixed("GREETING")))) }

func prefixed(name string) string { return "APP_" + name }
