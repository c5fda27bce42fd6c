package recommend

import (
	"sync"

	"example.com/shop/internal/store"
)

// Index answers "similar products" on the product page. What it holds never changes after NewIndex, only the counters do.
type Index struct {
	known   *catalogue
	scratch sync.Pool // of *[]candidate

	mu    sync.Mutex
	asked map[int64]int
}

// NewIndex returns an index of these products.
func NewIndex(features []store.Features) *Index {
	x := &Index{known: newCatalogue(features), asked: make(map[int64]int)}
	x.scratch.New = func() any {
		s := make([]candidate, 0, len(features))
		return &s
	}
	return x
}

// Similar returns the ids of the n products most like id; nil when id is not known.
func (x *Index) Similar(id int64, n int) []int64 {
	at, found := x.known.position[id]
	if !found {
		return nil
	}
	x.mu.Lock()
	x.asked[id]++
	x.mu.Unlock()
	scratch := x.scratch.Get().(*[]candidate)
	defer x.scratch.Put(scratch)
	*scratch = x.known.rank(at, *scratch)
	return firstIDs(*scratch, n)
}

// Asked returns how often somebody asked for id.
func (x *Index) Asked(id int64) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.asked[id]
}
