package label

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

var example = Data{"FP000000012DE", "R. Meyer", "Hamburg", "express"}

func TestBothPrintTheSame(t *testing.T) {
	var a, b bytes.Buffer
	for _, d := range []Data{example, {"FP000000013DE", "S. Noor", "Köln", "economy"}, example} {
		a.Reset()
		b.Reset()
		if err := Print(&a, d); err != nil {
			t.Fatal(err)
		}
		if err := Reprint(&b, d); err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() {
			t.Errorf("%v: labels differ", d)
		}
		if !strings.HasPrefix(a.String(), "^XA") || !strings.HasSuffix(a.String(), "^XZ") || !strings.Contains(a.String(), d.Number) {
			t.Errorf("%v: %.60q", d, a.String())
		}
	}
}

func BenchmarkPrint(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Print(io.Discard, example)
	}
}

func BenchmarkReprint(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Reprint(io.Discard, example)
	}
}
