// Package quote prices a shipment along the cheapest way through the line-haul network.
package quote

import (
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

// cheapest way between two hubs, in cents a kilogram-step; -1 if there is none.
func (n *Network) cheapest(from, to int) int {
	var cost [hubs]int // 0: not reached, otherwise one more than it costs
	var done [hubs]bool
	cost[from] = 1
	for {
		next := -1
		for hub := range n.legs {
			if cost[hub] > 0 && !done[hub] && (next < 0 || cost[hub] < cost[next]) {
				next = hub
			}
		}
		if next < 0 {
			return -1
		}
		if next == to {
			return cost[to] - 1
		}
		done[next] = true
		for _, l := range n.legs[next] {
			if c := cost[next] + l.cents; cost[l.to] == 0 || c < cost[l.to] {
				cost[l.to] = c
			}
		}
	}
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
