package httpapi

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"example.com/shop/internal/service"
)

const (
	accountKey = "account"
	grantsKey  = "grants"
)

func (a *API) requireToken(c *gin.Context) {
	token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	if ok {
		if id, err := a.Access.Account(token); err == nil {
			c.Set(accountKey, id)
			return
		}
	}
	c.AbortWithStatusJSON(http.StatusUnauthorized, gin.H{"error": "log in first"})
}

func (a *API) requirePermission(permission string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := a.Access.Check(c.Request.Context(), c.GetInt64(accountKey), permission); err != nil {
			fail(c, err)
		}
	}
}

// requireGrant keeps the grants for the handler.
func (a *API) requireGrant(permission string) gin.HandlerFunc {
	return func(c *gin.Context) {
		grants, err := a.Access.Grants(c.Request.Context(), c.GetInt64(accountKey))
		if err == nil {
			err = grants.Check(permission)
		}
		if err != nil {
			fail(c, err)
			return
		}
		c.Set(grantsKey, grants)
	}
}

func grantsOf(c *gin.Context) service.Grants {
	grants, _ := c.MustGet(grantsKey).(service.Grants)
	return grants
}
