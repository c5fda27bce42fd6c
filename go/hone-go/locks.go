package main

import (
	"go/ast"
	"go/types"
)

// findLocks lists the locks that a function lets go of by defer. A mutex profile charges those to the line where the
// function returns.
func (p *Program) findLocks() {
	for _, fn := range p.funcs {
		ast.Inspect(fn.decl.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				p.locksOf(fn, n.Body)
			case *ast.BlockStmt:
				if n == fn.decl.Body {
					p.locksOf(fn, n)
				}
			}
			return true
		})
	}
}

var unlockOf = map[string]string{
	"sync.Mutex.Lock": "sync.Mutex.Unlock", "sync.RWMutex.Lock": "sync.RWMutex.Unlock", "sync.RWMutex.RLock": "sync.RWMutex.RUnlock",
}

// locksOf reads the body of one function or literal, without the literals in it: each deferred unlock belongs to the last
// lock of the same mutex before it.
func (p *Program) locksOf(fn *Func, body *ast.BlockStmt) {
	var locks []*ast.CallExpr
	var unlocks []int
	first := len(p.doc.Locks)
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			name := qualifiedName(callee(fn.pkg.TypesInfo, n))
			if unlockOf[name] != "" {
				locks = append(locks, n)
			} else if isUnlock(name) {
				unlocks = append(unlocks, p.origin(n.Pos()).Line)
			}
		case *ast.DeferStmt:
			if lock := p.lockedBy(fn, locks, n.Call); lock != nil {
				p.doc.Locks = append(p.doc.Locks, Lock{Defer: p.origin(n.Pos()).Line, First: p.origin(body.Pos()).Line,
					Last: p.origin(body.End()).Line, Origin: p.origin(lock.Pos())})
			}
			return false
		}
		return true
	})
	for i := first; i < len(p.doc.Locks); i++ {
		p.doc.Locks[i].Unlocks = unlocks
	}
}

func isUnlock(name string) bool {
	for _, unlock := range unlockOf {
		if name == unlock {
			return true
		}
	}
	return false
}

func (p *Program) lockedBy(fn *Func, locks []*ast.CallExpr, unlock *ast.CallExpr) *ast.CallExpr {
	name := qualifiedName(callee(fn.pkg.TypesInfo, unlock))
	for i := len(locks) - 1; i >= 0; i-- {
		same := unlockOf[qualifiedName(callee(fn.pkg.TypesInfo, locks[i]))] == name
		if same && mutexOf(locks[i]) == mutexOf(unlock) {
			return locks[i]
		}
	}
	return nil
}

// mutexOf is what a method is called on, as it is written: "d.mu".
func mutexOf(call *ast.CallExpr) string {
	if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		return types.ExprString(selector.X)
	}
	return ""
}
