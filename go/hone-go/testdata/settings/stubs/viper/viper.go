// Package viper has the functions of the library that the test needs.
package viper

import "strings"

func SetEnvPrefix(prefix string)            {}
func SetEnvKeyReplacer(r *strings.Replacer) {}
func AutomaticEnv()                         {}
func SetDefault(key string, value any)      {}
func BindEnv(input ...string) error         { return nil }
func GetString(key string) string           { return "" }
func GetInt(key string) int                 { return 0 }
