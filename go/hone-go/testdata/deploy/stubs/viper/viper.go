// Package viper has the functions of the library that the test needs.
package viper

import "strings"

type Viper struct{}

func New() *Viper                                      { return &Viper{} }
func (v *Viper) SetEnvPrefix(prefix string)            {}
func (v *Viper) AutomaticEnv()                         {}
func (v *Viper) SetEnvKeyReplacer(r *strings.Replacer) {}
func (v *Viper) BindEnv(input ...string) error         { return nil }
func (v *Viper) SetDefault(key string, value any)      {}
func (v *Viper) SetConfigName(in string)               {}
func (v *Viper) AddConfigPath(in string)               {}
func (v *Viper) ReadInConfig() error                   { return nil }
func (v *Viper) Unmarshal(rawVal any) error            { return nil }
func (v *Viper) GetString(key string) string           { return "" }
