package honetest

import (
	"fmt"
	"slices"
	"strings"
)

const (
	mostQueries = 20
	mostSites   = 3
	mostFrames  = 4
	mostText    = 400
)

func plural(n int, noun string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// describeSites lists where a query was asked, innermost line first.
func describeSites(out *strings.Builder, q query) {
	const indent = "        "
	if len(q.Sites) == 0 {
		fmt.Fprintf(out, "\n%sat a line that could not be seen", indent)
		return
	}
	sites := slices.Clone(q.Sites)
	slices.SortStableFunc(sites, func(a, b site) int { return b.Count - a.Count })
	for i, s := range sites {
		if i == mostSites {
			fmt.Fprintf(out, "\n%sand at %s more", indent, plural(len(sites)-i, "place"))
			break
		}
		note := ""
		if len(sites) > 1 {
			note = fmt.Sprintf(" (%d of them)", s.Count)
		}
		if s.Guess {
			note += " (a guess: others waited at the same time)"
		}
		for j, f := range s.Frames[:min(len(s.Frames), mostFrames)] {
			if j == 0 {
				fmt.Fprintf(out, "\n%sat %s%s", indent, f, note)
			} else {
				fmt.Fprintf(out, "\n%s   called at %s", indent, f)
			}
		}
	}
}

func describeQuery(out *strings.Builder, count string, q query) {
	text := q.Text
	if len(text) > mostText {
		text = strings.ToValidUTF8(text[:mostText], "") + " ..."
	}
	fmt.Fprintf(out, "\n    %s x %s\n        fingerprint %s", count, text, q.Fingerprint)
	describeSites(out, q)
}

// describeCount is the failure of AssertQueries.
func describeCount(got recording, want int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s, want %d", plural(got.Statements, "statement"), want)
	queries := slices.Clone(got.Queries)
	slices.SortStableFunc(queries, func(a, b query) int { return b.Statements - a.Statements })
	for i, q := range queries {
		if i == mostQueries {
			fmt.Fprintf(&out, "\n    and %d others", len(queries)-i)
			break
		}
		describeQuery(&out, fmt.Sprint(q.Statements), q)
	}
	return out.String()
}

type sizedRecording struct {
	size int
	got  recording
}

// describeGrowth is the failure of AssertConstantQueries; empty where no larger size needs more round trips than a
// smaller one.
func describeGrowth(runs []sizedRecording) string {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b sizedRecording) int { return a.size - b.size })
	trips := func(r recording) int { return r.RoundTrips }
	if !grows(runs, trips) {
		return ""
	}
	var out strings.Builder
	out.WriteString("the round trips grow with the size:")
	for i, run := range runs {
		separator := ","
		if i == 0 {
			separator = ""
		}
		fmt.Fprintf(&out, "%s %d at %d", separator, run.got.RoundTrips, run.size)
	}
	constant := 0
	seen := map[string]bool{}
	for _, run := range slices.Backward(runs) {
		for _, q := range run.got.Queries {
			if seen[q.ID] {
				continue
			}
			seen[q.ID] = true
			of := func(r recording) int { return tripsOf(r, q.ID) }
			if !grows(runs, of) {
				constant++
				continue
			}
			var counts []string
			for _, each := range runs {
				counts = append(counts, fmt.Sprint(of(each.got)))
			}
			describeQuery(&out, strings.Join(counts, ", "), q)
		}
	}
	if constant > 0 {
		fmt.Fprintf(&out, "\n    not growing: %s", strings.Replace(plural(constant, "query"), "querys", "queries", 1))
	}
	return out.String()
}

func tripsOf(r recording, id string) int {
	for _, q := range r.Queries {
		if q.ID == id {
			return q.RoundTrips
		}
	}
	return 0
}

func grows(runs []sizedRecording, count func(recording) int) bool {
	least := count(runs[0].got)
	for i, run := range runs[1:] {
		now := count(run.got)
		if now > least && run.size > runs[i].size {
			return true
		}
		least = min(least, now)
	}
	return false
}
