package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/jinzhu/inflection"
	"golang.org/x/tools/go/packages"
)

// Tables that GORM makes out of Go types, as the statements that would make them. Source: gorm.io/gorm/schema (naming.go, field.go) and
// GORM's documentation, "Declaring Models" and "Conventions".

// modelMakers are the calls that make tables of the types of their arguments.
var modelMakers = map[string]bool{
	"gorm.io/gorm.DB.AutoMigrate": true, "gorm.io/gorm.Migrator.AutoMigrate": true, "gorm.io/gorm.Migrator.CreateTable": true,
	"github.com/jinzhu/gorm.DB.AutoMigrate": true, "github.com/jinzhu/gorm.DB.CreateTable": true,
}

// findModels lists the tables that such calls make, each once.
func (p *Program) findModels() {
	naming := p.gormNaming()
	seen := map[string]bool{}
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		if !modelMakers[qualifiedName(callee(pkg.TypesInfo, call))] {
			return
		}
		for _, argument := range call.Args {
			for _, model := range p.modelsIn(argument, pkg, 0) {
				table := naming.tableName(p, model)
				if text := naming.statements(p, model, table); text != "" && !seen[table] {
					seen[table] = true
					p.doc.Models = append(p.doc.Models, Model{SQL: text, Origin: p.origin(model.Obj().Pos())})
				}
			}
		}
	})
}

// modelsIn are the types of the values that an argument holds: &Order{}, or a list of such (models...).
func (p *Program) modelsIn(expr ast.Expr, pkg *packages.Package, depth int) []*types.Named {
	if named := namedOf(pkg.TypesInfo.TypeOf(expr)); named != nil {
		if _, ok := named.Underlying().(*types.Struct); ok {
			return []*types.Named{named}
		}
	}
	if depth > maxHintDepth {
		return nil
	}
	var all []*types.Named
	switch e := ast.Unparen(expr).(type) {
	case *ast.CompositeLit:
		for _, element := range e.Elts {
			all = append(all, p.modelsIn(element, pkg, depth+1)...)
		}
	case *ast.CallExpr:
		if own := p.body(callee(pkg.TypesInfo, e)); own != nil {
			for _, results := range p.flow.returns[own.obj] {
				if len(results) > 0 {
					all = append(all, p.modelsIn(results[0], own.pkg, depth+1)...)
				}
			}
		} else if types.ExprString(e.Fun) == "append" || types.ExprString(e.Fun) == "new" {
			for _, argument := range e.Args {
				all = append(all, p.modelsIn(argument, pkg, depth+1)...)
			}
		}
	case *ast.Ident, *ast.SelectorExpr:
		for _, a := range p.flow.assigns[objectOf(pkg.TypesInfo, expr)] {
			all = append(all, p.modelsIn(a.expr, a.pkg, depth+1)...)
		}
	}
	return all
}

// gormNames is how GORM is told to name tables.
type gormNames struct {
	prefix   string
	singular bool
}

// gormNaming reads schema.NamingStrategy{TablePrefix: "t_", SingularTable: true}, if the module has one.
func (p *Program) gormNaming() gormNames {
	names := gormNames{}
	for _, pkg := range p.packages {
		for _, file := range pkg.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				made, ok := n.(*ast.CompositeLit)
				if !ok || typePath(pkg.TypesInfo.TypeOf(made)) != "gorm.io/gorm/schema.NamingStrategy" {
					return true
				}
				for _, element := range made.Elts {
					pair, ok := element.(*ast.KeyValueExpr)
					if !ok {
						continue
					}
					for _, value := range p.flow.values(pair.Value, scope{pkg: pkg}) {
						text, _ := value.plain()
						switch types.ExprString(pair.Key) {
						case "TablePrefix":
							names.prefix = text
						case "SingularTable":
							names.singular = text == "true"
						}
					}
				}
				return true
			})
		}
	}
	return names
}

// tableName is what the type's TableName says, or else its own name as a plural.
func (g gormNames) tableName(p *Program, model *types.Named) string {
	method, _, _ := types.LookupFieldOrMethod(types.NewPointer(model), true, model.Obj().Pkg(), "TableName")
	if fn, ok := method.(*types.Func); ok {
		if own := p.body(fn); own != nil {
			for _, results := range p.flow.returns[own.obj] {
				if len(results) == 0 {
					continue
				}
				for _, value := range p.flow.values(results[0], scope{pkg: own.pkg}) {
					if text, ok := value.plain(); ok && text != "" {
						return text
					}
				}
			}
		}
	}
	return g.plural(gormName(model.Obj().Name()))
}

