package terms

import (
	"slices"
	"testing"
)

func TestSplitAndParseAgree(t *testing.T) {
	for query, want := range map[string][]string{
		"":                        {},
		"  !! ":                   {},
		"Blue Kettle":             {"blue", "kettle"},
		"kettle KETTLE":           {"kettle"},
		`"oak table" lamp`:        {"oak", "table", "lamp"},
		"children's t-shirt":      {"children", "s", "t", "shirt"},
		"a & b | !c:*":            {"a", "b", "c"},
		"one two 3 four 5 six 7":  {"one", "two", "3", "four", "5", "six"},
		"Größe 38.5":              {"größe", "38", "5"},
		`"unbalanced and no end`:  {"unbalanced", "and", "no", "end"},
		"x' or 1=1; drop table y": {"x", "or", "1", "drop", "table", "y"},
	} {
		if got := Split(query); !slices.Equal(got, want) {
			t.Errorf("Split(%q) = %q, want %q", query, got, want)
		}
		if got := Parse(query); !slices.Equal(got, want) {
			t.Errorf("Parse(%q) = %q, want %q", query, got, want)
		}
	}
}

func BenchmarkSplit(b *testing.B) {
	for b.Loop() {
		Split("blue kettle steel")
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		Parse("blue kettle steel")
	}
}
