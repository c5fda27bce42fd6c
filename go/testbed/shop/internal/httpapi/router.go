// Package httpapi is the shop's HTTP face.
package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"example.com/shop/internal/service"
	"example.com/shop/internal/store"
)

// API holds the services that the handlers call.
type API struct {
	Access    *service.Access
	Overview  *service.Overview
	Orders    *service.Orders
	Catalogue *service.Catalogue
	Reports   *service.Reports
	Healthy   func(ctx context.Context) error
}

// Router returns the routes. Middlewares run before everything else, in their order.
func (a *API) Router(middlewares ...gin.HandlerFunc) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.Recovery())
	r.Use(middlewares...)
	r.GET("/healthz", a.health)
	r.POST("/login", a.login)

	signedIn := r.Group("/", a.requireToken)
	signedIn.GET("/me", a.me)

	signedIn.GET("/v1/orders", a.listOrders)
	signedIn.GET("/v2/orders", a.browseOrders)
	signedIn.POST("/orders", a.placeOrder)
	signedIn.GET("/orders/:id", a.orderDetail)
	signedIn.GET("/orders/:id/slip", a.printSlip)
	signedIn.GET("/shipments", a.tracking)

	signedIn.GET("/products", a.listProducts)
	signedIn.GET("/products/:id/related", a.relatedProducts)
	signedIn.GET("/products/:id/similar", a.similarProducts)
	signedIn.GET("/products/:id/reviews", a.reviews)
	signedIn.POST("/products/:id/reviews", a.addReview)
	signedIn.GET("/v1/search", a.search)
	signedIn.GET("/v2/search", a.searchPhrases)
	signedIn.GET("/stock", a.stock)
	signedIn.GET("/categories", a.categories)
	signedIn.GET("/catalogue/export", a.exportCatalogue)
	signedIn.GET("/catalogue/feed", a.catalogueFeed)
	signedIn.GET("/warehouse/orders/:id/slip", a.warehouseSlip)

	signedIn.GET("/admin/overview", a.requirePermission(service.PermBackoffice), a.adminOverview)
	signedIn.GET("/v2/admin/overview", a.requireGrant(service.PermBackoffice), a.overviewByGrants)
	signedIn.GET("/admin/products", a.requireGrant(service.PermBackoffice), a.filterProducts)
	signedIn.GET("/v2/admin/products", a.requireGrant(service.PermBackoffice), a.listProducts)
	signedIn.GET("/reports/sales", a.requireGrant(service.PermReports), a.sales)
	signedIn.GET("/reports/closed-sales", a.requireGrant(service.PermReports), a.closedSales)
	return r
}

func (a *API) health(c *gin.Context) {
	if err := a.Healthy(c.Request.Context()); err != nil {
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "no database"})
		return
	}
	c.JSON(http.StatusOK, gin.H{"status": "ok"})
}

// fail answers with the status that belongs to err.
func fail(c *gin.Context, err error) {
	status, text := http.StatusInternalServerError, "something went wrong"
	switch {
	case errors.Is(err, store.ErrNotFound):
		status, text = http.StatusNotFound, "not found"
	case errors.Is(err, service.ErrForbidden):
		status, text = http.StatusForbidden, "forbidden"
	case errors.Is(err, service.ErrCredentials):
		status, text = http.StatusUnauthorized, err.Error()
	default:
		_ = c.Error(err)
	}
	c.AbortWithStatusJSON(status, gin.H{"error": text})
}

func refuse(c *gin.Context, err error) {
	c.AbortWithStatusJSON(http.StatusUnprocessableEntity, gin.H{"error": err.Error()})
}

// reply answers with the value, or with the error.
func reply(c *gin.Context, value any, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, value)
}
