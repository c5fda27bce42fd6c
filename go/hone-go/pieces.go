package main

import (
	"go/ast"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

var (
	statementText  = regexp.MustCompile(`(?i)^\s*(--[^\n]*\n\s*|/\*.*?\*/\s*)*(select|insert|update|delete|with|explain|copy|declare|merge)\b`)
	comparisonText = regexp.MustCompile(`(?i)\w["\])]*\s*([=<>~]|!=|!~|@>|&&|\|\||\b(in|like|ilike|between|is|not|any|similar)\b)`)
	clauseText     = regexp.MustCompile(`(?i)\b(where|by|on|having|using|distinct|min|max)\b`)
	columnText     = regexp.MustCompile(`(?i)^\s*("?[a-z_]\w*"?\.)?"?[a-z_]\w*"?(\s+(asc|desc))?\s*$`)
	schemaText     = regexp.MustCompile(`(?i)\b(create|alter|drop)\s`)
)

// findPieces lists all texts of the code that may be a statement or become a part of one, wherever they stand: a fragment such as
// "status = $1" or a column's name alone can be put together to statements that no place in the code shows whole. Struct tags and import
// paths are none; SQL files that are embedded and make no tables are texts of the code.
func (p *Program) findPieces() {
	var pieces []string
	add := func(text string) {
		if columnText.MatchString(text) || statementText.MatchString(text) || comparisonText.MatchString(text) || clauseText.MatchString(text) {
			pieces = append(pieces, text)
		}
	}
	embedded := map[string]bool{}
	tags := map[*ast.BasicLit]bool{}
	p.eachFile(func(pkg *packages.Package, file *ast.File) {
		for _, name := range pkg.EmbedFiles {
			if embedded[name] || !strings.HasSuffix(name, ".sql") {
				continue
			}
			embedded[name] = true
			if text, err := os.ReadFile(name); err == nil && !schemaText.Match(text) {
				add(string(text))
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.Field:
				tags[n.Tag] = true
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && !tags[n] {
					add(text)
				}
			}
			return true
		})
	})
	slices.Sort(pieces)
	p.doc.Pieces = slices.Compact(pieces)
}
