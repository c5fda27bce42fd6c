package recommend

import (
	"sync"

	"example.com/shop/internal/store"
)

// Board answers "customers also looked at" and counts who asks for what.
type Board struct {
	mu      sync.Mutex
	known   *catalogue
	asked   map[int64]int
	scratch []candidate // kept between calls, guarded by mu
}

// NewBoard returns a board of these products.
func NewBoard(features []store.Features) *Board {
	return &Board{known: newCatalogue(features), asked: make(map[int64]int)}
}

// Related returns the ids of the n products most like id; nil when id is not known.
func (b *Board) Related(id int64, n int) []int64 {
	b.mu.Lock()
	at, found := b.known.position[id]
	if !found {
		b.mu.Unlock()
		return nil
	}
	b.asked[id]++
	b.scratch = b.known.rank(at, b.scratch)
	ids := firstIDs(b.scratch, n)
	b.mu.Unlock()
	return ids
}

// Asked returns how often somebody asked for id.
func (b *Board) Asked(id int64) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked[id]
}
