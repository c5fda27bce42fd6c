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
	words                         []uint32
}

type candidate struct {
	id    int64
	score int64
}

func entries(features []store.Features) ([]entry, map[int64]int) {
	all := make([]entry, len(features))
	position := make(map[int64]int, len(features))
	for i, f := range features {
		position[f.ID] = i
		all[i] = entry{f.ID, f.CategoryID, f.SupplierID, f.PriceCents, f.Popularity, hashWords(f.Words)}
	}
	return all, position
}

func hashWords(text string) []uint32 {
	var words []uint32
	for _, w := range strings.Fields(strings.ToLower(text)) {
		h := fnv.New32a()
		h.Write([]byte(w))
		words = append(words, h.Sum32())
	}
	return words
}

// resemblance is higher for products that are more alike.
func resemblance(a, b *entry) int64 {
	var score int64
	for _, w := range a.words {
		if slices.Contains(b.words, w) {
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

// rank fills scratch with every other product, best first.
func rank(all []entry, of *entry, scratch []candidate) []candidate {
	scratch = scratch[:0]
	for i := range all {
		if all[i].id != of.id {
			scratch = append(scratch, candidate{all[i].id, resemblance(of, &all[i])})
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
