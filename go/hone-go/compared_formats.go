package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Values that code writes into the texts of its statements: fmt.Sprintf("... where code = '%s'", code), "... where id = " + id.

// quotedHole is a value between quotes.
var quotedHole = regexp.MustCompile(`'(\$\d+)'`)

// firstHole is the number of the first value among parameters, of which no statement has so many.
const firstHole = 1001

// holedText is a text with `$1001` and so on for the values that are written into it.
type holedText struct {
	flow  *flow
	seen  map[types.Object]bool // variables that were replaced by what they are
	text  strings.Builder
	holes []ast.Expr
}

func (t *holedText) hole(value ast.Expr) {
	t.text.WriteString("$" + strconv.Itoa(firstHole+len(t.holes)))
	t.holes = append(t.holes, value)
}

// add appends what an expression gives: constants, sums, formats, or else a value.
func (t *holedText) add(expr ast.Expr, pkg *packages.Package) {
	if value := pkg.TypesInfo.Types[expr].Value; value != nil && value.Kind() == constant.String {
		t.text.WriteString(constant.StringVal(value))
		return
	}
	switch e := ast.Unparen(expr).(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			t.add(e.X, pkg)
			t.add(e.Y, pkg)
			return
		}
	case *ast.CallExpr:
		if qualifiedName(callee(pkg.TypesInfo, e)) == "fmt.Sprintf" && len(e.Args) > 0 && t.format(e, pkg) {
			return
		}
	case *ast.Ident: // the text so far
		obj := objectOf(pkg.TypesInfo, e)
		if made := t.flow.assigns[obj]; len(made) == 1 && made[0].index == 0 && t.text.Len() == 0 && obj != nil && !t.seen[obj] {
			t.seen[obj] = true
			t.add(made[0].expr, made[0].pkg)
			return
		}
	}
	t.hole(expr)
}

// format appends what fmt.Sprintf writes; false where its verbs are not in the order of its arguments.
func (t *holedText) format(call *ast.CallExpr, pkg *packages.Package) bool {
	layout := textOfConstant(pkg, call.Args[0])
	verbs := verb.FindAllStringSubmatchIndex(layout, -1)
	values := 0
	for _, m := range verbs {
		if m[2] >= 0 || !strings.Contains("svdqf%", layout[m[4]:m[5]]) {
			return false
		}
		if layout[m[4]:m[5]] != "%" {
			values++
		}
	}
	if values != len(call.Args)-1 {
		return false
	}
	begin, next := 0, 1
	for _, m := range verbs {
		t.text.WriteString(layout[begin:m[0]])
		begin = m[1]
		if layout[m[4]:m[5]] == "%" {
			t.text.WriteString("%")
			continue
		}
		t.hole(call.Args[next])
		next++
	}
	t.text.WriteString(layout[begin:])
	return true
}

// findFormatted follows such values back to the request.
func (c *comparer) findFormatted() {
	c.p.eachFile(func(pkg *packages.Package, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			expr, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			switch e := expr.(type) {
			case *ast.BinaryExpr:
				t := pkg.TypesInfo.TypeOf(expr) // nil in code that does not build
				ok = e.Op == token.ADD && t != nil && isString(t)
			case *ast.CallExpr:
				ok = qualifiedName(callee(pkg.TypesInfo, e)) == "fmt.Sprintf" && len(e.Args) > 1
			default:
				ok = false
			}
			if !ok || pkg.TypesInfo.Types[expr].Value != nil {
				return true
			}
			written := holedText{flow: c.p.flow, seen: map[types.Object]bool{}}
			written.add(expr, pkg)
			text := quotedHole.ReplaceAllString(written.text.String(), "$1")
			if !statementText.MatchString(text) {
				return true
			}
			columns := comparedColumns(text)
			for _, number := range slices.Sorted(maps.Keys(columns)) {
				if at := number - firstHole; at >= 0 && at < len(written.holes) {
					c.follow(written.holes[at], pkg, traced{column: columns[number]})
				}
			}
			return false // its parts are no statements of their own
		})
	})
}
