// Package config reads settings: defaults, then config/parcels.yaml (or $PARCELS_CONFIG), then PARCELS_* variables.
package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/viper"
)

type Config struct {
	HTTPAddr     string
	GRPCAddr     string
	WriteTimeout time.Duration
	DB           Database
	Secret       string
	TokenTTL     time.Duration
	LogLevel     string
	NotifyEvery  time.Duration
}

type Database struct {
	Host, User, Password, Name, SSLMode string
	Port, MaxOpen                       int
}

// DSN in the key=value form, which lib/pq and pgx both read.
func (d Database) DSN() string {
	dsn := fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=%s", d.Host, d.Port, d.User, d.Name, d.SSLMode)
	if d.Password != "" {
		dsn += " password='" + strings.ReplaceAll(d.Password, "'", `\'`) + "'"
	}
	return dsn
}

func Load() (Config, error) {
	v := viper.New()
	v.SetEnvPrefix("PARCELS")
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	v.AutomaticEnv()

	v.SetDefault("http.addr", "127.0.0.1:8080")
	v.SetDefault("http.write_timeout", "15s")
	v.SetDefault("grpc.addr", "127.0.0.1:9090")
	v.SetDefault("database.host", "localhost")
	v.SetDefault("database.port", 5432)
	v.SetDefault("database.user", "parcels")
	v.SetDefault("database.name", "parcels")
	v.SetDefault("database.sslmode", "disable")
	v.SetDefault("database.max_open", 12)
	v.SetDefault("auth.ttl", "8h")
	v.SetDefault("log.level", "info")
	v.SetDefault("notify.interval", "1s")

	if path := os.Getenv("PARCELS_CONFIG"); path != "" {
		v.SetConfigFile(path)
	} else {
		v.SetConfigName("parcels")
		v.AddConfigPath("config")
		v.AddConfigPath("/etc/parcels")
	}
	if err := v.ReadInConfig(); err != nil {
		var missing viper.ConfigFileNotFoundError
		if !errors.As(err, &missing) {
			return Config{}, fmt.Errorf("config file: %w", err)
		}
	}

	c := Config{
		HTTPAddr:     v.GetString("http.addr"),
		GRPCAddr:     v.GetString("grpc.addr"),
		WriteTimeout: v.GetDuration("http.write_timeout"),
		DB: Database{
			Host:     v.GetString("database.host"),
			Port:     v.GetInt("database.port"),
			User:     v.GetString("database.user"),
			Password: v.GetString("database.password"),
			Name:     v.GetString("database.name"),
			SSLMode:  v.GetString("database.sslmode"),
			MaxOpen:  v.GetInt("database.max_open"),
		},
		Secret:      v.GetString("auth.secret"),
		TokenTTL:    v.GetDuration("auth.ttl"),
		LogLevel:    v.GetString("log.level"),
		NotifyEvery: v.GetDuration("notify.interval"),
	}
	// the old deployment only sets PORT
	if port := os.Getenv("PORT"); port != "" {
		c.HTTPAddr = ":" + port
	}
	return c, nil
}
