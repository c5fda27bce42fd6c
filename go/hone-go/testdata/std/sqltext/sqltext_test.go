package sqltext

import (
	"os"
	"testing"
)

func TestStore(t *testing.T) {
	s := &Store{}
	if os.Getenv("TEST_DATABASE_URL") == "" {
		return
	}
	s.db.Exec("truncate items")
}

func BenchmarkConstants(b *testing.B) {}

func Benchmarked(b *testing.B) {}
