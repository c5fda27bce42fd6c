package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"example.com/shop/internal/slip"
	"example.com/shop/internal/store"
)

const slipType = "text/plain; charset=utf-8"

func (a *API) listOrders(c *gin.Context) {
	if q, ok := query[pageQuery](c); ok {
		page, err := a.Orders.List(c.Request.Context(), q.Limit, q.Page)
		reply(c, page, err)
	}
}

func (a *API) browseOrders(c *gin.Context) {
	if q, ok := query[pageQuery](c); ok {
		page, err := a.Orders.Browse(c.Request.Context(), q.Limit, q.Page)
		reply(c, page, err)
	}
}

func (a *API) tracking(c *gin.Context) {
	if q, ok := query[pageQuery](c); ok {
		parcels, err := a.Orders.Tracking(c.Request.Context(), q.Limit, q.Page)
		reply(c, parcels, err)
	}
}

func (a *API) orderDetail(c *gin.Context) {
	if id, ok := pathID(c); ok {
		detail, err := a.Orders.Detail(c.Request.Context(), id)
		reply(c, detail, err)
	}
}

func (a *API) placeOrder(c *gin.Context) {
	in, ok := body[orderBody](c)
	if !ok {
		return
	}
	order := store.NewOrder{CustomerID: in.CustomerID, Note: in.Note}
	for _, l := range in.Lines {
		order.SKUs = append(order.SKUs, l.SKU)
		order.Quantities = append(order.Quantities, l.Quantity)
	}
	id, total, err := a.Orders.Place(c.Request.Context(), order)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusCreated, gin.H{"id": id, "total_cents": total})
}

func (a *API) warehouseSlip(c *gin.Context) {
	id, ok := pathID(c)
	if !ok {
		return
	}
	labels, err := a.Orders.Labels(c.Request.Context(), id)
	if err != nil {
		fail(c, err)
		return
	}
	c.Data(http.StatusOK, slipType, slip.Render(id, labels))
}

func (a *API) printSlip(c *gin.Context) {
	id, ok := pathID(c)
	if !ok {
		return
	}
	labels, err := a.Orders.Labels(c.Request.Context(), id)
	if err != nil {
		fail(c, err)
		return
	}
	c.Header("Content-Type", slipType)
	if err := slip.Print(c.Writer, id, labels); err != nil {
		_ = c.Error(err)
	}
}
