package main

import (
	"cmp"
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
)

// findPoolSizes notes where the code says how many connections its pool may have, and by which variable.
func (p *Program) findPoolSizes() {
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		if qualifiedName(callee(pkg.TypesInfo, call)) == "database/sql.DB.SetMaxOpenConns" && len(call.Args) == 1 {
			p.poolSize("SetMaxOpenConns", call.Args[0], pkg)
		}
	})
	for obj, assigns := range p.flow.assigns {
		if field, ok := obj.(*types.Var); !ok || !field.IsField() || !isPoolSize(field) {
			continue
		}
		for _, a := range assigns {
			p.poolSize("MaxConns", a.expr, a.pkg)
		}
	}
	slices.SortFunc(p.doc.Database.PoolSizes, func(a, b PoolSize) int {
		return cmp.Or(cmp.Compare(a.Origin.File, b.Origin.File), cmp.Compare(a.Origin.Line, b.Origin.Line))
	})
}

func isPoolSize(field *types.Var) bool {
	return field.Name() == "MaxConns" && field.Pkg() != nil && trimVersion(field.Pkg().Path()) == "github.com/jackc/pgx/pgxpool"
}

func (p *Program) poolSize(setting string, expr ast.Expr, pkg *packages.Package) {
	for _, value := range p.flow.values(expr, scope{pkg: pkg}) {
		size := PoolSize{Setting: setting, Value: value.text(), Origin: p.origin(expr.Pos())}
		known := func(other PoolSize) bool { return other.Origin == size.Origin && other.Value.Value == size.Value.Value }
		if !slices.ContainsFunc(p.doc.Database.PoolSizes, known) {
			p.doc.Database.PoolSizes = append(p.doc.Database.PoolSizes, size)
		}
	}
}
