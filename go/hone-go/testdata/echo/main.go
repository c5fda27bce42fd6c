package main

import (
	"log"
	"net/http"
	"os"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	_ "github.com/lib/pq"

	"example.com/echoapp/internal/api"
	"example.com/echoapp/internal/store"
)

func main() {
	db := sqlx.MustConnect("postgres", os.Getenv("DATABASE_URL"))
	e := echo.New()
	e.HideBanner = true
	e.Use(middleware.Recover(), middleware.Logger())
	h := &api.Handler{Parcels: store.New(db)}
	h.Register(e)
	e.GET("/metrics", echo.WrapHandler(http.NotFoundHandler()))
	e.Static("/assets", "public")
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	log.Fatal(e.Start(":" + port))
}
