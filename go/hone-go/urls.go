package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// slashed is a path with another one behind it, one slash between them.
func slashed(head, tail str) str {
	head, tail = head.merged(), tail.merged()
	if len(tail.pieces) == 0 {
		return head
	}
	if len(head.pieces) == 0 {
		return tail
	}
	pieces := tail.pieces
	if pieces[0].known {
		pieces[0].literal = strings.TrimPrefix(pieces[0].literal, "/")
	}
	joined := head.then("/")
	joined.pieces = append(joined.pieces, pieces...)
	return joined
}

// merged is the same text with its known pieces joined, and without empty ones.
func (s str) merged() str {
	result := str{pos: s.pos}
	for _, p := range s.pieces {
		last := len(result.pieces) - 1
		switch {
		case p.known && p.literal == "":
		case p.known && last >= 0 && result.pieces[last].known:
			result.pieces[last].literal += p.literal
		default:
			result.pieces = append(result.pieces, p)
		}
	}
	return result
}

// slashedAll joins all values of one path with all values of the next.
func slashedAll(lists ...[]str) []str {
	result := []str{{}}
	for _, list := range lists {
		var next []str
		for _, head := range result {
			for _, tail := range list {
				if len(next) < maxAlternatives {
					next = append(next, slashed(head, tail))
				}
			}
		}
		result = next
	}
	return result
}

// pathCall gives the values of calls that put URLs and paths together; false for others.
func (f *flow) pathCall(name string, call *ast.CallExpr, s scope) ([]str, bool) {
	var lists [][]str
	if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && strings.HasPrefix(name, "net/url.URL.") {
		lists = append(lists, f.values(selector.X, s))
	}
	switch name {
	case "net/url.URL.String":
		return lists[0], true
	case "net/url.URL.ResolveReference":
		return slashedAll(append(lists, f.referred(call.Args[0], s))...), true
	case "net/url.JoinPath", "net/url.URL.JoinPath", "net/url.URL.Parse", "path.Join":
		if call.Ellipsis.IsValid() {
			return nil, false
		}
		for _, argument := range call.Args {
			lists = append(lists, f.values(argument, s))
		}
		return slashedAll(lists...), true
	}
	return nil, false
}

// referred is the path of a literal such as &url.URL{Path: "/quote"}.
func (f *flow) referred(expr ast.Expr, s scope) []str {
	unary, ok := ast.Unparen(expr).(*ast.UnaryExpr)
	if !ok || unary.Op != token.AND {
		return f.values(expr, s)
	}
	if lit, ok := unary.X.(*ast.CompositeLit); ok {
		for _, element := range lit.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok && types.ExprString(pair.Key) == "Path" {
				return f.values(pair.Value, s)
			}
		}
	}
	return unknown()
}
