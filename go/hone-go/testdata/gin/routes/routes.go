// Package routes wires handlers to paths across functions and packages.
package routes

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"example.com/ginapp/handlers"
)

type Registrar interface {
	Register(rg *gin.RouterGroup)
}

func Register(r *gin.Engine, base string, registrars ...Registrar) {
	r.GET("/ping", func(c *gin.Context) { c.String(http.StatusOK, "pong") })
	v1 := r.Group("/api/v1/")
	v1.Use(handlers.RequireToken("secret"))
	for _, registrar := range registrars {
		registrar.Register(v1)
	}
	admin(v1.Group("/admin", audit), "stats")
	table(&r.RouterGroup)
	r.Any(base+"/any", handlers.Echo)
}

func admin(group gin.IRouter, name string) {
	group.GET("/"+name, handlers.Stats())
	group.Handle(http.MethodDelete, "/cache/*key", audit, handlers.Echo)
	group.Match([]string{"PUT", "PATCH"}, "cache", handlers.Echo)
}

func audit(c *gin.Context) { c.Next() }

func table(group *gin.RouterGroup) {
	for _, route := range []struct {
		method, path string
		chain        []gin.HandlerFunc
	}{
		{"GET", "/t/one", []gin.HandlerFunc{audit, handlers.Echo}},
		{"POST", "/t/two/", []gin.HandlerFunc{handlers.Echo}},
	} {
		group.Handle(route.method, route.path, route.chain...)
	}
}

// Unused is called by nobody: its prefix is not known.
func Unused(group *gin.RouterGroup) {
	group.GET("/orphan", handlers.Echo)
}
