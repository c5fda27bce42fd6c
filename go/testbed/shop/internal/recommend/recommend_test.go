package recommend

import (
	"slices"
	"sync"
	"testing"

	"example.com/shop/internal/store"
)

func features(n int) []store.Features {
	names := []string{"Blue Kettle", "Red Kettle", "Oak Table", "Blue Lamp", "Steel Kettle Large"}
	all := make([]store.Features, n)
	for i := range all {
		all[i] = store.Features{
			ID: int64(i + 1), CategoryID: int64(i % 7), SupplierID: int64(i % 11),
			PriceCents: int64(500 + i*37%9000), Popularity: int32(i * 13 % 50), Words: names[i%len(names)],
		}
	}
	return all
}

func TestLikeComesFirst(t *testing.T) {
	all := []store.Features{
		{ID: 1, CategoryID: 1, Words: "Blue Kettle", PriceCents: 1000},
		{ID: 2, CategoryID: 2, Words: "Oak Table", PriceCents: 9000},
		{ID: 3, CategoryID: 1, Words: "Red Kettle", PriceCents: 1100},
		{ID: 4, CategoryID: 1, Words: "Blue Kettle Large", PriceCents: 1200},
	}
	if got, want := NewBoard(all).Related(1, 3), []int64{4, 3, 2}; !slices.Equal(got, want) {
		t.Errorf("Related = %v, want %v", got, want)
	}
}

func TestBoardAndIndexAgree(t *testing.T) {
	all := features(300)
	board, index := NewBoard(all), NewIndex(all)
	for id := int64(0); id <= 301; id++ {
		if got, want := index.Similar(id, 8), board.Related(id, 8); !slices.Equal(got, want) {
			t.Fatalf("product %d: Similar = %v, Related = %v", id, got, want)
		}
	}
}

func TestCountsUnderConcurrency(t *testing.T) {
	all := features(50)
	board, index := NewBoard(all), NewIndex(all)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 25 {
				board.Related(3, 5)
				index.Similar(3, 5)
			}
		}()
	}
	wg.Wait()
	if board.Asked(3) != 200 || index.Asked(3) != 200 {
		t.Errorf("asked = %d and %d, want 200", board.Asked(3), index.Asked(3))
	}
}

func BenchmarkRelatedParallel(b *testing.B) {
	board := NewBoard(features(2000))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			board.Related(17, 8)
		}
	})
}

func BenchmarkSimilarParallel(b *testing.B) {
	index := NewIndex(features(2000))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			index.Similar(17, 8)
		}
	})
}
