package main

import (
	"reflect"
	"testing"
)

func TestLocksThatAreDeferred(t *testing.T) {
	dir := write(t, "go.mod", "module example.com/desk\n\ngo 1.24\n", "main.go", `package main

import "sync"

type desk struct {
	mu    sync.RWMutex
	other sync.Mutex
	sync.Mutex
	n int
}

func (d *desk) quote() int {
	d.other.Lock()
	d.n++
	d.other.Unlock()
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.n
}

func (d *desk) each(f func()) {
	func() {
		d.Lock()
		defer d.Unlock()
		f()
	}()
	defer f()
}

func main() { new(desk).each(func() { new(desk).quote() }) }
`)
	got := inspectDocument(t, dir).Locks
	want := []Lock{{17, 12, 19, []int{15}, Origin{"main.go", 16}}, {24, 22, 26, nil, Origin{"main.go", 23}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
