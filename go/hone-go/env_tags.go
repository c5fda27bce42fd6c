package main

import (
	"go/ast"
	"go/types"
	"reflect"
	"strings"
	"unicode"

	"golang.org/x/tools/go/packages"
)

// tagLibraries fill structs from the environment: the tag with the name, the tag with the default, and an argument's index of
// a prefix (-1: none).
var tagLibraries = map[string]struct{ name, preset string }{
	"github.com/caarlos0/env":              {"env", "envDefault"},
	"github.com/ilyakaznacheev/cleanenv":   {"env", "env-default"},
	"github.com/sethvargo/go-envconfig":    {"env", ""},
	"github.com/kelseyhightower/envconfig": {"envconfig", "default"},
	"github.com/joeshaw/envdecode":         {"env", ""},
	"github.com/codingconcepts/env":        {"env", "default"},
}

// envTags reads the struct types that are handed to a library of tagLibraries.
func (p *Program) envTags() {
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		fn := callee(pkg.TypesInfo, call)
		if fn == nil || fn.Pkg() == nil {
			return
		}
		library := trimVersion(fn.Pkg().Path())
		tags, ok := tagLibraries[library]
		if !ok {
			return
		}
		prefix := p.envPrefix(pkg, call, library)
		candidates := []types.Type{}
		for _, argument := range call.Args {
			candidates = append(candidates, pkg.TypesInfo.TypeOf(argument))
			if target, at := p.option(pkg, argument, "Target"); target != nil {
				candidates = append(candidates, at.TypesInfo.TypeOf(target))
			}
		}
		if signature, ok := pkg.TypesInfo.TypeOf(call.Fun).(*types.Signature); ok && signature.Results().Len() > 0 {
			candidates = append(candidates, signature.Results().At(0).Type())
		}
		for _, t := range candidates {
			if structure, ok := underlying(t).(*types.Struct); ok {
				p.envStruct(structure, library, tags.name, tags.preset, prefix, 0)
			}
		}
	})
}

// envPrefix is what a call says to put before every name: envconfig's first argument, or the option of the others.
func (p *Program) envPrefix(pkg *packages.Package, call *ast.CallExpr, library string) string {
	expr, at := ast.Expr(nil), pkg
	switch library {
	case "github.com/kelseyhightower/envconfig":
		if len(call.Args) > 0 {
			expr = call.Args[0]
		}
	case "github.com/caarlos0/env":
		for _, argument := range call.Args {
			if prefix, where := p.option(pkg, argument, "Prefix"); prefix != nil {
				expr, at = prefix, where
			}
		}
	case "github.com/sethvargo/go-envconfig":
		ast.Inspect(call, func(n ast.Node) bool {
			inner, ok := n.(*ast.CallExpr)
			if ok && len(inner.Args) > 0 && qualifiedName(callee(pkg.TypesInfo, inner)) == library+".PrefixLookuper" {
				expr = inner.Args[0]
			}
			return true
		})
	}
	if expr == nil {
		return ""
	}
	if values := p.flow.values(expr, scope{pkg: at}); len(values) > 0 {
		prefix, _ := values[0].plain()
		return prefix
	}
	return ""
}

// option is a named field of a struct literal that is an argument, also by way of a variable; nil if it has none.
func (p *Program) option(pkg *packages.Package, argument ast.Expr, name string) (ast.Expr, *packages.Package) {
	candidates := []assign{{expr: argument, pkg: pkg}}
	if obj := objectOf(pkg.TypesInfo, argument); obj != nil {
		candidates = append(candidates, p.flow.assigns[obj]...)
		// options.Prefix = "X_"
		if structure, ok := underlying(obj.Type()).(*types.Struct); ok {
			for i := range structure.NumFields() {
				if structure.Field(i).Name() == name {
					for _, a := range p.flow.assigns[structure.Field(i)] {
						return a.expr, a.pkg
					}
				}
			}
		}
	}
	for _, candidate := range candidates {
		expr := ast.Unparen(candidate.expr)
		if address, ok := expr.(*ast.UnaryExpr); ok {
			expr = ast.Unparen(address.X)
		}
		made, ok := expr.(*ast.CompositeLit)
		if !ok {
			continue
		}
		for _, element := range made.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok && types.ExprString(pair.Key) == name {
				return pair.Value, candidate.pkg
			}
		}
	}
	return nil, nil
}

