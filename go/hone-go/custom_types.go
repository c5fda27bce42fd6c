package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// written is how a type that decodes itself is written: its JSON kind and, of texts, a rule of a validation tag, and whether it reads
// several, with commas between.
type written struct {
	kind, rule string
	commas     bool
}

// writtenTypes are those of libraries.
var writtenTypes = map[string]written{
	"github.com/jackc/pgx/pgtype.Date": {kind: "string", rule: "datetime=2006-01-02"}, "github.com/jackc/pgx/pgtype.Timestamptz": {kind: "string", rule: "datetime=2006-01-02T15:04:05Z07:00"},
	"github.com/jackc/pgx/pgtype.Text": {kind: "string"}, "github.com/jackc/pgx/pgtype.UUID": {kind: "string", rule: "uuid"},
	"github.com/jackc/pgx/pgtype.Int4": {kind: "integer"}, "github.com/jackc/pgx/pgtype.Int8": {kind: "integer"},
	"github.com/jackc/pgx/pgtype.Bool": {kind: "boolean"}, "github.com/jackc/pgx/pgtype.Numeric": {kind: "number"},
	"cloud.google.com/go/civil.Date": {kind: "string", rule: "datetime=2006-01-02"}, "github.com/guregu/null.String": {kind: "string"},
	"github.com/guregu/null.Int": {kind: "integer"}, "github.com/guregu/null.Bool": {kind: "boolean"},
}

// parsedTexts are the functions that read a number from a text.
var parsedTexts = map[string]string{
	"strconv.Atoi": "integer", "strconv.ParseInt": "integer", "strconv.ParseUint": "integer", "strconv.ParseFloat": "number",
}

// writtenAs is how a type of the module that decodes itself is written, by what the first of those methods that it has calls: time.Parse
// with a layout, strconv's functions, json.Unmarshal into a text. Empty where that does not tell.
func (p *Program) writtenAs(t types.Type, methods ...string) written {
	t = derefType(t)
	if known, ok := writtenTypes[typePath(t)]; ok {
		return known
	}
	if types.IsInterface(t) || namedOf(t) == nil {
		return written{}
	}
	for _, name := range methods {
		obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, nil, name)
		method, _ := obj.(*types.Func)
		if fn := p.body(method); fn != nil && fn.decl.Body != nil {
			r := decodingReader{p: p, seen: map[*types.Func]bool{}}
			r.read(fn, 0)
			return r.found(name == "UnmarshalJSON")
		}
	}
	return written{}
}

type decodingReader struct {
	p       *Program
	seen    map[*types.Func]bool
	layout  string
	number  string // its kind
	decoded string // the kind of what json.Unmarshal is given
	unquote bool   // quotes are taken off
	commas  bool   // it is cut at commas
}

func (r *decodingReader) read(fn *Func, depth int) {
	if r.seen[fn.obj] || depth > maxHintDepth {
		return
	}
	r.seen[fn.obj] = true
	ast.Inspect(fn.decl.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			r.call(call, fn.pkg, depth)
		}
		return true
	})
}

func (r *decodingReader) call(call *ast.CallExpr, pkg *packages.Package, depth int) {
	fn := callee(pkg.TypesInfo, call)
	switch name := qualifiedName(fn); name {
	case "time.Parse":
		if value := pkg.TypesInfo.Types[call.Args[0]].Value; value != nil && r.layout == "" {
			r.layout = strings.Trim(constant.StringVal(value), `"`)
			r.unquote = true
		}
	case "encoding/json.Unmarshal":
		if address, ok := ast.Unparen(call.Args[1]).(*ast.UnaryExpr); ok {
			r.decoded = jsonKind(pkg.TypesInfo.TypeOf(address.X))
		}
	case "strings.Split", "strings.SplitSeq":
		r.commas = r.commas || slices.Contains(constants(call.Args[1:], pkg), ",")
	case "strings.Trim", "bytes.Trim", "strconv.Unquote", "strings.TrimPrefix", "bytes.TrimPrefix":
		r.unquote = true
	default:
		if kind := parsedTexts[name]; kind != "" && r.number == "" {
			r.number = kind
		} else if own := r.p.body(fn); own != nil && own.decl.Body != nil {
			r.read(own, depth+1)
		}
	}
}

func (r *decodingReader) found(inJSON bool) written {
	found := r.single(inJSON)
	found.commas = r.commas
	return found
}

func (r *decodingReader) single(inJSON bool) written {
	isText := !inJSON || r.unquote || r.decoded == "string"
	switch {
	case r.layout != "":
		return written{kind: "string", rule: "datetime=" + r.layout}
	case r.number != "" && isText:
		return written{kind: "string", rule: "numeric"}
	case r.number != "":
		return written{kind: r.number}
	case slices.Contains([]string{"string", "integer", "number", "boolean"}, r.decoded):
		return written{kind: r.decoded}
	case !inJSON:
		return written{kind: "string"}
	}
	return written{}
}

// writtenFields tells the members of a body whose types decode themselves how they are written.
func (p *Program) writtenFields(t types.Type, fields []Field, depth int) {
	switch under := derefType(t).Underlying().(type) {
	case *types.Slice:
		p.writtenFields(under.Elem(), fields, depth+1)
	case *types.Struct:
		for i := range under.NumFields() {
			name, _, _ := strings.Cut(tagsOf(under.Tag(i))["json"], ",")
			if name == "" && under.Field(i).Embedded() {
				p.writtenFields(under.Field(i).Type(), fields, depth+1)
				continue
			}
			if name == "" {
				name = under.Field(i).Name()
			}
			at := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
			if at < 0 || depth > maxShapeDepth {
				continue
			}
			if as := p.writtenAs(under.Field(i).Type(), "UnmarshalJSON", "UnmarshalText"); as.kind != "" && fields[at].Kind != "array" {
				fields[at].Kind, fields[at].Fields = as.kind, nil
				if as.rule != "" {
					fields[at].addRule(as.rule)
				}
			}
			p.writtenFields(under.Field(i).Type(), fields[at].Fields, depth+1)
		}
	}
}
