package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Tables that ent makes, by the package migrate that it generates. Source: entgo.io/ent/dialect/sql/schema (schema.go, postgres.go).

const entSchema = "entgo.io/ent/dialect/sql/schema."

// entTypes are the column types of PostgreSQL by those of ent's fields.
var entTypes = map[string]string{
	"TypeBool": "boolean", "TypeTime": "timestamptz", "TypeJSON": "jsonb", "TypeUUID": "uuid", "TypeBytes": "bytea", "TypeEnum": "text", "TypeString": "text",
	"TypeInt8": "smallint", "TypeInt16": "smallint", "TypeInt32": "int", "TypeInt": "bigint", "TypeInt64": "bigint",
	"TypeUint8": "smallint", "TypeUint16": "int", "TypeUint32": "bigint", "TypeUint": "bigint", "TypeUint64": "bigint",
	"TypeFloat32": "real", "TypeFloat64": "double precision",
}

// entColumns is a list of columns, with the table that has it.
type entColumns struct {
	table   string
	columns []modelColumn
}

// findEntModels adds the tables of all such packages.
func (p *Program) findEntModels() {
	for _, pkg := range p.packages {
		lists := entColumnLists(pkg)
		tables := compositesOf(pkg, entSchema+"Table")
		for _, table := range tables {
			if list := listOf(table, lists); list != nil {
				list.table = sqlName(textAt(pkg, table, "Name"))
			}
		}
		for _, table := range tables {
			list := listOf(table, lists)
			if list == nil || list.table == "" || len(list.columns) == 0 {
				continue
			}
			p.doc.Models = append(p.doc.Models, Model{SQL: entStatements(table, list, lists), Origin: p.origin(table.Pos())})
		}
	}
}

// listOf are the columns of a table, if it names a variable with them.
func listOf(table *ast.CompositeLit, lists map[string]*entColumns) *entColumns {
	if columns := fieldOf(table, "Columns"); columns != nil {
		return lists[types.ExprString(columns)]
	}
	return nil
}

// entColumnLists are the package's variables with columns: AnimalsColumns = []*schema.Column{...}.
func entColumnLists(pkg *packages.Package) map[string]*entColumns {
	lists := map[string]*entColumns{}
	for _, file := range pkg.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, value := range spec.Values {
				made, ok := value.(*ast.CompositeLit)
				if !ok || i >= len(spec.Names) || len(made.Elts) == 0 {
					continue
				}
				if slice, ok := pkg.TypesInfo.TypeOf(made).(*types.Slice); !ok || typePath(derefType(slice.Elem())) != entSchema+"Column" {
					continue
				}
				list := &entColumns{}
				for _, element := range made.Elts {
					list.columns = append(list.columns, entColumn(pkg, element))
				}
				lists[spec.Names[i].Name] = list
			}
			return true
		})
	}
	return lists
}

// entColumn reads {Name: "sex", Type: field.TypeEnum, Enums: []string{"f", "m"}}.
func entColumn(pkg *packages.Package, made ast.Expr) modelColumn {
	column := modelColumn{name: sqlName(textAt(pkg, made, "Name")), definition: "text"}
	if kind, ok := fieldOf(made, "Type").(*ast.SelectorExpr); ok {
		column.definition = cmp.Or(entTypes[kind.Sel.Name], "text")
	}
	if own := fieldOf(made, "SchemaType"); own != nil {
		column.definition = cmp.Or(textAt(pkg, own, `"postgres"`), column.definition)
	}
	if isTrue(fieldOf(made, "Unique")) {
		column.definition += " UNIQUE"
	}
	var values []string
	for _, element := range elementsOf(fieldOf(made, "Enums")) {
		values = append(values, "'"+strings.ReplaceAll(textOfConstant(pkg, element), "'", "''")+"'")
	}
	if len(values) > 0 {
		column.definition += " CHECK (" + column.name + " IN (" + strings.Join(values, ", ") + "))"
	}
	return column
}

