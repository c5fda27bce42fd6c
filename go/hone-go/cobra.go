package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Commands of cobra that stand below others: "migrate up" is the command up below migrate, below the program's own.

// cobraCommand is the literal of a command, and the call of the helper that made it with another name each time, if one did.
type cobraCommand struct {
	lit  *ast.CompositeLit
	pkg  *packages.Package
	call *ast.CallExpr
}

// key tells commands apart: by their literals, or, of a helper that makes several, by its calls.
func (c cobraCommand) key() ast.Node {
	if c.lit == nil {
		return nil
	}
	if c.call != nil {
		return c.call
	}
	return c.lit
}

// findCobra notes which commands are added to which.
func (p *Program) findCobra() {
	p.cobraParents = map[ast.Node]cobraCommand{}
	p.cobraMade = map[*ast.CompositeLit][]cobraCommand{}
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, _ string) {
		selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok || qualifiedName(callee(pkg.TypesInfo, call)) != "github.com/spf13/cobra.Command.AddCommand" {
			return
		}
		parents := p.cobraCommands(selector.X, pkg, nil, 0)
		for _, argument := range call.Args {
			for _, child := range p.cobraCommands(argument, pkg, nil, 0) {
				if child.call != nil {
					p.cobraMade[child.lit] = append(p.cobraMade[child.lit], child)
				}
				if len(parents) == 1 && parents[0].lit != child.lit {
					p.cobraParents[child.key()] = parents[0]
				}
			}
		}
	})
}

// cobraCommands are the commands that an expression may be.
func (p *Program) cobraCommands(expr ast.Expr, pkg *packages.Package, call *ast.CallExpr, depth int) []cobraCommand {
	if depth > maxHintDepth {
		return nil
	}
	var found []cobraCommand
	switch e := ast.Unparen(expr).(type) {
	case *ast.UnaryExpr:
		return p.cobraCommands(e.X, pkg, call, depth)
	case *ast.CompositeLit:
		if typePath(pkg.TypesInfo.TypeOf(e)) == "github.com/spf13/cobra.Command" {
			made := cobraCommand{lit: e, pkg: pkg}
			if use := fieldOf(e, "Use"); use != nil && pkg.TypesInfo.Types[use].Value == nil {
				made.call = call
			}
			return []cobraCommand{made}
		}
	case *ast.Ident, *ast.SelectorExpr:
		for _, a := range p.flow.assigns[objectOf(pkg.TypesInfo, expr)] {
			found = append(found, p.cobraCommands(a.expr, a.pkg, call, depth+1)...)
		}
	case *ast.CallExpr:
		if own := p.body(callee(pkg.TypesInfo, e)); own != nil {
			for _, results := range p.flow.returns[own.obj] {
				if len(results) > 0 {
					found = append(found, p.cobraCommands(results[0], own.pkg, e, depth+1)...)
				}
			}
		}
	}
	return found
}

// cobraWords is how a command is called, below the program's own; empty where its name is not known.
func (p *Program) cobraWords(c cobraCommand, depth int) string {
	use, info := fieldOf(c.lit, "Use"), c.pkg.TypesInfo
	if use == nil || depth > maxHintDepth {
		return ""
	}
	if param, ok := p.params[asVar(objectOf(info, use))]; ok && c.call != nil && param.index < len(c.call.Args) {
		use, info = c.call.Args[param.index], p.packageAt(c.call.Pos()).TypesInfo
	}
	value := info.Types[use].Value
	if value == nil || value.Kind() != constant.String {
		return ""
	}
	word, _, _ := strings.Cut(constant.StringVal(value), " ")
	parent, below := p.cobraParents[c.key()]
	if _, inner := p.cobraParents[parent.key()]; !below || !inner { // the program's own has no word
		return word
	}
	return strings.TrimSpace(p.cobraWords(parent, depth+1) + " " + word)
}

// addCobra notes the commands of one literal that run something.
func (p *Program) addCobra(info *types.Info, m *Main, n *ast.CompositeLit) {
	if fieldOf(n, "Run") == nil && fieldOf(n, "RunE") == nil {
		return
	}
	made := p.cobraMade[n]
	if len(made) == 0 {
		made = []cobraCommand{{lit: n, pkg: p.packageAt(n.Pos())}}
	}
	for _, c := range made {
		words := p.cobraWords(c, 0)
		if words == "" {
			continue
		}
		serves := p.reachesServing(info, n)
		m.Subcommands = append(m.Subcommands, Subcommand{words, "cobra", serves, p.origin(c.key().Pos())})
		p.branches = append(p.branches, branch{m.Package, words, serves, []ast.Node{c.key()}})
	}
}
