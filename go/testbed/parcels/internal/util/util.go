// Package util: please do not add to it.
package util

import (
	"net/http"
	"strconv"
	"time"
)

// IntOr reads a query parameter.
func IntOr(r *http.Request, name string, fallback, max int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 1 {
		return fallback
	}
	if n > max {
		return max
	}
	return n
}

func Month(s string) (time.Time, error) { return time.Parse("2006-01", s) }

// Ptr is still used by the (removed) webhook code's tests somewhere? TODO
func Ptr[T any](v T) *T { return &v }
