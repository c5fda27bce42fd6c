package main

import (
	"cmp"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// unpreparedModes are what pgx is told by people whose pooler cannot carry prepared statements.
var unpreparedModes = regexp.MustCompile(`^QueryExecMode(SimpleProtocol|Exec|CacheDescribe|DescribeExec)$`)

// unpreparedParameters are the same in a connection string.
var unpreparedParameters = regexp.MustCompile(`(?i)\b(default_query_exec_mode=(?:simple_protocol|exec|cache_describe|describe_exec)|prefer_simple_protocol=true|pgbouncer=true)`)

// findUnprepared notes where all of a connection's statements are set to go without prepared ones, as poolers in transaction mode
// want it: a field of the library's configuration, or a parameter of the connection string.
func (p *Program) findUnprepared() {
	add := func(what string, origin Origin) {
		if !slices.ContainsFunc(p.doc.Database.Unprepared, func(known Unprepared) bool { return known.Origin == origin }) {
			p.doc.Database.Unprepared = append(p.doc.Database.Unprepared, Unprepared{what, origin})
		}
	}
	for obj, assigns := range p.flow.assigns {
		if obj.Pkg() == nil || obj.Name() != "DefaultQueryExecMode" && obj.Name() != "PreferSimpleProtocol" {
			continue
		}
		for _, a := range assigns {
			switch e := ast.Unparen(a.expr).(type) {
			case *ast.SelectorExpr:
				if c, ok := a.pkg.TypesInfo.Uses[e.Sel].(*types.Const); ok && unpreparedModes.MatchString(c.Name()) {
					add(c.Name(), p.origin(e.Pos()))
				}
			case *ast.Ident:
				if obj.Name() == "PreferSimpleProtocol" && e.Name == "true" {
					add(obj.Name(), p.origin(e.Pos()))
				}
			}
		}
	}
	for _, connect := range p.doc.Database.Connect {
		if found := unpreparedParameters.FindString(connect.DSN.Value + " " + connect.DSN.Resolved); found != "" {
			add(strings.ToLower(found), connect.Origin)
		}
	}
	slices.SortFunc(p.doc.Database.Unprepared, func(a, b Unprepared) int {
		return cmp.Or(compareOrigins(a.Origin, b.Origin), cmp.Compare(a.What, b.What))
	})
}
