package main

import (
	"go/ast"
	"go/types"
)

// serving are the functions of the module from which a call that listens can be reached.
func (p *Program) serving() map[*types.Func]bool {
	if p.serves != nil {
		return p.serves
	}
	p.serves = map[*types.Func]bool{}
	references := p.references()
	for obj, fn := range p.funcs {
		p.mentions(fn, func(used types.Object) {
			if listens(used) {
				p.serves[obj] = true
			}
		})
	}
	for changed := true; changed; {
		changed = false
		for obj, targets := range references {
			for target := range targets {
				if p.serves[target] && !p.serves[obj] {
					p.serves[obj] = true
					changed = true
				}
			}
		}
	}
	return p.serves
}

func listens(obj types.Object) bool {
	fn, ok := obj.(*types.Func)
	if !ok {
		return false
	}
	switch qualifiedName(fn) {
	case "net/http.ListenAndServe", "net/http.ListenAndServeTLS", "net/http.Serve", "net/http.ServeTLS",
		"net/http.Server.ListenAndServe", "net/http.Server.ListenAndServeTLS", "net/http.Server.Serve", "net/http.Server.ServeTLS",
		"github.com/gin-gonic/gin.Engine.Run", "github.com/gin-gonic/gin.Engine.RunTLS", "github.com/gin-gonic/gin.Engine.RunListener",
		"github.com/labstack/echo.Echo.Start", "github.com/labstack/echo.Echo.StartTLS", "github.com/labstack/echo.Echo.StartServer",
		"github.com/gofiber/fiber.App.Listen", "github.com/gofiber/fiber.App.Listener", "github.com/gofiber/fiber.App.ListenTLS",
		"google.golang.org/grpc.Server.Serve":
		return true
	}
	return false
}

// reachesServing says whether one of some nodes listens, or mentions a function that does.
func (p *Program) reachesServing(info *types.Info, nodes ...ast.Node) bool {
	serving, found := p.serving(), false
	for _, node := range nodes {
		ast.Inspect(node, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if fn, ok := info.Uses[id].(*types.Func); ok {
					found = found || listens(fn) || serving[fn.Origin()]
				}
			}
			return !found
		})
	}
	return found
}
