package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"example.com/shop/internal/store"
)

func (a *API) filterProducts(c *gin.Context) {
	if q, ok := query[filterQuery](c); ok {
		cards, err := a.Catalogue.Filter(c.Request.Context(), store.ProductFilter{CategoryID: q.Category, MaxCents: q.MaxCents, Limit: q.Limit})
		reply(c, cards, err)
	}
}

func (a *API) listProducts(c *gin.Context) {
	if q, ok := query[filterQuery](c); ok {
		cards, err := a.Catalogue.List(c.Request.Context(), store.ProductFilter{CategoryID: q.Category, MaxCents: q.MaxCents, Limit: q.Limit})
		reply(c, cards, err)
	}
}

func (a *API) relatedProducts(c *gin.Context) {
	id, ok := pathID(c)
	if !ok {
		return
	}
	if q, ok := query[limitQuery](c); ok {
		hits, err := a.Catalogue.Related(c.Request.Context(), id, q.Limit)
		reply(c, hits, err)
	}
}

func (a *API) similarProducts(c *gin.Context) {
	id, ok := pathID(c)
	if !ok {
		return
	}
	if q, ok := query[limitQuery](c); ok {
		hits, err := a.Catalogue.Similar(c.Request.Context(), id, q.Limit)
		reply(c, hits, err)
	}
}

func (a *API) reviews(c *gin.Context) {
	id, ok := pathID(c)
	if !ok {
		return
	}
	if q, ok := query[limitQuery](c); ok {
		reviews, err := a.Catalogue.Reviews(c.Request.Context(), id, q.Limit)
		reply(c, reviews, err)
	}
}

func (a *API) addReview(c *gin.Context) {
	productID, ok := pathID(c)
	if !ok {
		return
	}
	in, ok := body[reviewBody](c)
	if !ok {
		return
	}
	id, err := a.Catalogue.AddReview(c.Request.Context(), productID, in.CustomerID, in.Rating, in.Body)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusCreated, gin.H{"id": id})
}

func (a *API) search(c *gin.Context) {
	if q, ok := query[searchQuery](c); ok {
		hits, err := a.Catalogue.Search(c.Request.Context(), q.Query, q.Limit)
		reply(c, hits, err)
	}
}

func (a *API) searchPhrases(c *gin.Context) {
	if q, ok := query[searchQuery](c); ok {
		hits, err := a.Catalogue.SearchPhrases(c.Request.Context(), q.Query, q.Limit)
		reply(c, hits, err)
	}
}

func (a *API) stock(c *gin.Context) {
	if q, ok := query[limitQuery](c); ok {
		levels, err := a.Catalogue.Stock(c.Request.Context(), q.From, q.Limit)
		reply(c, levels, err)
	}
}

func (a *API) categories(c *gin.Context) {
	categories, err := a.Catalogue.Categories(c.Request.Context())
	reply(c, categories, err)
}
