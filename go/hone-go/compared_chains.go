package main

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Conditions of mappers and builders whose statements are chains of calls: GORM, bun and squirrel. Each is read as the statement that it
// becomes, as far as its tables and the condition go: db.Model(&Order{}).Where("code = ?", code).First(&one).

// chainEnds are the methods that send what the chain before them describes, with the argument that says of what table, or -1.
var chainEnds = map[string]map[string]int{
	"gorm.io/gorm": {"First": 0, "Last": 0, "Take": 0, "Find": 0, "Scan": 0, "Delete": 0, "FirstOrCreate": 0, "FirstOrInit": 0,
		"FindInBatches": 0, "Count": -1, "Pluck": -1, "Rows": -1, "Row": -1, "Update": -1, "Updates": -1, "UpdateColumn": -1,
		"UpdateColumns": -1},
	"github.com/uptrace/bun":          {"Scan": -1, "Exec": -1, "Count": -1, "Exists": -1, "ScanAndCount": -1, "Rows": -1},
	"github.com/Masterminds/squirrel": {"ToSql": -1, "MustSql": -1, "Query": -1, "QueryContext": -1, "QueryRow": -1, "QueryRowContext": -1, "Exec": -1, "ExecContext": -1, "Scan": -1, "ScanContext": -1},
}

// withConditions are GORM's ends that take a condition behind what they fill.
var withConditions = []string{"First", "Last", "Take", "Find", "Delete"}

// chainedCondition is an argument of Where and the like, with those for its question marks.
type chainedCondition struct {
	text   ast.Expr
	values []ast.Expr
	pkg    *packages.Package
}

// chain is what the calls of one statement say.
type chain struct {
	c          *comparer
	library    string
	tables     []string // as FROM and JOIN take them, with what the chain calls them
	from       []string // those of FROM: several where a part of the chain is handed over by several callers
	alias      string   // bun's of the model
	conditions []chainedCondition
	seen       map[types.Object]bool
	given      types.Object // the parameter by which several callers hand over what stands before
}

// findChained follows the values of such conditions back to what of a request they are.
func (c *comparer) findChained() {
	c.p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, _ string) {
		library, method := chainMethod(pkg, call)
		of, ends := chainEnds[library][method]
		if !ends {
			return
		}
		found := &chain{c: c, library: library, seen: map[types.Object]bool{}}
		found.receiver(call, pkg, 0)
		if of >= 0 && of < len(call.Args) {
			if len(found.from) == 0 {
				found.modelOf(pkg.TypesInfo.TypeOf(call.Args[of]))
			}
			if slices.Contains(withConditions, method) && library == "gorm.io/gorm" && len(call.Args) > of+1 && !call.Ellipsis.IsValid() {
				found.conditions = append(found.conditions, chainedCondition{call.Args[of+1], call.Args[of+2:], pkg})
			}
		}
		found.compareAll(0)
	})
}

// compareAll follows the values of all conditions; of what callers hand over, each one's by itself.
func (s *chain) compareAll(depth int) {
	if s.given != nil {
		for _, a := range s.c.p.flow.assigns[s.given] {
			if a.call == nil || depth == maxHintDepth {
				continue
			}
			own := *s
			own.given, own.seen = nil, maps.Clone(s.seen)
			own.tables, own.from, own.conditions = slices.Clone(s.tables), slices.Clone(s.from), slices.Clone(s.conditions)
			own.part(a.expr, a.pkg, 0)
			s.c.calls = append(s.c.calls, followed{a.call, a.pkg})
			own.compareAll(depth + 1)
			s.c.calls = s.c.calls[:len(s.c.calls)-1]
		}
		return
	}
	for _, condition := range s.conditions {
		if len(s.from) == 1 {
			s.compare(condition.text, condition.values, condition.pkg)
		}
	}
}

// chainMethod is the library whose method or function a call is of, and its name.
func chainMethod(pkg *packages.Package, call *ast.CallExpr) (library, method string) {
	fn := callee(pkg.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil {
		return "", ""
	}
	library = trimVersion(fn.Pkg().Path())
	if _, known := chainEnds[library]; !known {
		return "", ""
	}
	return library, fn.Name()
}

// receiver reads what stands before a call in its chain, also through variables that hold a part of it.
func (s *chain) receiver(call *ast.CallExpr, pkg *packages.Package, depth int) {
	if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		s.part(selector.X, pkg, depth)
	}
}

