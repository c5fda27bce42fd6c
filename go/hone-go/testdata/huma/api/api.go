package api

import (
	"context"
	"database/sql"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"
	"github.com/shopspring/decimal"
)

type reply[T any] struct{ Body T }

type Order struct {
	ID   int64  `json:"id"`
	Code string `json:"code"`
}

type orders struct {
	Items []Order `json:"items"`
}

type OrderInput struct {
	ID int64 `path:"id" minimum:"1"`
}

type page struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type listInput struct {
	page
	Depot  string    `query:"depot"`
	Status string    `query:"status" enum:"open,closed"`
	Code   string    `query:"code" required:"true" maxLength:"10" example:"A-7"`
	From   string    `query:"from" format:"date"`
	Since  time.Time `query:"since"`
	Day    time.Time `query:"day" timeFormat:"2006-01-02"`
	IDs    []int     `query:"ids" minItems:"1" maxItems:"50"`
	Tags   []string  `query:"tags,explode"`
	Weight float64   `query:"weight" exclusiveMinimum:"0.5"`
	Tenant string    `header:"X-Tenant" required:"true"`
}

type line struct {
	SKU    string          `json:"sku" pattern:"^[A-Z]{3}$"`
	Count  int             `json:"count" minimum:"1" exclusiveMaximum:"100"`
	Price  decimal.Decimal `json:"price"`
	Remark string          `json:"remark,omitempty" maxLength:"80"`
}

type newOrder struct {
	Code     string    `json:"code" minLength:"3" maxLength:"20" example:"A-7"`
	Kind     string    `json:"kind" enum:"sale,hire"`
	Colours  []string  `json:"colours" required:"false" enum:"red,blue" maxItems:"3"`
	StartsOn string    `json:"starts_on" format:"date"`
	At       time.Time `json:"at"`
	Mail     string    `json:"mail" format:"email"`
	Note     *string   `json:"note,omitempty"`
	Lines    []line    `json:"lines" minItems:"1" maxItems:"50"`
}

// Authenticate wants a key.
func Authenticate(api huma.API, key string) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		given, ok := strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
		if !ok || given != key {
			_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, "no such key")
			return
		}
		next(ctx)
	}
}

func audit(ctx huma.Context, next func(huma.Context)) { next(ctx) }

func operation(id, method, path string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: path}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusCreated
	}
	return op
}

var closing = huma.Operation{OperationID: "close", Method: http.MethodPost, Path: "/orders/{id}/close"}

type handler struct{ db *sql.DB }

// Routes registers in all ways that there are.
func Routes(api huma.API, db *sql.DB) {
	h := &handler{db}
	huma.Register(api, huma.Operation{
		OperationID: "list-orders",
		Method:      http.MethodGet,
		Path:        "/orders",
		Middlewares: huma.Middlewares{audit},
	}, h.list)
	huma.Register(api, operation("create-order", http.MethodPost, "/orders"), h.create)
	huma.Register(api, operation("get-order", http.MethodGet, "/orders/{id}"), h.get)
	closing.DefaultStatus = http.StatusAccepted
	huma.Register(api, closing, logged(byID(db, "UPDATE orders SET closed = true WHERE id = $1 RETURNING id, code")))
	huma.Delete(api, "/orders/{id}", func(ctx context.Context, in *OrderInput) (*struct{}, error) {
		_, err := db.ExecContext(ctx, "DELETE FROM orders WHERE id = $1", in.ID)
		return nil, err
	})
	huma.Put(api, "/orders/{id}", byID(db, "SELECT id, code FROM orders WHERE id = $1"), func(o *huma.Operation) { o.DefaultStatus = 202 })

	v2 := huma.NewGroup(api, "/v2")
	depots := huma.NewGroup(v2, "/depots", "/yards")
	v2.UseMiddleware(audit)
	read(depots, "/{code}", func(ctx context.Context, in *depotInput) (*reply[Order], error) {
		if in.Day == "" {
			return nil, huma.Error422UnprocessableEntity("day is required")
		}
		if _, err := time.Parse("2006-01-02", in.Day); err != nil {
			return nil, huma.NewError(http.StatusBadRequest, "no day")
		}
		return &reply[Order]{}, nil
	})
	sse.Register(depots, operation("watch", http.MethodGet, "/{code}/events"), map[string]any{"order": Order{}},
		func(ctx context.Context, in *depotInput, send sse.Sender) {})
}

type depotInput struct {
	Code string `path:"code" pattern:"^[A-Z]{3}$" example:"HAM"`
	Day  string `query:"day"`
}

// read registers for others.
func read[I, O any](api huma.API, path string, h func(context.Context, *I) (*O, error)) {
	huma.Register(api, huma.Operation{Method: http.MethodGet, Path: path}, h)
}

func (h *handler) list(ctx context.Context, in *listInput) (*reply[orders], error) {
	rows, err := h.db.QueryContext(ctx, "SELECT id, code FROM orders WHERE code = $1 LIMIT $2", in.Code, in.Limit)
	if err != nil {
		return nil, huma.Error500InternalServerError("no orders")
	}
	defer rows.Close()
	return &reply[orders]{}, nil
}

func (h *handler) create(ctx context.Context, in *struct{ Body newOrder }) (*reply[Order], error) {
	if len(in.Body.Mail) > 60 {
		return nil, huma.Error422UnprocessableEntity("mail is too long")
	}
	return &reply[Order]{}, nil
}

func (h *handler) get(ctx context.Context, in *OrderInput) (*reply[Order], error) {
	return &reply[Order]{}, nil
}

// byID makes handlers.
func byID(db *sql.DB, query string) func(context.Context, *OrderInput) (*reply[Order], error) {
	return func(ctx context.Context, in *OrderInput) (*reply[Order], error) {
		var out reply[Order]
		err := db.QueryRowContext(ctx, query, in.ID).Scan(&out.Body.ID, &out.Body.Code)
		return &out, err
	}
}

func logged[I, O any](h func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) { return h(ctx, in) }
}

// Reports registers itself.
type Reports struct{ DB *sql.DB }

func (r *Reports) RegisterDaily(api huma.API) {
	huma.Get(api, "/reports/daily", func(ctx context.Context, _ *struct{}) (*reply[orders], error) {
		return &reply[orders]{}, nil
	})
}

type upload struct {
	Name    string `query:"name" required:"true"`
	RawBody []byte
}

// Admin registers apart.
func Admin(api huma.API, db *sql.DB) {
	huma.Post(api, "/files", func(ctx context.Context, in *upload) (*struct {
		Status int
		Body   Order
	}, error) {
		return nil, nil
	})
	huma.Post(api, "/refresh", func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, nil })
}
