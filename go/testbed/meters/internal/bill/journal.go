package bill

import (
	"strings"
	"sync"
)

const titleLength = 24

// Journal knows which bills were shown.
type Journal struct {
	mu     sync.Mutex
	titles []string
}

// Note keeps the beginning of a bill.
func (j *Journal) Note(text string) {
	j.mu.Lock()
	j.titles = append(j.titles, text[:min(len(text), titleLength)])
	j.mu.Unlock()
}

// Recent knows the last bills that were shown.
type Recent struct {
	mu     sync.Mutex
	titles [64]string
	next   int
}

// Note keeps the beginning of a bill.
func (r *Recent) Note(text string) {
	title := strings.Clone(text[:min(len(text), titleLength)])
	r.mu.Lock()
	r.titles[r.next%len(r.titles)] = title
	r.next++
	r.mu.Unlock()
}
