package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestMutualRecursionEnds: every text leads to all others, so that following each way would never end.
func TestMutualRecursionEnds(t *testing.T) {
	var code strings.Builder
	code.WriteString("package m\n\nimport \"database/sql\"\n\n")
	const n = 14
	for i := range n {
		fmt.Fprintf(&code, "func f%d(db *sql.DB, q string) string {\n\tdb.Exec(q)\n", i)
		for j := range n {
			fmt.Fprintf(&code, "\tq = f%d(db, q) + q\n", j)
		}
		code.WriteString("\treturn q\n}\n\n")
	}
	document := inspectDocument(t, write(t, "go.mod", "module m\n\ngo 1.24\n", "m.go", code.String()))
	if len(document.Problems) != 0 {
		t.Errorf("problems %v", document.Problems)
	}
}

func TestBrokenStepIsAProblem(t *testing.T) {
	p := &Program{}
	p.step("nothing", func() { panic("oh") })
	if len(p.doc.Problems) != 1 || !strings.Contains(p.doc.Problems[0].Message, "reading nothing broke off: oh") {
		t.Errorf("%v", p.doc.Problems)
	}
}
