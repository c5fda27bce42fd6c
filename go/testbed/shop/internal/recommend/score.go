// Package recommend finds products that resemble each other. It works in memory on features read at the start.
package recommend

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"

	"example.com/shop/internal/store"
)

type entry struct {
	id, category, supplier, cents int64
	popularity                    int32
	firstWord, endWord            int // in catalogue.words
}

type candidate struct {
	id    int64
	score int64
}

// catalogue is what is known about all products. It never changes.
type catalogue struct {
	all      []entry
	words    []uint32 // hashes; one slice for all products, so that the collector has nothing to follow
	position map[int64]int
}

func newCatalogue(features []store.Features) *catalogue {
	c := &catalogue{all: make([]entry, len(features)), position: make(map[int64]int, len(features))}
	for i, f := range features {
		first := len(c.words)
		for _, word := range strings.Fields(strings.ToLower(f.Words)) {
			h := fnv.New32a()
			h.Write([]byte(word))
			c.words = append(c.words, h.Sum32())
		}
		c.position[f.ID] = i
		c.all[i] = entry{f.ID, f.CategoryID, f.SupplierID, f.PriceCents, f.Popularity, first, len(c.words)}
	}
	return c
}

// resemblance is higher for products that are more alike.
func (c *catalogue) resemblance(a, b *entry) int64 {
	var score int64
	words := c.words[b.firstWord:b.endWord]
	for _, w := range c.words[a.firstWord:a.endWord] {
		if slices.Contains(words, w) {
			score += 40
		}
	}
	if a.category == b.category {
		score += 100
	}
	if a.supplier == b.supplier {
		score += 20
	}
	gap := a.cents - b.cents
	if gap < 0 {
		gap = -gap
	}
	return score + int64(b.popularity) - min(gap/100, 60)
}

// rank fills scratch with every product but the one at a position, best first.
func (c *catalogue) rank(at int, scratch []candidate) []candidate {
	scratch = scratch[:0]
	of := &c.all[at]
	for i := range c.all {
		if i != at {
			scratch = append(scratch, candidate{c.all[i].id, c.resemblance(of, &c.all[i])})
		}
	}
	slices.SortFunc(scratch, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id))
	})
	return scratch
}

func firstIDs(ranked []candidate, n int) []int64 {
	ids := make([]int64, 0, n)
	for _, c := range ranked[:min(n, len(ranked))] {
		ids = append(ids, c.id)
	}
	return ids
}
