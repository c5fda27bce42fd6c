package slip

import (
	"bytes"
	"strings"
	"testing"

	"example.com/shop/internal/model"
)

var labels = []model.LineLabel{
	{SKU: "A-1", Name: "Kettle", Quantity: 2, Weight: 1250},
	{SKU: "B-2", Name: "Lamp", Quantity: 1, Weight: 40},
	{SKU: "C-3", Name: "Table", Quantity: 3, Weight: 12_000},
	{SKU: "D-4", Name: "Chair", Quantity: 6, Weight: 4_005},
}

func TestRender(t *testing.T) {
	got := string(Render(7, labels[:2]))
	for _, want := range []string{"Order 7^FS", "2 lines", "1: Kettle", "2.500 kg", "2: Lamp", "0.040 kg"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

func TestPrintWritesWhatRenderReturns(t *testing.T) {
	for n := range len(labels) + 1 {
		var out bytes.Buffer
		if err := Print(&out, 7, labels[:n]); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), string(Render(7, labels[:n])); got != want {
			t.Errorf("%d lines: Print wrote %q, Render returned %q", n, got, want)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Render(7, labels)
	}
}

func BenchmarkPrint(b *testing.B) {
	b.ReportAllocs()
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if err := Print(&out, 7, labels); err != nil {
			b.Fatal(err)
		}
	}
}
