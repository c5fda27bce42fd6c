package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"strconv"
	"strings"
)

// bounds notes what a member of the body must be at least and at most where a branch that leaves the handler compares it with constants:
// if in.Percent < 50 || in.Percent > 200 { return invalid("percent must lie between 50 and 200") }. As the rules of a validation tag.
func (w *hintWalker) bounds(branch *ast.IfStmt, s *hintScope) {
	if w.route.Request.Body == nil || !w.refuses(branch.Body, s) {
		return
	}
	var visit func(ast.Expr)
	visit = func(condition ast.Expr) {
		compared, ok := ast.Unparen(condition).(*ast.BinaryExpr)
		if !ok {
			return
		}
		if compared.Op == token.LOR {
			visit(compared.X)
			visit(compared.Y)
			return
		}
		w.compare(compared, s)
	}
	visit(branch.Cond)
}

func (w *hintWalker) compare(compared *ast.BinaryExpr, s *hintScope) {
	limit := s.pkg.TypesInfo.Types[compared.Y].Value
	if limit == nil || limit.Kind() != constant.Int {
		return
	}
	number, ok := constant.Int64Val(limit)
	if !ok {
		return
	}
	rule := ""
	switch compared.Op {
	case token.LSS:
		rule = "min=" + strconv.FormatInt(number, 10)
	case token.LEQ:
		rule = "min=" + strconv.FormatInt(number+1, 10)
	case token.GTR:
		rule = "max=" + strconv.FormatInt(number, 10)
	case token.GEQ:
		rule = "max=" + strconv.FormatInt(number-1, 10)
	default:
		return
	}
	member := ast.Unparen(compared.X)
	if measured, ok := member.(*ast.CallExpr); ok && len(measured.Args) == 1 && types.ExprString(measured.Fun) == "len" {
		member = ast.Unparen(measured.Args[0])
	}
	if star, ok := member.(*ast.StarExpr); ok {
		member = ast.Unparen(star.X)
	}
	selector, ok := member.(*ast.SelectorExpr)
	if !ok {
		return
	}
	selection := s.pkg.TypesInfo.Selections[selector]
	if name, of := memberOfJSON(selection); name != "" {
		body := w.route.Request.Body
		addRule(body.Fields, body.Type, typeString(derefType(selection.Recv())), Field{Name: name, Type: of}, rule)
	}
}

// memberOfJSON is the name that a selected field of a struct has in JSON, and its type.
func memberOfJSON(selection *types.Selection) (string, string) {
	if selection == nil || selection.Kind() != types.FieldVal || len(selection.Index()) != 1 {
		return "", ""
	}
	structure, ok := underlying(derefType(selection.Recv())).(*types.Struct)
	if !ok {
		return "", ""
	}
	field := structure.Field(selection.Index()[0])
	name, _, _ := strings.Cut(tagsOf(structure.Tag(selection.Index()[0]))["json"], ",")
	if name == "" {
		name = field.Name()
	}
	return name, typeString(field.Type())
}

// addRule adds a rule to a member of a body, or of what is within it, where it is of that owner's type and has none of its kind.
func addRule(fields []Field, of, owner string, member Field, rule string) bool {
	kind, _, _ := strings.Cut(rule, "=")
	for i := range fields {
		field := &fields[i]
		if strings.TrimLeft(of, "[]*") == owner && field.Name == member.Name && field.Type == member.Type {
			for _, tag := range []string{"binding", "validate"} {
				if strings.Contains(field.Tags[tag], kind+"=") {
					return true
				}
			}
			tags := maps.Clone(field.Tags)
			if tags == nil {
				tags = map[string]string{}
			}
			tag := "binding"
			if tags[tag] == "" && tags["validate"] != "" {
				tag = "validate"
			}
			tags[tag] = strings.TrimPrefix(tags[tag]+","+rule, ",")
			field.Tags = tags
			return true
		}
		if addRule(field.Fields, field.Type, owner, member, rule) {
			return true
		}
	}
	return false
}