// entStatements are those that make the table and its indexes.
func entStatements(table *ast.CompositeLit, list *entColumns, lists map[string]*entColumns) string {
	definitions := map[string]string{}
	for _, column := range list.columns {
		definitions[column.name] = column.definition
	}
	for _, element := range elementsOf(fieldOf(table, "ForeignKeys")) {
		from, _ := entNames(fieldOf(element, "Columns"), lists)
		to, target := entNames(fieldOf(element, "RefColumns"), lists)
		if len(from) == 1 && len(to) == 1 && target != "" {
			definitions[from[0]] += fmt.Sprintf(" REFERENCES %s (%s)", target, to[0])
		}
	}
	var parts []string
	for _, column := range list.columns {
		parts = append(parts, column.name+" "+definitions[column.name])
	}
	if keys, _ := entNames(fieldOf(table, "PrimaryKey"), lists); len(keys) > 0 {
		parts = append(parts, "PRIMARY KEY ("+strings.Join(keys, ", ")+")")
	}
	text := "CREATE TABLE " + list.table + " (" + strings.Join(parts, ", ") + ");"
	for _, element := range elementsOf(fieldOf(table, "Indexes")) {
		columns, _ := entNames(fieldOf(element, "Columns"), lists)
		if len(columns) == 0 {
			continue
		}
		kind := "INDEX"
		if isTrue(fieldOf(element, "Unique")) {
			kind = "UNIQUE INDEX"
		}
		text += fmt.Sprintf(" CREATE %s ON %s (%s);", kind, list.table, strings.Join(columns, ", "))
	}
	return text
}

// entNames are the names of the columns in []*schema.Column{AnimalsColumns[3]}, and their table.
func entNames(expr ast.Expr, lists map[string]*entColumns) (names []string, table string) {
	for _, element := range elementsOf(expr) {
		of, ok := element.(*ast.IndexExpr)
		if !ok {
			return nil, ""
		}
		list := lists[types.ExprString(of.X)]
		at, err := strconv.Atoi(types.ExprString(of.Index))
		if list == nil || err != nil || at < 0 || at >= len(list.columns) {
			return nil, ""
		}
		names, table = append(names, list.columns[at].name), list.table
	}
	return names, table
}

// compositesOf are the package's composite literals of a type, in their order.
func compositesOf(pkg *packages.Package, path string) []*ast.CompositeLit {
	var all []*ast.CompositeLit
	for _, file := range pkg.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			if made, ok := n.(*ast.CompositeLit); ok && typePath(pkg.TypesInfo.TypeOf(made)) == path {
				all = append(all, made)
			}
			return true
		})
	}
	return all
}

// reserved are words that are no names of columns or tables without quotes; see the appendix "SQL Key Words" of PostgreSQL's manual.
var reserved = map[string]bool{
	"all": true, "analyse": true, "analyze": true, "and": true, "any": true, "array": true, "as": true, "asc": true, "both": true, "case": true, "cast": true,
	"check": true, "collate": true, "column": true, "constraint": true, "create": true, "default": true, "desc": true, "distinct": true, "do": true,
	"else": true, "end": true, "except": true, "false": true, "fetch": true, "for": true, "foreign": true, "from": true, "grant": true, "group": true,
	"having": true, "in": true, "initially": true, "intersect": true, "into": true, "leading": true, "limit": true, "not": true, "null": true,
	"offset": true, "on": true, "only": true, "or": true, "order": true, "placing": true, "primary": true, "references": true, "returning": true,
	"select": true, "some": true, "table": true, "then": true, "to": true, "trailing": true, "true": true, "union": true, "unique": true, "user": true,
	"using": true, "variadic": true, "when": true, "where": true, "window": true, "with": true,
}

// sqlName is a name as a statement has it, in quotes where it must be.
func sqlName(name string) string {
	plain := name != "" && !reserved[name] && !strings.ContainsFunc(name, func(c rune) bool {
		return c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	if plain || name == "" {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// elementsOf are those of a literal; none for all else.
func elementsOf(expr ast.Expr) []ast.Expr {
	if made := compositeAt(expr); made != nil {
		return made.Elts
	}
	return nil
}

// textAt is the constant text that a literal gives a field.
func textAt(pkg *packages.Package, made ast.Expr, name string) string {
	if value := fieldOf(made, name); value != nil {
		return textOfConstant(pkg, value)
	}
	return ""
}

func isTrue(expr ast.Expr) bool { return expr != nil && types.ExprString(expr) == "true" }
