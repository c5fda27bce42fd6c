package httpapi

import (
	"fmt"
	"time"

	"github.com/gin-gonic/gin"
)

type pageQuery struct {
	Limit int `form:"limit,default=20" binding:"min=1,max=100"`
	Page  int `form:"page,default=1" binding:"min=1,max=10000"`
}

type limitQuery struct {
	Limit int   `form:"limit,default=10" binding:"min=1,max=100"`
	From  int64 `form:"from" binding:"min=0"`
}

type filterQuery struct {
	Category int64 `form:"category" binding:"min=0"`
	MaxCents int64 `form:"max_cents" binding:"min=0"`
	Limit    int   `form:"limit,default=20" binding:"min=1,max=100"`
}

type searchQuery struct {
	Query string `form:"q" binding:"required,max=80"`
	Limit int    `form:"limit,default=10" binding:"min=1,max=100"`
}

type categoryQuery struct {
	Category int64 `form:"category" binding:"required,min=1"`
}

type monthsQuery struct {
	From string `form:"from" binding:"required,len=7"`
	To   string `form:"to" binding:"required,len=7"`
}

func (q monthsQuery) parse() (first, last time.Time, err error) {
	if first, err = time.Parse("2006-01", q.From); err != nil {
		return first, last, fmt.Errorf("from: want a month as in 2025-03")
	}
	if last, err = time.Parse("2006-01", q.To); err != nil {
		return first, last, fmt.Errorf("to: want a month as in 2025-03")
	}
	if last.Before(first) {
		return first, last, fmt.Errorf("to: must not be before from")
	}
	return first, last, nil
}

type idPath struct {
	ID int64 `uri:"id" binding:"required,min=1"`
}

type loginBody struct {
	Email    string `json:"email" binding:"required,email"`
	Password string `json:"password" binding:"required,max=200"`
}

type orderBody struct {
	CustomerID int64           `json:"customer_id" binding:"required,min=1"`
	Note       string          `json:"note" binding:"max=500"`
	Lines      []orderLineBody `json:"lines" binding:"required,min=1,max=50,unique=SKU,dive"`
}

type orderLineBody struct {
	SKU      string `json:"sku" binding:"required,max=40"`
	Quantity int32  `json:"quantity" binding:"required,min=1,max=1000"`
}

type reviewBody struct {
	CustomerID int64  `json:"customer_id" binding:"required,min=1"`
	Rating     int32  `json:"rating" binding:"required,min=1,max=5"`
	Body       string `json:"body" binding:"required,max=2000"`
}

// query reads and checks the query; where that fails it has answered already.
func query[T any](c *gin.Context) (q T, ok bool) {
	if err := c.ShouldBindQuery(&q); err != nil {
		refuse(c, err)
		return q, false
	}
	return q, true
}

// body reads and checks the body; where that fails it has answered already.
func body[T any](c *gin.Context) (b T, ok bool) {
	if err := c.ShouldBindJSON(&b); err != nil {
		refuse(c, err)
		return b, false
	}
	return b, true
}

// pathID reads the id in the path; where that fails it has answered already.
func pathID(c *gin.Context) (int64, bool) {
	var p idPath
	if err := c.ShouldBindUri(&p); err != nil {
		refuse(c, err)
		return 0, false
	}
	return p.ID, true
}
