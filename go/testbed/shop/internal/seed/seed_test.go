package seed

import (
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/jackc/pgx/v5"
)

func checksum(t *testing.T, source pgx.CopyFromSource) (rows int, sum uint64) {
	t.Helper()
	h := fnv.New64a()
	for source.Next() {
		values, err := source.Values()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(h, values...)
		rows++
	}
	return rows, h.Sum64()
}

func TestRowsAreTheSameEachTime(t *testing.T) {
	first, second := newGenerator(300, nil, nil).tables(), newGenerator(300, nil, nil).tables()
	for i, table := range first {
		n, sum := checksum(t, table.rows())
		m, again := checksum(t, second[i].rows())
		if n == 0 || n != m || sum != again {
			t.Errorf("%s: %d rows with sum %x, then %d rows with sum %x", table.name, n, sum, m, again)
		}
	}
}

func TestRowsFitTheirColumns(t *testing.T) {
	for _, table := range newGenerator(60, nil, nil).tables() {
		source := table.rows()
		for source.Next() {
			values, _ := source.Values()
			if len(values) != len(table.columns) {
				t.Fatalf("%s: %d values for %d columns", table.name, len(values), len(table.columns))
			}
		}
	}
}

func TestSizes(t *testing.T) {
	g := newGenerator(2000, nil, nil)
	orders, _ := checksum(t, g.orderRows())
	lines, _ := checksum(t, g.lines())
	if orders != 2000 || lines < 10_000 || g.customers != 500 || g.products != 2000 {
		t.Errorf("%d orders, %d lines, %d customers, %d products", orders, lines, g.customers, g.products)
	}
	if at := g.placedAt(1999); !at.After(g.placedAt(0)) || at.After(lastDay.AddDate(0, 0, 1)) {
		t.Errorf("the last order is placed at %v", at)
	}
}

func BenchmarkLines(b *testing.B) {
	g := newGenerator(2000, nil, nil)
	for b.Loop() {
		g.lines()
	}
}
