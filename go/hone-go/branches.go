package main

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/packages"
)

// branch is code that runs for one subcommand only: a case of a switch over the command line, the body of an if, a cobra command.
type branch struct {
	main   string
	name   string
	serves bool
	nodes  []ast.Node
}

func (b *branch) holds(n ast.Node) bool {
	for _, node := range b.nodes {
		if node.Pos() <= n.Pos() && n.End() <= node.End() {
			return true
		}
	}
	return false
}

// branchesAround are the smallest branch that holds a node and those of the same code: for other main packages, or other words of a case.
func (p *Program) branchesAround(n ast.Node) []*branch {
	var found []*branch
	for i := range p.branches {
		b := &p.branches[i]
		switch {
		case !b.holds(n):
		case len(found) == 0 || found[0].nodes[0].Pos() < b.nodes[0].Pos():
			found = []*branch{b}
		case found[0].nodes[0].Pos() == b.nodes[0].Pos():
			found = append(found, b)
		}
	}
	return found
}

// runsOn are names of subcommands that do not end, where serving was not seen in their own code.
var runsOn = map[string]bool{"serve": true, "server": true, "run": true, "start": true, "api": true, "web": true, "http": true, "worker": true,
	"daemon": true, "consume": true}

// onlyCommand is the subcommand, one that does not serve, for which alone the code around a node runs, or nil: the node, or each use
// of the function that it stands in, is in its branch.
func (p *Program) onlyCommand(n ast.Node, outer *Func) *branch {
	var only *branch
	agreed := true
	seen := map[*types.Func]bool{}
	var visit func(n ast.Node, outer *Func)
	visit = func(n ast.Node, outer *Func) {
		around := p.branchesAround(n)
		for _, b := range around {
			agreed = agreed && (only == nil || only.main == b.main && only.name == b.name)
			only = b
		}
		if len(around) > 0 {
			return
		}
		if outer == nil || outer.obj.Name() == "main" || outer.obj.Name() == "init" {
			agreed = false
			return
		}
		if seen[outer.obj] {
			return
		}
		seen[outer.obj] = true
		uses := p.usesOf(outer.obj)
		agreed = agreed && len(uses) > 0
		for _, use := range uses {
			visit(use.id, p.enclosing(use.pkg, use.id))
		}
	}
	visit(n, outer)
	if !agreed || only == nil || only.serves || runsOn[only.name] {
		return nil
	}
	return only
}

// use is a place where a function is named.
type use struct {
	pkg *packages.Package
	id  *ast.Ident
}

func (p *Program) usesOf(fn *types.Func) []use {
	uses := []use{}
	for _, pkg := range p.packages {
		for id, obj := range pkg.TypesInfo.Uses {
			if used, ok := obj.(*types.Func); ok && used.Origin() == fn {
				uses = append(uses, use{pkg, id})
			}
		}
	}
	return uses
}
