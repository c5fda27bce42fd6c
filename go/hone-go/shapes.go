package main

import (
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// typeString writes a type with package names, not paths: []store.Order.
func typeString(t types.Type) string {
	return types.TypeString(types.Default(t), func(pkg *types.Package) string { return pkg.Name() })
}

var tagPair = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_-]*):"((?:[^"\\]|\\.)*)"`)

func tagsOf(tag string) map[string]string {
	tags := map[string]string{}
	for _, m := range tagPair.FindAllStringSubmatch(tag, -1) {
		tags[m[1]] = m[2]
	}
	return tags
}

// fieldsOf are the members of the JSON object that a type is encoded as, or of the elements of the array.
func fieldsOf(t types.Type) (fields []Field, array bool) {
	t = derefType(t)
	switch under := t.Underlying().(type) {
	case *types.Slice:
		fields, _ = fieldsOf(under.Elem())
		return fields, true
	case *types.Array:
		fields, _ = fieldsOf(under.Elem())
		return fields, true
	}
	return structFields(t, 0), false
}

const maxShapeDepth = 4

func structFields(t types.Type, depth int) []Field {
	fields := []Field{}
	structure, ok := derefType(t).Underlying().(*types.Struct)
	if !ok || depth > maxShapeDepth || encodesItself(t) {
		return fields
	}
	for i := range structure.NumFields() {
		field := structure.Field(i)
		tags := tagsOf(structure.Tag(i))
		name, options, _ := strings.Cut(tags["json"], ",")
		if name == "-" && options == "" {
			continue
		}
		if field.Embedded() && name == "" {
			if _, isStruct := derefType(field.Type()).Underlying().(*types.Struct); isStruct {
				fields = append(fields, structFields(field.Type(), depth)...)
				continue
			}
		}
		if !field.Exported() {
			continue
		}
		if name == "" {
			name = field.Name()
		}
		delete(tags, "json")
		if options != "" {
			tags["json"] = options
		}
		fields = append(fields, jsonField(name, field.Type(), tags, depth))
	}
	return fields
}

// isElsewhere says whether a member's tags say that it stands in the path, the query or a header, and so not in the body.
func isElsewhere(tags map[string]string) bool {
	for _, tag := range []string{"param", "query", "uri", "path", "header"} {
		if tags[tag] != "" {
			return true
		}
	}
	return false
}

// bodyFields are those of a request's fields that stand in its body: members without a name in JSON (Go's begins with a capital) whose tags
// name another place do not.
func bodyFields(fields []Field) []Field {
	return slices.DeleteFunc(slices.Clone(fields), func(field Field) bool {
		return isElsewhere(field.Tags) && unicode.IsUpper(rune(field.Name[0]))
	})
}

// paramRules are the rules of a parameter's validation tag; needed where they refuse what is there without it, and nothing is preset.
func paramRules(tags map[string]string, t types.Type, preset bool) string {
	rules := tags["binding"]
	if rules == "" {
		rules = tags["validate"]
	}
	_, isPointer := t.(*types.Pointer)
	if rules == "" || isPointer || preset || isList(t) {
		return rules
	}
	refuses := false
	for rule := range strings.SplitSeq(rules, ",") {
		name, value, _ := strings.Cut(rule, "=")
		number, err := strconv.Atoi(value)
		switch name {
		case "required", "omitempty", "isdefault":
			return rules
		case "oneof", "uuid", "uuid4", "email", "datetime", "alpha", "alphanum", "iso3166_1_alpha2":
			refuses = true
		case "min", "gte", "len":
			refuses = refuses || err == nil && number > 0
		case "gt":
			refuses = refuses || err == nil && number >= 0
		}
	}
	if refuses {
		return "required," + rules
	}
	return rules
}

func jsonField(name string, t types.Type, tags map[string]string, depth int) Field {
	field := Field{Name: name, Type: typeString(t), Kind: jsonKind(t)}
	if len(tags) > 0 {
		field.Tags = tags
	}
	inner := derefType(t)
	if field.Kind == "array" {
		switch under := inner.Underlying().(type) {
		case *types.Slice:
			inner = under.Elem()
		case *types.Array:
			inner = under.Elem()
		}
	}
	if field.Kind == "object" || field.Kind == "array" {
		field.Fields = structFields(inner, depth+1)
	}
	return field
}

// numericFields gives the members that are texts of numbers, and nothing else, that rule.
func numericFields(fields []Field) {
	for i := range fields {
		if fields[i].Kind == "string" && strings.TrimPrefix(fields[i].Type, "*") == "decimal.Decimal" {
			fields[i].addRule("numeric")
		}
		numericFields(fields[i].Fields)
	}
}

// jsonKind is what encoding/json makes of a type.
func jsonKind(t types.Type) string {
	t = derefType(t)
	switch typePath(t) {
	case "time.Time", "github.com/google/uuid.UUID", "github.com/gofrs/uuid.UUID", "github.com/shopspring/decimal.Decimal", "net/netip.Addr":
		return "string"
	case "encoding/json.RawMessage":
		return "any"
	}
	if encodesItself(t) {
		return "any"
	}
	switch under := t.Underlying().(type) {
	case *types.Basic:
		switch info := under.Info(); {
		case info&types.IsString != 0:
			return "string"
		case info&types.IsBoolean != 0:
			return "boolean"
		case info&types.IsInteger != 0:
			return "integer"
		case info&types.IsFloat != 0:
			return "number"
		}
	case *types.Slice:
		if basic, ok := under.Elem().Underlying().(*types.Basic); ok && basic.Kind() == types.Byte {
			return "string"
		}
		return "array"
	case *types.Array:
		return "array"
	case *types.Struct, *types.Map:
		return "object"
	}
	return "any"
}

// encodesItself says whether a type has a MarshalJSON or MarshalText of its own, so that its fields say nothing.
func encodesItself(t types.Type) bool {
	t = derefType(t)
	if namedOf(t) == nil || types.IsInterface(t) {
		return false
	}
	for _, method := range []string{"MarshalJSON", "MarshalText"} {
		if obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, nil, method); obj != nil {
			return true
		}
	}
	return false
}
