package main

import (
	"log"
	"os"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/pprof"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"example.com/fiberapp/handlers"
)

func main() {
	db, err := gorm.Open(postgres.New(postgres.Config{DSN: os.Getenv("DB_DSN")}), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	app := fiber.New(fiber.Config{AppName: "books"})
	app.Use(recover.New())
	app.Use(pprof.New())
	api := app.Group("/api", handlers.Auth)
	handlers.New(db).Routes(api)
	app.Mount("/admin", handlers.Admin())
	app.Use("/reports", handlers.Reports())
	app.Static("/", "./public")
	log.Fatal(app.Listen(os.Getenv("LISTEN")))
}
