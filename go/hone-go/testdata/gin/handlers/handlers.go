// Package handlers holds the handlers and their SQL.
package handlers

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type Orders struct{ pool *pgxpool.Pool }

func NewOrders(pool *pgxpool.Pool) *Orders { return &Orders{pool} }

func (o *Orders) Register(rg *gin.RouterGroup) {
	g := rg.Group("/orders")
	g.GET("", o.List).Use(limit())
	g.GET("/:id", o.Get)
	g.POST("", o.Create)
}

func limit() gin.HandlerFunc { return func(c *gin.Context) { c.Next() } }

type line struct {
	SKU string `json:"sku" binding:"required"`
	N   int    `json:"n" binding:"min=1"`
}

type createOrder struct {
	Customer int64  `json:"customer" binding:"required"`
	Lines    []line `json:"lines" binding:"required,dive"`
}

func (o *Orders) List(c *gin.Context) {
	size, _ := strconv.Atoi(c.DefaultQuery("limit", "20"))
	status := c.Query("status")
	rows, err := o.pool.Query(c, "select id from orders where status = $1 limit $2", status, size)
	if err != nil {
		c.JSON(http.StatusInternalServerError, gin.H{"error": err.Error()})
		return
	}
	ids, _ := pgx.CollectRows(rows, pgx.RowTo[int64])
	c.JSON(http.StatusOK, gin.H{"items": ids, "total": len(ids)})
}

func (o *Orders) Get(c *gin.Context) {
	id := c.Param("id")
	batch := &pgx.Batch{}
	batch.Queue("select id from orders where id = $1", id)
	batch.Queue("select sku from lines where order_id = $1", id)
	o.pool.SendBatch(c, batch)
	c.JSON(http.StatusOK, []line{})
}

func (o *Orders) Create(c *gin.Context) {
	var in createOrder
	if err := c.ShouldBindJSON(&in); err != nil {
		return
	}
	tx, _ := o.pool.Begin(c)
	tx.Exec(c, "insert into orders (customer) values ($1)", in.Customer)
	tx.Prepare(c, "line", "insert into lines values ($1, $2)")
	c.JSON(http.StatusCreated, in)
}

type Users struct{ pool *pgxpool.Pool }

func NewUsers(pool *pgxpool.Pool) *Users { return &Users{pool} }

func (u Users) Register(rg *gin.RouterGroup) {
	rg.POST("/login", u.Login)
}

type credentials struct {
	Email string `json:"email" binding:"required,email"`
}

type session struct {
	Token string `json:"token"`
	User  struct {
		ID int `json:"id"`
	} `json:"user"`
}

func (u Users) Login(c *gin.Context) {
	in, ok := bind[credentials](c)
	if !ok {
		return
	}
	_ = in
	c.JSON(http.StatusOK, session{})
}

func bind[T any](c *gin.Context) (in T, ok bool) {
	ok = c.BindJSON(&in) == nil
	return in, ok
}

func RequireToken(secret string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.GetHeader("Authorization") != secret {
			c.AbortWithStatus(http.StatusUnauthorized)
		}
	}
}

func Stats() gin.HandlerFunc {
	return func(c *gin.Context) { c.JSON(200, map[string]int{"n": 1}) }
}

func Echo(c *gin.Context) {}