// plural is the table's name for that of a type.
func (g gormNames) plural(name string) string {
	if !g.singular {
		name = inflection.Plural(name)
	}
	return g.prefix + name
}

// modelColumn is a column, with its type and constraints as CREATE TABLE has them.
type modelColumn struct {
	name, definition string
	primary          bool
}

// statements are those that make a table and its indexes; empty for a type without columns.
func (g gormNames) statements(p *Program, model *types.Named, table string) string {
	m := &modelReader{p: p, firsts: map[string]string{}, priorities: map[string]int{}}
	m.fields(model.Underlying().(*types.Struct), "", 0)
	if len(m.columns) == 0 {
		return ""
	}
	var keys []string
	for _, column := range m.columns {
		if column.primary {
			keys = append(keys, column.name)
		}
	}
	if len(keys) == 0 && slices.ContainsFunc(m.columns, func(column modelColumn) bool { return column.name == "id" }) {
		keys = []string{"id"}
	}
	var b strings.Builder
	b.WriteString("CREATE TABLE " + table + " (")
	for i, column := range m.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(column.name + " " + column.definition)
	}
	if len(keys) > 0 {
		b.WriteString(", PRIMARY KEY (" + strings.Join(keys, ", ") + ")")
	}
	b.WriteString(");")
	for _, index := range m.indexes {
		b.WriteString(" CREATE INDEX ON " + table + " (" + m.firsts[index] + ");")
	}
	return b.String()
}

// modelReader reads the fields of one type.
type modelReader struct {
	p          *Program
	columns    []modelColumn
	indexes    []string
	firsts     map[string]string // of an index: its first column
	priorities map[string]int    // of that column
}

func (m *modelReader) fields(structure *types.Struct, prefix string, depth int) {
	for i := range structure.NumFields() {
		field := structure.Field(i)
		settings := gormSettings(structure.Tag(i))
		_, left := settings["-"]
		inner, isStruct := underlying(derefType(field.Type())).(*types.Struct)
		_, embedded := settings["EMBEDDED"]
		switch {
		case !field.Exported() || left:
		case isStruct && (embedded || field.Anonymous() && !isColumnType(field.Type())):
			if depth < maxHintDepth {
				m.fields(inner, prefix+settings["EMBEDDEDPREFIX"], depth+1)
			}
		default:
			m.column(field, settings, prefix)
		}
	}
}

// column adds a field that is kept in a column; others stand for rows of other tables.
func (m *modelReader) column(field *types.Var, settings map[string]string, prefix string) {
	definition := settings["TYPE"]
	_, serialized := settings["SERIALIZER"]
	if definition == "" {
		definition = columnType(field.Type())
	}
	if definition == "" && serialized {
		definition = "text"
	}
	if definition == "" {
		return
	}
	name := settings["COLUMN"]
	if name == "" {
		name = gormName(field.Name())
	}
	name = prefix + name
	if slices.ContainsFunc(m.columns, func(column modelColumn) bool { return column.name == name }) {
		return
	}
	if isSet(settings, "UNIQUE") {
		definition += " UNIQUE"
	}
	if check := settings["CHECK"]; check != "" {
		if _, condition, named := strings.Cut(check, ","); named && !strings.Contains(check[:strings.Index(check, ",")], " ") {
			check = condition
		}
		definition += " CHECK (" + check + ")"
	}
	m.columns = append(m.columns, modelColumn{name, definition, isSet(settings, "PRIMARYKEY") || isSet(settings, "PRIMARY_KEY")})
	m.index(name, settings)
}

// isSet says whether a tag has a setting that may be switched off: "unique", but not "unique:false".
func isSet(settings map[string]string, key string) bool {
	value, has := settings[key]
	return has && !strings.EqualFold(value, "false")
}

// index notes the indexes that begin with a column: index:name,priority:1. One that is not named is the column's own.
func (m *modelReader) index(column string, settings map[string]string) {
	for _, kind := range []string{"INDEX", "UNIQUEINDEX", "UNIQUE_INDEX"} {
		options, has := settings[kind]
		if !has {
			continue
		}
		for each := range strings.SplitSeq(options, ";") {
			words := strings.Split(each, ",")
			name := words[0]
			if name == "" || strings.Contains(name, ":") {
				name = "of " + column
			}
			priority := 10 // GORM's own for those that say nothing
			for _, word := range words {
				if number, ok := strings.CutPrefix(strings.TrimSpace(word), "priority:"); ok {
					priority, _ = strconv.Atoi(number)
				}
			}
			if _, known := m.firsts[name]; !known {
				m.indexes = append(m.indexes, name)
			} else if priority >= m.priorities[name] {
				continue
			}
			m.firsts[name], m.priorities[name] = column, priority
		}
	}
}

