package httpapi

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.com/shop/internal/model"
	"example.com/shop/internal/service"
)

func export(n int) service.CatalogueExport {
	e := service.CatalogueExport{Count: n, Items: make([]model.CatalogueItem, n)}
	for i := range e.Items {
		e.Items[i] = model.CatalogueItem{
			ID: int64(i), SKU: "A-1", Name: `Tom & Jerry's "best" <mug>`, Description: "Größe 3 \\ tab\there",
			Supplier: model.Ref{ID: 2, Name: "Cup Ltd"}, PriceCents: 1999,
			Prices:      []model.Price{{Currency: "EUR", Cents: 1999, TaxCents: 319}, {Currency: "USD", Cents: 2169, TaxCents: 346}},
			Images:      []model.Image{{Kind: "thumb", Path: "/img/A-1.webp", Width: 120, Height: 90}},
			WeightGrams: 350,
			UpdatedAt:   time.Date(2025, 3, 4, 5, 6, 7, 120_000_000*(i%2), time.UTC),
		}
	}
	return e
}

func feedOf(buf []byte, e *service.CatalogueExport) []byte {
	feed := feedWriter{buf: buf}
	for i := range e.Items {
		feed.item(&e.Items[i])
	}
	return feed.end()
}

func TestFeedIsTheExport(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7} {
		e := export(n)
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if got := feedOf(nil, &e); string(got) != string(want) {
			t.Errorf("%d items: got\n%s\nwant\n%s", n, got, want)
		}
	}
}

func TestStringsEscapeAsInEncodingJSON(t *testing.T) {
	var all strings.Builder
	for c := range 256 {
		all.WriteByte(byte(c))
	}
	for _, s := range []string{"", "plain", all.String(), "a\u2028b\u2029c", "é世\U0001F375", "cut \xe4\xb8", "\x7f\xff"} {
		want, _ := json.Marshal(s)
		if got := appendString(nil, "", s); string(got) != string(want) {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
}

func BenchmarkMarshalExport(b *testing.B) {
	e := export(100)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFeed(b *testing.B) {
	e := export(100)
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf = feedOf(buf[:0], &e)
	}
}
