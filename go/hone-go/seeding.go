package main

import (
	"go/ast"
	"strings"
)

// seedingFlags notes the flags of programs that serve by which they fill their database before: a branch for such a flag behind which the
// program goes on. One behind which it ends is a command.
func (p *Program) seedingFlags() {
	for i := range p.doc.Mains {
		if !p.isServer(p.doc.Mains[i]) {
			continue
		}
		for j := range p.doc.Mains[i].Flags {
			flag := &p.doc.Mains[i].Flags[j]
			name := strings.ToLower(flag.Name)
			flag.Seeds = flag.Type == "bool" && (strings.Contains(name, "seed") || name == "fixtures" || name == "demo") && p.goesOnBehind(flag.Name)
		}
	}
}

// goesOnBehind says whether there is a branch for a flag, and the program ends behind none.
func (p *Program) goesOnBehind(flag string) bool {
	found, ends := false, false
	for _, fn := range p.sortedFuncs() {
		if fn.decl.Body == nil {
			continue
		}
		ast.Inspect(fn.decl.Body, func(n ast.Node) bool {
			branch, ok := n.(*ast.IfStmt)
			if !ok {
				return true
			}
			if gate := p.gateOf(branch.Cond, fn.pkg); gate != nil && gate.Flag == flag {
				found = true
				ends = ends || p.endsBehind(branch.Cond, branch.Body, flag, fn)
			}
			return true
		})
	}
	return found && !ends
}
