package handlers

import (
	"github.com/gofiber/fiber/v2"
	"gorm.io/gorm"
)

type Book struct {
	ID    uint   `json:"id"`
	Title string `json:"title" validate:"required"`
}

type Handlers struct{ db *gorm.DB }

func New(db *gorm.DB) *Handlers { return &Handlers{db} }

func Auth(c *fiber.Ctx) error { return c.Next() }

func (h *Handlers) Routes(r fiber.Router) {
	books := r.Group("/books")
	books.Get("/", h.list)
	books.Post("/", Auth, h.create)
	books.Get("/:id<int>", h.get)
	r.Route("/authors", func(r fiber.Router) {
		r.Get("/:name?", func(c *fiber.Ctx) error { return c.SendString(c.Params("name")) })
	})
	r.Add("REPORT", "/books", h.list)
}

func Admin() *fiber.App {
	app := fiber.New(fiber.Config{StrictRouting: true})
	app.Get("/", func(c *fiber.Ctx) error { return c.SendStatus(204) })
	app.All("/all", func(c *fiber.Ctx) error { return c.SendStatus(204) })
	return app
}

func Reports() *fiber.App {
	app := fiber.New()
	app.Get("/daily", func(c *fiber.Ctx) error { return c.SendString("daily") })
	return app
}

func (h *Handlers) list(c *fiber.Ctx) error {
	limit := c.QueryInt("limit", 20)
	var books []Book
	if err := h.db.Raw("SELECT id, title FROM books WHERE title LIKE ? LIMIT ?", c.Query("q")+"%", limit).Scan(&books).Error; err != nil {
		return err
	}
	return c.JSON(books)
}

func (h *Handlers) create(c *fiber.Ctx) error {
	var book Book
	if err := c.BodyParser(&book); err != nil {
		return err
	}
	h.db.Create(&book)
	return c.Status(fiber.StatusCreated).JSON(book)
}

func (h *Handlers) get(c *fiber.Ctx) error {
	id, err := c.ParamsInt("id")
	if err != nil {
		return err
	}
	var book Book
	h.db.First(&book, id)
	return c.Status(200).JSON(fiber.Map{"book": book})
}
