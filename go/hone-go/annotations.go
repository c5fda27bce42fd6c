package main

import (
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// annotations reads the operations that comments before handlers describe as swaggo/swag has them ("Declarative Comments Format" of its
// README): @Param name in type required "description" attribute(value)..., @Success 200 ..., @Router /path [method], and @BasePath anywhere.
func (p *Program) annotations() {
	base := ""
	p.eachComment(func(_ *packages.Package, comment *ast.CommentGroup) {
		for _, line := range annotationsIn(comment) {
			if path, ok := strings.CutPrefix(line.text, "@BasePath "); ok && base == "" {
				base = strings.TrimSuffix(strings.TrimSpace(path), "/")
			}
		}
	})
	p.eachComment(func(_ *packages.Package, comment *ast.CommentGroup) {
		o := Operation{Params: []Parameter{}}
		body := false
		var routes []string
		for _, line := range annotationsIn(comment) {
			name, rest, _ := strings.Cut(line.text, " ")
			rest = strings.TrimSpace(rest)
			switch name {
			case "@Param":
				body = o.annotate(rest, p.origin(line.pos.Pos())) || body
			case "@Success":
				for code := range strings.SplitSeq(strings.Fields(rest + " -")[0], ",") {
					if status, err := strconv.Atoi(code); err == nil && status >= 200 && status < 300 {
						o.Status = append(o.Status, status)
					}
				}
			case "@Router":
				routes = append(routes, rest)
				o.Origin = p.origin(line.pos.Pos())
			}
		}
		// A comment that names no parameter at all may have left out the body, too.
		o.Bodyless = !body && len(o.Params) > 0
		for _, route := range routes {
			path, method, _ := strings.Cut(route, " ")
			one := o
			one.Path = base + path
			one.Method = strings.ToUpper(strings.Trim(strings.TrimSpace(method), "[]"))
			known := func(other Operation) bool { return other.Method == one.Method && other.Path == one.Path }
			if !slices.ContainsFunc(p.doc.Operations, known) {
				p.doc.Operations = append(p.doc.Operations, one)
			}
		}
	})
}

func (p *Program) eachComment(visit func(*packages.Package, *ast.CommentGroup)) {
	p.eachFile(func(pkg *packages.Package, file *ast.File) {
		for _, comment := range file.Comments {
			visit(pkg, comment)
		}
	})
}

type annotation struct {
	text string
	pos  *ast.Comment
}

func annotationsIn(comment *ast.CommentGroup) []annotation {
	var found []annotation
	for _, line := range comment.List {
		text := strings.Join(strings.Fields(strings.TrimPrefix(line.Text, "//")), " ")
		if strings.HasPrefix(text, "@") {
			found = append(found, annotation{text, line})
		}
	}
	return found
}

// A parameter's name, where it stands, its type, whether it is required, its description and the rest.
var annotatedParam = regexp.MustCompile(`^(\S+) (\S+) (\S+) (\S+)(?: "[^"]*")?(.*)$`)
var annotatedAttribute = regexp.MustCompile(`(?i)\b(default|example|enums|format)\(([^)]*)\)`)

// annotate adds a parameter, and says whether it is the body.
func (o *Operation) annotate(text string, origin Origin) bool {
	parts := annotatedParam.FindStringSubmatch(text)
	if parts == nil {
		return false
	}
	param := Parameter{Name: parts[1], In: parts[2], Type: parts[3], Required: parts[4] == "true", Origin: origin}
	switch param.In {
	case "body", "formData":
		return true
	case "path", "query", "header":
	default:
		return false
	}
	for _, attribute := range annotatedAttribute.FindAllStringSubmatch(parts[5], -1) {
		switch value := strings.TrimSpace(attribute[2]); strings.ToLower(attribute[1]) {
		case "example":
			param.Example = value
		case "default":
			if param.Example == "" {
				param.Example = value
			}
		case "format":
			param.Format = value
		case "enums":
			for choice := range strings.SplitSeq(value, ",") {
				param.Enum = append(param.Enum, strings.TrimSpace(choice))
			}
		}
	}
	o.Params = append(o.Params, param)
	return false
}