func (s *chain) part(expr ast.Expr, pkg *packages.Package, depth int) {
	if depth > maxDepth {
		return
	}
	switch e := ast.Unparen(expr).(type) {
	case *ast.CallExpr:
		if library, method := chainMethod(pkg, e); library == s.library {
			s.step(method, e, pkg)
			s.receiver(e, pkg, depth+1)
		} else if own := s.c.p.body(callee(pkg.TypesInfo, e)); own != nil {
			for _, results := range s.c.p.flow.returns[own.obj] {
				if len(results) > 0 {
					s.part(results[0], own.pkg, depth+1)
				}
			}
		}
	case *ast.Ident:
		obj := objectOf(pkg.TypesInfo, e)
		if obj == nil || s.seen[obj] {
			return
		}
		s.seen[obj] = true
		callers := 0
		for _, a := range s.c.p.flow.assigns[obj] {
			if a.call != nil {
				callers++
			}
		}
		several := callers > 1 && s.given == nil
		if several {
			s.given = obj
		}
		for _, a := range s.c.p.flow.assigns[obj] {
			if a.call == nil || !several {
				s.part(a.expr, a.pkg, depth+1)
			}
		}
	}
}

// step reads one call of the chain.
func (s *chain) step(method string, call *ast.CallExpr, pkg *packages.Package) {
	if method == "G" { // gorm.G[Order](db)
		if index, ok := ast.Unparen(call.Fun).(*ast.IndexExpr); ok {
			s.modelOf(pkg.TypesInfo.TypeOf(index.Index))
		}
	}
	if len(call.Args) == 0 {
		return
	}
	switch method {
	case "Model":
		s.modelOf(pkg.TypesInfo.TypeOf(call.Args[0]))
	case "Where", "Or", "Not", "WhereOr", "Having":
		if call.Ellipsis.IsValid() { // nobody sees which is which
			return
		}
		s.conditions = append(s.conditions, chainedCondition{call.Args[0], call.Args[1:], pkg})
	case "Table", "TableExpr", "From", "Update", "Delete":
		for _, text := range s.texts(call.Args[0], pkg) {
			s.addTable(text)
		}
	case "Joins", "Join", "LeftJoin", "RightJoin", "InnerJoin":
		for _, text := range s.texts(call.Args[0], pkg) {
			if s.library == "github.com/Masterminds/squirrel" {
				text = "join " + text // GORM's may name an association instead
			}
			s.tables = append(s.tables, text)
		}
	}
}

func (s *chain) addTable(name string) {
	if !slices.Contains(s.from, name) {
		s.from = append(s.from, name)
		s.tables = append([]string{"from " + name}, s.tables...)
	}
}

func (s *chain) texts(expr ast.Expr, pkg *packages.Package) []string {
	var all []string
	for _, value := range s.c.p.flow.values(expr, scope{pkg: pkg}) {
		if text, ok := value.plain(); ok && text != "" {
			all = append(all, text)
		}
	}
	return all
}

// modelOf names the table of what a statement is of or fills: &order, or &orders.
func (s *chain) modelOf(t types.Type) {
	if t == nil {
		return
	}
	t = derefType(t)
	if list, ok := t.Underlying().(*types.Slice); ok {
		t = list.Elem()
	}
	model := namedOf(t)
	if model == nil {
		return
	}
	structure, ok := model.Underlying().(*types.Struct)
	if !ok {
		return
	}
	switch s.library {
	case "gorm.io/gorm":
		s.addTable(s.c.naming.tableName(s.c.p, model))
	case "github.com/uptrace/bun":
		table, alias := bunTable(model, structure)
		s.alias = alias
		s.addTable(table + " as " + alias)
	}
}

// bunTable is the table of a model and what bun calls it: bun.BaseModel `bun:"table:orders,alias:o"`. Source: bun's schema/table.go.
func bunTable(model *types.Named, structure *types.Struct) (table, alias string) {
	own := gormName(model.Obj().Name())
	table, alias = gormNames{}.plural(own), own
	for i := range structure.NumFields() {
		if typePath(structure.Field(i).Type()) != "github.com/uptrace/bun/schema.BaseModel" { // bun.BaseModel is the same
			continue
		}
		for part := range strings.SplitSeq(tagsOf(structure.Tag(i))["bun"], ",") {
			switch key, value, named := strings.Cut(strings.TrimSpace(part), ":"); {
			case named && key == "table":
				table = value
			case named && key == "alias":
				alias = value
			case !named && key != "":
				table = key
			}
		}
	}
	return table, alias
}

