package main

import (
	"database/sql"
	"net/http"
	"os"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"example.com/humaapp/api"
)

func main() {
	db, err := sql.Open("postgres", os.Getenv("DATABASE_URL"))
	if err != nil {
		panic(err)
	}
	r := chi.NewRouter()
	r.Use(middleware.Recoverer)
	r.Route("/shop", func(r chi.Router) {
		served := humachi.New(r, huma.DefaultConfig("Shop", "1.0.0"))
		served.UseMiddleware(api.Authenticate(served, os.Getenv("API_KEY")))
		api.Routes(served, db)
		huma.AutoRegister(served, &api.Reports{DB: db})
	})
	mux := http.NewServeMux()
	api.Admin(humago.NewWithPrefix(mux, "/admin", huma.DefaultConfig("Admin", "1.0.0")), db)
	go http.ListenAndServe(":8081", mux)
	http.ListenAndServe(":8080", r)
}
