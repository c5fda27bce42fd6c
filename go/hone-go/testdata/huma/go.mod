module example.com/humaapp

go 1.24

require (
	github.com/danielgtaylor/huma/v2 v2.34.1
	github.com/go-chi/chi/v5 v5.2.3
	github.com/shopspring/decimal v1.4.0
)