// compare follows the values of one condition: a text with question marks, the columns of a map or of a model, or several such.
func (s *chain) compare(condition ast.Expr, values []ast.Expr, pkg *packages.Package) {
	switch e := ast.Unparen(condition).(type) {
	case *ast.UnaryExpr:
		s.compare(e.X, values, pkg)
		return
	case *ast.CompositeLit:
		s.members(e, pkg)
		return
	case *ast.CallExpr: // squirrel.Expr("code = ?", code)
		if library, method := chainMethod(pkg, e); library != "" && method == "Expr" && len(e.Args) > 0 {
			s.compare(e.Args[0], e.Args[1:], pkg)
			return
		}
	}
	if t := pkg.TypesInfo.TypeOf(condition); len(values) == 0 && t != nil && pkg.TypesInfo.Types[condition].Value == nil {
		s.key(condition, pkg)
		return
	}
	for _, text := range s.texts(condition, pkg) {
		if s.alias != "" {
			text = strings.ReplaceAll(text, "?TableAlias", s.alias)
		}
		columns := comparedColumns("where " + text + " " + strings.Join(s.tables, " "))
		for _, number := range slices.Sorted(maps.Keys(columns)) {
			if number <= len(values) {
				s.c.follow(values[number-1], pkg, traced{column: columns[number]})
			}
		}
	}
}

// key follows what GORM compares with the primary key, of a number called id as most are: db.First(&order, id).
func (s *chain) key(value ast.Expr, pkg *packages.Package) {
	if s.library == "gorm.io/gorm" && isNumeric(pkg.TypesInfo.TypeOf(value)) {
		s.column("id", "=", value, pkg)
	}
}

func isNumeric(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsInteger != 0
}

// mapOperators are those with which the columns of a map are compared: of GORM's, which has no name, and squirrel's.
var mapOperators = map[string]string{
	"": "=", "github.com/Masterminds/squirrel.Eq": "=", "github.com/Masterminds/squirrel.Lt": "<", "github.com/Masterminds/squirrel.LtOrEq": "<=",
	"github.com/Masterminds/squirrel.Gt": ">", "github.com/Masterminds/squirrel.GtOrEq": ">=",
}

// members are those of squirrel.Eq{"o.code": code}, map[string]any{"code": code}, Order{Code: code} and squirrel.And{...}.
func (s *chain) members(literal *ast.CompositeLit, pkg *packages.Package) {
	of := pkg.TypesInfo.TypeOf(literal)
	for _, element := range literal.Elts {
		pair, isPair := element.(*ast.KeyValueExpr)
		switch t := underlying(derefType(of)).(type) {
		case *types.Slice:
			s.compare(element, nil, pkg)
		case *types.Map:
			operator, known := mapOperators[typePath(of)]
			if !isPair || !known {
				continue
			}
			for _, name := range s.texts(pair.Key, pkg) {
				s.column(name, operator, pair.Value, pkg)
			}
		case *types.Struct:
			if isPair && s.library == "gorm.io/gorm" {
				s.column(gormColumn(t, types.ExprString(pair.Key)), "=", pair.Value, pkg)
			}
		}
	}
}

// gormColumn is the column of a model's field.
func gormColumn(model *types.Struct, field string) string {
	for i := range model.NumFields() {
		if named := gormSettings(model.Tag(i))["COLUMN"]; model.Field(i).Name() == field && named != "" {
			return named
		}
	}
	return gormName(field)
}

// column compares a value with a column: GORM's with one of what the statement is of.
func (s *chain) column(name, operator string, value ast.Expr, pkg *packages.Package) {
	tables := strings.Join(s.tables, " ")
	if s.library == "gorm.io/gorm" {
		tables = s.tables[0]
	}
	for _, column := range comparedColumns("where " + name + " " + operator + " $1 " + tables) {
		s.c.follow(value, pkg, traced{column: column})
	}
}