// ownTags reads the struct types with `env` tags that no known library was seen to fill: by reflection in the module
// itself, or by a library that is not known. Structs within others come with those.
func (p *Program) ownTags() {
	if p.testOnly { // the calls that fill them stand elsewhere
		return
	}
	inner := map[*types.Struct]bool{}
	var all []*types.Struct
	for _, pkg := range p.packages {
		scope := pkg.Types.Scope()
		for _, name := range scope.Names() {
			typed, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || typed.IsAlias() {
				continue
			}
			structure, ok := typed.Type().Underlying().(*types.Struct)
			if !ok {
				continue
			}
			all = append(all, structure)
			for i := range structure.NumFields() {
				if field, ok := underlying(structure.Field(i).Type()).(*types.Struct); ok {
					inner[field] = true
				}
			}
		}
	}
	for _, within := range []bool{false, true} {
		for _, structure := range all {
			if inner[structure] == within && !p.filled(structure, 0) {
				p.envStruct(structure, "env tags", "env", ownPreset(structure), "", 0)
			}
		}
	}
}

// filled says whether a struct has `env` tags whose fields are known already; one without any tag counts as well.
func (p *Program) filled(structure *types.Struct, depth int) bool {
	tagged := false
	for i := range structure.NumFields() {
		field := structure.Field(i)
		if _, known := p.envReads.fields[field.Origin()]; known {
			return true
		}
		if _, ok := reflect.StructTag(structure.Tag(i)).Lookup("env"); ok {
			tagged = true
		}
		if inside, ok := underlying(field.Type()).(*types.Struct); ok && depth < 5 && p.packageAt(field.Pos()) != nil &&
			!p.filled(inside, depth+1) {
			tagged = true
		}
	}
	return !tagged
}

// ownPreset is the tag that a struct's fields have their defaults in.
func ownPreset(structure *types.Struct) string {
	for _, name := range []string{"default", "envDefault", "env-default", "envdefault"} {
		for i := range structure.NumFields() {
			tag := reflect.StructTag(structure.Tag(i))
			if inside, ok := underlying(structure.Field(i).Type()).(*types.Struct); ok && tag.Get("env") == "" {
				if inside != structure && ownPreset(inside) == name && name != "default" {
					return name
				}
				continue
			}
			if _, ok := tag.Lookup(name); ok {
				return name
			}
		}
	}
	return "default"
}

func (p *Program) envStruct(structure *types.Struct, library, nameTag, presetTag, prefix string, depth int) {
	for i := range structure.NumFields() {
		field := structure.Field(i)
		if p.packageAt(field.Pos()) == nil || depth > 5 {
			return
		}
		tag := reflect.StructTag(structure.Tag(i))
		name, _ := tag.Lookup(nameTag)
		name, options, _ := strings.Cut(name, ",")
		if library == "github.com/kelseyhightower/envconfig" {
			name = envconfigName(field.Name(), name, prefix, tag)
		} else if name != "" {
			name = prefix + name
		}
		if inner, ok := underlying(field.Type()).(*types.Struct); ok && typePath(field.Type()) != "net/url.URL" {
			inherited := prefix + tag.Get("envPrefix") + tag.Get("env-prefix")
			if library == "github.com/kelseyhightower/envconfig" && !field.Embedded() {
				inherited = name
			}
			p.envStruct(inner, library, nameTag, presetTag, inherited, depth+1)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		v := EnvVar{Name: name, Via: library, Test: p.testOnly, Origin: p.origin(field.Pos())}
		if preset, ok := tag.Lookup(presetTag); ok && presetTag != "" {
			v.Default = &preset
		} else if _, preset, ok := strings.Cut(options, "default="); ok {
			v.Default = &preset
		}
		p.envReads.fields[field.Origin()] = v
		p.addEnv(v)
	}
}

// envconfigName follows kelseyhightower/envconfig: PREFIX_NAME, the field's name split into words only where asked for.
func envconfigName(field, name, prefix string, tag reflect.StructTag) string {
	if name == "" {
		name = field
		if tag.Get("split_words") == "true" {
			name = splitWords(field)
		}
	}
	if prefix != "" {
		name = prefix + "_" + name
	}
	return strings.ToUpper(name)
}

func splitWords(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		startsWord := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if startsWord {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return b.String()
}
