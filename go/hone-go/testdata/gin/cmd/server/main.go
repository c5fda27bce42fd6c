package main

import (
	"context"
	"net/http"
	"net/http/pprof"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/ginapp/handlers"
	"example.com/ginapp/routes"
)

type config struct {
	dsn, port string
}

func load() config {
	c := config{dsn: os.Getenv("DATABASE_URL")}
	c.port = os.Getenv("PORT")
	if c.port == "" {
		c.port = "8080"
	}
	return c
}

func main() {
	cfg := load()
	pool, err := pgxpool.New(context.Background(), cfg.dsn)
	if err != nil {
		panic(err)
	}
	r := gin.Default()
	debug := r.Group("/debug/pprof")
	{
		debug.GET("/", gin.WrapF(pprof.Index))
		debug.GET("/heap", gin.WrapH(pprof.Handler("heap")))
	}
	base := os.Getenv("BASE_PATH")
	routes.Register(r, base, handlers.NewOrders(pool), handlers.NewUsers(pool))
	r.NoRoute(func(c *gin.Context) { c.Status(http.StatusNotFound) })
	r.Run(":" + cfg.port)
}