// gormSettings reads `gorm:"column:no;index:by_no;not null"`, and several of one kind with ";" between. Keys are upper case.
func gormSettings(tag string) map[string]string {
	settings := map[string]string{}
	for part := range strings.SplitSeq(tagsOf(tag)["gorm"], ";") {
		key, value, _ := strings.Cut(part, ":")
		if key = strings.ToUpper(strings.TrimSpace(key)); key == "" {
			continue
		}
		if before, again := settings[key]; again {
			value = before + ";" + value
		}
		settings[key] = value
	}
	return settings
}

// isColumnType says whether a struct type is one value: a time, or what a driver can store.
func isColumnType(t types.Type) bool { return columnType(t) != "" }

// columnType is the type of a field's column; empty where it has none, as it stands for other tables' rows.
func columnType(t types.Type) string {
	t = derefType(t)
	path := typePath(t)
	switch path {
	case "time.Time", "database/sql.NullTime", "gorm.io/gorm.DeletedAt":
		return "timestamptz"
	case "github.com/google/uuid.UUID", "github.com/google/uuid.NullUUID", "github.com/gofrs/uuid.UUID", "github.com/satori/go.uuid.UUID":
		return "uuid"
	case "gorm.io/datatypes.JSON":
		return "jsonb"
	case "gorm.io/datatypes.Date":
		return "date"
	case "database/sql.NullInt64", "database/sql.NullInt32", "database/sql.NullInt16":
		return "bigint"
	case "database/sql.NullFloat64", "github.com/shopspring/decimal.Decimal", "github.com/shopspring/decimal.NullDecimal":
		return "numeric"
	case "database/sql.NullBool":
		return "boolean"
	}
	switch u := underlying(t).(type) {
	case *types.Basic:
		switch {
		case u.Info()&types.IsBoolean != 0:
			return "boolean"
		case u.Info()&types.IsInteger != 0:
			return "bigint"
		case u.Info()&types.IsFloat != 0:
			return "numeric"
		}
		return "text"
	case *types.Slice:
		if types.Identical(u.Elem(), types.Typ[types.Byte]) {
			return "bytea"
		}
	}
	if implementsValuer(t) {
		return "text"
	}
	return ""
}

// implementsValuer says whether values of a type are handed to a driver by their method Value.
func implementsValuer(t types.Type) bool {
	method, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, nil, "Value")
	fn, ok := method.(*types.Func)
	if !ok {
		return false
	}
	results := fn.Type().(*types.Signature).Results()
	return results.Len() == 2 && typePath(results.At(0).Type()) == "database/sql/driver.Value"
}

// initialisms are written as one word by GORM: WineID is wine_id.
var initialisms = []string{"API", "ASCII", "CPU", "CSS", "DNS", "EOF", "GUID", "HTML", "HTTP", "HTTPS", "ID", "IP", "JSON", "LHS", "QPS", "RAM", "RHS",
	"RPC", "SLA", "SMTP", "SSH", "TLS", "TTL", "UID", "UI", "UUID", "URI", "URL", "UTF8", "VM", "XML", "XSRF", "XSS"}

// gormName is the name of a column or table for that of a field or type, by GORM's NamingStrategy.
func gormName(name string) string {
	var pairs []string
	for _, initialism := range initialisms {
		pairs = append(pairs, initialism, initialism[:1]+strings.ToLower(initialism[1:]))
	}
	name = strings.NewReplacer(pairs...).Replace(name)
	upper := func(at int) bool { return at < len(name) && name[at] >= 'A' && name[at] <= 'Z' }
	digit := func(at int) bool { return at < len(name) && name[at] >= '0' && name[at] <= '9' }
	var b strings.Builder
	for i := range len(name) {
		// The last of several capitals begins a word, if a small letter is behind it.
		inside := i > 0 && upper(i-1) && (upper(i+1) || digit(i+1) || i+1 == len(name))
		if upper(i) && i > 0 && !inside && name[i-1] != '_' && (i+1 == len(name) || name[i+1] != '_') {
			b.WriteByte('_')
		}
		b.WriteByte(name[i])
	}
	return strings.ToLower(b.String())
}
