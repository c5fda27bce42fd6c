package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"
)

// envReads is what findEnv learned that later evaluations need.
type envReads struct {
	fields  map[types.Object]EnvVar // configuration struct fields filled from the environment
	helpers map[*types.Func]int     // functions that read the variable named by this parameter
	viper   map[string]EnvVar       // viper keys
	config  map[string]*str         // viper keys that no variable sets, with what the file or the default says
	keyOf   map[types.Object]string // fields that viper fills from such a key
}

// findEnv lists every read of an environment variable.
func (p *Program) findEnv() {
	p.envReads = &envReads{map[types.Object]EnvVar{}, map[*types.Func]int{}, map[string]EnvVar{}, map[string]*str{}, map[types.Object]string{}}
	p.envTags()
	p.ownTags()
	p.envHelpers()
	p.envViper()
	p.configFiles()
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		fn := callee(pkg.TypesInfo, call)
		_, isHelper := p.helper(fn)
		if _, isVariable := objectOf(pkg.TypesInfo, call.Fun).(*types.Var); isHelper || isVariable || isGetenv(fn) {
			p.envCall(pkg, call, fn)
		}
	})
}

func isGetenv(fn *types.Func) bool {
	switch qualifiedName(fn) {
	case "os.Getenv", "os.LookupEnv", "syscall.Getenv":
		return true
	}
	return false
}

func (p *Program) helper(fn *types.Func) (int, bool) {
	if fn == nil {
		return 0, false
	}
	i, ok := p.envReads.helpers[fn.Origin()]
	return i, ok
}

// envHelpers finds functions such as getenv(key, fallback string), and those that call them with a parameter of theirs.
func (p *Program) envHelpers() {
	for changed := true; changed; {
		changed = false
		for obj, fn := range p.funcs {
			if _, known := p.helper(obj); known {
				continue
			}
			ast.Inspect(fn.decl.Body, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				inner := callee(fn.pkg.TypesInfo, call)
				key, isHelper := p.helper(inner)
				if !isHelper && !isGetenv(inner) && !(inner == nil && p.flow.mayBeGetenv(call, fn.pkg)) || key >= len(call.Args) {
					return true
				}
				if i := paramIn(fn, call.Args[key]); i >= 0 {
					p.envReads.helpers[obj] = i
					changed = true
				}
				return true
			})
		}
	}
}

// paramIn is the index of the function's parameter that an expression mentions, or -1.
func paramIn(fn *Func, expr ast.Expr) int {
	params := fn.obj.Type().(*types.Signature).Params()
	found := -1
	ast.Inspect(expr, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			for i := range params.Len() {
				if fn.pkg.TypesInfo.Uses[id] == params.At(i) {
					found = i
				}
			}
		}
		return true
	})
	return found
}

// envCall notes the variables that a call of os.Getenv or of a helper reads, with the default that stands around it.
func (p *Program) envCall(pkg *packages.Package, call *ast.CallExpr, fn *types.Func) {
	s := scope{pkg: pkg}
	if outer := p.enclosing(pkg, call); outer != nil && (fn != nil || p.flow.mayBeGetenv(call, pkg)) {
		// Inside a helper the name is a parameter: its calls say more.
		i, _ := p.helper(fn)
		if _, isHelper := p.helper(outer.obj); isHelper && i < len(call.Args) && paramIn(outer, call.Args[i]) >= 0 {
			return
		}
	}
	via := qualifiedName(fn)
	if fn == nil {
		via = types.ExprString(call.Fun)
	} else if p.body(fn) != nil {
		via = funcSymbol(fn)
	}
	for _, value := range p.flow.call(call, 0, s) {
		for _, piece := range value.pieces {
			if piece.env == "" {
				continue
			}
			preset := piece.presetText()
			if preset == nil {
				preset = p.presetAround(pkg, call, piece.env)
			}
			p.addEnv(EnvVar{Name: piece.env, Default: preset, Via: via, Optional: preset == nil && p.isOptional(pkg, call), Test: p.testOnly,
				Origin: p.origin(call.Pos())})
		}
	}
	if i, ok := p.helper(fn); ok && i < len(call.Args) {
		p.envHelperCall(pkg, call, i, via)
	}
}

