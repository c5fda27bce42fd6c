package main

import (
	"database/sql"
	"net/http"
	"strings"

	"github.com/spf13/viper"

	"example.com/deploy/store"
)

type config struct {
	HTTP struct {
		Addr string `mapstructure:"addr"`
	} `mapstructure:"http"`
	DB struct {
		DSN string
	} `mapstructure:"database"`
	Unheard string
}

func main() {
	v := viper.New()
	v.SetEnvPrefix("api")
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "__"))
	v.BindEnv("http.addr")
	v.SetDefault("greeting", "hello")
	v.SetConfigName("settings")
	v.AddConfigPath("./config")
	if err := v.ReadInConfig(); err != nil {
		panic(err)
	}
	var c config
	if err := v.Unmarshal(&c); err != nil {
		panic(err)
	}
	db, err := sql.Open("pgx", c.DB.DSN)
	if err != nil {
		panic(err)
	}
	http.HandleFunc("GET /greet", func(w http.ResponseWriter, r *http.Request) {
		names, _ := store.New(db).ListNames(r.Context(), 5)
		w.Write([]byte(v.GetString("greeting") + strings.Join(names, ", ")))
	})
	http.ListenAndServe(c.HTTP.Addr, nil)
}
