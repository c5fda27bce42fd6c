// Package quote prices a shipment along the cheapest way through the line-haul network.
package quote

import (
	"container/heap"
	"math/rand"
	"sync"
)

const hubs = 600

type leg struct {
	to    int
	cents int
}

// Network of hubs; it is replaced as a whole when the tariffs change.
type Network struct{ legs [][]leg }

// Standard network, the same each time.
func Standard() *Network {
	r := rand.New(rand.NewSource(11))
	n := &Network{legs: make([][]leg, hubs)}
	for from := range n.legs {
		for range 5 {
			to := r.Intn(hubs)
			cents := 40 + r.Intn(400)
			n.legs[from] = append(n.legs[from], leg{to, cents})
			n.legs[to] = append(n.legs[to], leg{from, cents})
		}
	}
	return n
}

type entry struct{ hub, cents int }
type frontier []entry

func (f frontier) Len() int           { return len(f) }
func (f frontier) Less(i, j int) bool { return f[i].cents < f[j].cents }
func (f frontier) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *frontier) Push(x any)        { *f = append(*f, x.(entry)) }
func (f *frontier) Pop() any {
	old := *f
	last := old[len(old)-1]
	*f = old[:len(old)-1]
	return last
}

// cheapest way between two hubs, in cents a kilogram-step.
func (n *Network) cheapest(from, to int) int {
	best := make([]int, len(n.legs))
	for i := range best {
		best[i] = -1
	}
	queue := &frontier{{from, 0}}
	for queue.Len() > 0 {
		e := heap.Pop(queue).(entry)
		if best[e.hub] >= 0 {
			continue
		}
		best[e.hub] = e.cents
		if e.hub == to {
			return e.cents
		}
		for _, l := range n.legs[e.hub] {
			if best[l.to] < 0 {
				heap.Push(queue, entry{l.to, e.cents + l.cents})
			}
		}
	}
	return -1
}

type Quote struct {
	From    int `json:"from"`
	To      int `json:"to"`
	WeightG int `json:"weight_g"`
	Cents   int `json:"cents"`
}

// Desk answers what a shipment costs.
type Desk struct {
	mu      sync.Mutex
	network *Network
}

func NewDesk(n *Network) *Desk { return &Desk{network: n} }

// Replace the network while others ask.
func (d *Desk) Replace(n *Network) {
	d.mu.Lock()
	d.network = n
	d.mu.Unlock()
}

func price(n *Network, from, to, weightG int) Quote {
	steps := (weightG + 999) / 1000
	return Quote{from, to, weightG, 290 + steps*n.cheapest(from%hubs, to%hubs)}
}

// Quote for the counter.
func (d *Desk) Quote(from, to, weightG int) Quote {
	d.mu.Lock()
	defer d.mu.Unlock()
	return price(d.network, from, to, weightG)
}

// Estimate for the web shop.
func (d *Desk) Estimate(from, to, weightG int) Quote {
	d.mu.Lock()
	n := d.network
	d.mu.Unlock()
	return price(n, from, to, weightG)
}
