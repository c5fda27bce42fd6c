package onlytests

import "testing"

func BenchmarkAlone(b *testing.B) {
	for b.Loop() {
	}
}
