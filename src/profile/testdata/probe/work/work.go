// Package work has one handler for each kind of load that profiles must tell apart.
package work

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

type item struct {
	ID      int            `json:"id"`
	Name    string         `json:"name"`
	Added   time.Time      `json:"added"`
	Prices  []price        `json:"prices"`
	Options map[string]any `json:"options"`
}

type price struct {
	Currency string  `json:"currency"`
	Value    float64 `json:"value"`
}

var catalogue = func() []item {
	items := make([]item, 200)
	for i := range items {
		items[i] = item{i, "item " + strconv.Itoa(i), time.Unix(int64(i), 0), []price{{"EUR", 1.5}, {"USD", 1.7}}, map[string]any{"a": i}}
	}
	return items
}()

// List answers with a large document through reflection.
func List(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(catalogue)
}

// Find compiles an expression in each request.
func Find(w http.ResponseWriter, r *http.Request) {
	word := regexp.MustCompile(`[\p{L}\p{N}]+(?:['.\-][\p{L}\p{N}]+)*`)
	w.Write([]byte(word.FindString(r.URL.RawQuery)))
}

// Label makes two buffers in each request.
func Label(w http.ResponseWriter, r *http.Request) {
	for i := range 2 {
		page := bytes.NewBuffer(make([]byte, 0, 64<<10))
		page.WriteString(strconv.Itoa(i))
		w.Write(page.Bytes())
	}
}

var pages = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 64<<10)) }}

// PooledLabel does as Label, with a pool.
func PooledLabel(w http.ResponseWriter, r *http.Request) {
	page := pages.Get().(*bytes.Buffer)
	defer pages.Put(page)
	for i := range 2 {
		page.Reset()
		page.WriteString(strconv.Itoa(i))
		w.Write(page.Bytes())
	}
}

// Board counts under a lock.
type Board struct {
	mu    sync.Mutex
	asked uint64
}

func rank() uint64 {
	h := fnv.New64a()
	var b [8]byte
	for i := range 20000 {
		b[i%8] = byte(i)
		h.Write(b[:])
	}
	return h.Sum64()
}

// Held ranks while it holds the lock.
func (b *Board) Held(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.asked += rank() | 1
	b.mu.Unlock()
}

// Brief ranks before it takes the lock.
func (b *Board) Brief(w http.ResponseWriter, r *http.Request) {
	n := rank() | 1
	b.mu.Lock()
	b.asked += n
	b.mu.Unlock()
}

// Plain does the work of a healthy service.
func Plain(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(catalogue[0])
}
