// Package ent is written by ent from the schema, but for this file: `go generate ./ent`.
package ent

//go:generate go tool ent generate ./schema
