package quote

import (
	"sync"
	"testing"
)

func TestBothQuoteTheSame(t *testing.T) {
	d := NewDesk(Standard())
	for from := range 40 {
		a, b := d.Quote(from, from*7+3, 2500), d.Estimate(from, from*7+3, 2500)
		if a != b || a.Cents < 290 {
			t.Errorf("%v, %v", a, b)
		}
	}
}

func TestTriangle(t *testing.T) {
	n := &Network{legs: [][]leg{{{1, 10}, {2, 50}}, {{2, 10}}, nil}}
	if got := n.cheapest(0, 2); got != 20 {
		t.Errorf("cheapest = %d", got)
	}
	if got := n.cheapest(2, 0); got != -1 {
		t.Errorf("no way back, but %d", got)
	}
}

func TestReplaceWhileAsking(t *testing.T) {
	d := NewDesk(Standard())
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 50 {
				d.Estimate(i, i+9, 1000)
				d.Replace(Standard())
			}
		}()
	}
	wg.Wait()
}

func BenchmarkQuoteParallel(b *testing.B) {
	d := NewDesk(Standard())
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d.Quote(3, 150, 2000)
		}
	})
}

func BenchmarkEstimateParallel(b *testing.B) {
	d := NewDesk(Standard())
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d.Estimate(3, 150, 2000)
		}
	})
}