// envHelperCall serves helpers whose body was not understood: the name is the key argument, the default the only other constant.
func (p *Program) envHelperCall(pkg *packages.Package, call *ast.CallExpr, key int, via string) {
	s := scope{pkg: pkg}
	origin := p.origin(call.Pos())
	for _, known := range p.doc.Env {
		if known.Origin == origin {
			return
		}
	}
	var preset *string
	constants := 0
	for i, argument := range call.Args {
		if values := p.flow.values(argument, s); i != key && len(values) == 1 {
			if text, ok := values[0].plain(); ok {
				constants++
				preset = &text
			}
		}
	}
	if constants != 1 {
		preset = nil
	}
	for _, value := range p.flow.values(call.Args[key], s) {
		if name, ok := value.plain(); ok {
			p.addEnv(EnvVar{Name: name, Default: preset, Via: via, Test: p.testOnly, Origin: origin})
		}
	}
}

// isOptional says whether a variable is used only if it is set: `if v := os.Getenv("X"); v != "" {` without an else that gives up.
func (p *Program) isOptional(pkg *packages.Package, call *ast.CallExpr) bool {
	optional := false
	fn := p.enclosing(pkg, call)
	if fn == nil {
		return false
	}
	ast.Inspect(fn.decl, func(n ast.Node) bool {
		s, ok := n.(*ast.IfStmt)
		if !ok || s.Init == nil || s.Else != nil && givesUp(s.Else) || call.Pos() < s.Init.Pos() || s.Init.End() < call.End() {
			return true
		}
		switch condition := s.Cond.(type) {
		case *ast.BinaryExpr:
			optional = condition.Op == token.NEQ && types.ExprString(condition.Y) == `""`
		case *ast.Ident: // v, ok := os.LookupEnv("X"); ok
			optional = true
		}
		return true
	})
	return optional
}

// givesUp says whether a branch returns, panics or ends the program.
func givesUp(branch ast.Stmt) bool {
	found := false
	ast.Inspect(branch, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ReturnStmt:
			found = true
		case *ast.CallExpr:
			name := types.ExprString(n.Fun)
			found = found || name == "panic" || name == "os.Exit" || strings.Contains(name, "Fatal")
		}
		return true
	})
	return found
}

// presetAround finds the default where the result of the call is kept in a variable or field, or is an argument of cmp.Or.
func (p *Program) presetAround(pkg *packages.Package, call *ast.CallExpr, name string) *string {
	var file *ast.File
	for _, f := range pkg.Syntax {
		if f.FileStart <= call.Pos() && call.Pos() < f.FileEnd {
			file = f
		}
	}
	var preset *string
	look := func(values []str) {
		for _, value := range values {
			for _, piece := range value.pieces {
				if piece.env == name && piece.preset != nil {
					preset = piece.presetText()
				}
			}
		}
	}
	s := scope{pkg: pkg}
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil || n.Pos() > call.Pos() || n.End() < call.End() {
			return false
		}
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, target := range n.Lhs {
				if obj := objectOf(pkg.TypesInfo, target); obj != nil {
					look(p.flow.variable(obj, s))
					p.flow.eachCopy(obj, func(copied types.Object) { look(p.flow.variable(copied, s)) })
				}
			}
		case *ast.ValueSpec:
			for _, target := range n.Names {
				look(p.flow.variable(pkg.TypesInfo.Defs[target], s))
			}
		case *ast.KeyValueExpr:
			if obj := objectOf(pkg.TypesInfo, n.Key); obj != nil {
				look(p.flow.variable(obj, s))
			}
		case *ast.CallExpr:
			if qualifiedName(callee(pkg.TypesInfo, n)) == "cmp.Or" {
				look(p.flow.values(n, s))
			}
		}
		return true
	})
	if preset == nil {
		look(p.returnsAround(pkg, call))
	}
	return preset
}

// returnsAround are the values that the declared function around a call returns: `if v := os.Getenv("X"); v != "" { return v }`
// is followed by the default.
func (p *Program) returnsAround(pkg *packages.Package, call *ast.CallExpr) []str {
	fn := p.enclosing(pkg, call)
	if fn == nil {
		return nil
	}
	var all []str
	for _, results := range p.flow.returns[fn.obj] {
		if len(results) > 0 {
			all = append(all, p.flow.values(results[0], scope{pkg: pkg})...)
		}
	}
	return withDefault(all)
}

// enclosing is the declared function around a node, or nil.
func (p *Program) enclosing(pkg *packages.Package, n ast.Node) *Func {
	for _, fn := range p.funcs {
		if fn.pkg == pkg && fn.decl.Pos() <= n.Pos() && n.End() <= fn.decl.End() {
			return fn
		}
	}
	return nil
}

func (p *Program) addEnv(v EnvVar) {
	for _, known := range p.doc.Env {
		if known.Name == v.Name && known.Origin == v.Origin {
			return
		}
	}
	p.doc.Env = append(p.doc.Env, v)
}
