module example.com/humaapp

go 1.25.0

require (
	github.com/danielgtaylor/huma/v2 v2.37.2
	github.com/go-chi/chi/v5 v5.5.0
	github.com/shopspring/decimal v1.6.0
)
