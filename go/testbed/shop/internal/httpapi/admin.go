package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

func (a *API) login(c *gin.Context) {
	in, ok := body[loginBody](c)
	if !ok {
		return
	}
	token, expires, err := a.Access.Login(c.Request.Context(), in.Email, in.Password)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"token": token, "expires_at": expires.UTC()})
}

func (a *API) me(c *gin.Context) {
	customer, err := a.Access.Profile(c.Request.Context(), c.GetInt64(accountKey))
	reply(c, customer, err)
}

func (a *API) adminOverview(c *gin.Context) {
	overview, err := a.Overview.For(c.Request.Context(), c.GetInt64(accountKey))
	reply(c, overview, err)
}

func (a *API) overviewByGrants(c *gin.Context) {
	overview, err := a.Overview.With(c.Request.Context(), grantsOf(c))
	reply(c, overview, err)
}

func (a *API) sales(c *gin.Context) {
	q, ok := query[monthsQuery](c)
	if !ok {
		return
	}
	first, last, err := q.parse()
	if err != nil {
		refuse(c, err)
		return
	}
	rows, err := a.Reports.Sales(c.Request.Context(), first, last)
	reply(c, rows, err)
}

func (a *API) closedSales(c *gin.Context) {
	q, ok := query[monthsQuery](c)
	if !ok {
		return
	}
	first, last, err := q.parse()
	if err != nil {
		refuse(c, err)
		return
	}
	rows, err := a.Reports.ClosedSales(c.Request.Context(), first, last)
	reply(c, rows, err)
}
