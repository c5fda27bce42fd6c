package api

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"example.com/echoapp/internal/store"
)

type Handler struct{ Parcels *store.Parcels }

type createRequest struct {
	Ref    string  `json:"ref" validate:"required,max=20"`
	Weight float64 `json:"weight"`
}

type searchRequest struct {
	Query string `query:"q" validate:"required"`
	Page  int    `query:"page"`
}

func (h *Handler) Register(e *echo.Echo) {
	e.GET("/healthz", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	v1 := e.Group("/v1")
	parcels := v1.Group("/parcels", requireToken)
	parcels.GET("", h.list)
	parcels.POST("", h.create)
	parcels.GET("/:id", h.get, cached)
	parcels.GET("/:id/events/:event", h.event)
	h.search(v1)
	e.Match([]string{http.MethodGet, http.MethodHead}, "/ping", ping)
	e.Add("PURGE", "/cache", ping)
}

func (h *Handler) search(g *echo.Group) { g.GET("/search", h.find) }

func (h *Handler) list(c echo.Context) error {
	limit := 20
	if text := c.QueryParam("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return echo.ErrBadRequest
		}
		limit = n
	}
	var after int64
	if err := echo.QueryParamsBinder(c).Int64("after", &after).BindError(); err != nil {
		return err
	}
	parcels, err := h.Parcels.List(c.Request().Context(), limit, after)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"parcels": parcels})
}

func (h *Handler) create(c echo.Context) error {
	var in createRequest
	if err := c.Bind(&in); err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, store.Parcel{Ref: in.Ref})
}

func (h *Handler) get(c echo.Context) error {
	id, err := parseID(c.Param("id"))
	if err != nil {
		return echo.ErrNotFound
	}
	parcel, err := h.Parcels.Get(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return c.JSON(200, parcel)
}

func parseID(text string) (uuid.UUID, error) { return uuid.Parse(text) }

func (h *Handler) event(c echo.Context) error { return c.String(200, c.Param("event")) }

func (h *Handler) find(c echo.Context) error {
	var in searchRequest
	if err := c.Bind(&in); err != nil {
		return err
	}
	return c.JSON(200, []store.Parcel{})
}

func ping(c echo.Context) error { return c.String(200, "pong") }

func requireToken(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Header.Get("X-Token") == "" {
			return echo.ErrUnauthorized
		}
		return next(c)
	}
}

func cached(next echo.HandlerFunc) echo.HandlerFunc { return next }
